"""Faults in the JSON text of events."""

from __future__ import annotations

from conformance.proof.faults.pieces import Pieces, place, replaced, with_data
from conformance.proof.faults.registry import stream_fault

_JSON = {"events.json"}


def _data(pieces: Pieces, name: str, old: bytes, new: bytes) -> Pieces:
    index = place(pieces, name)
    return replaced(pieces, index, with_data(pieces[index], pieces[index].data.replace(old, new, 1)))


@stream_fault("brace-too-many", breaks=_JSON, having="thread.run.queued")
def brace_too_many(pieces: Pieces) -> Pieces:
    """A run event ends in one brace too many, as in OpenAI's printed example."""
    index = place(pieces, "thread.run.queued")
    return replaced(pieces, index, with_data(pieces[index], pieces[index].data + b"}"))


@stream_fault("brace-missing", breaks=_JSON, having="thread.run.completed")
def brace_missing(pieces: Pieces) -> Pieces:
    """The last run event breaks off before its last brace."""
    index = place(pieces, "thread.run.completed")
    return replaced(pieces, index, with_data(pieces[index], pieces[index].data[:-1]))


@stream_fault("single-quotes", breaks=_JSON, having="thread.message.delta")
def single_quotes(pieces: Pieces) -> Pieces:
    """A delta is written as Python writes a dict."""
    index = place(pieces, "thread.message.delta")
    return replaced(pieces, index, with_data(pieces[index], str(pieces[index].document).encode()))


@stream_fault("number-nan", breaks=_JSON, having="thread.run.in_progress")
def number_nan(pieces: Pieces) -> Pieces:
    """A number is NaN, which JSON does not have."""
    return _data(pieces, "thread.run.in_progress", b'"temperature":1.0', b'"temperature":NaN')


@stream_fault("data-none", breaks=_JSON, having="thread.run.step.created")
def data_none(pieces: Pieces) -> Pieces:
    """An event's data is the word None."""
    index = place(pieces, "thread.run.step.created")
    return replaced(pieces, index, with_data(pieces[index], b"None"))


@stream_fault("error-as-prose", breaks=_JSON, having="error")
def error_as_prose(pieces: Pieces) -> Pieces:
    """The error event carries a sentence in the place of JSON."""
    index = place(pieces, "error")
    return replaced(pieces, index, with_data(pieces[index], b"The server failed."))


@stream_fault("step-end-cut", breaks=_JSON, having="thread.run.step.completed")
def step_end_cut(pieces: Pieces) -> Pieces:
    """The end of the submitted step breaks off in the middle of its JSON."""
    index = place(pieces, "thread.run.step.completed")
    return replaced(pieces, index, with_data(pieces[index], pieces[index].data[: len(pieces[index].data) // 2]))
