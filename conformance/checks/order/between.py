"""What runs, steps and messages owe each other."""

from __future__ import annotations

from collections.abc import Container, Iterable

from conformance.contract.lifecycle import MESSAGE
from conformance.model import Finding
from conformance.walk.documents import Document, members, number, shown, text
from conformance.walk.history import calls_of
from conformance.walk.observation import Observation, Step
from conformance.walk.occasions import END
from conformance.walk.registry import UNSEEN, check

_CREATED = ("thread.run.step.created", "thread.message.created")


def _creating(observation: Observation) -> dict[str, Step]:
    """Message id -> the step that says it creates it."""
    return {step.message_id: step for step in observation.stream.steps.values() if step.message_id}


@check("order.step-before-message", on=[END])
def step_before_message(observation: Observation) -> Iterable[Finding] | None:
    """The step that creates a message is created before it; one without any step breaks message-has-step."""
    stream, creating = observation.stream, _creating(observation)
    bound = [(message, creating[message.id]) for message in stream.messages.values() if message.id in creating]
    if not bound:
        return None
    return [
        observation.finding("before-step", f"message {message.id} was created before its step", f"step {step.id} first",
                            "the message first", at=message.created, about=(message.about, step.about))
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
    about = (message.about,) if step is None else (step.about, message.about)
    text_ = f"step {step.id if step else ''} completed before its message {message.id} ended"
    got = f"the message is {message.state}"
    return [observation.finding("step-first", text_, "the end of the message first", got, about=about)]


@check("order.message-has-step", on=[END])
def message_has_step(observation: Observation) -> Iterable[Finding] | None:
    """Each message belongs to a step, each completed message step has its message."""
    stream = observation.stream
    creating = _creating(observation)
    if not (creating or stream.messages) or stream.error is not None:
        return None
    orphans = [
        observation.finding("no-step", f"message {message.id} belongs to no step",
                            "a message_creation step that names it", "none", at=message.created, about=(message.about,))
        for message in stream.messages.values()
        if message.id not in creating
    ]  # fmt: skip
    empty = [
        observation.finding("no-message", f"step {step.id} completed without its message",
                            f"events of message {message_id}", "none", at=step.ended,
                            about=(step.about, f"message {message_id}"))
        for message_id, step in creating.items()
        if step.state == "completed" and message_id not in stream.messages
    ]  # fmt: skip
    # A step, or a message, of which something could not be read may be the missing one.
    kinds = {each.partition(" ")[0] for each in stream.unread}
    found = [*(orphans if "step" not in kinds else ()), *(empty if "message" not in kinds else ())]
    if not stream.settled:
        return UNSEEN if orphans or empty else None
    return UNSEEN if (orphans or empty) and not found else found


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
    return [
        observation.finding("earlier", "created_at goes back", f"{earliest} or later", str(got), pointer="/created_at")
    ]


@check("order.new-ids", on=[*_CREATED, "thread.run.requires_action"])
def new_ids(observation: Observation) -> Iterable[Finding] | None:
    """New steps, messages and calls have ids that the run has not used."""
    document, known, stream = observation.doc(), observation.known, observation.stream
    if document is None or (observation.step is not None and observation.step.inherited):
        return None
    used: list[Container[str]] = [_submitted(observation), stream.reused]
    fresh, said = _introduced(document), "an id was used before"
    if observation.step is None and observation.message is None:
        fresh = {call.id: f"{_ASKED}/{at}/id" for at, call in enumerate(calls_of(document) or ())}
        said = "the run asks under an id that was used before"
    else:
        used += [stream.messages if observation.step is not None else stream.steps]
    answered = _submitted(observation)
    return [
        observation.finding(
            "used-before", "the run asks for what was just answered" if found in answered else said,
            "an id of its own", shown(found), pointer=pointer,
            about=("run", f"step {found}", f"message {found}", *_announced_with(observation, found)),
        )
        for found, pointer in fresh.items()
        if any(found in ids for ids in used) or (known is not None and known.used(found))
    ]  # fmt: skip


def _announced_with(observation: Observation, call: str) -> Iterable[str]:
    """The steps that repeat a call that was answered."""
    return (step.about for step in observation.stream.steps.values() if step.recreated and call in step.call_ids)


#: Where a run lists the calls it waits for, and a step its own.
_ASKED = "/required_action/submit_tool_outputs/tool_calls"
_OWN = "/step_details/tool_calls"


def _introduced(document: Document) -> dict[str, str]:
    """The ids that a step or message introduces, each with its pointer."""
    calls = enumerate(members(document, "step_details", "tool_calls"))
    ids = [(text(document, "id"), "/id"), *((text(call, "id"), f"{_OWN}/{at}/id") for at, call in calls)]
    return {found: pointer for found, pointer in ids if found}


def _submitted(observation: Observation) -> set[str]:
    return set(observation.submitted.ids) if observation.submitted else set()
