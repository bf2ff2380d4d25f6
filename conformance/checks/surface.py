"""What the rest of the API says of the run: which calls wait, and afterwards the same as the stream."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks.documents import find, member, members, shown, text
from conformance.checks.entities import texts_of
from conformance.checks.moments import CLOSE, WAITING
from conformance.checks.observation import Observation, Stream
from conformance.checks.registry import check
from conformance.model import Finding, Operation


@check("surface.pending-calls", on=[WAITING])
def pending_calls(observation: Observation) -> Iterable[Finding] | None:
    """A run that waits names the calls it waits for, each by an id of its own."""
    document = observation.doc()
    action = member(document, "required_action")
    if document is None or text(action, "type") not in (None, "submit_tool_outputs"):
        return None
    calls = members(action, "submit_tool_outputs", "tool_calls")
    ids = [find(call, "id") for call in calls]
    pointer = "/required_action"
    if not ids:
        got = shown(find(document, "required_action"))
        return [observation.finding("a waiting run does not say for what", "its calls", got, pointer=pointer)]
    if not all(isinstance(call, str) and call for call in ids):
        return [observation.finding("a pending call has no id", "an id for each call", shown(ids), pointer=pointer)]
    if len(set(map(str, ids))) != len(ids):
        return [observation.finding("pending calls share an id", "an id for each call", shown(ids), pointer=pointer)]
    return ()


def _looked_after(observation: Observation, operation: Operation) -> Iterable[tuple[Stream, int, tuple[object, ...]]]:
    """Each stream that came to its end, with the first read of a kind after it and before the next stream."""
    for number, (index, stream) in enumerate(observation.streams):
        later = observation.streams[number + 1][0] if number + 1 < len(observation.streams) else None
        look = observation.history.after(operation, index)
        if stream.settled and look is not None and (later is None or look.exchange < later):
            yield stream, look.exchange, look.documents


@check("surface.run-after", on=[CLOSE])
def run_after(observation: Observation) -> Iterable[Finding] | None:
    """The run reads as the stream ended."""
    found, looked = [], False
    for stream, exchange, documents in _looked_after(observation, Operation.GET_RUN):
        expected = text(stream.terminal_document, "status")
        got = text(documents[0], "status") if documents else None
        if expected is None or text(stream.terminal_document, "id") != text(documents[0] if documents else None, "id"):
            continue
        looked = True
        if got != expected:
            said = "the run reads otherwise than its stream ended"
            found.append(observation.finding(said, expected, str(got), pointer="/status", exchange=exchange))
    return found if looked else None


@check("surface.steps-after", on=[CLOSE])
def steps_after(observation: Observation) -> Iterable[Finding] | None:
    """The steps read as the stream left them."""
    found, looked = [], False
    for stream, exchange, documents in _looked_after(observation, Operation.LIST_STEPS):
        listed = {text(document, "id"): text(document, "status") for document in documents}
        if "step" in stream.unread:
            continue
        ended = [step for step in stream.steps.values() if step.ended is not None]
        looked = looked or bool(ended)
        for step in ended:
            if listed.get(step.id) != step.state:
                said = f"step {step.id} reads otherwise than the stream left it"
                got = listed.get(step.id) or "not listed"
                found.append(observation.finding(said, step.state, got, exchange=exchange))
    return found if looked else None


@check("surface.messages-after", on=[CLOSE])
def messages_after(observation: Observation) -> Iterable[Finding] | None:
    """The messages read as the stream told them."""
    found, looked = [], False
    for stream, exchange, documents in _looked_after(observation, Operation.LIST_MESSAGES):
        if "message" in stream.unread:
            continue
        listed = {text(document, "id"): texts_of(member(document)) for document in documents}
        for message in stream.messages.values():
            if message.ended is None or message.state != "completed":
                continue
            looked = True
            expected = "".join((message.final or {}).values())
            got = "".join(listed[message.id].values()) if message.id in listed else None
            if got != expected:
                said = f"message {message.id} reads otherwise than the stream told it"
                found.append(observation.finding(said, shown(expected), shown(got or "not listed"), exchange=exchange))
    return found if looked else None
