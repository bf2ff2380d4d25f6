"""The events of an answer as pieces that can be changed, dropped and moved."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from conformance.model import Chunk, Response
from conformance.reference.objects import Document, to_json
from conformance.wire import strict_json
from conformance.wire.sse import Decoder, encode


class Piece(NamedTuple):
    """One event of a stream: its bytes, and the millisecond in which they came."""

    name: str
    data: bytes
    raw: bytes
    ms: int

    @property
    def document(self) -> Document:
        """Its data as JSON."""
        found: Any = strict_json.read(self.data)
        return dict(found)


Pieces = tuple[Piece, ...]

#: Answers whose events are kept: every fault reads those of all scenarios, some hundred of a few KB each.
_ANSWERS = 256


def pieces_of(response: Response) -> Pieces:
    """Read the events of an answer; one that is not a stream has none."""
    return _pieces(response.chunks)


@lru_cache(_ANSWERS)
def _pieces(chunks: tuple[Chunk, ...]) -> Pieces:
    decoder, body = Decoder(), b"".join(chunk.data for chunk in chunks)
    return tuple(
        Piece(event.name, event.data, body[event.start : event.end], chunk.ms)
        for chunk in chunks
        for event in decoder.feed(chunk.data)
    )


def with_pieces(response: Response, pieces: Pieces) -> Response:
    """The answer with these events, one chunk for each; the same answer where they are its own."""
    if pieces == pieces_of(response):
        return response
    return replace(response, chunks=tuple(Chunk(piece.ms, piece.raw) for piece in pieces if piece.raw))


def piece(name: str, document: object, ms: int = 0) -> Piece:
    """A new event."""
    data = to_json(document)
    return Piece(name, data, encode(name, data), ms)


def changed(old: Piece, document: object) -> Piece:
    """The event with another document."""
    return piece(old.name, document, old.ms)


def with_data(old: Piece, data: bytes) -> Piece:
    """The event with other data."""
    return Piece(old.name, data, encode(old.name, data), old.ms)


def named(old: Piece, name: str) -> Piece:
    """The event under another name."""
    return Piece(name, old.data, encode(name, old.data), old.ms)


class Absent(LookupError):
    """A stream lacks the event that a fault is about."""


def place(pieces: Pieces, name: str, *, last: bool = False) -> int:
    """The index of the first, or the last, event of a name; raises Absent where there is none."""
    found = [index for index, one in enumerate(pieces) if one.name == name]
    if not found:
        raise Absent(name)
    return found[-1 if last else 0]


def without(pieces: Pieces, *names: str) -> Pieces:
    """All events but those of these names."""
    return tuple(one for one in pieces if one.name not in names)


def dropped(pieces: Pieces, index: int) -> Pieces:
    """All events but one."""
    return (*pieces[:index], *pieces[index + 1 :])


def inserted(pieces: Pieces, index: int, *new: Piece) -> Pieces:
    """The events with others before the one at an index."""
    return (*pieces[:index], *new, *pieces[index:])


def moved(pieces: Pieces, index: int, to: int) -> Pieces:
    """The events with one of them taken out and put before the one that was at `to`."""
    rest = dropped(pieces, index)
    return inserted(rest, to if to <= index else to - 1, pieces[index])


def swapped(pieces: Pieces, one: int, other: int) -> Pieces:
    """The events with two of them exchanged; each keeps the time of its new place."""
    at = {one: pieces[other]._replace(ms=pieces[one].ms), other: pieces[one]._replace(ms=pieces[other].ms)}
    return tuple(at.get(index, old) for index, old in enumerate(pieces))


def replaced(pieces: Pieces, index: int, *new: Piece) -> Pieces:
    """The events with others in the place of one."""
    return (*pieces[:index], *new, *pieces[index + 1 :])


def each(pieces: Pieces, names: Collection[str], change: Callable[[Document], Document]) -> Pieces:
    """The events with another document in each event of these names."""
    return tuple(changed(one, change(one.document)) if one.name in names else one for one in pieces)


def of_entity(pieces: Pieces, entity: str) -> frozenset[str]:
    """The names of the events of a run, a step or a message that are there, deltas left out."""
    prefix = {"run": "thread.run.", "step": "thread.run.step.", "message": "thread.message."}[entity]
    names = {one.name for one in pieces if one.name.startswith(prefix) and not one.name.endswith(".delta")}
    return frozenset(name for name in names if entity != "run" or not name.startswith("thread.run.step."))
