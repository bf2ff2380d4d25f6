"""A stream in another form: broken off, with something in the wrong place, or in another legal form.

Each function takes the events of a right stream; what it does is said in the table of answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.model import Chunk, Ended, Response
from conformance.proof.faults.pieces import Piece, Pieces, changed, inserted, moved, piece, pieces_of, place, with_data
from conformance.proof.faults.responses import is_stream
from conformance.reference import objects
from conformance.reference.objects import Document, message_delta
from conformance.wire.sse import encode

#: Changes a stream that was planned.
Form = Callable[[Response], Response]

_DELTA = "thread.message.delta"

#: Milliseconds for which a connection stays open after `done`: clients that wait for its end show it, and the others
#: are not kept waiting.
_LEFT_OPEN = 6000

#: Milliseconds between the arguments of a call and the question, so long that whoever does not wait is seen.
_PAUSE = 1000

#: Numbers of ids from here on are no others of a stream.
_UNLIKE = 900

#: Bytes of a long line: longer than the buffer of any line reader we know of.
_LONG = 512 * 1024

#: Members that OpenAI's description, as it is corrected here, does not require.
_OPTIONAL = frozenset(
    {"temperature", "top_p", "expires_at", "max_completion_tokens", "max_prompt_tokens", "truncation_strategy",
     "incomplete_details", "parallel_tool_calls", "response_format", "attachments", "expired_at"}
)  # fmt: skip


def of_events(change: Callable[[Pieces], Pieces]) -> Form:
    """A form that changes the events of a stream and leaves any other answer alone."""

    def form(response: Response) -> Response:
        if not is_stream(response):
            return response
        chunks = tuple(Chunk(one.ms, one.raw) for one in change(pieces_of(response)) if one.raw)
        return replace(response, chunks=chunks)

    return form


def of_bytes(change: Callable[[Piece], bytes]) -> Form:
    """A form that writes every event otherwise."""
    return of_events(lambda pieces: tuple(one._replace(raw=change(one)) for one in pieces))


def of_objects(change: Callable[[Document], Document]) -> Form:
    """A form that changes the document of every event."""
    return of_events(
        lambda pieces: tuple(one if one.name == "done" else changed(one, change(one.document)) for one in pieces)
    )


def broken_off(cut: Callable[[Pieces], Pieces], ended: Ended) -> Form:
    """A form that sends only the first events, and then ends."""
    form = of_events(cut)
    return lambda response: replace(form(response), ended=ended) if is_stream(response) else response


# Where a stream breaks off.


def at_once(pieces: Pieces) -> Pieces:  # noqa: ARG001
    """Without an event."""
    return ()


def _deltas(pieces: Pieces) -> list[int]:
    return [index for index, one in enumerate(pieces) if one.name == _DELTA]


def between_events(pieces: Pieces) -> Pieces:
    """Behind the second piece of text."""
    return pieces[: _deltas(pieces)[1] + 1]


def within_event(pieces: Pieces) -> Pieces:
    """In the middle of the third piece of text."""
    third = _deltas(pieces)[2]
    raw = pieces[third].raw
    return (*pieces[:third], pieces[third]._replace(raw=raw[: len(raw) // 2]))


def before_ending(pieces: Pieces) -> Pieces:
    """Where the run's last event would have come."""
    return pieces[:-2]


def without_done(pieces: Pieces) -> Pieces:
    """Behind the run's last event."""
    return pieces[:-1]


# What stands in the wrong place.


def brace_too_many(pieces: Pieces) -> Pieces:
    """The run's last event ends in one brace too many."""
    return (*pieces[:-2], with_data(pieces[-2], pieces[-2].data + b"}"), pieces[-1])


def more_after_done(pieces: Pieces) -> Pieces:
    """One more piece of text."""
    message = next(one.document for one in pieces if one.name == _DELTA)
    return (*pieces, piece(_DELTA, message_delta(message["id"], " More", first=False), pieces[-1].ms))


def delta_first(pieces: Pieces) -> Pieces:
    """The first piece of text comes before its message."""
    return moved(pieces, place(pieces, _DELTA), place(pieces, "thread.message.created"))


def left_open(response: Response) -> Response:
    """The connection stays open."""
    if not is_stream(response):
        return response
    return replace(response, ended=Ended.SHORT, ended_ms=response.ended_ms + _LEFT_OPEN)


# Legal forms.


def _lines(change: Callable[[bytes], bytes]) -> Form:
    """A form that writes every line otherwise; the empty one that ends an event stays."""

    def written(one: Piece) -> bytes:
        return b"".join(change(line) + b"\n" for line in one.raw.splitlines() if line) + b"\n"

    return of_bytes(written)


def line_ends(end: bytes) -> Form:
    """Lines end otherwise."""
    return of_bytes(lambda one: one.raw.replace(b"\n", end))


def within_events(lines: bytes) -> Form:
    """Lines stand between the name of an event and its data."""
    return of_bytes(lambda one: one.raw.replace(b"\ndata:", b"\n" + lines + b"data:", 1))


