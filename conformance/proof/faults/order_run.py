"""Faults in the path of the run: which of its events come, in which order, and what they say of it."""

from __future__ import annotations

from conformance.proof.faults.pieces import (
    Pieces,
    changed,
    dropped,
    each,
    inserted,
    moved,
    named,
    of_entity,
    piece,
    place,
    replaced,
    swapped,
    without,
)
from conformance.proof.faults.registry import event_fault, stream_fault
from conformance.reference.objects import Document, function_call

_QUEUED = "thread.run.queued"
_WORKING = "thread.run.in_progress"
_COMPLETED = "thread.run.completed"


@stream_fault("never-queued", breaks={"order.run-queued"}, having=_QUEUED)
def never_queued(pieces: Pieces) -> Pieces:
    """The run is never said to be queued."""
    return without(pieces, _QUEUED)


@stream_fault("never-in-progress", breaks={"order.run-started"}, having=_WORKING)
def never_in_progress(pieces: Pieces) -> Pieces:
    """The run is never said to be in progress."""
    return without(pieces, _WORKING)


@stream_fault("in-progress-late", breaks={"order.run-started"}, having="thread.message.created")
def in_progress_late(pieces: Pieces) -> Pieces:
    """The run is in progress only after its first step was created."""
    return moved(pieces, place(pieces, _WORKING), place(pieces, "thread.message.created"))


@stream_fault("queued-twice", breaks={"order.run-path"}, having=_QUEUED)
def queued_twice(pieces: Pieces) -> Pieces:
    """The run is queued twice."""
    index = place(pieces, _QUEUED)
    return inserted(pieces, index, pieces[index])


@stream_fault("in-progress-twice", breaks={"order.run-path"}, having=_WORKING)
def in_progress_twice(pieces: Pieces) -> Pieces:
    """The run is in progress twice, the second time before its end."""
    return inserted(pieces, place(pieces, "done") - 1, pieces[place(pieces, _WORKING)])


@stream_fault("queued-after-in-progress", breaks={"order.run-path"}, having=_QUEUED)
def queued_after_in_progress(pieces: Pieces) -> Pieces:
    """The run is queued after it was in progress."""
    return swapped(pieces, place(pieces, _QUEUED), place(pieces, _WORKING))


@stream_fault("create-announced", breaks={"events.create-only"}, having=_QUEUED)
def create_announced(pieces: Pieces) -> Pieces:
    """The run is announced as created, in the stream of a submission."""
    index = place(pieces, _QUEUED)
    return inserted(pieces, index, named(pieces[index], "thread.run.created"))


@stream_fault("thread-announced", breaks={"events.create-only"}, having=_QUEUED)
def thread_announced(pieces: Pieces) -> Pieces:
    """The thread is announced as created, in the stream of a submission."""
    index = place(pieces, _QUEUED)
    run = pieces[index].document
    thread = {"id": run["thread_id"], "object": "thread", "created_at": run["created_at"], "metadata": {},
              "tool_resources": {}}  # fmt: skip
    return inserted(pieces, index, piece("thread.created", thread, pieces[index].ms))


@stream_fault("asks-after-cancelling", breaks={"order.run-cancel"}, having="thread.run.cancelled")
def asks_after_cancelling(pieces: Pieces) -> Pieces:
    """A run that is being cancelled asks for outputs in the place of its end."""
    index = place(pieces, "thread.run.cancelled")
    run = pieces[index].document
    calls = [function_call("call_new", "again", "{}")]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
    waiting = {**run, "status": "requires_action", "cancelled_at": None, "usage": None, "required_action": action}
    return replaced(pieces, index, named(changed(pieces[index], waiting), "thread.run.requires_action"))


@stream_fault("works-after-cancelling", breaks={"order.run-path"}, having="thread.run.cancelling")
def works_after_cancelling(pieces: Pieces) -> Pieces:
    """A run that is being cancelled goes back to work."""
    index = place(pieces, "thread.run.cancelling")
    return inserted(pieces, index + 1, pieces[place(pieces, _WORKING)])


@event_fault("run-id-changes", _COMPLETED, breaks={"order.run-identity"})
def run_id_changes(document: Document) -> Document:
    """The completed run has another id than the run that was queued."""
    return {**document, "id": "run_another"}


@event_fault("run-assistant-changes", _COMPLETED, breaks={"order.run-identity"})
def run_assistant_changes(document: Document) -> Document:
    """The completed run has another assistant."""
    return {**document, "assistant_id": "asst_another"}


@event_fault("run-created-again", _COMPLETED, breaks={"order.run-identity"})
def run_created_again(document: Document) -> Document:
    """The completed run was created a second later than the run that was queued."""
    return {**document, "created_at": document["created_at"] + 1}


@event_fault("run-model-changes", _WORKING, breaks={"order.run-settings"})
def run_model_changes(document: Document) -> Document:
    """The run works with another model than it was queued with."""
    return {**document, "model": f"{document['model']}-small"}


@event_fault("run-metadata-lost", _COMPLETED, breaks={"order.run-settings"})
def run_metadata_lost(document: Document) -> Document:
    """The completed run has lost its metadata."""
    return {**document, "metadata": {}}


@stream_fault("another-run", breaks={"order.run-of-path"}, having=_QUEUED)
def another_run(pieces: Pieces) -> Pieces:
    """All run events are about another run than the one addressed."""
    return each(pieces, of_entity(pieces, "run"), lambda run: {**run, "id": "run_another"})


