"""Faults in the lives of messages."""

from __future__ import annotations

from conformance.proof.faults.pieces import Pieces, changed, dropped, each, inserted, moved, of_entity, place, replaced
from conformance.proof.faults.registry import event_fault, stream_fault
from conformance.reference.objects import Document

_CREATED = "thread.message.created"
_WORKING = "thread.message.in_progress"
_DELTA = "thread.message.delta"
_END = "thread.message.completed"
_CUT = "thread.message.incomplete"


@stream_fault("message-never-created", breaks={"order.message-life"}, having=_CREATED)
def message_never_created(pieces: Pieces) -> Pieces:
    """A message is in progress that was never created."""
    return dropped(pieces, place(pieces, _CREATED))


@stream_fault("message-never-in-progress", breaks={"order.message-life"}, having=_WORKING)
def message_never_in_progress(pieces: Pieces) -> Pieces:
    """A message is written that was never in progress."""
    return dropped(pieces, place(pieces, _WORKING))


@stream_fault("message-created-twice", breaks={"order.message-life"}, having=_CREATED)
def message_created_twice(pieces: Pieces) -> Pieces:
    """A message is created twice."""
    index = place(pieces, _CREATED)
    return inserted(pieces, index, pieces[index])


@stream_fault("message-ends-twice", breaks={"order.message-life"}, having=_END)
def message_ends_twice(pieces: Pieces) -> Pieces:
    """A message completes twice."""
    index = place(pieces, _END)
    return inserted(pieces, index, pieces[index])


@stream_fault("message-never-ends", breaks={"order.message-life"}, having=_END)
def message_never_ends(pieces: Pieces) -> Pieces:
    """A message never ends, although its run completes."""
    return dropped(pieces, place(pieces, _END, last=True))


@stream_fault("delta-after-message", breaks={"order.message-life"}, having=_END)
def delta_after_message(pieces: Pieces) -> Pieces:
    """A piece of text comes after its message has completed."""
    index = place(pieces, _END, last=True)
    return inserted(pieces, index + 1, pieces[place(pieces, _DELTA, last=True)])


@stream_fault("text-before-message", breaks={"order.message-created-first"}, having=_CREATED)
def text_before_message(pieces: Pieces) -> Pieces:
    """The first piece of text comes before its message was created."""
    return moved(pieces, place(pieces, _DELTA), place(pieces, _CREATED))


@event_fault("delta-of-another", _DELTA, breaks={"order.message-delta-id"}, last=True)
def delta_of_another(document: Document) -> Document:
    """A piece of text names a message that is not open."""
    return {**document, "id": "msg_another"}


@event_fault("message-of-another-run", _END, breaks={"order.message-ids"})
def message_of_another_run(document: Document) -> Document:
    """The completed message names another run."""
    return {**document, "run_id": "run_another"}


@event_fault("message-of-another-thread", _CREATED, breaks={"order.message-ids"})
def message_of_another_thread(document: Document) -> Document:
    """A message is created in another thread."""
    return {**document, "thread_id": "thread_another"}


@event_fault("message-of-the-user", _END, breaks={"order.message-role"})
def message_of_the_user(document: Document) -> Document:
    """The model's words appear as its user's."""
    return {**document, "role": "user"}


@stream_fault("failed-message-left-open", breaks={"order.open-message-ends"}, having="thread.run.failed")
def failed_message_left_open(pieces: Pieces) -> Pieces:
    """The run fails and leaves its message open."""
    return dropped(pieces, place(pieces, _CUT))


@stream_fault("cancelled-message-left-open", breaks={"order.open-message-ends"}, having="thread.run.cancelled")
def cancelled_message_left_open(pieces: Pieces) -> Pieces:
    """The run is cancelled and leaves its message open."""
    return dropped(pieces, place(pieces, _CUT))


@stream_fault("message-older-than-step", breaks={"order.created-at"}, having=_CREATED)
def message_older_than_step(pieces: Pieces) -> Pieces:
    """A message was created before its run."""
    return each(pieces, of_entity(pieces, "message"), lambda message: {**message, "created_at": 1_600_000_000})


@stream_fault("message-id-of-step", breaks={"order.new-ids"}, having=_CREATED)
def message_id_of_step(pieces: Pieces) -> Pieces:
    """A message has the id of the step that creates it."""
    message = pieces[place(pieces, _CREATED)].document["id"]
    step = next(one.document["id"] for one in pieces
                if one.name == "thread.run.step.created" and message.encode() in one.data)  # fmt: skip
    return tuple(one._replace(raw=one.raw.replace(message.encode(), step.encode()),
                              data=one.data.replace(message.encode(), step.encode()))
                 for one in pieces)  # fmt: skip


@stream_fault("message-repeats-role", having=_DELTA, equivalent="a delta may carry a role (content.delta-role)")
def message_repeats_role(pieces: Pieces) -> Pieces:
    """Each piece of text says the role again."""
    return each(pieces, (_DELTA,), lambda told: {**told, "delta": {**told["delta"], "role": "assistant"}})


@stream_fault("extra-fields", having=_CREATED, equivalent="unknown fields are legal everywhere (DIS-EXTRA-RUN)")
def extra_fields(pieces: Pieces) -> Pieces:
    """A message has fields that the API does not define."""
    index = place(pieces, _CREATED)
    return replaced(pieces, index, changed(pieces[index], {**pieces[index].document, "mood": "sunny"}))
