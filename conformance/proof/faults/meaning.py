"""Faults in what single events say: a status, an error, an action, a time or a usage that does not fit their name."""

from __future__ import annotations

from conformance.proof.faults.registry import event_fault
from conformance.reference.objects import LAST_ERROR, Document

_QUEUED = "thread.run.queued"
_WORKING = "thread.run.in_progress"
_COMPLETED = "thread.run.completed"
_STEP_END = "thread.run.step.completed"
_MESSAGE = "thread.message.completed"
_WAITING = "thread.run.requires_action"


def _less(document: Document, *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}


@event_fault("queued-says-in-progress", _QUEUED, breaks={"events.status"})
def queued_says_in_progress(document: Document) -> Document:
    """`thread.run.queued` carries a run that is in progress already."""
    return {**document, "status": "in_progress"}


@event_fault("completed-says-in-progress", _COMPLETED, breaks={"events.status"})
def completed_says_in_progress(document: Document) -> Document:
    """`thread.run.completed` carries a run that is still in progress."""
    return {**document, "status": "in_progress"}


@event_fault("step-end-says-in-progress", _STEP_END, breaks={"events.status"})
def step_end_says_in_progress(document: Document) -> Document:
    """`thread.run.step.completed` carries a step in progress."""
    return {**document, "status": "in_progress"}


@event_fault("message-begins-completed", "thread.message.created", breaks={"events.status"})
def message_begins_completed(document: Document) -> Document:
    """A message that is only created says that it is completed."""
    return {**document, "status": "completed"}


@event_fault("message-end-without-status", _MESSAGE, breaks={"events.status"})
def message_end_without_status(document: Document) -> Document:
    """A completed message has no status, as listed ones have none."""
    return _less(document, "status")


@event_fault("completed-with-error", _COMPLETED, breaks={"events.no-error"})
def completed_with_error(document: Document) -> Document:
    """The completed run carries an error."""
    return {**document, "last_error": dict(LAST_ERROR)}


@event_fault("step-completed-with-error", _STEP_END, breaks={"events.no-error"})
def step_completed_with_error(document: Document) -> Document:
    """A completed step carries an error."""
    return {**document, "last_error": dict(LAST_ERROR)}


@event_fault("failed-for-own-reasons", "thread.run.failed", breaks={"events.causes"})
def failed_for_own_reasons(document: Document) -> Document:
    """A run fails with a code that no list has."""
    return {**document, "last_error": {**LAST_ERROR, "code": "model_went_home"}}


@event_fault("message-cut-for-own-reasons", "thread.message.incomplete", breaks={"events.causes"})
def message_cut_for_own_reasons(document: Document) -> Document:
    """A message is incomplete for a reason that no list has."""
    return {**document, "incomplete_details": {"reason": "ran_out_of_words"}}


_ACTION = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [
    {"id": "call_0", "type": "function", "function": {"name": "again", "arguments": "{}"}}
]}}  # fmt: skip


@event_fault("queued-with-action", _QUEUED, breaks={"events.no-action"})
def queued_with_action(document: Document) -> Document:
    """The queued run still carries required_action."""
    return {**document, "required_action": _ACTION}


@event_fault("in-progress-with-action", _WORKING, breaks={"events.no-action"})
def in_progress_with_action(document: Document) -> Document:
    """The run in progress still carries required_action."""
    return {**document, "required_action": _ACTION}


@event_fault("completed-with-action", _COMPLETED, breaks={"events.no-action"})
def completed_with_action(document: Document) -> Document:
    """The completed run still carries required_action."""
    return {**document, "required_action": _ACTION}


@event_fault("failed-with-action", "thread.run.failed", breaks={"events.no-action-otherwise"})
def failed_with_action(document: Document) -> Document:
    """The failed run still carries required_action."""
    return {**document, "required_action": _ACTION}


@event_fault("expired-with-action", "thread.run.expired", breaks={"events.no-action-otherwise"})
def expired_with_action(document: Document) -> Document:
    """The expired run still carries required_action."""
    return {**document, "required_action": _ACTION}


