"""How a body is cut into pieces changes nothing, and a plain reading of the specification agrees."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.wire.sse import Decoder, Defect, Event

quietly = settings(deadline=None, derandomize=True, database=None, max_examples=150)

Result = tuple[list[Event], list[Defect], str, int | None, Event | None]


def decode(pieces: Iterable[bytes]) -> Result:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    decoder.close()
    return events, decoder.defects, decoder.last_event_id, decoder.retry, decoder.unterminated


def cut(body: bytes, sizes: Iterable[int]) -> list[bytes]:
    """The body in pieces of these sizes, over and over; a size may be nothing."""
    pieces: list[bytes] = []
    at = 0
    for size in cycle(sizes):
        if at >= len(body):
            return pieces
        pieces.append(body[at : at + size])
        at += size
    return pieces


def plainly(body: bytes) -> tuple[list[Event], str, int | None]:
    """The events, last event id and reconnection time, one byte after the other as WHATWG §9.2.6 words it."""
    lines: list[tuple[int, bytes, int]] = []
    start = at = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    while at < len(body):
        if body[at] == 13:
            lines.append((start, body[start:at], at + 1))
            at += 1 if body[at + 1 : at + 2] == b"\n" else 0
            start = at + 1
        elif body[at] == 10:
            lines.append((start, body[start:at], at + 1))
            start = at + 1
        at += 1

    events: list[Event] = []
    data = name = b""
    has_data = False
    last_id, next_id = b"", b""
    retry, next_retry = None, None
    block: int | None = None
    for start, line, end in lines:
        if not line:
            last_id, retry = next_id, next_retry
            if has_data and block is not None:
                events.append(Event(name.decode("utf-8", "replace"), data[:-1], block, end))
            data, name, has_data, block = b"", b"", False, None
            continue
        block = start if block is None else block
        field, colon, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if not field and colon:
            continue
        if field == b"event":
            name = value
        elif field == b"data":
            data += value + b"\n"
            has_data = True
        elif field == b"id" and 0 not in value:
            next_id = value
        elif field == b"retry" and value and all(48 <= digit <= 57 for digit in value):
            next_retry = int(value)
    return events, last_id.decode("utf-8", "replace"), retry


TOKENS = [
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b":", b" ", b"\0", b"x", b"5"),
    *(b"data", b"event", b"id", b"retry", b"data: a", b"event: b", b"id: 7", b"retry: 9", b": ping"),
    *(b"event: a\ndata: b\n\n", b"event: a\r\ndata: b\r\n\r\n", b"event: a\rdata: b\r\r", b"data: \xe2\x82\xac\n\n"),
    *(b"\xef\xbb\xbf", b"\xef", b"\xbb\xbf", b"\xe2\x82", b"\xac", b"\xff", b"\x85", b"\x0b", b"\xe2\x80\xa8"),
]
bodies = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)
sizes = st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any)


@quietly
@given(bodies)
def test_the_specification_read_plainly_agrees(body: bytes) -> None:
    events, _, last_id, retry, _ = decode([body])
    assert (events, last_id, retry) == plainly(body)


@quietly
@given(bodies, sizes)
def test_random_cuts_change_nothing(body: bytes, sizes: list[int]) -> None:
    assert decode(cut(body, sizes)) == decode([body])


@quietly
@given(bodies)
def test_byte_by_byte_changes_nothing(body: bytes) -> None:
    assert decode(cut(body, [1])) == decode([body])


@settings(quietly, max_examples=80)
@given(st.binary(max_size=60), sizes)
def test_any_bytes_decode_without_an_exception(body: bytes, sizes: list[int]) -> None:
    assert decode(cut(body, sizes)) == decode([body])


def test_long_data_is_decoded_as_it_is_in_one_piece() -> None:
    body = b"event: a\r\ndata: b\r\n\r\n" * 10_000
    decoder = Decoder()
    assert list(decoder.events(body)) == decode([body])[0]


TYPICAL = (
    b"\xef\xbb\xbf: hello\n\nevent: thread.run.queued\ndata: {}\n\n"
    b"event: thread.message.delta\r\ndata: \xc3\xa9\r\n\r\nid: 1\rdata: a\r\r\ndata: \xff\n\nevent: a\nevent: b\n\n"
    b"event: done\ndata: [DONE]\n"
)


@pytest.mark.parametrize("at", range(len(TYPICAL) + 1))
def test_a_cut_anywhere_changes_nothing(at: int) -> None:
    assert decode([TYPICAL[:at], TYPICAL[at:]]) == decode([TYPICAL])
