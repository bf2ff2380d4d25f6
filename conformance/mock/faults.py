"""A fault at work in the server: a wire fault in the answers it has planned, a stateful one in what it decides."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from conformance.errors import UsageError
from conformance.mock.answering import Answering
from conformance.mock.misbehaviour import MISBEHAVIOURS
from conformance.model import Exchange, Request, Response
from conformance.proof.faults import FAULTS, Fault
from conformance.wire.recordings.operation import of_target


def find(name: str) -> Fault:
    """The fault of a name; raises UsageError with near ones where there is none."""
    if name not in FAULTS:
        near = get_close_matches(name, FAULTS)
        hint = f"Did you mean {', '.join(near)}?" if near else "`conformance list faults` shows all."
        raise UsageError(f"no fault has the name {name!r}", hint)
    return FAULTS[name]


def answering(name: str) -> Answering:
    """How a server with this fault answers. Raises UsageError where there is no such fault."""
    if find(name).tell is None:
        return Answering(MISBEHAVIOURS[name])
    return Answering(tell=told_by(name))


def told_by(name: str) -> Callable[[Request, Response], Response]:
    """What a server with this wire fault makes of the answers it has planned."""
    fault = find(name)

    def told(request: Request, planned: Response) -> Response:
        exchange = Exchange(of_target(request.method, request.target), 0, request, planned)
        return fault.told(exchange) or planned

    return told
