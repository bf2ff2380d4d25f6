"""Server-sent events: the bytes of a body to events, with byte spans, and defects in place of exceptions; and back.

The grammar is WHATWG HTML §9.2.5 and §9.2.6 (https://html.spec.whatwg.org/multipage/server-sent-events.html):
one leading byte order mark is dropped; lines end in LF, CRLF or CR, mixed at will; a line that starts with a colon is
a comment; one space after the colon of a field is dropped; `data` lines are joined by LF; an empty line dispatches,
and a block without `data` dispatches nothing. Contract: SSE-UTF8 to SSE-U2028.

A *block* is a run of lines that are not empty, together with the empty line that ends it. Spans are half-open byte
offsets in the decoded body. A CR alone already is a line end, so an empty line that is written CRLF dispatches at its
CR and the block's span ends there; the LF that follows belongs to no block. That makes every result independent of
how the body was cut into pieces.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple


class Event(NamedTuple):
    """One dispatched event."""

    #: The value of the last `event` field; empty where there is none, which WHATWG reads as `message`.
    name: str
    #: The values of the `data` fields joined by LF, as they came: bytes that are not UTF-8 stay.
    data: bytes
    #: First byte of the block's first line.
    start: int
    #: One past the block's empty line.
    end: int


class Defect(NamedTuple):
    """One way in which the bytes are not a well-formed stream; decoding goes on."""

    #: A key of `DEFECTS`.
    kind: str
    start: int
    end: int
    #: For people; names taken from the body are shortened and escaped.
    message: str


def encode(name: str, data: bytes) -> bytes:
    """One event as the bytes of a stream, its empty line included; `data` takes a `data` field for each line of it.

    An event without a name has no `event` field. What is written so is read back by `Decoder` as it was.
    """
    field = b"event: %s\n" % name.encode() if name else b""
    return b"%sdata: %s\n\n" % (field, data.replace(b"\n", b"\ndata: "))


#: What each kind of defect means and what its span covers.
DEFECTS: Final = {
    "invalid-utf8": "bytes that are not UTF-8; the span is the first such run of a block",
    "run-together": "a second `event` field after data: no empty line between two events; the span is the block",
    "unterminated": "the body ends inside a block that holds more than comments; the span is that block",
}

#: Builds an `Event` from a tuple in half the time of its constructor; the innermost call of the suite.
_new_event = partial(tuple.__new__, Event)

_BOM: Final = b"\xef\xbb\xbf"
_LF: Final = ord("\n")
#: A line end and the first byte of the empty line after it; what stands before or after never changes that reading.
_BLANK: Final = (b"\n\n", b"\n\r", b"\r\r")
#: The blocks of a text without CR: the common form as name and data, any other block whole, a run of empty lines.
_LF_BLOCK: Final = re.compile(rb"event: (.++)\ndata: (.++)\n\n|((?:.++\n)++\n|\n++)")
#: A line of one of the fields that mean something: its name and its value. Other lines cost nothing but their bytes.
_FIELD: Final = re.compile(rb"(?<![^\r\n])(data|event|id|retry)(?:: ?([^\r\n]*+))?(?![^\r\n])")
#: A line that is no comment.
_SOME: Final = re.compile(rb"(?<![^\r\n])[^:\r\n]")
#: What `event: `, `data: ` and the line ends of the common form add to its name and data.
_COMMON_FORM: Final = len(b"event: \ndata: \n\n")
#: Bytes decoded at once: small enough for the processor's caches.
_PIECE: Final = 65_536
#: A reconnection time of more digits is over thirty million years: ignored like one that is not a number.
_RETRY_DIGITS: Final = 18
#: Defects of one kind that are kept: a hostile body could hold one every three bytes.
_MOST_DEFECTS: Final = 100
#: How much of a name from the body a message repeats.
_SHOWN: Final = 60


class _Fields(NamedTuple):
    """The fields of one block, before anything is decoded."""

    names: list[bytes]
    data: list[bytes]
    #: The name that stands after data: the block is two events run together.
    late_name: bytes | None
    id: bytes | None
    retry: int | None
    #: Whether there was any line that is not a comment, known field or not.
    some: bool


class Decoder:
    """Decodes one body, fed in pieces of any size; time is linear in the bytes, however they are cut.

    Never raises on what the body holds. Keeps the bytes of the open block only, so memory is bounded by the
    longest block.
    """

    def __init__(self) -> None:
        #: What was wrong so far, in the order of the blocks: the first hundred of each kind.
        self.defects: list[Defect] = []
        #: How many defects of each kind there were, also those that are not kept.
        self.defect_counts: Counter[str] = Counter()
        #: The last event id, as of the last block that ended.
        self.last_event_id = ""
        #: The reconnection time in milliseconds, as of the last block that ended.
        self.retry: int | None = None
        #: After `close`: what the open block would have dispatched, had an empty line followed. WHATWG discards it.
        self.unterminated: Event | None = None
        self._open: list[bytes] = []
        self._last_byte = b""
        self._start = 0

    def feed(self, piece: bytes) -> list[Event]:
        """The events that end in this piece."""
        seam = self._last_byte + piece
        cut = _end_of_last_blank(seam) - len(self._last_byte)
        if cut <= 0:
            self._open.append(piece)
            self._last_byte = seam[-1:]
            return []
        self._open.append(piece[:cut])
        text = b"".join(self._open)
        rest = piece[cut:]
        self._open = [rest]
        self._last_byte = rest[-1:]
        start = self._start
        self._start += len(text)
        if b"\r" not in text and (text.isascii() or _invalid_utf8(text, final=True) is None):
            return _lone_event(text, start) or self._lf_blocks(text, start)
        return self._any_blocks(text, start)

    def events(self, data: bytes) -> Iterator[Event]:
        """The events that end in this data, however long: like `feed`, but a few of them in memory at a time."""
        for start in range(0, len(data), _PIECE):
            yield from self.feed(data[start : start + _PIECE])

    def close(self) -> None:
        """The body has ended: judge what is still open. Nothing is fed afterwards."""
        block, start = _without_lead(b"".join(self._open), self._start)
        self._open = []
        fields = _fields(block)
        if not fields.some:
            return
        end = start + len(block)
        self._look_for_defects(block, fields, start, end, final=False)
        self.unterminated = _event(fields, start, end)
        last = f"event {_shown(fields.names[-1])}" if fields.names else "event without a name"
        message = f"the body ends inside a block: no empty line follows the {last}"
        self._tell("unterminated", start, end, message)

    def _lf_blocks(self, text: bytes, offset: int) -> list[Event]:
        """The events of whole blocks that are UTF-8 and hold no CR: nearly every stream there is."""
        events: list[Event] = []
        end = offset
        for name, data, other in _LF_BLOCK.findall(text):
            start = end
            if data:
                end = start + len(name) + len(data) + _COMMON_FORM
                events.append(_new_event((name.decode(), data, start, end)))
            else:
                end = start + len(other)
                events += self._block(other, start)
        return events

    def _any_blocks(self, text: bytes, offset: int) -> list[Event]:
        """The events of whole blocks, whatever their bytes and line ends."""
        events: list[Event] = []
        start = end = 0
        for line in text.splitlines(keepends=True):
            if line[0] in b"\r\n":
                if start < end:
                    events += self._block(text[start : end + 1], offset + start)
                start = end + len(line)
            end += len(line)
        return events

    def _block(self, block: bytes, start: int) -> list[Event]:
        """The event of one whole block, if it dispatches one."""
        end = start + len(block)
        block, start = _without_lead(block, start)
        fields = _fields(block)
        self._look_for_defects(block, fields, start, end, final=True)
        if fields.id is not None:
            self.last_event_id = _text(fields.id)
        if fields.retry is not None:
            self.retry = fields.retry
        return [_event(fields, start, end)] if fields.data else []

    def _look_for_defects(self, block: bytes, fields: _Fields, start: int, end: int, *, final: bool) -> None:
        """Defects inside a block. Where it is not `final`, a character that the body's end cut off is none."""
        bad = None if block.isascii() else _invalid_utf8(block, final=final)
        if bad is not None:
            at = start + bad.start
            message = f"the bytes {block[bad.start : bad.end].hex(' ')} at byte {at} are not UTF-8: {bad.reason}"
            self._tell("invalid-utf8", at, start + bad.end, message)
        if fields.late_name is not None and len(fields.names) > 1:
            first, second = _shown(fields.names[0]), _shown(fields.late_name)
            message = f"{len(fields.names)} event fields share one block: no empty line between {first} and {second}"
            self._tell("run-together", start, end, message)

    def _tell(self, kind: str, start: int, end: int, message: str) -> None:
        self.defect_counts[kind] += 1
        if self.defect_counts[kind] <= _MOST_DEFECTS:
            self.defects.append(Defect(kind, start, end, message))


