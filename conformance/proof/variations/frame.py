"""Events as the lines of a stream."""

from __future__ import annotations

from typing import NamedTuple

from conformance.reference.events import Event
from conformance.reference.objects import to_json
from conformance.wire.sse import encode


class Line(NamedTuple):
    """One line and what ends it."""

    text: bytes
    end: bytes = b"\n"


#: The lines of one block, its blank line included; a block that is no event may be anything that dispatches none.
Frame = tuple[Line, ...]
Frames = tuple[Frame, ...]

BLANK = Line(b"")


def framed(event: Event) -> Frame:
    """The lines of one event; data of several lines takes as many."""
    *lines, _ = encode(event.name, data_of(event)).split(b"\n")
    return tuple(map(Line, lines))


def data_of(event: Event) -> bytes:
    """The data of an event; a lone surrogate in JSON text is written as its escape."""
    return event.data.encode("utf-8", "backslashreplace") if isinstance(event.data, str) else to_json(event.data)


def written(frame: Frame) -> bytes:
    """The bytes of a block."""
    return b"".join(line.text + line.end for line in frame)
