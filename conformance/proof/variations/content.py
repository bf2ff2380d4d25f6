"""What documents may hold besides, leave out, or write otherwise, and events nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.proof.variations.conversation import Conversation, with_documents, with_streams
from conformance.proof.variations.draw import Draw, chance, some
from conformance.proof.variations.registry import variation
from conformance.reference.events import Event
from conformance.reference.objects import Document

#: Objects whose keys are the user's own: what is added there would be no unknown field.
_OWN_KEYS = frozenset({"metadata", "parameters"})


def _deeply(value: Any, at: str, change: Callable[[str, Document], Document]) -> Any:  # noqa: ANN401
    """Every object within a value, changed by the keys under which it lies."""
    if isinstance(value, dict):
        inner = {
            key: entry if key in _OWN_KEYS else _deeply(entry, f"{at}/{key}", change) for key, entry in value.items()
        }
        return change(at, inner)
    return [_deeply(entry, at, change) for entry in value] if isinstance(value, list) else value


@variation("unknown-fields")
def unknown_fields(draw: Draw, conversation: Conversation) -> Conversation:
    """Objects carry fields that nobody knows, anywhere, the same kind of object always (DIS-EXTRA-RUN)."""
    field = draw.choice(["x_new", "event", "", "data", "$ref", "é\u2028"])
    value = draw.choice([None, True, [1, {"y": None}], {"type": "x"}, 10**400, "", -0.0])

    richer: dict[str, bool] = {}

    def change(at: str, inner: Document) -> Document:
        if at not in richer:
            richer[at] = chance(draw, 3)
        return {**inner, field: value} if richer[at] else inner

    def everywhere(_name: str, document: Document) -> Document:
        changed: Document = _deeply(document, document.get("object", ""), change)
        return changed

    return with_documents(conversation, everywhere)


@variation("left-out-by-the-client")
def left_out_by_the_client(draw: Draw, conversation: Conversation) -> Conversation:
    """What a client left out of its function, a run repeats as null (COR-NULL-DESC)."""
    left_out = some(draw, ["description", "parameters", "strict"])

    def change(_name: str, document: Document) -> Document:
        tools = document.get("tools")
        if document.get("object") != "thread.run" or not isinstance(tools, list):
            return document
        return {**document, "tools": [_without(tool, left_out) for tool in tools]}

    return with_documents(conversation, change)


def _without(tool: Document, left_out: Iterable[str]) -> Document:
    if tool.get("type") != "function":
        return tool
    return {**tool, "function": {**tool["function"], **dict.fromkeys(left_out)}}


#: Fields that upstream does not require, that came late, or that may be absent where they would be null (§2.8).
_ABSENT_IN: dict[str, tuple[str, ...]] = {
    "thread.run": ("temperature", "top_p", "reasoning_effort", "tool_resources", "parallel_tool_calls"),
    "thread.run.step": ("expired_at", "expires_at", "metadata"),
    "thread.message": ("attachments",),
}
_ABSENT_WHEN_NULL = ("required_action", "incomplete_details")


@variation("optional-fields-absent")
def optional_fields_absent(draw: Draw, conversation: Conversation) -> Conversation:
    """Fields that no source demands are left out, here and there or everywhere (DIS-STEP-EXPIRED and its like)."""

    def change(_name: str, document: Document) -> Document:
        optional = _ABSENT_IN.get(document.get("object", ""), ())
        if document.get("object") == "thread.run":
            optional += tuple(name for name in _ABSENT_WHEN_NULL if document.get(name) is None)
        gone = some(draw, optional)
        return {key: value for key, value in document.items() if key not in gone}

    return with_documents(conversation, change)


#: Values that fields may have instead, by object (§2.8).
_INSTEAD: dict[str, Document] = {
    "thread.run": {
        "truncation_strategy": {"type": "last_messages", "last_messages": 1},
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_object"},
        "max_prompt_tokens": 16,
        "reasoning_effort": "low",
        "temperature": 1,
        "top_p": None,
    },
    "thread.run.step": {"expired_at": None, "metadata": {}, "expires_at": None},
    "thread.message": {"attachments": None, "metadata": {"a": "b"}},
}
_NULL_IN_RUNS = ("truncation_strategy", "tool_choice", "response_format", "temperature")


@variation("other-values")
def other_values(draw: Draw, conversation: Conversation) -> Conversation:
    """Settings have other values, null where that is legal (DIS-ALLOF-NULL, DIS-MAX-TOKENS)."""
    instead = {kind: {name: values[name] for name in some(draw, list(values))} for kind, values in _INSTEAD.items()}
    nulls = dict.fromkeys(some(draw, _NULL_IN_RUNS))

    def change(_name: str, document: Document) -> Document:
        kind = document.get("object", "")
        return {**document, **instead.get(kind, {}), **(nulls if kind == "thread.run" else {})}

    return with_documents(conversation, change)


@variation("tools-of-every-kind")
def tools_of_every_kind(draw: Draw, conversation: Conversation) -> Conversation:
    """The run has tools that nobody knows, and says more of functions (DIS-OPEN)."""
    tools: list[Document] = [
        {"type": "mcp", "server_label": "x"},
        {"type": "file_search", "file_search": {"ranking_options": {"ranker": "default-2024-08-21",
                                                                    "score_threshold": 0.0}}},
        {"type": "function", "function": {"name": "f", "strict": None, "parameters": {}}},
        {"type": "code_interpreter"},
    ]  # fmt: skip
    kept = list(some(draw, tools))
    return with_documents(
        conversation,
        lambda _name, document: {**document, "tools": kept} if document.get("object") == "thread.run" else document,
    )


@variation("runs-that-keep-their-expiry")
def runs_that_keep_their_expiry(draw: Draw, conversation: Conversation) -> Conversation:
    """`expires_at` stays on a completed run, or moves (REQ-JSON-STARTED, EVT-EXPIRES-NULL)."""
    moved = draw.integers(0, 900)

    def change(_name: str, document: Document) -> Document:
        if document.get("object") != "thread.run":
            return document
        return {**document, "expires_at": document["created_at"] + moved}

    return with_documents(conversation, change)


@variation("usage-otherwise")
def usage_otherwise(draw: Draw, conversation: Conversation) -> Conversation:
    """Usage lacks its details, or the run's is not the sum of its steps' (DIS-USAGE-SUM)."""
    least = chance(draw, 2)

    def change(_name: str, document: Document) -> Document:
        usage = document.get("usage")
        if not isinstance(usage, dict):
            return document
        kept = {key: 1 if least else value for key, value in usage.items() if key.endswith("_tokens")}
        return {**document, "usage": kept}

    return with_documents(conversation, change)


#: Events outside the vocabulary, their data JSON or not; none of them is named `done`, `error` or like a known one.
_UNKNOWN = (
    Event("ping", "{}"),
    Event("future.event", "tick"),
    Event("thread.run.paused", {"id": "run_1", "object": "thread.run", "status": "paused"}),
    Event("thread.run.step.noted", '{"id":'),
    Event("thread.message.delta.more", "[1"),
    Event("message", {"x": 1}),
    Event("Done", "over"),
    Event("thread.run.Completed", "null"),
    Event("é", " \t"),
)


@variation("unknown-events")
def unknown_events(draw: Draw, conversation: Conversation) -> Conversation:
    """Events that nobody knows come anywhere, before the first and after the last that is known (EVT-NAME)."""

    def change(events: tuple[Event, ...]) -> Iterator[Event]:
        done = [event.data for event in events].index("[DONE]") if events[-1].data == "[DONE]" else len(events)
        for index, event in enumerate(events):
            if index <= done and chance(draw, 5):
                yield draw.choice(_UNKNOWN)
            yield event

    return with_streams(conversation, change)
