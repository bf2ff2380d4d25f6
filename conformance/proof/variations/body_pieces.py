"""A body as it arrives: in which pieces and when."""

from __future__ import annotations

from typing import NamedTuple

from conformance.model import Chunk

#: Milliseconds from one event to the next: slower than the seconds that stories count, so that nothing seems held back.
PACE = 250


class Delivery(NamedTuple):
    """The chunks of one answer, and when its body ended."""

    chunks: tuple[Chunk, ...]
    ended_ms: int


def delivered(pieces: list[bytes]) -> Delivery:
    """Every piece as a chunk, one after the other at an even pace."""
    chunks = tuple(Chunk(PACE * number, piece) for number, piece in enumerate(pieces, 1))
    return Delivery(chunks, PACE * len(pieces) + 1)
