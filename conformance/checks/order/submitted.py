"""The step that was submitted to: opened in an earlier stream, it ends in this one (contract §4.3)."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.contract.lifecycle import STEP
from conformance.model import Finding
from conformance.walk.documents import text
from conformance.walk.observation import Observation, Step, Stream
from conformance.walk.occasions import END, STEP_EVENTS
from conformance.walk.registry import UNSEEN, check

_STEP_ENDS = tuple(name for name in STEP_EVENTS if name.rpartition(".")[2] in STEP.ended)
_NEW = ("thread.run.step.created", "thread.message.created")


def closed_calls(steps: Iterable[Step]) -> list[str]:
    """The ids of the function calls of these steps."""
    return [text(call, "id") or "" for step in steps for call in step.tool_calls if text(call, "type") == "function"]


@check("order.submitted-closed", on=[*_STEP_ENDS, END])
def submitted_closed(observation: Observation) -> Iterable[Finding] | None:
    """Every call that was submitted is closed by its step's one end."""
    stream, sent = observation.stream, observation.submitted
    if observation.place is not None:
        return _ended_again(observation)
    if sent is None or not sent.items or stream.error is not None:
        return None
    closed = closed_calls(stream.inherited())
    missing = [call for call in sent.ids if call not in closed]
    if not missing:
        return () if stream.settled else None
    if not stream.settled or any(each.startswith("step") for each in stream.unread):
        return UNSEEN
    expected = f"the end of a step with {', '.join(missing)}"
    got = ", ".join(closed) or "no step of an earlier stream ended"
    return [
        observation.finding("never-closed", "submitted calls were never closed", expected, got,
                            about=_where_it_may_be(stream))
    ]  # fmt: skip


def _where_it_may_be(stream: Stream) -> tuple[str, ...]:
    """The steps that may be the submitted one, else a step of which nobody knows the id."""
    ended = (step for step in stream.steps.values() if step.ended is not None and step.created is None)
    return tuple(step.about for step in ended) or ("step ?",)


def _ended_again(observation: Observation) -> list[Finding] | None:
    """The end at hand of an inherited step is its only one; one that was announced again has a life of its own."""
    step, move = observation.step, observation.move
    if step is None or move is None or not step.inherited or step.recreated or step.unfamiliar:
        return None
    if move.before not in STEP.ended:
        return _another_step(observation, step)
    message = f"step {step.id} ended again"
    return [
        observation.finding("ended-again", message, "exactly one end", f"{observation.name} after it was {move.before}")
    ]


def _another_step(observation: Observation, step: Step) -> list[Finding]:
    """A step is the one that showed its calls first, in an earlier stream or list, and has kept its id."""
    told = observation.known.step_by_call if observation.known is not None else {}
    opened = {told[call] for call in closed_calls([step]) if call in told}
    if not opened or step.id in opened:
        return []
    message = "the submitted step ended under another id"
    about = (step.about, *(f"step {told}" for told in sorted(opened)))
    expected = " or ".join(sorted(opened))
    return [observation.finding("another-id", message, expected, step.id, pointer="/id", about=about)]


@check("order.submitted-completed", on=[END])
def submitted_completed(observation: Observation) -> Iterable[Finding] | None:
    """Where the run goes on, the submitted step has completed."""
    stream = observation.stream
    went_on = stream.terminal_word in ("completed", "incomplete", "requires_action") or stream.first_new is not None
    # A built-in step of an earlier stream may end here too, in any way; nothing was submitted to it.
    inherited = [step for step in stream.inherited() if closed_calls([step]) or not step.tool_calls]
    if not inherited or not went_on:
        return None
    return [
        observation.finding(
            "broke", "the run went on from a step that broke", "thread.run.step.completed", step.state, at=step.ended
        )
        for step in inherited
        if step.state != "completed"
    ]


@check("order.submitted-first", on=[END])
def submitted_first(observation: Observation) -> Iterable[Finding] | None:
    """The end of the submitted step is the first known event."""
    stream = observation.stream
    inherited = [step for step in stream.inherited() if step.ended is not None]
    if not inherited or stream.first_known is None:
        return None
    first = min((step.ended for step in inherited if step.ended is not None), key=lambda place: place.event)
    if first.event == stream.first_known.event or any(step.recreated for step in inherited):
        return ()
    got = f"{stream.first_known.name} came first"
    return [observation.finding("late", "the submitted step ended late", "its end as the first event", got, at=first)]


@check("order.submitted-before-new", on=_NEW)
def submitted_before_new(observation: Observation) -> Iterable[Finding] | None:
    """Nothing new is created before the submitted step has ended."""
    stream, sent = observation.stream, observation.submitted
    if sent is None or not sent.items or stream.first_new != observation.place:
        return None
    if stream.inherited():
        return ()
    if any(each.startswith("step") for each in stream.unread):
        return UNSEEN
    message = f"{observation.name} came before the submitted step ended"
    expected, got = "the end of the submitted step first", "it had not ended"
    return [
        observation.finding("too-early", message, expected, got, details=(observation.name,),
                            about=_where_it_may_be(stream))
    ]  # fmt: skip


@check("order.submitted-one-step", on=[END])
def submitted_one_step(observation: Observation) -> Iterable[Finding] | None:
    """Calls that were pending together are in one step, in the order in which the run named them."""
    stream, sent = observation.stream, observation.submitted
    if sent is None or len(sent.items) < 2:
        return None
    ids = set(sent.ids)
    holding = [step for step in stream.inherited() if ids & set(closed_calls([step]))]
    if not holding:
        return None
    if len(holding) > 1:
        got = f"{len(holding)} steps"
        return [
            observation.finding("several-steps", "calls pending together are in several steps", "one step", got,
                                at=holding[1].ended, about=tuple(step.about for step in holding))
        ]  # fmt: skip
    named = [call.id for call in sent.pending or ()]
    listed = [call for call in closed_calls(holding) if call in named]
    if named and listed != [call for call in named if call in listed]:
        at = holding[0].ended
        return [
            observation.finding(
                "another-order", "the step lists its calls in another order", ", ".join(named), ", ".join(listed), at=at
            )
        ]
    return ()


@check("order.submitted-not-recreated", on=[END])
def submitted_not_recreated(observation: Observation) -> Iterable[Finding] | None:
    """The submitted step is not announced again."""
    steps = [step for step in observation.stream.steps.values() if step.inherited]
    if not steps:
        return None
    return [
        observation.finding(
            "announced-again",
            "the submitted step was announced again",
            "its end alone",
            "created or in_progress",
            at=step.created or step.ended,
        )
        for step in steps
        if step.recreated
    ]
