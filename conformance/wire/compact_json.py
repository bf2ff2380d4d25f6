"""Documents written as JSON: compact, plain ASCII, and every number legal."""

from __future__ import annotations

import json
import re

#: A string, or what Python writes for a number beyond its floats, which no JSON reader takes.
_STRING_OR_INFINITY = re.compile(r'"(?:[^"\\]|\\.)*"|Infinity')


def compact(document: object) -> str:
    """Return the JSON text of a document without white space; lone surrogates stay escaped.

    A number beyond the floats is written as `1e999`, as which it is read again.
    """
    try:
        return json.dumps(document, separators=(",", ":"), allow_nan=False, default=dict)
    except ValueError:
        text = json.dumps(document, separators=(",", ":"), default=dict)
        return _STRING_OR_INFINITY.sub(lambda match: "1e999" if match[0] == "Infinity" else match[0], text)
