"""The document at fault, line by line as people read JSON, and the line that a JSON pointer leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from conformance.report.plain import safe

#: Lines shown of a document: more than any object of this API has.
_MOST = 400

#: Characters of a line, and of one that is shown whole: the one that the pointer leads to, and those of no JSON.
_LINE, _POINTED = 300, 4000

#: Characters of a document that is laid out: reading more takes longer than looking at it is worth.
_LARGEST = 200_000


class DocumentLines(NamedTuple):
    """A document as lines, safe to print."""

    lines: tuple[str, ...]
    #: Index of the line at fault; None where the whole document is.
    line: int | None


def document_lines(data: bytes, pointer: str | None) -> DocumentLines:
    """Lay a document out; what is no JSON stays as it came. No lines for nothing and for what is too large."""
    if not data or len(data) > _LARGEST:
        return DocumentLines((), None)
    most = _LINE
    try:
        laid_out = list(_laid_out(json.loads(data), ""))
    except (ValueError, RecursionError):
        # What breaks it may be anywhere in it, mostly at the end of its only line.
        most = _POINTED
        laid_out = [("", line) for line in data.decode(errors="replace").splitlines()]
    line = _line_of([place for place, _ in laid_out], pointer) if pointer else None
    first = 0 if line is None else max(0, min(line - _MOST // 2, len(laid_out) - _MOST))
    shown = laid_out[first : first + _MOST]
    line = None if line is None else line - first
    texts = tuple(safe(text, _POINTED if index == line else most) for index, (_, text) in enumerate(shown))
    return DocumentLines(texts, line)


def _line_of(places: list[str], pointer: str) -> int | None:
    """The line that begins what a pointer leads to, or the nearest thing around it that is there."""
    while pointer:
        if pointer in places:
            return places.index(pointer)
        pointer = pointer.rpartition("/")[0]
    return None


def _laid_out(
    value: object, pointer: str, indent: str = "", name: str = "", end: str = ""
) -> Iterator[tuple[str, str]]:
    """Each line with the pointer to what begins in it; lines that close something have none of their own."""
    head = f"{indent}{name}"
    if isinstance(value, dict) and value:
        yield pointer, f"{head}{{"
        members = [(f"{json.dumps(key, ensure_ascii=False)}: ", _escaped(key), each) for key, each in value.items()]
        yield from _members(members, pointer, indent)
        yield "", f"{indent}}}{end}"
    elif isinstance(value, list) and value:
        yield pointer, f"{head}["
        yield from _members([("", str(index), each) for index, each in enumerate(value)], pointer, indent)
        yield "", f"{indent}]{end}"
    else:
        yield pointer, f"{head}{json.dumps(value, ensure_ascii=False)}{end}"


def _members(members: list[tuple[str, str, object]], pointer: str, indent: str) -> Iterator[tuple[str, str]]:
    for index, (name, key, each) in enumerate(members):
        end = "," if index < len(members) - 1 else ""
        yield from _laid_out(each, f"{pointer}/{key}", f"{indent}  ", name, end)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
