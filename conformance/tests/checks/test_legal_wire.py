"""What the wire may do to a legal stream: line ends, cuts, comments, fields, headers and times."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.model import Chunk, Response
from conformance.tests.checks.miniatures import (
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    RESUMED,
    USUAL,
    Block,
    accused,
    answer,
    begun,
    block,
    body,
    conversation,
    delta,
    message,
    pending,
    piece,
    said,
    step,
    stream,
    submit,
    text,
)  # fmt: skip

PLAIN = body(USUAL)
HELLO = body([*RESUMED, *said("a", "hé😀\u2028llo"), *ENDED])
SSE = "text/event-stream"


def pretty(blocks: list[Block], end: str = "\n") -> bytes:
    """Every document over many data lines."""
    pieces = []
    for each in blocks:
        assert not isinstance(each, bytes)
        written = each[1] if isinstance(each[1], str) else json.dumps(each[1], indent=2)
        lines = [f"event: {each[0]}", *(f"data: {line}" for line in written.split("\n")), "", ""]
        pieces.append(end.join(lines).encode())
    return b"".join(pieces)


def around(extra: bytes) -> bytes:
    """The extra bytes before the first block, between all blocks and after the last."""
    return extra + b"".join(each if isinstance(each, bytes) else block(each) + extra for each in USUAL)


def within(line: bytes) -> bytes:
    """The line as first and last line of every block."""
    return line + PLAIN.replace(b"\n\n", b"\n" + line + b"\n").replace(b"event:", line + b"event:")


BODIES = {
    "LF": PLAIN,
    "CRLF": body(USUAL, "\r\n"),
    "CR": body(USUAL, "\r"),
    "line ends mixed": b"".join(block(each, end) for each, end in zip(  # type: ignore[arg-type]
        USUAL, ["\n", "\r\n", "\r"] * 9, strict=False)),
    "line ends mixed within a block": PLAIN.replace(b"\ndata:", b"\r\ndata:"),
    "BOM": b"\xef\xbb\xbf" + PLAIN,
    "BOM and CRLF": b"\xef\xbb\xbf" + body(USUAL, "\r\n"),
    "blank lines": around(b"\n\n\n"),
    "comments": around(b": ping - 2024\n\n"),
    "empty comments": around(b":\n"),
    "comments without a blank line": around(b":keep-alive\n"),
    "comments within": within(b": x\n"),
    "comments that look like events": around(b":event: thread.run.failed\n:data: {\n\n"),
    "ids": within(b"id: 7\n"),
    "ids without value": within(b"id\n"),
    "ids with NUL": within(b"id: a\x00b\n"),
    "retry": around(b"retry: 3000\n\n"),
    "retry of letters": around(b"retry: soon\n\n"),
    "unknown fields": within(b"foo: bar\n"),
    "lines without colon": within(b"foo\n"),
    "fields in other letters": within(b"Event: x\nDATA: y\n"),
    "names without data": around(b"event: thread.run.failed\n\n"),
    "names without data, of nobody": around(b"event: ping\n\n"),
    "data before the name": b"".join(
        b"\n".join(reversed(each.split(b"\n"))) + b"\n\n" for each in PLAIN.split(b"\n\n") if each),
    "no space": PLAIN.replace(b"event: ", b"event:").replace(b"data: ", b"data:"),
    "no space before [DONE]": PLAIN.replace(b"data: [DONE]", b"data:[DONE]"),
    "two spaces before documents": PLAIN.replace(b"data: {", b"data:  {"),
    "pretty": pretty(USUAL),
    "pretty over CRLF": pretty(USUAL, "\r\n"),
    "pretty over CR": pretty(USUAL, "\r"),
    "empty data lines around a document": PLAIN.replace(b"data: {", b"data\ndata:\ndata: {"),
    "comments between data lines": pretty(USUAL).replace(b"data: ", b": x\ndata: ").replace(b": x\ndata: [", b"data: ["),
    "separators within text": HELLO,
    "escapes within text": body([*RESUMED, *said(), *ENDED]).replace(b'"hello"', b'"\\u0068\\u0065ll\\/"').replace(
        b"\\/", b"o"),
    "comments after done": PLAIN + b": bye\n\n",
    "half a comment after done": PLAIN + b": bye",
    "retry after done": PLAIN + b"retry: 1\n\n",
    "blank lines after done": PLAIN + b"\n\r\n\r",
    "a name without data after done": PLAIN + b"event: bye\n\n",
}  # fmt: skip

HEADERS = {
    "a charset": "text/event-stream; charset=utf-8",
    "a charset without space": "text/event-stream;charset=utf-8",
    "a charset in other letters": "Text/Event-Stream; Charset=UTF-8",
    "a charset in quotes": 'text/event-stream; charset="utf-8"',
    "a charset among others": "text/event-stream; foo=bar; charset=utf-8 ; x=y",
    "a parameter of nobody": "text/event-stream; version=1",
    "space around": " text/event-stream ; charset=utf-8",
    "an empty parameter": "text/event-stream;",
}


def delivered(content: bytes, **facts: object) -> dict[str, str]:
    return accused(conversation(pending(), submit(answer(content, 200, SSE, **facts))))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str) -> None:
    assert delivered(BODIES[name]) == {}


@pytest.mark.parametrize("name", HEADERS)
def test_media_types(name: str) -> None:
    assert accused(conversation(pending(), submit(stream(*USUAL, media=HEADERS[name])))) == {}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_a_chunk_may_end_anywhere(end: str) -> None:
    content = body([*RESUMED, *said("a", "hé😀"), *ENDED], end)
    assert delivered(content, cuts=range(1, len(content))) == {}
    for size in (2, 3, 7, 61):
        assert delivered(content, cuts=range(size, len(content), size)) == {}
    assert delivered(content, cuts=(0, 0, 5, 5, 5)) == {}


def test_other_headers() -> None:
    extra = (("Cache-Control", "no-cache"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), ("x", ""))
    assert delivered(PLAIN, headers=extra) == {}


def timed(*pieces: tuple[int, bytes], ended_ms: int) -> Response:
    chunks = tuple(Chunk(ms, data) for ms, data in pieces)
    return replace(answer(b"", 200, SSE), chunks=chunks, ended_ms=ended_ms)


TIMES = {
    "in one piece at once": timed((0, PLAIN), ended_ms=0),
    "slowly": timed(*[(at * 3000, block(each)) for at, each in enumerate(USUAL)], ended_ms=3000 * len(USUAL)),  # type: ignore[arg-type]
    "after a long silence": timed((90_000, PLAIN), ended_ms=90_001),
    "closed a while after done": timed((5, PLAIN), ended_ms=4_900),
    "pings for an hour": timed(
        (5, body(USUAL[:6])), *[(at * 15_000, b": ping\n\n") for at in range(1, 240)], (3_600_000, body(USUAL[6:])),
        ended_ms=3_600_001),
    "half a character later": timed((1, HELLO[:2000]), (900, HELLO[2000:]), ended_ms=901),
}  # fmt: skip


@pytest.mark.parametrize("name", TIMES)
def test_times(name: str) -> None:
    assert accused(conversation(pending(), submit(TIMES[name]))) == {}


@pytest.mark.parametrize("size", [70_000, 300_000])
def test_long_lines(size: int) -> None:
    long = "x" * size
    closed = step("completed", "0", [{"id": "call_1", "type": "function", "function": {
        "name": "f_1", "arguments": "{}", "output": long}}], created_at=102)  # fmt: skip
    content = stream(closed, *GOES_ON, *said("a", long), *ENDED)
    assert accused(conversation(pending(), submit(content, [{"tool_call_id": "call_1", "output": long}]))) == {}


def test_many_events() -> None:
    pieces = [delta("a", piece(0, str(at % 10))) for at in range(3000)]
    whole = message("completed", "a", text("".join(str(at % 10) for at in range(3000))))
    assert accused(conversation(pending(), submit(stream(
        *RESUMED, *begun("a"), *pieces, whole, step("completed", "a", "a"), *ENDED)))) == {}  # fmt: skip


def test_done_alone_ends_after_an_error() -> None:
    error: Block = ("error", {"error": {"message": "m", "type": "server_error", "param": None, "code": None}})
    assert accused(conversation(pending(), submit(stream(CLOSED, error, b": x\n\n", DONE, b": y\n")))) == {}
