"""Reads a stream of events, rightly or as some real readers do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Event(NamedTuple):
    """One event of a stream; the name is `message` where none was said."""

    name: str
    data: str


class Unreadable(Exception):
    """The reader gives up on a stream."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a stream is read; as it stands, as the grammar of event streams says."""

    #: CRLF and CR end lines too.
    all_line_ends: bool = True
    #: A byte order mark at the beginning is passed over; otherwise it is an error.
    skips_mark: bool = True
    #: Lines that begin with a colon are passed over; otherwise they are an error.
    skips_comments: bool = True
    #: Data lines add up; otherwise the last one holds.
    adds_data: bool = True
    #: A field needs no space after its colon.
    spares_space: bool = True
    #: A block without data is no event; otherwise it is an error.
    skips_empty: bool = True
    #: Fields of another name are passed over; otherwise they are an error.
    skips_fields: bool = True
    #: Lines end only where the grammar says so, and not at U+2028, U+2029 or U+0085.
    only_line_ends: bool = True
    #: Lines may be of any length; otherwise they are cut at 64 KiB.
    any_length: bool = True
    #: Pieces add up to characters; otherwise each piece of the body is decoded by itself.
    joins_pieces: bool = True


_SHORT = 64 * 1024
_MARK = "\ufeff"


def read(pieces: Iterable[bytes], reading: Reading) -> Iterator[Event]:
    """Read events from the pieces of a body; what no blank line ends is let go. Raises Unreadable."""
    name, data, fields = "", None, 0
    for line in _lines(pieces, reading):
        if not line:
            if data is not None:
                yield Event(name or "message", data)
            elif fields and not reading.skips_empty:
                raise Unreadable("an event without data")
            name, data, fields = "", None, 0
            continue
        field, value = _field(line, reading)
        fields += bool(field)
        if field == "event":
            name = value
        elif field == "data":
            data = value if data is None or not reading.adds_data else f"{data}\n{value}"
        elif field and field not in ("id", "retry") and not reading.skips_fields:
            raise Unreadable(f"an unknown field: {field}")


def _field(line: str, reading: Reading) -> tuple[str, str]:
    if line.startswith(_MARK) and not reading.skips_mark:
        raise Unreadable("a byte order mark")
    field, _, value = line.partition(":" if reading.spares_space else ": ")
    if not field and not reading.skips_comments:
        raise Unreadable("a line without the name of a field")
    return field, value.removeprefix(" ")


def _lines(pieces: Iterable[bytes], reading: Reading) -> Iterator[str]:
    rest, first = b"", True
    for piece in pieces:
        rest += piece if reading.joins_pieces else piece.decode("utf-8", "replace").encode()
        if reading.all_line_ends and rest.endswith(b"\r"):
            continue  # the other half of a CRLF may be on its way
        *whole, rest = _split(rest, reading)
        if not reading.any_length and len(rest) > _SHORT:
            raise Unreadable("a line is too long")
        for line in whole:
            if not reading.any_length and len(line) > _SHORT:
                raise Unreadable("a line is too long")
            text = line.decode("utf-8", "replace")
            yield from _lines_of(text.removeprefix(_MARK) if first and reading.skips_mark else text, reading)
            first = False
    if rest.endswith(b"\r") and reading.all_line_ends:
        for line in _split(rest, reading)[:-1]:
            yield line.decode("utf-8", "replace")


def _split(data: bytes, reading: Reading) -> list[bytes]:
    """Whole lines, and what is left of the last one."""
    if reading.all_line_ends:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.split(b"\n")


def _lines_of(text: str, reading: Reading) -> Iterator[str]:
    """What a reader makes of a line: itself, or several that a library's own idea of lines makes of it."""
    if reading.only_line_ends or not text:
        yield text
    else:
        yield from text.splitlines()
