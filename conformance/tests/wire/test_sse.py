"""The grammar of WHATWG HTML §9.2.5 and §9.2.6, one row a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.wire.sse import Decoder, Event, encode

RECORDINGS = Path(__file__).parents[4] / "shared" / "wire"


def decoded(body: bytes) -> tuple[Decoder, list[Event]]:
    decoder = Decoder()
    events = decoder.feed(body)
    decoder.close()
    return decoder, events


GRAMMAR = {
    "event and data": (b"event: a\ndata: b\n\n", [("a", b"b")]),
    "data before event": (b"data: b\nevent: a\n\n", [("a", b"b")]),
    "no event field": (b"data: b\n\n", [("", b"b")]),
    "empty event field": (b"event:\ndata: b\n\n", [("", b"b")]),
    "last event field wins": (b"event: a\nevent: b\ndata: c\n\n", [("b", b"c")]),
    "name does not outlive its block": (b"event: a\n\ndata: b\n\n", [("", b"b")]),
    "no space after the colon": (b"event:a\ndata:b\n\n", [("a", b"b")]),
    "one space is dropped, the second stays": (b"event:  a\ndata:  b\n\n", [(" a", b" b")]),
    "space before the colon is part of the name": (b"event : a\ndata : b\n\n", []),
    "a tab is no space": (b"data:\tb\n\n", [("", b"\tb")]),
    "later colons belong to the value": (b'data: {"a":1}\n\n', [("", b'{"a":1}')]),
    "a line without colon is a field without value": (b"data\n\n", [("", b"")]),
    "two of them are joined by LF": (b"data\ndata\n\n", [("", b"\n")]),
    "data lines are joined by LF": (b"data: a\ndata:\ndata: c\n\n", [("", b"a\n\nc")]),
    "an empty data field dispatches": (b"event: a\ndata:\n\n", [("a", b"")]),
    "a block without data dispatches nothing": (b"event: a\n\nretry: 5\n\n", []),
    "field names are case-sensitive": (b"Data: a\nEVENT: b\n\n", []),
    "unknown fields are ignored": (b"foo: 1\nevent: a\nbar\ndata: b\n\n", [("a", b"b")]),
    "comments are ignored": (b": ping\nevent: a\n:\ndata: b\n: pong\n\n", [("a", b"b")]),
    "a comment may look like a field": (b":data: a\n\n", []),
    "a space is a field of that name": (b" \ndata: a\n \n\n", [("", b"a")]),
    "empty lines before, between and after": (b"\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [("", b"a"), ("", b"b")]),
    "CRLF": (b"event: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [("a", b"b"), ("", b"c")]),
    "CR": (b"event: a\rdata: b\r\rdata: c\r\r", [("a", b"b"), ("", b"c")]),
    "LF CR is two line ends": (b"data: a\n\rdata: b\n\r", [("", b"a"), ("", b"b")]),
    "mixed line ends": (b"event: a\rdata: b\ndata: c\r\n\ndata: d\r\r\n", [("a", b"b\nc"), ("", b"d")]),
    "a byte order mark at the start": (b"\xef\xbb\xbfdata: a\n\n", [("", b"a")]),
    "one only": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    "not after an empty line": (b"\n\xef\xbb\xbfdata: a\n\n", []),
    "not in the middle": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [("", b"a")]),
    "before an empty line": (b"\xef\xbb\xbf\n\ndata: a\n\n", [("", b"a")]),
    "other line separators are text": (
        "event: \u2028\ndata: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\n\n".encode(),
        [("\u2028", "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg".encode())],
    ),
    "NUL is text": (b"event: \0\ndata: \0\n\n", [("\0", b"\0")]),
    "an open block is discarded": (b"data: a\n\ndata: b\n", [("", b"a")]),
    "an empty body": (b"", []),
}


@pytest.mark.parametrize("rule", GRAMMAR)
def test_grammar(rule: str) -> None:
    body, expected = GRAMMAR[rule]
    assert [(event.name, event.data) for event in decoded(body)[1]] == expected


IDS = {
    "an id": (b"id: 1\ndata: a\n\n", "1"),
    "it stays": (b"id: 1\n\ndata: a\n\n", "1"),
    "the last one counts": (b"id: 1\nid: 2\n\n", "2"),
    "an empty one resets": (b"id: 1\n\nid\n\n", ""),
    "one with NUL is ignored": (b"id: 1\n\nid: 2\0\n\n", "1"),
    "one of an open block is discarded": (b"id: 1\n\nid: 2\n", "1"),
    "bytes that are not UTF-8 are replaced": (b"id: \xff\n\n", "\ufffd"),
}


@pytest.mark.parametrize("rule", IDS)
def test_last_event_id(rule: str) -> None:
    body, expected = IDS[rule]
    assert decoded(body)[0].last_event_id == expected


RETRIES = {
    "digits": (b"retry: 3000\n\n", 3000),
    "leading zeros": (b"retry: 007\n\n", 7),
    "the last one counts": (b"retry: 1\nretry: 2\n\n", 2),
    "empty": (b"retry:\n\n", None),
    "a sign": (b"retry: +5\n\n", None),
    "an underscore": (b"retry: 1_0\n\n", None),
    "two spaces": (b"retry:  5\n\n", None),
    "digits of another script": ("retry: \u0665\n\n".encode(), None),
    "beyond any meaning": (b"retry: " + b"9" * 100_000 + b"\n\n", None),
}


@pytest.mark.parametrize("rule", RETRIES)
def test_retry(rule: str) -> None:
    body, expected = RETRIES[rule]
    assert decoded(body)[0].retry == expected


SPANS = {
    "a block through its empty line": (b"data: a\n\ndata: b\n\n", [(0, 9), (9, 18)]),
    "empty lines before it are outside": (b"\n\ndata: a\n\n\ndata: b\n\n", [(2, 11), (12, 21)]),
    "its comments are inside": (b": ping\ndata: a\n\n", [(0, 16)]),
    "a block of comments is outside": (b": ping\n\ndata: a\n\n", [(8, 17)]),
    "the byte order mark is outside": (b"\xef\xbb\xbfdata: a\n\n", [(3, 12)]),
    "bytes are counted, not characters": ("data: é€\n\ndata: b\n\n".encode(), [(0, 13), (13, 22)]),
    "CRLF: up to the CR that dispatches": (b"data: a\r\n\r\ndata: b\r\n\r\n", [(0, 10), (11, 21)]),
    "CR": (b"data: a\r\rdata: b\r\r", [(0, 9), (9, 18)]),
}


@pytest.mark.parametrize("rule", SPANS)
def test_spans_cover_the_block(rule: str) -> None:
    body, expected = SPANS[rule]
    assert [(event.start, event.end) for event in decoded(body)[1]] == expected


def test_an_event_is_told_in_the_piece_that_ends_it() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\n\r") == [("", b"a", 0, 10)]
    assert decoder.feed(b"\ndata: b\r\n") == []
    assert decoder.feed(b"\r") == [("", b"b", 11, 21)]


#: Recordings that somebody's editor relieved of their last empty line: the one defect in all of them.
TRIMMED = {"openai4j-error.sse"}


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings of real traffic at {RECORDINGS}")
def test_real_recordings_decode_without_defects() -> None:
    recordings = sorted(RECORDINGS.rglob("*.sse"))
    assert recordings
    for recording in recordings:
        body = recording.read_bytes()
        decoder, events = decoded(body)
        kinds = [defect.kind for defect in decoder.defects]
        assert kinds == (["unterminated"] if recording.name in TRIMMED else []), recording.name
        if decoder.unterminated:
            events.append(decoder.unterminated)
        assert (events[-1].name, events[-1].data) == ("done", b"[DONE]"), recording.name
        assert [event.start for event in events[1:]] == [event.end for event in events[:-1]], recording.name
        assert (events[0].start, events[-1].end) == (0, len(body)), recording.name


@pytest.mark.parametrize("name", ["thread.run.queued", "done", "", "café"])
@pytest.mark.parametrize("data", [b"{}", b"[DONE]", b'{\n "a": 1\n}', b"\n", b" x", b"\xff", "a\u2028b".encode()])
def test_what_is_written_is_read_back(name: str, data: bytes) -> None:
    body = encode(name, data)
    assert [tuple(event) for event in Decoder().events(body)] == [(name, data, 0, len(body))]
