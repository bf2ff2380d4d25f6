"""What runs, steps and messages owe each other."""

from __future__ import annotations

from collections.abc import Container, Iterable

from conformance.checks.documents import number, shown
from conformance.checks.history import calls_of, ids_in
from conformance.checks.moments import END
from conformance.checks.observation import Observation, Step
from conformance.checks.registry import check
from conformance.contract.lifecycle import MESSAGE
from conformance.model import Finding

_CREATED = ("thread.run.step.created", "thread.message.created")


def _creating(observation: Observation) -> dict[str, Step]:
    """Message id -> the step that says it creates it."""
    return {step.message_id: step for step in observation.stream.steps.values() if step.message_id}


@check("order.step-before-message", on=[END])
def step_before_message(observation: Observation) -> Iterable[Finding] | None:
    """The step that creates a message is created before it; a message without any step is told by message-has-step."""
    stream, creating = observation.stream, _creating(observation)
    bound = [(message, creating[message.id]) for message in stream.messages.values() if message.id in creating]
    if not bound:
        return None
    return [
        observation.finding(f"message {message.id} was created before its step", f"step {step.id} first",
                            "the message first", at=message.created)
        for message, step in bound
        if message.created and step.created and message.created.event < step.created.event
    ]  # fmt: skip


@check("order.message-before-step-end", on=["thread.run.step.completed"])
def message_before_step_end(observation: Observation) -> Iterable[Finding] | None:
    """A message has ended before its step completes."""
    step = observation.step
    message = observation.stream.messages.get(step.message_id) if step is not None and step.message_id else None
    if message is None:
        return None
    if message.state in MESSAGE.ended:
        return ()
    text_ = f"step {step.id if step else ''} completed before its message {message.id} ended"
    return [observation.finding(text_, "the end of the message first", f"the message is {message.state}")]


@check("order.message-has-step", on=[END])
def message_has_step(observation: Observation) -> Iterable[Finding] | None:
    """Each message belongs to a step, each completed message step has its message."""
    stream = observation.stream
    if not stream.settled or stream.unread & {"step", "message"}:
        return None
    creating = _creating(observation)
    orphans = [
        observation.finding(f"message {message.id} belongs to no step", "a message_creation step that names it", "none",
                            at=message.created)
        for message in stream.messages.values()
        if message.id not in creating
    ]  # fmt: skip
    empty = [
        observation.finding(f"step {step.id} completed without its message", f"events of message {message_id}", "none",
                            at=step.ended)
        for message_id, step in creating.items()
        if step.state == "completed" and message_id not in stream.messages
    ]  # fmt: skip
    return [*orphans, *empty] if creating or stream.messages else None


@check("order.created-at", on=_CREATED)
def created_at(observation: Observation) -> Iterable[Finding] | None:
    """What is created later is not older, and never older than the run."""
    document, stream = observation.doc(), observation.stream
    got = number(document, "created_at")
    if got is None or (observation.step is not None and observation.step.inherited):
        return None
    earliest = max(filter(None, (stream.created_at, number(stream.run_first, "created_at"))), default=got)
    if got >= earliest:
        return ()
    return [observation.finding("created_at goes back", f"{earliest} or later", str(got), pointer="/created_at")]


@check("order.new-ids", on=[*_CREATED, "thread.run.requires_action"])
def new_ids(observation: Observation) -> Iterable[Finding] | None:
    """New steps, messages and calls have ids that the run has not used."""
    document, known, stream = observation.doc(), observation.known, observation.stream
    if document is None or (observation.step is not None and observation.step.inherited):
        return None
    used: list[Container[str]] = [_submitted(observation), stream.reused]
    fresh = ids_in(document)
    if observation.step is None and observation.message is None:
        fresh = tuple(call.id for call in calls_of(document) or ())
    else:
        used += [stream.messages if observation.step is not None else stream.steps]
    return [
        observation.finding("an id was used before", "an id of its own", shown(found), pointer="/id")
        for found in fresh
        if any(found in ids for ids in used) or (known is not None and known.used(found))
    ]


def _submitted(observation: Observation) -> set[str]:
    return set(observation.submitted.ids) if observation.submitted else set()
