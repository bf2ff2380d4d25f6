"""Faults in the shape of single events: fields that are missing or of another type, and times of another unit."""

from __future__ import annotations

from conformance.proof.faults.pieces import Pieces, each, of_entity
from conformance.proof.faults.registry import event_fault, stream_fault
from conformance.reference.objects import Document

_SCHEMA = {"events.schema"}
_QUEUED = "thread.run.queued"
_WORKING = "thread.run.in_progress"
_COMPLETED = "thread.run.completed"
_STEP_END = "thread.run.step.completed"
_DELTA = "thread.message.delta"
_MESSAGE = "thread.message.completed"


def _less(document: Document, *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}


@event_fault("run-model-number", _QUEUED, breaks=_SCHEMA)
def run_model_number(document: Document) -> Document:
    """The model of a run is a number in one event."""
    return {**document, "model": 4}


@event_fault("run-truncation-word", _WORKING, breaks=_SCHEMA)
def run_truncation_word(document: Document) -> Document:
    """A run's truncation strategy is a word in the place of an object."""
    return {**document, "truncation_strategy": "auto"}


@event_fault("run-without-assistant", _COMPLETED, breaks=_SCHEMA)
def run_without_assistant(document: Document) -> Document:
    """The completed run does not name its assistant."""
    return _less(document, "assistant_id")


@event_fault("step-without-details", _STEP_END, breaks=_SCHEMA, last=True)
def step_without_details(document: Document) -> Document:
    """A completed step has no details."""
    return _less(document, "step_details")


@event_fault("step-usage-list", _STEP_END, breaks=_SCHEMA)
def step_usage_list(document: Document) -> Document:
    """The usage of a step is a list."""
    return {**document, "usage": [document["usage"]]}


@event_fault("delta-without-index", _DELTA, breaks=_SCHEMA, last=True)
def delta_without_index(document: Document) -> Document:
    """A piece of text has no index."""
    (entry,) = document["delta"]["content"]
    return {**document, "delta": {"content": [_less(entry, "index")]}}


@event_fault("delta-bare-text", _DELTA, breaks=_SCHEMA, last=True)
def delta_bare_text(document: Document) -> Document:
    """A piece of text is a bare string where an object with a value should be."""
    (entry,) = document["delta"]["content"]
    return {**document, "delta": {"content": [{**entry, "text": entry["text"]["value"]}]}}


@event_fault("message-content-text", _MESSAGE, breaks=_SCHEMA)
def message_content_text(document: Document) -> Document:
    """The content of the completed message is its text in the place of a list of parts."""
    return {**document, "content": document["content"][0]["text"]["value"]}


@event_fault("message-attachments-object", _MESSAGE, breaks=_SCHEMA)
def message_attachments_object(document: Document) -> Document:
    """The attachments of a message are an object."""
    return {**document, "attachments": {}}


@event_fault("step-delta-without-index", "thread.run.step.delta", breaks=_SCHEMA)
def step_delta_without_index(document: Document) -> Document:
    """A piece of a call has no index."""
    details = document["delta"]["step_details"]
    calls = [_less(call, "index") for call in details["tool_calls"]]
    return {**document, "delta": {"step_details": {**details, "tool_calls": calls}}}


@event_fault("run-in-envelope", _WORKING, breaks={"events.object"})
def run_in_envelope(document: Document) -> Document:
    """The run comes inside an object of its own."""
    return {"run": document}


@event_fault("run-as-thread", _QUEUED, breaks={"events.object"})
def run_as_thread(document: Document) -> Document:
    """The object of a run event says `thread`."""
    return {**document, "object": "thread"}


@event_fault("step-as-assistant-run-step", _STEP_END, breaks={"events.object"})
def step_as_assistant_run_step(document: Document) -> Document:
    """The object of a step says `assistant.run.step`, as one published description has it."""
    return {**document, "object": "assistant.run.step"}


@event_fault("delta-as-message", _DELTA, breaks={"events.object"}, last=True)
def delta_as_message(document: Document) -> Document:
    """The object of a delta says that it is a message."""
    return {**document, "object": "thread.message"}


@event_fault("message-without-object", _MESSAGE, breaks={"events.object"})
def message_without_object(document: Document) -> Document:
    """A message does not say what it is."""
    return _less(document, "object")


@stream_fault("milliseconds-everywhere", breaks={"events.seconds"})
def milliseconds_everywhere(pieces: Pieces) -> Pieces:
    """All timestamps are milliseconds, as one re-implementation sends them."""
    names = of_entity(pieces, "run") | of_entity(pieces, "step") | of_entity(pieces, "message")
    return each(pieces, names, _in_milliseconds)


def _in_milliseconds(document: Document) -> Document:
    return {name: value * 1000 if _is_time(name, value) else value for name, value in document.items()}


def _is_time(name: str, value: object) -> bool:
    return name.endswith("_at") and isinstance(value, int)


@event_fault("message-milliseconds", _MESSAGE, breaks={"events.seconds"})
def message_milliseconds(document: Document) -> Document:
    """The completed message says in milliseconds when it was completed."""
    return {**document, "completed_at": document["completed_at"] * 1000}


@event_fault("step-time-text", _STEP_END, breaks={"events.seconds"})
def step_time_text(document: Document) -> Document:
    """A step says as text when it was completed."""
    return {**document, "completed_at": "2025-06-15T14:26:40Z"}


@event_fault("run-time-fraction", _COMPLETED, breaks={"events.seconds"})
def run_time_fraction(document: Document) -> Document:
    """The run says in fractions of a second when it was completed."""
    return {**document, "completed_at": document["completed_at"] + 0.25}
