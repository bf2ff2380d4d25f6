"""Whether a document has the shape that a JSON Schema of ours describes; for lines and files, not for the API."""

from __future__ import annotations

import json
import re

import jsonschema_rs

from conformance.wire.compact_json import compact

#: Lone surrogates are legal in JSON, but the validator cannot be shown one.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def breach(validator: jsonschema_rs.Draft202012Validator, document: object) -> tuple[str, str] | None:
    """Return where a document breaks its schema (a JSON pointer) and by which keyword; None where it fits.

    What the document holds is not repeated: it may be long, hostile or secret.
    """
    try:
        error = next(validator.iter_errors(document), None)
    except UnicodeEncodeError:
        error = next(validator.iter_errors(json.loads(_SURROGATE.sub(r"\\ufffd", compact(document)))), None)
    if error is None:
        return None
    return "".join(f"/{part}" for part in error.instance_path), str(error.schema_path[-1])
