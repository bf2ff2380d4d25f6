"""Faults in how a stream ends: `done`, what it follows, and the end of the body."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Ended, Exchange, Response
from conformance.proof.faults.pieces import (
    Pieces,
    inserted,
    moved,
    named,
    piece,
    pieces_of,
    place,
    replaced,
    with_data,
    with_pieces,
    without,
)
from conformance.proof.faults.registry import Applies, fault, stream_fault
from conformance.wire.sse import encode

_STREAM = Applies(streamed=True)
_COMPLETES = Applies(streamed=True, event="thread.run.completed")

#: Milliseconds for which a body is left open: longer than a reader must wait, shorter than it does.
_LEFT_OPEN = 5500


@stream_fault("drop-done", breaks={"done.present", "done.after-error"})
def drop_done(pieces: Pieces) -> Pieces:
    """The stream ends without `done`."""
    return without(pieces, "done")


@stream_fault("done-missing-after-error", breaks={"done.after-error"}, having="error")
def done_missing_after_error(pieces: Pieces) -> Pieces:
    """The stream ends with the error event, without `done`."""
    return without(pieces, "done")


@stream_fault("error-after-the-end", breaks={"order.terminal-last"}, having="thread.run.completed")
def error_after_the_end(pieces: Pieces) -> Pieces:
    """The run completes, and an error event follows before `done`."""
    said = {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}
    return inserted(pieces, place(pieces, "done"), piece("error", {"error": said}, pieces[-1].ms))


@stream_fault("done-twice", breaks={"done.once"})
def done_twice(pieces: Pieces) -> Pieces:
    """`done` comes twice."""
    return (*pieces, pieces[-1])


@stream_fault("event-after-done", breaks={"done.last"}, having="thread.run.completed")
def event_after_done(pieces: Pieces) -> Pieces:
    """An event that the API does not define comes after `done`."""
    return (*pieces, piece("thread.run.usage", {"total_tokens": 3}, pieces[-1].ms))


@stream_fault("delta-after-done", breaks={"done.last"}, having="thread.message.completed")
def delta_after_done(pieces: Pieces) -> Pieces:
    """The last piece of text comes once more, after `done`."""
    return (*pieces, pieces[place(pieces, "thread.message.delta", last=True)])


@stream_fault("done-unnamed", breaks={"done.name"})
def done_unnamed(pieces: Pieces) -> Pieces:
    """`[DONE]` comes in an event without a name, as in many hand-written servers."""
    return replaced(pieces, len(pieces) - 1, pieces[-1]._replace(name="", raw=encode("", b"[DONE]")))


@stream_fault("done-named-end", breaks={"done.name"})
def done_named_end(pieces: Pieces) -> Pieces:
    """`[DONE]` comes in an event named `end`."""
    return replaced(pieces, len(pieces) - 1, named(pieces[-1], "end"))


@stream_fault("done-as-json", breaks={"done.data"})
def done_as_json(pieces: Pieces) -> Pieces:
    """The data of `done` is a JSON object."""
    return replaced(pieces, len(pieces) - 1, with_data(pieces[-1], b"{}"))


@stream_fault("done-quoted", breaks={"done.data"})
def done_quoted(pieces: Pieces) -> Pieces:
    """The data of `done` is a JSON string."""
    return replaced(pieces, len(pieces) - 1, with_data(pieces[-1], b'"[DONE]"'))


@stream_fault("done-before-end", breaks={"done.after-terminal"}, having="thread.run.completed")
def done_before_end(pieces: Pieces) -> Pieces:
    """`done` comes before the run has completed."""
    return moved(pieces, place(pieces, "done"), place(pieces, "thread.run.completed"))


@stream_fault("done-first", breaks={"done.once"}, having="thread.run.queued")
def done_first(pieces: Pieces) -> Pieces:
    """`done` ends the outputs' acknowledgement, and comes again at the end."""
    return inserted(pieces, place(pieces, "thread.run.queued"), pieces[-1])


@fault("left-open", breaks={"done.closes"}, applies=_COMPLETES)
def left_open(_exchange: Exchange, response: Response) -> Response:
    """The body is left open after `done`."""
    return replace(response, ended=Ended.TIMEOUT, ended_ms=response.ended_ms + _LEFT_OPEN)


@fault("closes-late", breaks={"done.closes"}, applies=_COMPLETES)
def closes_late(_exchange: Exchange, response: Response) -> Response:
    """The body is ended properly, but seconds after `done`."""
    return replace(response, ended_ms=response.ended_ms + _LEFT_OPEN)


@fault("cut-after-done", breaks={"framing.complete"}, applies=_STREAM)
def cut_after_done(_exchange: Exchange, response: Response) -> Response:
    """The connection is closed after `done` without the last chunk."""
    return replace(response, ended=Ended.SHORT)


@fault("reset-after-done", breaks={"framing.complete"}, applies=_STREAM)
def reset_after_done(_exchange: Exchange, response: Response) -> Response:
    """The connection is reset after `done`."""
    return replace(response, ended=Ended.RESET)


def _half(response: Response, ended: Ended) -> Response:
    pieces = pieces_of(response)
    return replace(with_pieces(response, pieces[: len(pieces) // 2]), ended=ended)


@fault("cut-in-the-middle", breaks={"framing.complete"}, applies=_STREAM)
def cut_in_the_middle(_exchange: Exchange, response: Response) -> Response:
    """The connection is closed in the middle of the stream."""
    return _half(response, Ended.SHORT)


@fault("reset-in-the-middle", breaks={"framing.complete"}, applies=_STREAM)
def reset_in_the_middle(_exchange: Exchange, response: Response) -> Response:
    """The connection is reset in the middle of the stream."""
    return _half(response, Ended.RESET)


@fault("ends-in-silence", breaks={"order.terminal-present"}, applies=_STREAM)
def ends_in_silence(_exchange: Exchange, response: Response) -> Response:
    """The stream ends properly in the middle of what it was saying."""
    return _half(response, Ended.COMPLETE)


@fault("hangs-in-the-middle", breaks={"order.terminal-present"}, applies=_COMPLETES)
def hangs_in_the_middle(_exchange: Exchange, response: Response) -> Response:
    """The stream stops in the middle and says nothing more."""
    return replace(_half(response, Ended.TIMEOUT), ended_ms=response.ended_ms + 60_000)


@fault("cut-inside-event", breaks={"framing.complete"}, applies=_STREAM)
def cut_inside_event(_exchange: Exchange, response: Response) -> Response:
    """The connection is closed in the middle of an event."""
    pieces = pieces_of(response)
    half = pieces[len(pieces) // 2]
    cut = (*pieces[: len(pieces) // 2], half._replace(raw=half.raw[: len(half.raw) // 2]))
    return replace(with_pieces(response, cut), ended=Ended.SHORT)