@stream_fault("another-thread", breaks={"order.run-of-path"}, having=_QUEUED)
def another_thread(pieces: Pieces) -> Pieces:
    """The whole stream is about another thread."""
    names = of_entity(pieces, "run") | of_entity(pieces, "step") | of_entity(pieces, "message")
    return each(pieces, names, lambda document: {**document, "thread_id": "thread_another"})


@event_fault("never-started", _COMPLETED, breaks={"order.run-started-at"})
def never_started(document: Document) -> Document:
    """The completed run was never started."""
    return {**document, "started_at": None}


@event_fault("started-before-created", _QUEUED, breaks={"order.run-started-at"})
def started_before_created(document: Document) -> Document:
    """The run started before it was created."""
    return {**document, "started_at": document["created_at"] - 5}


@event_fault("started-goes-back", _COMPLETED, breaks={"order.run-started-at"})
def started_goes_back(document: Document) -> Document:
    """The start of the run moves back while it works."""
    return {**document, "started_at": document["created_at"]}


@event_fault("ended-before-started", _COMPLETED, breaks={"order.run-times"})
def ended_before_started(document: Document) -> Document:
    """The run completed before it started."""
    return {**document, "completed_at": document["started_at"] - 1}


@event_fault("failed-before-started", "thread.run.failed", breaks={"order.run-times"})
def failed_before_started(document: Document) -> Document:
    """The run failed before it started."""
    return {**document, "failed_at": document["started_at"] - 1}


@stream_fault("two-endings", breaks={"order.terminal-once"}, having=_COMPLETED)
def two_endings(pieces: Pieces) -> Pieces:
    """The run completes, and then fails."""
    index = place(pieces, _COMPLETED)
    run = pieces[index].document
    failed = {**run, "status": "failed", "completed_at": None, "failed_at": run["completed_at"],
              "last_error": {"code": "server_error", "message": "Too late."}}  # fmt: skip
    return inserted(pieces, index + 1, piece("thread.run.failed", failed, pieces[index].ms))


@stream_fault("completed-twice", breaks={"order.terminal-once"}, having=_COMPLETED)
def completed_twice(pieces: Pieces) -> Pieces:
    """The run completes twice."""
    index = place(pieces, _COMPLETED)
    return inserted(pieces, index, pieces[index])


@stream_fault("run-ends-early", breaks={"order.terminal-last"}, having="thread.message.completed")
def run_ends_early(pieces: Pieces) -> Pieces:
    """The run completes before its message and its step have ended."""
    return moved(pieces, place(pieces, _COMPLETED), place(pieces, "thread.message.completed", last=True))


@stream_fault("delta-after-end", breaks={"order.terminal-last"}, having=_COMPLETED)
def delta_after_end(pieces: Pieces) -> Pieces:
    """The last piece of text comes after the run has ended."""
    return moved(pieces, place(pieces, "thread.message.delta", last=True), place(pieces, "done"))


@stream_fault("goes-on-after-action", breaks={"order.requires-action-ends"}, having="thread.run.requires_action")
def goes_on_after_action(pieces: Pieces) -> Pieces:
    """A run that waits for outputs goes on in the same stream, as if they were there."""
    index = place(pieces, "thread.run.requires_action")
    run = {**pieces[index].document, "required_action": None}
    more = (piece(f"thread.run.{status}", {**run, "status": status}, pieces[index].ms)
            for status in ("queued", "in_progress"))  # fmt: skip
    return inserted(pieces, index + 1, *more)


@stream_fault("text-after-error", breaks={"order.error-last"}, having="error")
def text_after_error(pieces: Pieces) -> Pieces:
    """The answer goes on after the error event."""
    index = place(pieces, "error")
    return inserted(pieces, index + 1, pieces[place(pieces, "thread.message.delta", last=True)])


@stream_fault("two-errors", breaks={"order.error-last"}, having="error")
def two_errors(pieces: Pieces) -> Pieces:
    """The error event comes twice."""
    index = place(pieces, "error")
    return inserted(pieces, index, pieces[index])


@stream_fault("run-fails-after-error", breaks={"order.error-last"}, having="error")
def run_fails_after_error(pieces: Pieces) -> Pieces:
    """The error event is followed by the failed run."""
    index = place(pieces, "error")
    run = pieces[place(pieces, _WORKING)].document
    failed = {**run, "status": "failed", "failed_at": run["started_at"] + 1,
              "last_error": {"code": "server_error", "message": "It broke."}}  # fmt: skip
    return inserted(pieces, index + 1, piece("thread.run.failed", failed, pieces[index].ms))


@stream_fault("unknown-event", having=_WORKING, equivalent="a server may send events of its own (events.unknown-names)")
def unknown_event(pieces: Pieces) -> Pieces:
    """An event comes that the API does not define."""
    index = place(pieces, _WORKING)
    return inserted(pieces, index, changed(named(pieces[index], "thread.run.progress"), {"percent": 40}))


@stream_fault("no-run-end", breaks={"order.terminal-present"}, having="done")
def no_run_end(pieces: Pieces) -> Pieces:
    """The stream ends with `done`, and no event says how the run ended."""
    index = place(pieces, "done") - 1
    return pieces if pieces[index].name == "error" else dropped(pieces, index)