def _end_of_last_blank(text: bytes) -> int:
    """One past the first byte of the last empty line; 0 where there is none."""
    if b"\r" in text:
        return max((text.rfind(blank) + len(blank) for blank in _BLANK if blank in text), default=0)
    at = text.rfind(b"\n")
    while at > 0:
        if text[at - 1] == _LF:
            return at + 1
        at = text.rfind(b"\n", 0, at)
    return 0


def _lone_event(text: bytes, start: int) -> list[Event]:
    """The event of a text that is one block in the common form, else nothing.

    Recordings often hold an event a chunk, and a huge event comes alone: two searches for a byte then do,
    where the pattern would walk over all of them.
    """
    head = text.find(b"\n")
    data = head + len(b"\ndata: ")
    end = len(text)
    common = (
        text.find(b"\n", head + 1) == end - 2 and text.startswith(b"\ndata: ", head) and text.startswith(b"event: ")
    )
    if not common:
        return []
    return [_new_event((text[len(b"event: ") : head].decode(), text[data : end - 2], start, start + end))]


def _invalid_utf8(text: bytes, *, final: bool) -> UnicodeDecodeError | None:
    """What is not UTF-8 first; a character that is cut off at the end counts only where the end is `final`."""
    try:
        codecs.utf_8_decode(text, "strict", final)
    except UnicodeDecodeError as bad:
        return bad
    return None


def _without_lead(block: bytes, start: int) -> tuple[bytes, int]:
    """The block from its first line on: without the byte order mark of the body, without empty lines before it."""
    lines = block.removeprefix(_BOM) if start == 0 else block
    lines = lines.lstrip(b"\r\n")
    return lines, start + len(block) - len(lines)


def _fields(block: bytes) -> _Fields:
    names: list[bytes] = []
    data: list[bytes] = []
    last_id: bytes | None = None
    late_name: bytes | None = None
    retry: int | None = None
    for field, value in _FIELD.findall(block):
        if field == b"data":
            data.append(value)
        elif field == b"event":
            names.append(value)
            late_name = value if data and late_name is None else late_name
        elif field == b"id":
            last_id = last_id if b"\0" in value else value
        elif value.isdigit() and len(value) <= _RETRY_DIGITS:
            retry = int(value)
    some = bool(names or data) or _SOME.search(block) is not None
    return _Fields(names, data, late_name, last_id, retry, some)


def _event(fields: _Fields, start: int, end: int) -> Event:
    return Event(_text(fields.names[-1]) if fields.names else "", b"\n".join(fields.data), start, end)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _shown(name: bytes) -> str:
    return repr(_text(name[:_SHOWN]))