def between_all(block: bytes) -> Form:
    """A block stands before every event."""
    return of_bytes(lambda one: block + one.raw)


no_space = _lines(lambda line: line.replace(b": ", b":", 1))


def byte_order_mark(pieces: Pieces) -> Pieces:
    """A byte order mark comes first."""
    return (pieces[0]._replace(raw=b"\xef\xbb\xbf" + pieces[0].raw), *pieces[1:])


def several_lines(one: Piece) -> bytes:
    """The document of an event over several lines."""
    if one.name == "done":
        return one.raw
    text = json.dumps(one.document, ensure_ascii=False, indent=1)
    return encode(one.name, text.encode("utf-8", "backslashreplace"))


def blocks_without_data(pieces: Pieces) -> Pieces:
    """Blocks that dispatch nothing: one of `retry` first, one of an event's name later."""
    middle = len(pieces) // 2
    first, later = Piece("", b"", b"retry: 1000\n\n", 0), Piece("", b"", b"event: thread.run.note\n\n", 0)
    return (first, *inserted(pieces, middle, later))


def byte_by_byte(response: Response) -> Response:
    """Every byte is a chunk."""
    chunks = tuple(Chunk(chunk.ms, bytes((byte,))) for chunk in response.chunks for byte in chunk.data)
    return replace(response, chunks=chunks) if is_stream(response) else response


def long_line(pieces: Pieces) -> Pieces:
    """The first event holds a member of 512 KB."""
    return (changed(pieces[0], {**pieces[0].document, "padding": "x" * _LONG}), *pieces[1:])


def unknown_events(data: bytes) -> Callable[[Pieces], Pieces]:
    """Events of an unknown name come first, in between and before `done`."""
    note = Piece("thread.note", data, encode("thread.note", data), 0)

    def change(pieces: Pieces) -> Pieces:
        middle = len(pieces) // 2
        return (note, *pieces[:middle], note, *pieces[middle:-1], note, pieces[-1])

    return change


def with_separators(document: Document) -> Document:
    """Characters that some readers of lines take for the end of one."""
    return {**document, "note": "one\u2028two\u2029three\u0085four"}


def sparse_and_strange(document: Document) -> Document:
    """A member nobody knows, and none of those that are null and not required."""
    kept = {name: value for name, value in document.items() if value is not None or name not in _OPTIONAL}
    return {**kept, "member_of_tomorrow": {"of": ["any", "kind"]}}


def documented_events(pieces: Pieces) -> Pieces:
    """Every documented end of steps and messages, and a run that is being cancelled, in a run that completes."""
    at = place(pieces, "thread.run.in_progress") + 1
    run, ms = pieces[at - 1].document, pieces[at - 1].ms
    told = [*_broken_steps(run), *_broken_message(run), ("thread.run.cancelling", {**run, "status": "cancelling"})]
    return (*pieces[:at], *(piece(name, document, ms) for name, document in told), *pieces[at:])


def _broken_steps(run: Document) -> Iterator[tuple[str, Document]]:
    """A built-in step for each end that a step can come to beside completion."""
    for number, status in enumerate(("failed", "cancelled", "expired"), start=_UNLIKE):
        call = {"id": f"call_{number:024d}", "type": "code_interpreter"}
        whole = {**call, "code_interpreter": {"input": "", "outputs": []}}
        step = objects.step(f"step_{number:024d}", run, run["started_at"], objects.tool_calls([whole]))
        yield "thread.run.step.created", step
        yield "thread.run.step.in_progress", step
        yield f"thread.run.step.{status}", objects.step_ended(step, status, run["started_at"], objects.usage(0, 0))


def _broken_message(run: Document) -> Iterator[tuple[str, Document]]:
    """A message that a filter cut short, and its step."""
    at, message_id = run["started_at"], f"msg_{_UNLIKE:024d}"
    step = objects.step(f"step_{_UNLIKE + 3:024d}", run, at, objects.message_creation(message_id))
    message = objects.message_begun(message_id, run, at)
    yield "thread.run.step.created", step
    yield "thread.run.step.in_progress", step
    yield "thread.message.created", message
    yield "thread.message.in_progress", message
    yield _DELTA, objects.message_delta(message_id, "Well", first=True)
    yield "thread.message.incomplete", objects.message_ended(message, "Well", at, reason="content_filter")
    yield "thread.run.step.completed", objects.step_ended(step, "completed", at, objects.usage(0, 0))


def asking_late(response: Response) -> Response:
    """A second passes before a stream asks for outputs."""
    if not is_stream(response):
        return response
    pieces = pieces_of(response)
    at = next((index for index, one in enumerate(pieces) if one.name == "thread.run.requires_action"), len(pieces))
    late = (*pieces[:at], *(one._replace(ms=one.ms + _PAUSE) for one in pieces[at:]))
    return replace(response, chunks=tuple(Chunk(one.ms, one.raw) for one in late))
