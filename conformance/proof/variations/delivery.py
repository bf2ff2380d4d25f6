"""In which pieces and when the same bytes may arrive."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice, pairwise

from conformance.model import Chunk
from conformance.proof.variations.body_pieces import PACE, Delivery
from conformance.proof.variations.draw import Draw, chance
from conformance.proof.variations.registry import variation

#: Milliseconds after the last byte within which a body ends in good order (ORD-CLOSE).
_CLOSES_WITHIN = 5_000

#: The bytes before which a chunk can end within a character, or between CR and LF.
_WITHIN = re.compile(rb"[\x80-\xbf]|(?<=\r)\n")


def _body(delivery: Delivery) -> bytes:
    return b"".join(chunk.data for chunk in delivery.chunks)


def _cut(delivery: Delivery, cuts: Iterable[int]) -> Delivery:
    """The same chunks cut further, at offsets into the body; each byte keeps the time at which it came."""
    wanted = sorted(cuts)
    chunks: list[Chunk] = []
    start = 0
    for chunk in delivery.chunks:
        end = start + len(chunk.data)
        ends = [at - start for at in wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]]
        chunks += [Chunk(chunk.ms, chunk.data[one:other]) for one, other in pairwise([0, *ends, len(chunk.data)])]
        start = end
    return delivery._replace(chunks=tuple(chunks))


@variation("several-events-in-a-piece")
def several_events_in_a_piece(draw: Draw, delivery: Delivery) -> Delivery:
    """Two pieces arrive as one, when the second of them comes."""
    chunks: list[Chunk] = []
    for chunk in delivery.chunks:
        joins = len(chunks) > 1 and chance(draw, 2)
        chunks.append(Chunk(chunk.ms, chunks.pop().data + chunk.data) if joins else chunk)
    return delivery._replace(chunks=tuple(chunks))


@variation("slow")
def slow(draw: Draw, delivery: Delivery) -> Delivery:
    """Events come slowly, with long pauses."""
    factor = draw.choice([4, 60, 1000])
    chunks = tuple(Chunk(chunk.ms * factor, chunk.data) for chunk in delivery.chunks)
    return Delivery(chunks, max((chunk.ms for chunk in chunks), default=0) + 1)


@variation("late")
def late(draw: Draw, delivery: Delivery) -> Delivery:
    """The first event takes its time; the others follow at their pace."""
    wait = draw.integers(1, 400) * PACE
    chunks = tuple(Chunk(chunk.ms + wait, chunk.data) for chunk in delivery.chunks)
    return Delivery(chunks, delivery.ended_ms + wait)


@variation("quick")
def quick(_draw: Draw, delivery: Delivery) -> Delivery:
    """Everything comes within a moment: the model did not take long by the time of its events either."""
    return Delivery(tuple(Chunk(1, chunk.data) for chunk in delivery.chunks), 1)


@variation("in-one-piece")
def in_one_piece(_draw: Draw, delivery: Delivery) -> Delivery:
    """A body arrives in one piece, at once."""
    return Delivery((Chunk(1, _body(delivery)),), 1)


@variation("cut-anywhere")
def cut_anywhere(draw: Draw, delivery: Delivery) -> Delivery:
    """Chunks end anywhere, also within a line, with empty ones among them (SSE-CHUNK)."""
    length = len(_body(delivery))
    return _cut(delivery, [draw.integers(0, length) for _ in range(draw.integers(0, 12))])


@variation("cut-within-characters")
def cut_within_characters(draw: Draw, delivery: Delivery) -> Delivery:
    """Chunks end within a character, or between CR and LF (SSE-CHUNK)."""
    ends = (found.start() for found in _WITHIN.finditer(_body(delivery), 1))
    return _cut(delivery, [at for at in islice(ends, 200) if not chance(draw, 3)])


@variation("byte-by-byte")
def byte_by_byte(draw: Draw, delivery: Delivery) -> Delivery:
    """Every byte of some stretch is a chunk of its own (SSE-CHUNK)."""
    length = len(_body(delivery))
    start = draw.integers(0, length)
    return _cut(delivery, list(range(start, min(start + 200, length))))


@variation("closes-after-a-while")
def closes_after_a_while(draw: Draw, delivery: Delivery) -> Delivery:
    """The body ends some time after its last byte (ORD-CLOSE)."""
    last = max((chunk.ms for chunk in delivery.chunks), default=0)
    return delivery._replace(ended_ms=last + draw.integers(0, _CLOSES_WITHIN - 1))