@event_fault("cancelled-with-action", "thread.run.cancelled", breaks={"events.no-action-otherwise"})
def cancelled_with_action(document: Document) -> Document:
    """The cancelled run still carries required_action."""
    return {**document, "required_action": _ACTION}


@event_fault("action-missing", _WAITING, breaks={"events.required-action"})
def action_missing(document: Document) -> Document:
    """The run waits and does not say for what."""
    return {**document, "required_action": None}


@event_fault("action-without-calls", _WAITING, breaks={"events.required-action"})
def action_without_calls(document: Document) -> Document:
    """The run waits for an empty list of calls."""
    return {**document, "required_action": {**_ACTION, "submit_tool_outputs": {"tool_calls": []}}}


@event_fault("action-without-type", _WAITING, breaks={"events.required-action"})
def action_without_type(document: Document) -> Document:
    """The action that is required has no type."""
    return {**document, "required_action": _less(document["required_action"], "type")}


@event_fault("completed-without-time", _COMPLETED, breaks={"events.end-time"})
def completed_without_time(document: Document) -> Document:
    """The completed run does not say when."""
    return {**document, "completed_at": None}


@event_fault("step-end-without-time", _STEP_END, breaks={"events.completed-at"})
def step_end_without_time(document: Document) -> Document:
    """The completed step does not say when."""
    return {**document, "completed_at": None}


@event_fault("message-without-time", _MESSAGE, breaks={"events.completed-at"})
def message_without_time(document: Document) -> Document:
    """The completed message does not say when."""
    return {**document, "completed_at": None}


@event_fault("failed-without-reason", "thread.run.failed", breaks={"events.end-time"})
def failed_without_reason(document: Document) -> Document:
    """The failed run does not say why."""
    return {**document, "last_error": None}


@event_fault("cancelled-without-time", "thread.run.cancelled", breaks={"events.end-time"})
def cancelled_without_time(document: Document) -> Document:
    """The cancelled run does not say when."""
    return {**document, "cancelled_at": None}


@event_fault("incomplete-without-reason", "thread.run.incomplete", breaks={"events.end-time"})
def incomplete_without_reason(document: Document) -> Document:
    """The incomplete run does not say why."""
    return {**document, "incomplete_details": None}


@event_fault("usage-too-early", _WORKING, breaks={"events.usage"})
def usage_too_early(document: Document) -> Document:
    """A run in progress has a usage already."""
    return {**document, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


@event_fault("usage-missing", _COMPLETED, breaks={"events.usage"})
def usage_missing(document: Document) -> Document:
    """The completed run does not say what it used."""
    return {**document, "usage": None}


@event_fault("step-usage-missing", _STEP_END, breaks={"events.usage"})
def step_usage_missing(document: Document) -> Document:
    """A completed step does not say what it used."""
    return {**document, "usage": None}


@event_fault("run-lacks-fields", _COMPLETED, breaks={"events.run-fields"})
def run_lacks_fields(document: Document) -> Document:
    """The completed run lacks required fields that are null or hardly used."""
    return _less(document, "last_error", "expires_at", "instructions", "metadata")


@event_fault("run-lacks-late-fields", _COMPLETED, equivalent="fields that came later may be absent (DIS-LATE-FIELDS)")
def run_lacks_late_fields(document: Document) -> Document:
    """The run lacks the fields that came with later versions."""
    return _less(document, "parallel_tool_calls", "response_format", "truncation_strategy", "tool_choice")


@event_fault("completed-still-expires", _COMPLETED, equivalent="events.expires-null is reported for information")
def completed_still_expires(document: Document) -> Document:
    """The completed run still says when it expires."""
    return {**document, "expires_at": document["created_at"] + 600}


@event_fault("usage-does-not-add-up", _COMPLETED, equivalent="events.usage-sum is reported for information")
def usage_does_not_add_up(document: Document) -> Document:
    """The usage of the run is less than that of its steps."""
    return {**document, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
