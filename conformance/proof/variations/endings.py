"""How else a stream may end: at once, in a race, under an older name, or with an error in another form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.model import Operation
from conformance.proof.variations.conversation import Conversation, document_of, with_documents, with_streams
from conformance.proof.variations.draw import Draw
from conformance.proof.variations.registry import variation
from conformance.reference.events import Event
from conformance.reference.objects import ENDED_AT, LAST_ERROR, Document

_STARTED = "thread.run.in_progress"
#: What follows the start of a run that does nothing more.
_BROKE_OFF = (("thread.run.failed",), ("thread.run.cancelling", "thread.run.cancelled"))
_RACED = frozenset({"thread.run.completed", "thread.run.incomplete", "thread.run.failed", "thread.run.expired"})

Events = tuple[Event, ...]


def _names(events: Iterable[Event]) -> list[str]:
    return [event.name for event in events]


@variation("ends-while-queued")
def ends_while_queued(_draw: Draw, conversation: Conversation) -> Conversation:
    """A run that does nothing more fails or is cancelled while it is queued (contract §4)."""

    def change(events: Events) -> Events:
        names = _names(events)
        at = names.index(_STARTED) if _STARTED in names else len(names)
        return (*events[:at], *events[at + 1 :]) if tuple(names[at + 1 : -1]) in _BROKE_OFF else events

    return with_streams(conversation, change)


@variation("lapses-otherwise")
def lapses_otherwise(draw: Draw, conversation: Conversation) -> Conversation:
    """A run that ends at once with its step fails or is cancelled instead of expiring (ORD-STEP-SUBMITTED)."""
    status = draw.choice(["failed", "cancelled"])
    lapsed = {
        event.data["id"]
        for turn in conversation.turns
        if turn.operation is Operation.SUBMIT and turn.streamed
        for event in turn.events[:2]
        if _names(turn.events)[:2] == ["thread.run.step.expired", "thread.run.expired"] and isinstance(event.data, dict)
    }

    def otherwise(_name: str, document: Document) -> Document:
        if document.get("id") not in lapsed or document.get("status") != "expired":
            return document
        error = dict(LAST_ERROR) if status == "failed" else None
        at = document["created_at"] + 60
        return {**document, "status": status, ENDED_AT[status]: at, "last_error": error, "expired_at": None}

    def renamed(events: Events) -> Iterable[Event]:
        for event in events:
            known = isinstance(event.data, dict) and event.data.get("id") in lapsed
            yield event._replace(name=event.name.replace("expired", status)) if known else event

    return with_streams(with_documents(conversation, otherwise), renamed)


@variation("cancelled-too-late")
def cancelled_too_late(draw: Draw, conversation: Conversation) -> Conversation:
    """Somebody cancels, yet the run comes to another end before that takes hold (ORD-RUN-CANCEL)."""

    def change(events: Events) -> Events:
        names = _names(events)
        if _STARTED not in names or names[-2] not in _RACED or "thread.run.cancelling" in names:
            return events
        if "error" in names:
            return events
        started = names.index(_STARTED)
        at = draw.integers(started + 1, len(events) - 2)
        cancelling = Event("thread.run.cancelling", {**document_of(events[started]), "status": "cancelling"})
        return (*events[:at], cancelling, *events[at:])

    return with_streams(conversation, change)


@variation("incomplete-under-the-older-name")
def incomplete_under_the_older_name(_draw: Draw, conversation: Conversation) -> Conversation:
    """A run that was cut short ends in thread.run.completed with the status incomplete (EVT-STATUS)."""

    def change(events: Events) -> Iterable[Event]:
        for event in events:
            yield event._replace(name="thread.run.completed") if event.name == "thread.run.incomplete" else event

    return with_streams(conversation, change)


@variation("incomplete-without-a-reason")
def incomplete_without_a_reason(draw: Draw, conversation: Conversation) -> Conversation:
    """An incomplete run names another limit or none, and no time (EVT-TERMTS)."""
    details = draw.choice([{}, {"reason": "max_prompt_tokens"}])

    def change(_name: str, document: Document) -> Document:
        if document.get("object") != "thread.run" or document.get("status") != "incomplete":
            return document
        return {**document, "incomplete_details": details, "completed_at": None}

    return with_documents(conversation, change)


@variation("bare-errors")
def bare_errors(draw: Draw, conversation: Conversation) -> Conversation:
    """An error event carries the error bare, as documented, or with more keys (ERR-STREAM)."""
    kinds: list[Document] = [{}, {"inner_error": {}}]
    more = draw.choice(kinds)

    def change(events: Events) -> Iterable[Event]:
        for event in events:
            if event.name == "error" and isinstance(event.data, dict):
                yield event._replace(data={**event.data["error"], **more})
            else:
                yield event

    return with_streams(conversation, change)


@variation("breaks-anywhere")
def breaks_anywhere(draw: Draw, conversation: Conversation) -> Conversation:
    """An error event breaks the last stream anywhere, and nothing need come any more (ORD-ERROR-END)."""
    turns = list(conversation.turns)
    last = next(
        (at for at in reversed(range(len(turns))) if turns[at].streamed and turns[at].events[-1].data == "[DONE]"), None
    )
    ended = last is not None and "requires_action" not in turns[last].events[-2].name
    if last is None or not ended or turns[last].operation is not Operation.SUBMIT:
        return conversation
    events = turns[last].events
    at = draw.integers(0, len(events) - 2)
    error: Document = {"message": "It broke.", "type": "server_error", "param": None, "code": None}
    forms: list[Document] = [{"error": error}, error]
    turns[last] = replace(turns[last], events=(*events[:at], Event("error", draw.choice(forms)), events[-1]))
    return replace(conversation, turns=tuple(turns))
