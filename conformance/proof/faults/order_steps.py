"""Faults in the lives of steps: the submitted one, and those that begin in the stream."""

from __future__ import annotations

from conformance.proof.faults.pieces import (
    Piece,
    Pieces,
    changed,
    dropped,
    each,
    inserted,
    moved,
    named,
    piece,
    place,
    replaced,
    swapped,
)
from conformance.proof.faults.registry import event_fault, stream_fault
from conformance.reference.objects import LAST_ERROR, Document

_END = "thread.run.step.completed"
_CREATED = "thread.run.step.created"
_WORKING = "thread.run.step.in_progress"
_MESSAGE_CREATED = "thread.message.created"
_MESSAGE_END = "thread.message.completed"


@stream_fault("submitted-step-open", breaks={"order.submitted-closed", "order.submitted-before-new"}, having=_END)
def submitted_step_open(pieces: Pieces) -> Pieces:
    """The step that was submitted to is never ended; where an error breaks the stream, only the order shows it."""
    return dropped(pieces, place(pieces, _END))


@stream_fault("submitted-step-twice", breaks={"order.submitted-closed"}, having=_END)
def submitted_step_twice(pieces: Pieces) -> Pieces:
    """The step that was submitted to ends twice."""
    index = place(pieces, _END)
    return inserted(pieces, index, pieces[index])


@event_fault("submitted-step-renamed", _END, breaks={"order.submitted-closed", "surface.steps-after"})
def submitted_step_renamed(document: Document) -> Document:
    """The step that was submitted to ends under another id than it had."""
    return {**document, "id": f"{document['id']}_x"}


@stream_fault("step-delta-of-another-message", breaks={"order.step-names-one-message"}, having=_MESSAGE_CREATED)
def step_delta_of_another_message(pieces: Pieces) -> Pieces:
    """A delta of a step names another message than its step does."""
    index = place(pieces, _MESSAGE_CREATED)
    step = pieces[place(pieces[:index], _WORKING, last=True)].document["id"]
    details = {"type": "message_creation", "message_creation": {"message_id": "msg_x"}}
    told = {"id": step, "object": "thread.run.step.delta", "delta": {"step_details": details}}
    return inserted(pieces, index, piece("thread.run.step.delta", told, pieces[index].ms))


@stream_fault("submitted-step-fails", breaks={"order.submitted-completed"}, having=_END)
def submitted_step_fails(pieces: Pieces) -> Pieces:
    """The submitted step fails, and the run goes on as if it had not."""
    index = place(pieces, _END)
    step = pieces[index].document
    failed = {**step, "status": "failed", "completed_at": None, "failed_at": step["completed_at"],
              "last_error": dict(LAST_ERROR)}  # fmt: skip
    return replaced(pieces, index, named(changed(pieces[index], failed), "thread.run.step.failed"))


@stream_fault("submitted-step-late", breaks={"order.submitted-first"}, having=_END)
def submitted_step_late(pieces: Pieces) -> Pieces:
    """The run is queued before the submitted step has ended."""
    return swapped(pieces, 0, 1) if pieces[1].name == "thread.run.queued" else pieces


@stream_fault("submitted-step-after-new", breaks={"order.submitted-before-new"}, having=_CREATED)
def submitted_step_after_new(pieces: Pieces) -> Pieces:
    """The submitted step ends after the next step was created."""
    return moved(pieces, place(pieces, _END), place(pieces, _WORKING) + 1)


@stream_fault("step-for-each-call", breaks={"order.submitted-one-step"}, having=_END)
def step_for_each_call(pieces: Pieces) -> Pieces:
    """Calls that were pending together are ended by a step each."""
    index = place(pieces, _END)
    return replaced(pieces, index, *_split(pieces[index]))


@stream_fault("call-closed-by-two-steps", breaks={"content.submitted-calls"}, having=_END)
def call_closed_by_two_steps(pieces: Pieces) -> Pieces:
    """A second step ends with the calls that the submitted step has ended."""
    index = place(pieces, _END)
    step = pieces[index].document
    return inserted(pieces, index + 1, changed(pieces[index], {**step, "id": f"{step['id']}_2"}))


