"""Whether a line or a file is what a JSON Schema says: the schemas of our own formats, and the one way to ask."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from conformance.contract.data import schema_text
from conformance.wire.compact_json import compact

#: Lone surrogates are legal in JSON, but the validator cannot be shown one.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")

#: Characters of a pattern up to which it helps those who read it.
_SHOWN = 60


def own_schema(name: str) -> dict[str, Any]:
    """The schema of a format of ours: `schemas/own/<name>.json`."""
    schema: dict[str, Any] = json.loads(schema_text(f"own/{name}.json"))
    return schema


@cache
def own_validator(name: str, definition: str = "") -> jsonschema_rs.Draft202012Validator:
    """The validator of a format of ours, or of one of the definitions in its schema; dates are looked at too."""
    schema = own_schema(name)
    if definition:
        schema = {"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def mismatch(validator: jsonschema_rs.Draft202012Validator, document: object) -> tuple[str, str] | None:
    """Return where a document does not fit its schema (a JSON pointer) and what is wrong there; None where it fits.

    What is wrong reads on from the name of the place: `must be of type array`. What the document holds is not repeated:
    it may be long, hostile or secret.
    """
    try:
        error = next(validator.iter_errors(document), None)
    except UnicodeEncodeError:
        error = next(validator.iter_errors(json.loads(_SURROGATE.sub(r"\\ufffd", compact(document)))), None)
    if error is None:
        return None
    return "".join(f"/{part}" for part in error.instance_path), _problem(error)


def _problem(error: jsonschema_rs.ValidationError) -> str:
    """What a schema asks for, in words and with its own values."""
    keyword, asked = error.kind.name, error.kind.as_dict()
    match keyword:
        case "type":
            return f"must be of type {' or '.join(asked['types'])}"
        case "required":
            return f"lacks {asked['property']!r}"
        case "enum":
            return f"must be one of {', '.join(map(str, asked['options']))}"
        case "minimum" | "maximum":
            return f"must be at {'least' if keyword == 'minimum' else 'most'} {asked['limit']}"
        case "pattern" if len(asked["pattern"]) <= _SHOWN:
            return f"must match {asked['pattern']}"
        case "additionalProperties" | "unevaluatedProperties":
            return "has a member that the format does not know"
    return f"violates {keyword!r} of the format"
