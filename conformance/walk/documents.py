"""Reading into documents of unknown shape: whatever is not there, or of another type, is None or empty."""

from __future__ import annotations

from collections.abc import Mapping

Document = Mapping[str, object]


def find(document: object, *keys: str) -> object:
    """The value below `keys`, or None."""
    for key in keys:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def member(document: object, *keys: str) -> Document | None:
    """The object below `keys`, or None."""
    for key in keys:  # as `find` does, without calling it: this and `text` are what checks call most
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document if isinstance(document, dict) else None


def members(document: object, *keys: str) -> tuple[Document, ...]:
    """The objects of the array below `keys`; entries that are no objects are left out."""
    found = find(document, *keys)
    return tuple(entry for entry in found if isinstance(entry, dict)) if isinstance(found, list) else ()


def text(document: object, *keys: str) -> str | None:
    """The string below `keys`, or None."""
    for key in keys:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document if isinstance(document, str) else None


def number(document: object, *keys: str) -> int | None:
    """The integer below `keys`, or None."""
    return whole(find(document, *keys))


def whole(value: object) -> int | None:
    """The integer a value is by JSON Schema, where 100.0 is one and true and false are none; else None."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


#: Long enough for an id, a status or a sentence, short enough for a terminal line.
_SHOWN = 120

#: How JSON writes what Python writes otherwise.
_LITERALS: Mapping[object, str] = {None: "null", True: "true", False: "false"}


def shown(value: object) -> str:
    """A value as people see it in a finding: JSON-like, on one line, cut with its length when long."""
    written = _LITERALS[value] if value is None or isinstance(value, bool) else repr(value)
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}… ({len(written)} characters)"


def around(value: object, other: object) -> str:
    """The place where two texts part, as people can see it."""
    if not isinstance(value, str) or not isinstance(other, str):
        return shown(value)
    at = next((index for index, (one, two) in enumerate(zip(value, other, strict=False)) if one != two), None)
    at = min(len(value), len(other)) if at is None else at
    if at < 40:
        return shown(value)
    return f"…{value[at - 20 : at + 60]!r} (from character {at - 20} of {len(value)})"