def _split(whole: Piece) -> Pieces:
    step = whole.document
    calls = step["step_details"]["tool_calls"]
    ids = [step["id"], *(f"{step['id']}_{number}" for number in range(1, len(calls)))]
    return tuple(
        changed(whole, {**step, "id": id_, "step_details": {"type": "tool_calls", "tool_calls": [call]}})
        for id_, call in zip(ids, calls, strict=True)
    )


@event_fault("calls-in-reverse", _END, breaks={"order.submitted-one-step"})
def calls_in_reverse(document: Document) -> Document:
    """The submitted step lists its calls from the last to the first."""
    details = document["step_details"]
    return {**document, "step_details": {**details, "tool_calls": details["tool_calls"][::-1]}}


@stream_fault("submitted-step-again", breaks={"order.submitted-not-recreated"}, having=_END)
def submitted_step_again(pieces: Pieces) -> Pieces:
    """The submitted step is announced again before it ends."""
    step = pieces[place(pieces, _END)].document
    calls = [{**call, "function": {**call["function"], "output": None}} for call in step["step_details"]["tool_calls"]]
    begun = {**step, "status": "in_progress", "completed_at": None, "usage": None,
             "step_details": {"type": "tool_calls", "tool_calls": calls}}  # fmt: skip
    again = changed(pieces[0], begun)
    return inserted(pieces, place(pieces, _END), named(again, _CREATED), named(again, _WORKING))


@stream_fault("step-never-created", breaks={"order.step-life"}, having=_CREATED)
def step_never_created(pieces: Pieces) -> Pieces:
    """A step is in progress that was never created."""
    return dropped(pieces, place(pieces, _CREATED))


@stream_fault("step-never-in-progress", breaks={"order.step-life"}, having=_MESSAGE_CREATED)
def step_never_in_progress(pieces: Pieces) -> Pieces:
    """A step completes that was never in progress."""
    return dropped(pieces, place(pieces, _WORKING, last=True))


@stream_fault("step-created-twice", breaks={"order.step-life"}, having=_CREATED)
def step_created_twice(pieces: Pieces) -> Pieces:
    """A step is created twice."""
    index = place(pieces, _CREATED)
    return inserted(pieces, index, pieces[index])


@stream_fault("step-ends-twice", breaks={"order.step-life"}, having=_MESSAGE_END)
def step_ends_twice(pieces: Pieces) -> Pieces:
    """A step that began in the stream ends twice."""
    index = place(pieces, _END, last=True)
    return inserted(pieces, index, pieces[index])


@stream_fault("call-before-step", breaks={"order.step-delta-after-created"}, having="thread.run.step.delta")
def call_before_step(pieces: Pieces) -> Pieces:
    """The first piece of a call comes before its step was created."""
    return moved(pieces, place(pieces, "thread.run.step.delta"), place(pieces, _CREATED))


@stream_fault("step-left-open", breaks={"order.step-closed"}, having=_MESSAGE_END)
def step_left_open(pieces: Pieces) -> Pieces:
    """The run completes while a step is open."""
    return dropped(pieces, place(pieces, _END, last=True))


@stream_fault("failed-step-left-open", breaks={"order.step-closed-otherwise"}, having="thread.run.step.failed")
def failed_step_left_open(pieces: Pieces) -> Pieces:
    """The run fails while a step is open."""
    return dropped(pieces, place(pieces, "thread.run.step.failed"))


@stream_fault("cancelled-step-left-open", breaks={"order.step-closed-otherwise"}, having="thread.run.cancelled")
def cancelled_step_left_open(pieces: Pieces) -> Pieces:
    """The run is cancelled while a step is open."""
    return dropped(pieces, place(pieces, "thread.run.step.cancelled"))


@stream_fault("steps-overlap", breaks={"order.step-serial"}, having=_MESSAGE_END)
def steps_overlap(pieces: Pieces) -> Pieces:
    """A step is created before the one before it has ended."""
    ends = [index for index, one in enumerate(pieces) if one.name == _END]
    begins = [index for index, one in enumerate(pieces) if one.name == _CREATED]
    later = [(end, begin) for end in ends for begin in begins if begin == end + 1]
    return swapped(pieces, *later[-1]) if later else pieces


