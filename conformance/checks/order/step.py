"""Steps opened in this stream: their lives, what stays the same, and that each is closed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from conformance.checks.order.tables import breach_of, breaches
from conformance.contract.lifecycle import STEP
from conformance.model import Finding
from conformance.walk.documents import find, shown, text
from conformance.walk.entities import message_named
from conformance.walk.observation import Observation
from conformance.walk.occasions import END, STEP_EVENTS
from conformance.walk.registry import UNSEEN, check

#: Steps named in one finding.
_NAMED = 3

_WHOLE = tuple(name for name in STEP_EVENTS if not name.endswith(".delta"))


@check("order.step-life", on=[*STEP_EVENTS, END])
def step_life(observation: Observation) -> Iterable[Finding] | None:
    """created, in_progress, deltas, one end; of steps that call what the API does not define, nobody knows it."""
    if observation.place is None:
        return _before_its_calls(observation)
    step = observation.step
    move = observation.move
    if step is None or move is None or (step.inherited and not step.recreated and move.word in STEP.ended):
        # How a step of an earlier stream ends is reported by order.submitted-closed.
        return None
    if step.unfamiliar:
        return None
    return () if step.early and step.early[-1][0] == observation.place else breaches(observation, "order.step-life")


def _before_its_calls(observation: Observation) -> Iterable[Finding] | None:
    """What a step did wrong before it said what it calls, once that can be known."""
    early = [moved for step in observation.stream.steps.values() if not step.unfamiliar for moved in step.early]
    judged = [
        breach_of(observation, "order.step-life", move, f"thread.run.step.{move.word}", place) for place, move in early
    ]
    found = [each for findings in judged for each in findings]
    return found or (UNSEEN if UNSEEN in judged else None)


@check("order.step-delta-after-created", on=["thread.run.step.delta"])
def step_delta_after_created(observation: Observation) -> Iterable[Finding] | None:
    """No delta comes before its step was created."""
    return None if observation.move is None else breaches(observation, "order.step-delta-after-created")


@check("order.step-closed", on=[END])
def step_closed(observation: Observation) -> Iterable[Finding] | None:
    """When the run completes, every step that was opened has ended."""
    stream = observation.stream
    if stream.terminal_word != "completed" or not stream.settled:
        return None
    found = _left_open(observation)
    return UNSEEN if found and "step" in stream.unread else found


@check("order.step-closed-otherwise", on=[END])
def step_closed_otherwise(observation: Observation) -> Iterable[Finding] | None:
    """However else the run ends, steps have ended; a run that waits leaves the one step open that it waits with."""
    stream = observation.stream
    if stream.terminal_word in ("", "completed") or not stream.settled:
        return None
    found = _left_open(observation)
    if found and "step" in stream.unread:
        return UNSEEN
    if stream.terminal_word == "requires_action":
        waiting = [
            step for step in stream.opened() if step.ended is None and (step.type or "tool_calls") == "tool_calls"
        ]
        return found[len(waiting) :] if len(waiting) <= 1 and len(found) == len(waiting) else found
    return found


def _left_open(observation: Observation) -> list[Finding]:
    return [
        observation.finding("never-closed", f"step {step.id} was never closed", "an end of the step", step.state,
                            at=step.created, about=(step.about,))
        for step in observation.stream.opened()
        if step.ended is None and not step.unfamiliar
    ]  # fmt: skip


@check("order.step-serial", on=["thread.run.step.created"])
def step_serial(observation: Observation) -> Iterable[Finding] | None:
    """The next step is created once the one before has ended."""
    step = observation.step
    if step is None or step.inherited:
        return None
    unended = observation.stream.open_steps.values()
    others = (o for o in unended if o is not step and not o.inherited and not o.unfamiliar)
    overlapping = tuple(islice(others, _NAMED))
    if not overlapping:
        return ()
    got = f"{', '.join(other.id for other in overlapping)} still open"
    about = tuple(other.about for other in (step, *overlapping))
    return [observation.finding("overlap", "steps overlap", "the end of the step before", got, about=about)]


@check("order.step-identity", on=[*_WHOLE, END])
def step_identity(observation: Observation) -> Iterable[Finding] | None:
    """What makes the step this step is the same in all its events, and belongs to the run."""
    if observation.place is None:
        return _inherited_of_run(observation)
    step, document = observation.step, observation.doc()
    if step is None or document is None:
        return None
    expected = {**_of_run(observation), **step.identity}
    found = [
        observation.finding(
            "another", f"{name} of step {step.id} is wrong", shown(value), shown(find(document, name)), details=(name,),
            pointer=f"/{name}", about=(step.about, "run") if name.endswith("_id") else (step.about,),
        )
        for name, value in expected.items()
        if value is not None and name in document and document[name] != value
    ]  # fmt: skip
    details = text(document, "step_details", "type")
    if details is not None and details != find(document, "type") and not found:
        message = f"step {step.id} has details of another type"
        found.append(
            observation.finding(
                "details-of-another-type", message, shown(find(document, "type")), details, pointer="/step_details/type"
            )
        )
    return found


def _inherited_of_run(observation: Observation) -> list[Finding] | None:
    """Steps of an earlier stream that ended before the first event of the run could say whose they are."""
    stream, run = observation.stream, _of_run(observation)
    ended = [
        (step, step.ended)
        for step in stream.inherited()
        if step.ended is not None and stream.run_seen is not None and step.ended.event < stream.run_seen.event
    ]
    if not ended:
        return None
    return [
        observation.finding(
            "another", f"{name} of step {step.id} is wrong", shown(value), shown(step.identity[name]), details=(name,),
            pointer=f"/{name}", at=place, about=(step.about, "run"),
        )
        for step, place in ended
        for name, value in run.items()
        if value is not None and name in step.identity and step.identity[name] != value
    ]  # fmt: skip


def _of_run(observation: Observation) -> dict[str, object]:
    """What the run says about ids that its steps repeat."""
    run = observation.stream.run_first
    if run is None:
        return {}
    return {"run_id": find(run, "id"), "thread_id": find(run, "thread_id"), "assistant_id": find(run, "assistant_id")}


@check("order.step-names-one-message", on=STEP_EVENTS)
def step_names_one_message(observation: Observation) -> Iterable[Finding] | None:
    """The message that a step creates is the same in all its events."""
    step, document = observation.step, observation.doc()
    named = message_named(document)
    if step is None or named is None:
        return None
    if step.message_id in (None, named):
        return ()
    pointer = f"{'/delta' if observation.name.endswith('.delta') else ''}/step_details/message_creation/message_id"
    return [
        observation.finding(
            "another-message", f"step {step.id} names another message", str(step.message_id), named, pointer=pointer,
            about=(step.about, f"message {named}"),
        )
    ]  # fmt: skip
