"""Other legal forms of a step: its calls whole or in other pieces, a built-in tool that fails."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.proof.variations.conversation import Conversation, document_of, documents, with_documents, with_streams
from conformance.proof.variations.draw import Draw, chance, cut
from conformance.proof.variations.registry import variation
from conformance.reference.events import Event
from conformance.reference.objects import LAST_ERROR, Document

DELTA = "thread.run.step.delta"
_BEGINS = ("thread.run.step.created", "thread.run.step.in_progress")

Events = tuple[Event, ...]
Calls = list[Document]


def _entries(event: Event) -> Calls:
    return list(document_of(event)["delta"]["step_details"].get("tool_calls", ()))


def _delta(step: str, calls: Calls) -> Event:
    details = {"type": "tool_calls", "tool_calls": calls}
    return Event(DELTA, {"id": step, "object": "thread.run.step.delta", "delta": {"step_details": details}})


def _of(event: Event) -> str:
    return str(document_of(event).get("id", ""))


def _asked(events: Events) -> dict[str, Calls]:
    """Step id -> the function calls that its run waits for, where its deltas showed them."""
    steps = dict.fromkeys(
        _of(event) for event in events if event.name == DELTA and _entries(event)[0]["type"] == "function"
    )
    run = events[-2].data if len(events) > 1 else None
    if len(steps) != 1 or not isinstance(run, dict) or run.get("status") != "requires_action":
        return {}
    return {next(iter(steps)): run["required_action"]["submit_tool_outputs"]["tool_calls"]}


@variation("arguments-in-other-pieces")
def arguments_in_other_pieces(draw: Draw, conversation: Conversation) -> Conversation:
    """Deltas cut the arguments of a call anywhere, several of them in one event (ORD-STEP-DELTA-SUM)."""

    def change(events: Events) -> Iterator[Event]:
        asked = _asked(events)
        for event in events:
            if event.name == DELTA and _of(event) in asked:
                continue
            if event.name == "thread.run.requires_action":
                for step, calls in asked.items():
                    yield from _built(draw, step, calls)
            yield event

    return with_streams(conversation, change)


def _built(draw: Draw, step: str, calls: Calls) -> Iterator[Event]:
    group: Calls = []
    for index, call in enumerate(calls):
        function = call["function"]
        pieces = cut(draw, function["arguments"], 4)
        # The name comes whole with the first piece; arguments may come with it or later.
        first = {"name": function["name"], "arguments": pieces[0], **({"output": None} if chance(draw, 2) else {})}
        group.append({"index": index, "id": call["id"], "type": "function", "function": first})
        for piece in pieces[1:]:
            if not chance(draw, 4):
                yield _delta(step, group)
                group = []
            group.append({"index": index, "type": "function", "function": {"arguments": piece}})
    yield _delta(step, group)


@variation("calls-told-whole")
def calls_told_whole(_draw: Draw, conversation: Conversation) -> Conversation:
    """A step that asks for outputs is announced with its calls, and no delta follows (ORD-STEP-DELTA-SUM)."""

    def change(events: Events) -> Iterator[Event]:
        asked = _asked(events)
        for event in events:
            if _of(event) not in asked:
                yield event
            elif event.name != DELTA:
                calls = [{**call, "function": {**call["function"], "output": None}} for call in asked[_of(event)]]
                yield event._replace(
                    data={**document_of(event), "step_details": {"type": "tool_calls", "tool_calls": calls}}
                )

    return with_streams(conversation, change)


@variation("built-in-steps-without-deltas")
def built_in_steps_without_deltas(draw: Draw, conversation: Conversation) -> Conversation:
    """A step of a built-in tool has no deltas, or not all of them: they need not add up (ORD-STEP-DELTA-SUM)."""
    all_of_them = chance(draw, 2)

    def change(events: Events) -> Iterator[Event]:
        for event in events:
            built_in = event.name == DELTA and _entries(event)[0]["type"] != "function"
            if not (built_in and (all_of_them or chance(draw, 2))):
                yield event

    return with_streams(conversation, change)


@variation("built-in-steps-told-whole")
def built_in_steps_told_whole(_draw: Draw, conversation: Conversation) -> Conversation:
    """A step of a built-in tool is announced with its call."""
    whole = {
        document["id"]: document["step_details"]
        for name, document in documents(conversation)
        if name == "thread.run.step.completed" and _is_built_in(document)
    }

    def change(name: str, document: Document) -> Document:
        return (
            {**document, "step_details": whole[document["id"]]}
            if name in _BEGINS and document["id"] in whole
            else document
        )

    return with_documents(conversation, change)


def _is_built_in(document: Document) -> bool:
    calls = document["step_details"].get("tool_calls", ())
    return bool(calls) and all(call["type"] != "function" for call in calls)


@variation("unknown-tools")
def unknown_tools(draw: Draw, conversation: Conversation) -> Conversation:
    """A built-in tool is one that nobody knows yet (DIS-OPEN)."""
    kind = draw.choice(["mcp", "bing_grounding", "browser"])
    steps = {document["id"] for name, document in documents(conversation) if _whole_built_in(name, document)}

    def change(name: str, document: Document) -> Document:
        if document.get("id") not in steps:
            return document
        if name == DELTA:
            return {**document, "delta": {"step_details": _foreign(document["delta"]["step_details"], kind)}}
        return {**document, "step_details": _foreign(document["step_details"], kind)}

    return with_documents(conversation, change)


def _whole_built_in(name: str, document: Document) -> bool:
    return name == "thread.run.step.completed" and _is_built_in(document)


def _foreign(details: Document, kind: str) -> Document:
    calls = [
        {**{key: value for key, value in call.items() if key in ("index", "id")}, "type": kind, kind: {"x": None}}
        for call in details["tool_calls"]
    ]
    return {**details, "tool_calls": calls}


@variation("a-tool-fails")
def a_tool_fails(_draw: Draw, conversation: Conversation) -> Conversation:
    """A built-in tool fails and the run goes on without it."""
    steps = {
        document["id"]: document["completed_at"]
        for name, document in documents(conversation)
        if _whole_built_in(name, document)
    }

    def failed(_name: str, document: Document) -> Document:
        if document.get("id") not in steps or document.get("status") != "completed":
            return document
        at = steps[document["id"]]
        return {**document, "status": "failed", "completed_at": None, "failed_at": at, "last_error": dict(LAST_ERROR)}

    def renamed(events: Events) -> Iterator[Event]:
        for event in events:
            fails = event.name == "thread.run.step.completed" and _of(event) in steps
            yield event._replace(name="thread.run.step.failed") if fails else event

    return with_streams(with_documents(conversation, failed), renamed)