@event_fault("step-of-another-run", _END, breaks={"order.step-identity"}, last=True)
def step_of_another_run(document: Document) -> Document:
    """A completed step names another run."""
    return {**document, "run_id": "run_another"}


@event_fault("step-created-later", _END, breaks={"order.step-identity"}, last=True)
def step_created_later(document: Document) -> Document:
    """A completed step was created at another time than it was."""
    return {**document, "created_at": document["created_at"] + 1}


@event_fault("step-changes-type", _END, breaks={"order.step-identity"}, last=True)
def step_changes_type(document: Document) -> Document:
    """A step that creates a message completes as one that calls tools."""
    other = "message_creation" if document["type"] == "tool_calls" else "tool_calls"
    return {**document, "type": other}


@stream_fault("step-names-two-messages", breaks={"order.step-names-one-message"}, having=_MESSAGE_END)
def step_names_two_messages(pieces: Pieces) -> Pieces:
    """The completed step names another message than the one it created."""
    index = place(pieces, _END, last=True)
    step = pieces[index].document
    details = {"type": "message_creation", "message_creation": {"message_id": "msg_another"}}
    return replaced(pieces, index, changed(pieces[index], {**step, "step_details": details}))


@stream_fault("message-before-its-step", breaks={"order.step-before-message"}, having=_MESSAGE_CREATED)
def message_before_its_step(pieces: Pieces) -> Pieces:
    """A message is created before the step that creates it."""
    created = place(pieces, _MESSAGE_CREATED)
    step = max(index for index, one in enumerate(pieces[:created]) if one.name == _CREATED)
    return moved(pieces, created, step)


@stream_fault("step-ends-before-message", breaks={"order.message-before-step-end"}, having=_MESSAGE_END)
def step_ends_before_message(pieces: Pieces) -> Pieces:
    """A step completes before its message has."""
    index = place(pieces, _MESSAGE_END, last=True)
    return swapped(pieces, index, index + 1)


@stream_fault("message-without-step", breaks={"order.message-has-step"}, having=_MESSAGE_CREATED)
def message_without_step(pieces: Pieces) -> Pieces:
    """A message belongs to no step at all."""
    created = place(pieces, _MESSAGE_CREATED)
    mine = max(index for index, one in enumerate(pieces[:created]) if one.name == _CREATED)
    id_ = pieces[mine].document["id"]
    steps = (_CREATED, _WORKING, _END, "thread.run.step.failed", "thread.run.step.cancelled")
    return tuple(one for one in pieces if one.name not in steps or one.document["id"] != id_)


@stream_fault("step-without-message", breaks={"order.message-has-step"}, having=_MESSAGE_END)
def step_without_message(pieces: Pieces) -> Pieces:
    """A step that creates a message completes, and no event of the message is sent."""
    return tuple(one for one in pieces if not one.name.startswith("thread.message."))


@stream_fault("step-older-than-run", breaks={"order.created-at"}, having=_CREATED)
def step_older_than_run(pieces: Pieces) -> Pieces:
    """A new step was created before its run."""
    id_ = pieces[place(pieces, _CREATED)].document["id"]
    return each(pieces, (_CREATED, _WORKING, _END, "thread.run.step.failed", "thread.run.step.cancelled"),
                lambda step: {**step, "created_at": 1_600_000_000} if step["id"] == id_ else step)  # fmt: skip


@stream_fault("step-id-reused", breaks={"order.new-ids"}, having=_CREATED)
def step_id_reused(pieces: Pieces) -> Pieces:
    """A new step takes the id of the step that was submitted to."""
    used, id_ = pieces[place(pieces, _END)].document["id"], pieces[place(pieces, _CREATED)].document["id"]
    return tuple(one._replace(raw=one.raw.replace(id_.encode(), used.encode()),
                              data=one.data.replace(id_.encode(), used.encode()))
                 for one in pieces)  # fmt: skip
