"""What the rest of the API says of the run: which calls wait, and afterwards the same as the stream."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.model import Finding, Operation
from conformance.walk.documents import Document, find, member, members, shown, text
from conformance.walk.entities import texts_of
from conformance.walk.history import Look, asks_for_outputs
from conformance.walk.observation import Observation, Step, Stream
from conformance.walk.occasions import CLOSE, WAITING
from conformance.walk.registry import check


@check("surface.pending-calls", on=[WAITING])
def pending_calls(observation: Observation) -> Iterable[Finding] | None:
    """A run that waits names the calls it waits for, each by an id of its own."""
    document = observation.doc()
    action = member(document, "required_action")
    if document is None or not asks_for_outputs(document):
        return None
    calls = members(action, "submit_tool_outputs", "tool_calls")
    ids = [find(call, "id") for call in calls]
    pointer = "/required_action"
    if not ids:
        got = shown(find(document, "required_action"))
        return [
            observation.finding("no-calls", "a waiting run does not say for what", "its calls", got, pointer=pointer)
        ]
    if "id" in observation.replaced and None in ids:
        return None
    if not all(isinstance(call, str) and call for call in ids):
        return [
            observation.finding("no-id", "a pending call has no id", "an id for each call", shown(ids), pointer=pointer)
        ]
    if len(set(map(str, ids))) != len(ids):
        return [
            observation.finding(
                "shared-id", "pending calls share an id", "an id for each call", shown(ids), pointer=pointer
            )
        ]
    return ()


def _looked_after(observation: Observation, operation: Operation) -> Iterable[tuple[Stream, Look]]:
    """Each stream that came to its end, with the first read of a kind after it, if nothing changed the run between."""
    for number, (index, stream) in enumerate(observation.streams):
        later = observation.streams[number + 1][0] if number + 1 < len(observation.streams) else None
        look = observation.history.after(operation, index)
        if not stream.settled or look is None or look.hidden or not (later is None or look.exchange < later):
            continue
        if look.about(stream.terminal_document) and not observation.history.changed_between(index, look.exchange):
            yield stream, look


@check("surface.run-after", on=[CLOSE])
def run_after(observation: Observation) -> Iterable[Finding] | None:
    """The run reads as the stream ended."""
    found, looked = [], False
    for stream, look in _looked_after(observation, Operation.GET_RUN):
        expected = text(stream.terminal_document, "status")
        document = look.documents[0] if look.documents else None
        got = text(document, "status")
        if expected is None or text(stream.terminal_document, "id") != text(document, "id"):
            continue
        if expected == "requires_action" != got and (got == "expired" or "others" in observation.held):
            continue  # nobody answered in time, or somebody else did
        looked = True
        if got != expected:
            said = "the run read later differs from the end of its stream"
            found.append(
                observation.finding(
                    "reads-otherwise",
                    said,
                    expected,
                    str(got),
                    pointer="/status",
                    exchange=look.exchange,
                    about=("run",),
                )
            )
    return found if looked else None


@check("surface.steps-after", on=[CLOSE])
def steps_after(observation: Observation) -> Iterable[Finding] | None:
    """The steps read as the stream left them."""
    found, looked = [], False
    for stream, look in _looked_after(observation, Operation.LIST_STEPS):
        listed = {text(document, "id"): member(document) or {} for document in look.documents}
        ended = [
            step
            for step in stream.steps.values()
            if step.ended is not None and (look.whole or step.id in listed) and not stream.lost(step.about)
        ]
        looked = looked or bool(ended)
        for step in ended:
            expected, got = _told(step), _listed(listed.get(step.id))
            if got != expected:
                kind = "not-listed" if got is None else "reads-otherwise"
                said = f"step {step.id} read later differs from the stream"
                read = shown(got or "not listed")
                about = (step.about, *([f"message {step.message_id}"] if step.message_id else []))
                found.append(
                    observation.finding(kind, said, shown(expected), read, exchange=look.exchange, about=about)
                )
    return found if looked else None


def _told(step: Step) -> list[object]:
    """What a step came to: its status, the message it created, its function calls with their outputs."""
    return [step.state, step.message_id, *_functions(step.tool_calls)]


def _listed(document: Document | None) -> list[object] | None:
    if document is None:
        return None
    message = text(document, "step_details", "message_creation", "message_id")
    return [text(document, "status"), message, *_functions(members(document, "step_details", "tool_calls"))]


def _functions(calls: Iterable[Document]) -> list[object]:
    return [
        [text(call, "id"), *(find(call, "function", name) for name in ("name", "arguments", "output"))]
        for call in calls
        if text(call, "type") == "function"
    ]


@check("surface.messages-after", on=[CLOSE])
def messages_after(observation: Observation) -> Iterable[Finding] | None:
    """The messages read as the stream sent them."""
    found, looked = [], False
    for stream, look in _looked_after(observation, Operation.LIST_MESSAGES):
        listed = {text(document, "id"): texts_of(member(document)) for document in look.documents}
        for message in stream.messages.values():
            if message.ended is None or message.state != "completed" or not (look.whole or message.id in listed):
                continue
            if (message.id in observation.history.deleted and message.id not in listed) or stream.lost(message.about):
                continue
            looked = True
            expected = "".join((message.final or {}).values())
            got = "".join(listed[message.id].values()) if message.id in listed else None
            if got != expected:
                kind = "not-listed" if got is None else "reads-otherwise"
                said = f"message {message.id} read later differs from the stream"
                read = shown(got or "not listed")
                found.append(
                    observation.finding(
                        kind, said, shown(expected), read, exchange=look.exchange, about=(message.about,)
                    )
                )
    return found if looked else None
