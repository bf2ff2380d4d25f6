"""Edits on a body that arrived in pieces: every border between pieces keeps its place in the content."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from conformance.model import Chunk


class Edit(NamedTuple):
    """Bytes `start` to `end` (half-open) become `new`."""

    start: int
    end: int
    new: bytes


def spliced(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the bytes with the edits made; edits are in order and do not overlap."""
    pieces, at = [], 0
    for start, end, new in edits:
        pieces += [data[at:start], new]
        at = end
    return b"".join((*pieces, data[at:]))


def spliced_chunks(chunks: tuple[Chunk, ...], edits: Iterable[Edit]) -> tuple[Chunk, ...]:
    """Return the chunks with the edits made in their joined bytes.

    A border within replaced bytes stays within their replacement, as far from its start as there is room.
    """
    edits = tuple(edits)
    if not edits:
        return chunks
    data = spliced(b"".join(chunk.data for chunk in chunks), edits)
    moved: list[Chunk] = []
    at = old = shift = done = 0
    for chunk in chunks:
        old += len(chunk.data)
        while done < len(edits) and edits[done].end <= old:
            shift += len(edits[done].new) - (edits[done].end - edits[done].start)
            done += 1
        border = old + shift
        if done < len(edits) and edits[done].start < old:
            border = edits[done].start + shift + min(old - edits[done].start, len(edits[done].new))
        moved.append(Chunk(chunk.ms, data[at:border]))
        at = border
    return tuple(moved)
