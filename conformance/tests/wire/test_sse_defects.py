"""What is wrong with a body is told as defects with spans; decoding never raises and goes on."""

from __future__ import annotations

import pytest

from conformance.wire.sse import DEFECTS, Decoder, Defect, Event


def closed(body: bytes) -> Decoder:
    decoder = Decoder()
    decoder.feed(body)
    decoder.close()
    return decoder


def placed(defects: list[Defect]) -> list[tuple[str, int, int]]:
    return [(defect.kind, defect.start, defect.end) for defect in defects]


FINE = {
    "a whole stream": b"event: a\ndata: b\n\n",
    "nothing": b"",
    "empty lines": b"\r\n\n\r",
    "a byte order mark alone": b"\xef\xbb\xbf",
    "a comment without an empty line": b"data: a\n\n: ping\n: pong",
    "two names in two blocks": b"event: a\n\nevent: b\ndata: c\n\n",
    "text that is not ASCII": "event: é\ndata: 𝄞\n\n: ß\n\n".encode(),
}


@pytest.mark.parametrize("case", FINE)
def test_no_defect(case: str) -> None:
    decoder = closed(FINE[case])
    assert (decoder.defects, decoder.unterminated) == ([], None)


INVALID_UTF8 = {
    "in data": (b"data: a\xffb\n\n", [(7, 8)]),
    "in a name": (b"event: \xff\ndata: a\n\n", [(7, 8)]),
    "in a comment": (b": \xff\n\ndata: a\n\n", [(2, 3)]),
    "cut off by a line end": (b"data: \xe2\x82\n\n", [(6, 8)]),
    "an encoded surrogate": (b"data: \xed\xa0\x80\n\n", [(6, 7)]),
    "over-long": (b"data: \xc0\xaf\n\n", [(6, 7)]),
    "the first of a block": (b"data: \xff\xff\ndata: \xfe\n\n", [(6, 7)]),
    "one for each block": (b"data: \xff\n\ndata: \xc3\xa9\n\ndata: \xfe\n\n", [(6, 7), (25, 26)]),
    "after the byte order mark": (b"\xef\xbb\xbfdata: \xff\n\n", [(9, 10)]),
    "in CRLF lines": (b"\r\ndata: \xff\r\n\r\n", [(8, 9)]),
}


@pytest.mark.parametrize("case", INVALID_UTF8)
def test_bytes_that_are_not_utf8(case: str) -> None:
    body, spans = INVALID_UTF8[case]
    assert placed(closed(body).defects) == [("invalid-utf8", *span) for span in spans]


def test_data_keeps_the_bytes_that_are_not_utf8() -> None:
    decoder = Decoder()
    assert decoder.feed(b"event: \xff\ndata: a\xff\n\n") == [("\ufffd", b"a\xff", 0, 19)]
    assert decoder.defects[0].message == "the bytes ff at byte 7 are not UTF-8: invalid start byte"


RUN_TOGETHER = {
    "two names": (b"event: a\ndata: b\nevent: c\ndata: d\n\n", (0, 35)),
    "the same name twice": (b"event: a\ndata: b\nevent: a\n\n", (0, 27)),
    "a hundred names": (b"data: x\n\n" + b"event: a\ndata: x\n" * 100 + b"\n", (9, 1710)),
    "CR": (b"event: a\rdata: b\revent: b\r\r", (0, 27)),
}


def test_two_names_before_the_data_are_one_event() -> None:
    assert closed(b"event: a\nevent: b\ndata: c\n\n").defects == []


@pytest.mark.parametrize("case", RUN_TOGETHER)
def test_events_run_together(case: str) -> None:
    body, span = RUN_TOGETHER[case]
    assert placed(closed(body).defects) == [("run-together", *span)]


UNTERMINATED = {
    "no line end": (b"event: done\ndata: [DONE]", Event("done", b"[DONE]", 0, 24)),
    "no empty line": (b"event: done\ndata: [DONE]\n", Event("done", b"[DONE]", 0, 25)),
    "CRLF without empty line": (b"event: done\r\ndata: [DONE]\r\n", Event("done", b"[DONE]", 0, 27)),
    "after another event": (b"data: a\n\n\ndata: [DO", Event("", b"[DO", 10, 19)),
    "without data": (b"event: a\n", Event("a", b"", 0, 9)),
    "half a field name": (b"data: a\n\neve", Event("", b"", 9, 12)),
    "fields among comments": (b": ping\ndata: a\n: pong", Event("", b"a", 0, 21)),
    "something else entirely": (b"<html></html>", Event("", b"", 0, 13)),
    "after the byte order mark": (b"\xef\xbb\xbfdata: a\n", Event("", b"a", 3, 11)),
}


@pytest.mark.parametrize("case", UNTERMINATED)
def test_a_body_that_ends_inside_a_block(case: str) -> None:
    body, lost = UNTERMINATED[case]
    decoder = closed(body)
    assert placed(decoder.defects) == [("unterminated", lost.start, lost.end)]
    assert decoder.unterminated == lost


def test_a_body_without_any_empty_line_is_both() -> None:
    body = b"event: a\ndata: 1\nevent: b\ndata: 2\n"
    assert placed(closed(body).defects) == [("run-together", 0, 34), ("unterminated", 0, 34)]


def test_a_character_that_the_end_cut_off_is_no_second_defect() -> None:
    assert placed(closed(b"data: \xe2\x82").defects) == [("unterminated", 0, 8)]
    assert placed(closed(b"data: \xe2\x82\n").defects) == [("invalid-utf8", 6, 8), ("unterminated", 0, 9)]


def test_every_kind_is_described() -> None:
    body = b"data: \xff\n\nevent: a\ndata: c\nevent: b\n\ndata"
    assert {defect.kind for defect in closed(body).defects} == set(DEFECTS)


def test_messages_escape_and_shorten_what_the_body_says() -> None:
    body = b"event: \x1b[31m\ndata: c\nevent: " + b"x" * 10_000 + b"\n\n"
    (defect,) = closed(body).defects
    assert "\x1b" not in defect.message
    assert len(defect.message) < 250


def test_defects_are_counted_but_not_kept_without_end() -> None:
    decoder = closed(b"\xff\n\n" * 10_000 + b"event: a\ndata: c\nevent: b\n\n")
    assert decoder.defect_counts == {"invalid-utf8": 10_000, "run-together": 1}
    assert len(decoder.defects) == 101
