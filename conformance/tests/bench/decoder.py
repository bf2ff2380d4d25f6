"""The SSE decoder: beside httpx-sse on what servers send, and against itself on what they should not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import httpx
from httpx_sse import EventSource

from conformance.tests.bench.measured import Measured, cpu, medians, own_cpu
from conformance.tests.bench.streams import PIECE, Recorded, cut, deltas, large
from conformance.wire.sse import Decoder


class Hostile(NamedTuple):
    """A shape that makes careless decoders quadratic, at about so many bytes and at two and four times as many."""

    body: Callable[[int], bytes]
    least: int
    piece: int = PIECE


#: The long ones are beyond the size (32 MB) from which the C library asks the system for every block of memory anew,
#: which takes longer a byte than reusing blocks.
HOSTILE = {
    "lines of 35 to 140 MB": Hostile(lambda size: b"data: " + b"x" * size + b"\n\n", 35_000_000),
    "comments of 35 to 140 MB": Hostile(lambda size: b":" + b"x" * size + b"\n\n", 35_000_000),
    "fields without colon": Hostile(lambda size: b"x" * size + b"\n\n", 35_000_000),
    "a million data lines": Hostile(lambda size: b"data: x\n" * (size // 8) + b"\n", 2_000_000),
    "CR only": Hostile(lambda size: b"data: x\r\r" * (size // 9), 1_000_000),
    "byte by byte": Hostile(lambda size: b"event: a\ndata: x\n\n" * (size // 18), 250_000, piece=1),
}


def decode(pieces: Sequence[bytes]) -> None:
    """Decode a body with our decoder."""
    decoder = Decoder()
    for piece in pieces:
        for _ in decoder.events(piece):
            pass
    decoder.close()


def decode_httpx_sse(pieces: Sequence[bytes]) -> None:
    """Decode a body with httpx-sse."""
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=iter(pieces))
    for _ in EventSource(response).iter_sse():
        pass


def usual_events() -> Measured:
    return _beside_httpx_sse("decoder: httpx-sse / ours, usual events", deltas(20_000), limit=2.0)


def large_events() -> Measured:
    return _beside_httpx_sse("decoder: httpx-sse / ours, 100 KB events", large(100), limit=1.0)


def _beside_httpx_sse(name: str, recorded: Recorded, *, limit: float) -> Measured:
    pieces = recorded.pieces
    ours, theirs = medians(cpu(lambda: decode(pieces)), cpu(lambda: decode_httpx_sse(pieces)))
    per_event = [f"{seconds / recorded.events * 1e6:.2f}" for seconds in (theirs, ours)]
    return Measured(name, theirs / ours, limit, f"{' / '.join(per_event)} µs an event", at_least=True)


def growth(shape: str) -> Callable[[], Measured]:
    """The measurement of one hostile shape."""
    hostile = HOSTILE[shape]

    def decoding(size: int) -> Callable[[], float]:
        pieces = cut(hostile.body(size), hostile.piece)
        return own_cpu(lambda: decode(pieces))

    def measure() -> Measured:
        return doubled(f"decoder: growth, {shape}", [decoding(hostile.least * times) for times in (1, 2, 4)])

    return measure


def doubled(name: str, runs: Sequence[Callable[[], float]], *, limit: float = 2.3) -> Measured:
    """How much longer each run takes than the one before it, which has half as much to do: the worst of them."""
    seconds = medians(*runs)
    worst = max(after / before for before, after in pairwise(seconds))
    return Measured(name, worst, limit, " → ".join(f"{taken * 1e3:.0f}" for taken in seconds) + " ms")


MEASUREMENTS = (usual_events, large_events, *(growth(shape) for shape in HOSTILE))
