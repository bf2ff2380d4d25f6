"""A fault at work in the server: a wire fault in the answers it has planned, a stateful one in what it decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches

from conformance.errors import UsageError
from conformance.model import Exchange, Request, Response
from conformance.proof.faults import FAULTS, Fault
from conformance.reference.behaviour import Behaviour
from conformance.wire.recordings.operation import of_target


def find(name: str) -> Fault:
    """The fault of a name; raises UsageError with near ones where there is none."""
    if name not in FAULTS:
        near = get_close_matches(name, FAULTS)
        hint = f"Did you mean {', '.join(near)}?" if near else "`conformance list faults` shows all."
        raise UsageError(f"no fault has the name {name!r}", hint)
    return FAULTS[name]


def behaviour_with(names: str) -> Behaviour:
    """How a server with these faults behaves, given with commas between: one of state at most, any of the wire.

    Raises UsageError where there is no such fault, or more than one of state.
    """
    faults = [find(name) for name in names.split(",")]
    stateful = [(fault.name, fault.behaviour) for fault in faults if fault.behaviour is not None]
    if len(stateful) > 1:
        problem = f"{' and '.join(name for name, _ in stateful)} change what the server decides"
        raise UsageError(problem, "Play one of them at a time.")
    behaviour = stateful[0][1] if stateful else Behaviour()
    return replace(behaviour, respond=_changed_by([fault for fault in faults if fault.behaviour is None]))


def _changed_by(faults: Sequence[Fault]) -> Callable[[Request, Response], Response]:
    """What a server with these wire faults makes of the answers it has planned, one after the other."""

    def respond(request: Request, planned: Response) -> Response:
        operation = of_target(request.method, request.target)
        for fault in faults:
            planned = fault.applied(Exchange(operation, 0, request, planned)) or planned
        return planned

    return respond
