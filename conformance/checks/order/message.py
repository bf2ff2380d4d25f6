"""Messages: their lives, and to whom they belong."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks.order.tables import breaches
from conformance.contract.lifecycle import BROKEN_OFF
from conformance.model import Finding
from conformance.walk.documents import find, shown
from conformance.walk.observation import Observation
from conformance.walk.occasions import END, MESSAGE_EVENTS
from conformance.walk.registry import UNSEEN, check

_WHOLE = tuple(name for name in MESSAGE_EVENTS if not name.endswith(".delta"))
_DELTA = ("thread.message.delta",)


@check("order.message-life", on=[*MESSAGE_EVENTS, END])
def message_life(observation: Observation) -> Iterable[Finding] | None:
    """created, in_progress, deltas, one end; a run that broke off may leave it open (order.open-message-ends)."""
    if observation.place is not None:
        return None if observation.move is None else breaches(observation, "order.message-life")
    stream = observation.stream
    if not stream.messages or stream.error is not None or stream.terminal_word in BROKEN_OFF:
        return None
    return _settled(observation, _left_open(observation))


def _settled(observation: Observation, found: list[Finding]) -> Iterable[Finding]:
    """What is found at the end of a stream, unless what is missed may have been cut off or unreadable."""
    stream = observation.stream
    return UNSEEN if found and (not stream.settled or "message" in stream.unread) else found


def _left_open(observation: Observation) -> list[Finding]:
    return [
        observation.finding(
            "never-ended",
            f"message {message.id} was never ended",
            "completed or incomplete",
            message.state,
            at=message.created,
        )
        for message in observation.stream.messages.values()
        if message.ended is None and message.created is not None
    ]


@check("order.message-created-first", on=_DELTA)
def message_created_first(observation: Observation) -> Iterable[Finding] | None:
    """No delta comes before its message was created."""
    return None if observation.move is None else breaches(observation, "order.message-created-first")


@check("order.message-delta-id", on=_DELTA)
def message_delta_id(observation: Observation) -> Iterable[Finding] | None:
    """A delta names the message that is being written."""
    return None if observation.move is None else breaches(observation, "order.message-delta-id")


@check("order.message-ids", on=_WHOLE)
def message_ids(observation: Observation) -> Iterable[Finding] | None:
    """A message belongs to the run, its thread and its assistant."""
    document, run = observation.doc(), observation.stream.run_first
    if document is None or run is None:
        return None
    expected = {
        "run_id": find(run, "id"),
        "thread_id": find(run, "thread_id"),
        "assistant_id": find(run, "assistant_id"),
    }
    return [
        observation.finding(
            "not-of-run", f"{name} is not the run's", shown(value), shown(document[name]), details=(name,),
            pointer=f"/{name}", about=("run", *(observation.place.about if observation.place else ())),
        )
        for name, value in expected.items()
        if value is not None and name in document and document[name] != value
    ]  # fmt: skip


@check("order.message-role", on=_WHOLE)
def message_role(observation: Observation) -> Iterable[Finding] | None:
    """A message of the run is the assistant's."""
    document = observation.doc()
    if document is None:
        return None
    got = find(document, "role")
    if got == "assistant":
        return ()
    return [
        observation.finding("another-role", "the message has another role", "assistant", shown(got), pointer="/role")
    ]


@check("order.open-message-ends", on=[END])
def open_message_ends(observation: Observation) -> Iterable[Finding] | None:
    """When the run breaks off, its open message becomes incomplete first."""
    stream = observation.stream
    if not stream.messages or not stream.settled or stream.terminal_word not in BROKEN_OFF:
        return None
    return [*_settled(observation, _left_open(observation)), *_blamed_on_another_end(observation)]


def _blamed_on_another_end(observation: Observation) -> list[Finding]:
    """Messages cut short by another end of a run than this one; a message with a cause of its own is left out."""
    expected = f"run_{observation.stream.terminal_word}"
    return [
        observation.finding(
            "another-reason", f"message {message.id} says another reason", expected, message.reason, at=message.ended,
            pointer="/incomplete_details/reason",
        )
        for message in observation.stream.messages.values()
        if message.reason is not None and message.reason.startswith("run_") and message.reason != expected
    ]  # fmt: skip
