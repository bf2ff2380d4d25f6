"""How a stream ends: one terminal run event, and nothing known after it but `done`."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.contract.lifecycle import STREAM_TERMINAL, WORDS
from conformance.model import Finding
from conformance.walk.observation import Observation
from conformance.walk.occasions import END, ENTITY_EVENTS, RUN_EVENTS
from conformance.walk.registry import check


@check("order.terminal-present", on=[END])
def terminal_present(observation: Observation) -> Iterable[Finding] | None:
    """The run ends, or needs another round, before the stream does; an error event is an ending too."""
    stream = observation.stream
    if stream.terminal is not None:
        return ()
    if stream.error is not None or stream.nameless_count > stream.enveloped:
        return None
    expected = "a terminal run event, thread.run.requires_action or error"
    got = f"{observation.end_of_body()} with the run {stream.run_state}"
    return [observation.finding("absent", "the run's end never came", expected, got, about=("run",))]


@check("order.terminal-once", on=[name for name in RUN_EVENTS if WORDS[name].word in STREAM_TERMINAL])
def terminal_once(observation: Observation) -> Iterable[Finding]:
    """Exactly one run event ends the stream."""
    first = observation.stream.terminal
    if first is None:
        return ()
    got = f"{observation.name} after {first.name or 'an earlier one'} (event {first.event})"
    return [observation.finding("repeated", "a second event ends the run", "exactly one terminal run event", got)]


@check("order.terminal-last", on=[*ENTITY_EVENTS, "error"])
def terminal_last(observation: Observation) -> Iterable[Finding] | None:
    """Nothing known comes between the terminal run event and `done`; further endings are reported by terminal-once."""
    stream = observation.stream
    if stream.terminal is None:
        return () if WORDS[observation.name].word in STREAM_TERMINAL and observation.name in RUN_EVENTS else None
    if observation.name in RUN_EVENTS and WORDS[observation.name].word in STREAM_TERMINAL:
        return ()
    message = f"{observation.name} came after the run's end"
    return [
        observation.finding(
            "not-last",
            message,
            "nothing but done after the terminal run event",
            observation.name,
            details=(observation.name,),
        )
    ]


@check("order.requires-action-ends", on=[*ENTITY_EVENTS, END])
def requires_action_ends(observation: Observation) -> Iterable[Finding] | None:
    """A stream that needs another round ends there: the next round is a request of its own."""
    stream = observation.stream
    if stream.terminal_word != "requires_action":
        return None
    if observation.place is None:
        return ()
    message = f"{observation.name} came after thread.run.requires_action"
    return [
        observation.finding(
            "not-last",
            message,
            "done, and a new request for the next round",
            observation.name,
            details=(observation.name,),
        )
    ]


@check("order.error-last", on=[*ENTITY_EVENTS, "error", END])
def error_last(observation: Observation) -> Iterable[Finding] | None:
    """Nothing but `done` comes after an error event."""
    stream = observation.stream
    if stream.error is None:
        return None
    if observation.place is None:
        return ()
    message = f"{observation.name} came after the error event"
    return [
        observation.finding(
            "not-last", message, "done, or the end of the body", observation.name, details=(observation.name,)
        )
    ]
