"""Faults in the bytes of a stream: encoding, blank lines, names, and when they are sent."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Chunk, Exchange, Response
from conformance.proof.faults.pieces import Piece, Pieces, changed, pieces_of, place, replaced, with_pieces
from conformance.proof.faults.registry import Applies, fault, stream_fault
from conformance.proof.faults.responses import with_body
from conformance.reference.objects import to_json
from conformance.wire.sse import encode

_DELTA = "thread.message.delta"
_STREAM = Applies(streamed=True)


def _raw(pieces: Pieces, index: int, raw: bytes) -> Pieces:
    return replaced(pieces, index, pieces[index]._replace(raw=raw))


@fault("empty-stream", breaks={"framing.not-empty"}, applies=_STREAM)
def empty_stream(_exchange: Exchange, response: Response) -> Response:
    """The stream is opened and ended without a byte."""
    return replace(response, chunks=())


@fault("comments-only", breaks={"framing.not-empty"}, applies=_STREAM)
def comments_only(_exchange: Exchange, response: Response) -> Response:
    """The stream holds pings and no event."""
    return replace(response, chunks=tuple(Chunk(chunk.ms, b": ping\n\n") for chunk in response.chunks))


@stream_fault("bytes-not-utf8", breaks={"framing.utf8"}, having="thread.message.completed")
def bytes_not_utf8(pieces: Pieces) -> Pieces:
    """The text of the completed message is sent in ISO-8859-1."""
    index = place(pieces, "thread.message.completed")
    return _raw(pieces, index, pieces[index].raw.replace("ö".encode(), "ö".encode("latin-1")))


@stream_fault("cut-character", breaks={"framing.utf8"}, having=_DELTA)
def cut_character(pieces: Pieces) -> Pieces:
    """A delta ends in the middle of a character's bytes."""
    index = next((i for i, one in enumerate(pieces) if one.name == _DELTA and "ö".encode() in one.raw), None)
    return pieces if index is None else _raw(pieces, index, pieces[index].raw.replace("ö".encode(), b"\xc3"))


@stream_fault("last-unterminated", breaks={"framing.blank-line"})
def last_unterminated(pieces: Pieces) -> Pieces:
    """The last event is sent without the blank line that ends it, so readers throw it away."""
    return _raw(pieces, len(pieces) - 1, pieces[-1].raw[:-1])


@stream_fault("run-together", breaks={"framing.blank-line"}, having="thread.run.queued")
def run_together(pieces: Pieces) -> Pieces:
    """Two events have no blank line between them."""
    index = place(pieces, "thread.run.queued")
    return _raw(pieces, index, pieces[index].raw[:-1])


@stream_fault("all-run-together", breaks={"framing.blank-line"})
def all_run_together(pieces: Pieces) -> Pieces:
    """No event is ended by a blank line, as the printed examples seem to show."""
    return tuple(one._replace(raw=one.raw[:-1]) for one in pieces)


@stream_fault("data-only", breaks={"framing.event-name"})
def data_only(pieces: Pieces) -> Pieces:
    """Events have no names: the name is wrapped into the data, as one re-implementation does."""
    return tuple(_wrapped(one) for one in pieces)


def _wrapped(one: Piece) -> Piece:
    if one.name == "done":
        return one
    data = to_json({"event": one.name, "data": one.document})
    return Piece("", data, encode("", data), one.ms)


@stream_fault("one-nameless", breaks={"framing.event-name"}, having="thread.message.in_progress")
def one_nameless(pieces: Pieces) -> Pieces:
    """One event is wrapped into its data and has no name."""
    index = place(pieces, "thread.message.in_progress")
    return replaced(pieces, index, _wrapped(pieces[index]))


@fault("held-back", breaks={"framing.flushed"}, applies=Applies(streamed=True, event="thread.run.completed"))
def held_back(_exchange: Exchange, response: Response) -> Response:
    """The run works for four seconds, and every event of it is sent at their end."""
    pieces = pieces_of(response)
    index = place(pieces, "thread.run.completed")
    run = pieces[index].document
    late = changed(pieces[index], {**run, "completed_at": run["started_at"] + 4})
    held = with_pieces(response, tuple(one._replace(ms=4000) for one in replaced(pieces, index, late)))
    return replace(held, ended_ms=4001)


@fault(
    "in-one-piece-at-the-end", breaks={"framing.flushed"}, applies=Applies(streamed=True, event="thread.run.completed")
)
def in_one_piece_at_the_end(exchange: Exchange, response: Response) -> Response:
    """The run works for four seconds, and the whole body is sent in one piece at their end."""
    held = held_back(exchange, response)
    return replace(held, chunks=(Chunk(4000, b"".join(chunk.data for chunk in held.chunks)),))


@stream_fault("members-reordered", equivalent="the members of a JSON object have no order (RFC 8259, 4)")
def members_reordered(pieces: Pieces) -> Pieces:
    """The members of the first object come in another order."""
    return replaced(pieces, 0, changed(pieces[0], dict(reversed(pieces[0].document.items()))))


@fault("html-in-stream", breaks={"framing.not-empty"}, applies=_STREAM)
def html_in_stream(_exchange: Exchange, response: Response) -> Response:
    """A proxy's page is sent as the stream."""
    return with_body(response, b"<!doctype html><title>Busy</title>\n", "text/event-stream")
