"""Work grows with the bytes, whatever their shape and however they are cut; `make bench` times larger ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from conformance.tests.work import steps
from conformance.wire.sse import Decoder

#: Each shape of about this many bytes, and the size of the pieces it is fed in.
SHAPES: dict[str, tuple[Callable[[int], bytes], int]] = {
    "one huge line": (lambda size: b"data: " + b"x" * size + b"\n\n", 1024),
    "one huge line, byte by byte": (lambda size: b"data: " + b"x" * (size // 16) + b"\n\n", 1),
    "many data lines": (lambda size: b"data: x\n" * (size // 8) + b"\n", 1024),
    "many data lines, cut between CR and LF": (lambda size: b"data:\r\n" * (size // 7) + b"\r\n", 7),
    "many event lines": (lambda size: b"event: x\n" * (size // 9) + b"\n", 1024),
    "CR only": (lambda size: b"data: x\r\r" * (size // 9), 1024),
    "empty lines": (lambda size: b"\n" * size, 1024),
    "empty lines of CR": (lambda size: b"\r" * (size // 4), 1024),
    "a long comment": (lambda size: b":" + b"x" * size, 1024),
    "a long field without colon": (lambda size: b"x" * size, 1024),
    "bytes that are not UTF-8": (lambda size: b"data: \xff\n\n" * (size // 36), 1024),
    "tiny events in tiny pieces": (lambda size: b"data: x\n\n" * (size // 72), 3),
}


def decode(body: bytes, size: int) -> None:
    decoder = Decoder()
    for at in range(0, len(body), size):
        decoder.feed(body[at : at + size])
    decoder.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_work_is_linear(shape: str) -> None:
    body, size = SHAPES[shape]
    small, large = (steps(partial(decode, body(length), size)) for length in (12_500, 100_000))
    assert large <= 9 * small, "eight times the bytes: linear is 8, quadratic 64"
