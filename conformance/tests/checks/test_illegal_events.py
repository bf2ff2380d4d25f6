"""What is wrong in the data of an event, or in what events say together, is told once and where it is."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.tests.checks.mutations import (
    Blocks,
    Case,
    Play,
    add_like,
    anywhere,
    case,
    drop,
    everywhere,
    members,
    put,
    put_all,
    say,
    seen_at,
    set_at,
    shown,
    text,
    torn,
    unset,
)

ONE, THREE, ROUND, TWO = "stream-one-call", "stream-three-calls", "stream-next-round", "stream-two-messages"
FAILED, CANCELLED, EXPIRED, CUT, BUILT_IN = (
    "stream-failed", "stream-cancelled", "stream-expired", "stream-incomplete", "stream-built-in-step",
)  # fmt: skip

#: One event of every kind.
KINDS = (
    (ONE, "step.completed"), (ONE, "run.queued"), (ONE, "run.in_progress"), (ONE, "step.created"), (ONE, "step.in_progress"),
    (ONE, "message.created"), (ONE, "message.in_progress"), (ONE, "message.delta#1"), (ONE, "message.delta#7"),
    (ONE, "message.completed"), (ONE, "step.completed#2"), (ONE, "run.completed"), (ROUND, "step.delta#1"),
    (ROUND, "run.requires_action"), (FAILED, "run.failed"), (CANCELLED, "run.cancelled"), (EXPIRED, "step.expired"),
    (CUT, "message.incomplete"), ("stream-error", "error"),
)  # fmt: skip


def with_data(label: str, make: Any) -> Any:
    """The event's data is what a function makes of its JSON text."""

    def edit(play: Play) -> Blocks:
        block = play.draft.find(label)
        block.data = make(text(block.data))
        return [block]

    return edit


NOT_JSON = {
    "a brace too many": lambda data: data + "}",
    "a brace too few": lambda data: data[:-1],
    "half of it": lambda data: data[: len(data) // 2],
    "single quotes": lambda data: data.replace('"', "'"),
    "Python's words": lambda data: data[:-1] + ',"x":None}',
    "NaN": lambda data: data[:-1] + ',"x":NaN}',
    "a trailing comma": lambda data: data[:-1] + ",}",
    "nothing": lambda data: "",
    "two documents": lambda data: data + data,
    "text": lambda data: "hello",
    "a comment": lambda data: data + " // end",
    "a raw tab": lambda data: data[:-1] + ',"x":"\t"}',
}

JSON = [
    *(case("events.json", name, f"{label}: {what}", with_data(label, make))
      for name, label in KINDS for what, make in list(NOT_JSON.items())[:3] if label != "error"),
    *(case("events.json", ONE, f"{label}: {what}", with_data(label, make))
      for label in ("run.queued", "message.delta#2") for what, make in NOT_JSON.items()),
    *(case("events.json|errors.stream-event", "stream-error", f"error: {what}", with_data("error", make))
      for what, make in NOT_JSON.items()),
    case("events.json", ONE, "a line feed within the data",
         torn("message.completed", lambda block: block.replace(b'"type"', b'\n"type"', 1))),
]  # fmt: skip

OBJECT = [
    *(case("events.object", name, f"{label} is {value}", put(label, "object", value))
      for name, label in KINDS if label != "error" for value in ("thread.run.steps", "thread")),
    *(case("events.object|events.schema", name, f"{label} without object", unset(label, "object"))
      for name, label in KINDS if label != "error"),
    case("events.object", ONE, "the object in capitals", put("run.queued", "object", "Thread.Run")),
    case("events.object", ONE, "assistant.run.step", put_all("step.", "object", "assistant.run.step")),
]  # fmt: skip

_RUN = ("id", "created_at", "thread_id", "assistant_id", "status")
_STEP = ("id", "created_at", "thread_id", "assistant_id", "run_id", "type", "status", "step_details")
_MESSAGE = ("id", "created_at", "thread_id", "status", "role", "content")
LACKING = [
    case("events.schema|events.status" if key == "status" else "events.schema", name, f"{label} without {key}", unset(label, key))
    for name, label, keys in (
        (ONE, "run.queued", _RUN), (ONE, "run.completed", _RUN), (ONE, "step.completed", _STEP),
        (ONE, "step.created", _STEP), (ONE, "message.created", _MESSAGE), (ONE, "message.completed", _MESSAGE),
        (ONE, "message.delta#3", ("id", "delta", "delta/content/0/index", "delta/content/0/type")),
        (ROUND, "step.delta#1", ("id", "delta", "delta/step_details/type", "delta/step_details/tool_calls/0/index",
                                 "delta/step_details/tool_calls/0/type")),
        (ONE, "step.completed", ("step_details/type", "step_details/tool_calls", "step_details/tool_calls/0/id",
                                 "step_details/tool_calls/0/type", "step_details/tool_calls/0/function/name",
                                 "step_details/tool_calls/0/function/arguments",
                                 "step_details/tool_calls/0/function/output")),
        (ROUND, "run.requires_action", tuple(
            f"required_action/submit_tool_outputs/tool_calls/0/{key}" for key in
            ("id", "type", "function", "function/name", "function/arguments"))),
        (ONE, "message.completed", ("content/0/text/value", "content/0/text", "content/0/type")),
        (FAILED, "run.failed", ("last_error/code", "last_error/message")),
        (ONE, "run.completed", ("usage/total_tokens",)),
    )
    for key in keys
]  # fmt: skip

RETYPED = [
    case("events.schema", name, f"{label}: {path} is {value!r}", put(label, path, value))
    for name, label, path, value in (
        (ONE, "run.queued", "id", 7), (ONE, "run.queued", "id", None), (ONE, "run.queued", "model", None),
        (ONE, "run.queued", "tools", None), (ONE, "run.queued", "tools", {}), (ONE, "run.queued", "metadata", []),
        (ONE, "run.queued", "metadata", "x"), (ONE, "run.queued", "temperature", "1"), (ONE, "run.completed", "usage", 3),
        (ONE, "run.completed", "usage/total_tokens", "3"), (ONE, "run.queued", "last_error", "none"),
        (ONE, "run.queued", "parallel_tool_calls", "yes"), (ONE, "run.queued", "thread_id", None),
        (ONE, "run.queued", "assistant_id", 1),
        (ONE, "step.created", "step_details", None), (ONE, "step.created", "step_details", []),
        (ONE, "step.completed", "step_details/tool_calls", {}), (ONE, "step.completed", "step_details/tool_calls", None),
        (ONE, "step.completed", "step_details/tool_calls/0/function/output", {"a": 1}),
        (ONE, "step.completed", "step_details/tool_calls/0/function/arguments", {"a": 1}),
        (ONE, "step.completed", "step_details/tool_calls/0/id", None), (ONE, "message.created", "content", None),
        (ONE, "message.created", "content", ""), (ONE, "message.created", "role", "tool"),
        (ONE, "message.created", "role", None), (ONE, "message.completed", "content", "text"),
        (ONE, "message.completed", "content/0/text", "text"), (ONE, "message.completed", "content/0/text/value", None),
        (ONE, "message.completed", "content/0/text/annotations", None), (ONE, "message.delta#2", "delta", []),
        (ONE, "message.delta#2", "delta/content", {}), (ONE, "message.delta#2", "delta/content/0/index", "0"),
        (ONE, "message.delta#2", "delta/content/0/text", "x"), (ONE, "message.delta#2", "delta/content/0/text/value", 5),
        (ONE, "message.delta#2", "id", None), (ROUND, "step.delta#2", "delta/step_details/tool_calls/0/function", "x"),
        (ROUND, "step.delta#2", "delta/step_details/tool_calls/0/function/arguments", {"a": 1}),
        (ROUND, "step.delta#2", "delta/step_details/tool_calls", {}), (FAILED, "run.failed", "last_error", "broken"),
    )
]  # fmt: skip

NO_OBJECT = [
    case("events.schema|events.object", name, f"{label} is {data}", say(label, data))
    for name, label in KINDS if label != "error" for data in ("null", "[]", '"x"', "0", "{}")
]  # fmt: skip


def in_milliseconds(data: dict[str, Any]) -> None:
    for owner, key in members(data):
        if key.endswith("_at") and isinstance(owner[key], int):
            owner[key] *= 1000


SECONDS = [
    *(case("events.seconds", name, f"{label}: {key} in milliseconds", put(label, key, lambda at: at * 1000))
      for name, label, key in (
          (ONE, "run.completed", "completed_at"), (ONE, "step.completed", "completed_at"), (FAILED, "run.failed", "failed_at"),
          (ONE, "message.completed", "completed_at"), (CANCELLED, "run.cancelled", "cancelled_at"),
          (CUT, "message.incomplete", "incomplete_at"), (ONE, "run.queued", "expires_at"), (ONE, "step.created", "expires_at"),
          (ONE, "message.created", "created_at"), (ONE, "step.created", "created_at"))),
    *(case("events.seconds", name, "milliseconds everywhere", everywhere(in_milliseconds))
      for name in (ONE, ROUND, FAILED, "documented")),
    *(case("events.seconds|events.schema", name, f"{label}: {key} is {value!r}", put(label, key, value))
      for name, label, key in ((ONE, "run.completed", "completed_at"), (ONE, "message.created", "created_at"),
                               (ONE, "step.completed#2", "completed_at"), (ONE, "run.queued", "created_at"))
      for value in ("2026-11-23T03:00:00Z", "1760000000", 1760000000.5, True, -1, [])),
]  # fmt: skip

STATUS = [
    case("events.status", name, f"{label} says {value}", put(label, "status", value))
    for name, label, value in (
        (ONE, "run.queued", "in_progress"), (ONE, "run.queued", "requires_action"), (ONE, "run.in_progress", "queued"),
        (ONE, "run.in_progress", "completed"), (ONE, "run.completed", "in_progress"), (ONE, "run.completed", "failed"),
        (ROUND, "run.requires_action", "in_progress"), (FAILED, "run.failed", "completed"), (FAILED, "run.failed", "cancelled"),
        (CANCELLED, "run.cancelling", "cancelled"), (CANCELLED, "run.cancelled", "cancelling"), (EXPIRED, "run.expired", "failed"),
        (CUT, "run.incomplete", "completed"), (ONE, "step.created", "completed"), (ONE, "step.in_progress", "completed"),
        (ONE, "step.completed", "in_progress"), (ONE, "step.completed#2", "in_progress"), (EXPIRED, "step.expired", "completed"),
        (FAILED, "step.failed", "completed"), (ONE, "message.created", "completed"), (ONE, "message.in_progress", "incomplete"),
        (ONE, "message.completed", "in_progress"), (ONE, "message.completed", "incomplete"),
        (CUT, "message.incomplete", "completed"),
    )
]  # fmt: skip
STATUS_UNKNOWN = [
    case("events.status|events.schema", ONE, f"{label} says {value!r}", put(label, "status", value))
    for label in ("run.queued", "step.created", "message.created", "run.completed") for value in ("done", None, 1, "")
]  # fmt: skip


CALL = {"id": "call_x", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ACTION = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [CALL]}}
ACTIONS = [
    *(case("events.no-action", ONE, f"calls on {label}", put(label, "required_action", ACTION))
      for label in ("run.queued", "run.in_progress", "run.completed")),
    *(case("events.no-action", name, "calls on queued", put("run.queued", "required_action", ACTION))
      for name in (THREE, ROUND, FAILED)),
    *(case("events.no-action-otherwise", name, f"calls on {label}", put(label, "required_action", ACTION))
      for name, label in ((FAILED, "run.failed"), (CANCELLED, "run.cancelling"), (CANCELLED, "run.cancelled"),
                          (EXPIRED, "run.expired"), (CUT, "run.incomplete"))),
    *(case("events.required-action", ROUND, what, edit) for what, edit in {
        "no calls": put("run.requires_action", "required_action/submit_tool_outputs/tool_calls", []),
        "no action": put("run.requires_action", "required_action", None),
        "no key": unset("run.requires_action", "required_action"),
    }.items()),
    *(case("events.required-action|events.schema", ROUND, what, edit) for what, edit in {
        "no list": unset("run.requires_action", "required_action/submit_tool_outputs/tool_calls"),
        "no outputs": unset("run.requires_action", "required_action/submit_tool_outputs"),
        "an empty action": put("run.requires_action", "required_action", {}),
        "a list": put("run.requires_action", "required_action", []),
        "no type": unset("run.requires_action", "required_action/type"),
        "null for the list": put("run.requires_action", "required_action/submit_tool_outputs/tool_calls", None),
    }.items()),
]  # fmt: skip

SHOULD = [
    *(case("events.causes", name, f"{label}: {path} {value}", put(label, path, value))
      for name, label, path, value in (
          (FAILED, "run.failed", "last_error/code", "oops"), (FAILED, "step.failed", "last_error/code", "oops"),
          (CUT, "message.incomplete", "incomplete_details/reason", "oops"))),
    *(case("events.no-error", ONE, label, put(label, "last_error", {"code": "server_error", "message": "x"}))
      for label in ("run.completed", "step.completed", "step.completed#2")),
    case("events.create-only", ONE, "run.created", add_like("run.queued", "thread.run.created", after="step.completed")),
    case("events.create-only", ONE, "run.created before queued",
         add_like("run.queued", "thread.run.created", before="run.queued")),
    *(case("events.end-time", name, f"{label} without {key}", put(label, key, None))
      for name, label, key in ((ONE, "run.completed", "completed_at"), (FAILED, "run.failed", "failed_at"),
                               (FAILED, "run.failed", "last_error"), (CANCELLED, "run.cancelled", "cancelled_at"),
                               (CUT, "run.incomplete", "incomplete_details"))),
    *(case("events.usage", ONE, what, edit) for what, edit in {
        "none on the completed run": put("run.completed", "usage", None),
        "none on the completed step": put("step.completed", "usage", None),
        "some on the queued run": put("run.queued", "usage", {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}),
        "some on the step in progress": put("step.in_progress", "usage",
                                            {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}),
        "some on the run in progress": put("run.in_progress", "usage",
                                           {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}),
    }.items()),
    *(case("events.run-fields", ONE, f"{label} without {key}", unset(label, key))
      for label in ("run.queued", "run.completed") for key in ("model", "tools", "instructions", "metadata")),
]  # fmt: skip


def output(change: Any) -> Any:
    return put("step.completed", "step_details/tool_calls/0/function/output", change)


OUTPUTS = [
    *(case("content.submitted-outputs", name, what, output(change))
      for name in (ONE, THREE, ROUND) for what, change in {
          "one character changed": lambda told: told[:-1] + chr(ord(told[-1]) ^ 1),
          "one character less": lambda told: told[:-1],
          "a space more": lambda told: told + " ",
          "in capitals": lambda told: told.upper() + "!",
          "nothing": "",
          "null": None,
          "quoted": lambda told: text([told])[1:-1],
      }.items()),
    *(case("content.submitted-outputs", "stream-opaque-outputs", what,
           put("step.completed", "step_details/tool_calls", lambda calls, change=change: [  # type: ignore[misc]
               {**call, "function": {**call["function"], "output": change(call["function"]["output"])}} for call in calls]))
      for what, change in {
          "trimmed": lambda told: told.strip(),
          "CRLF made LF": lambda told: told.replace("\r\n", "\n").replace("\r", "\n"),
          "decomposed": lambda told: __import__("unicodedata").normalize("NFD", told),
          "ASCII only": lambda told: told.encode("ascii", "replace").decode(),
          "cut at 64 kB": lambda told: told[:1000],
          "HTML escaped": lambda told: told.replace("<", "&lt;").replace('"', "&quot;"),
          "without control characters": lambda told: "".join(c for c in told if c >= " "),
      }.items()),
    case("content.submitted-outputs", THREE, "swapped", lambda play: swap(play)),
    case("content.submitted-outputs", "stream-reordered", "assigned by position", lambda play: swap(play)),
    case("content.empty-output", "stream-empty-output", "null for nothing", output(None)),
    case("content.empty-output", "stream-empty-output", "a word for nothing", output("(empty)")),
    case("content.nul-output", "stream-nul-output", "cut at the NUL", output(lambda told: told.partition("\0")[0])),
    case("content.nul-output", "stream-nul-output", "without it", output(lambda told: told.replace("\0", ""))),
    case("content.nul-output", "stream-nul-output", "replaced", output(lambda told: told.replace("\0", "\ufffd"))),
]  # fmt: skip


def swap(play: Play) -> Blocks:
    block = play.draft.find("step.completed")
    calls = block.data["step_details"]["tool_calls"]  # type: ignore[index]
    first, last = calls[0]["function"], calls[-1]["function"]
    first["output"], last["output"] = last["output"], first["output"]
    return [block]


def calls_of(path: str, value: object) -> Any:
    return put("step.completed", f"step_details/tool_calls{path}", value)


CALLS = [
    case("content.submitted-calls", ONE, "another id", calls_of("/0/id", "call_999")),
    case("content.submitted-calls", ONE, "another name", calls_of("/0/function/name", "something")),
    case("content.submitted-calls", ONE, "other arguments", calls_of("/0/function/arguments", '{"other":1}')),
    case("content.submitted-calls", ONE, "arguments with other spaces", calls_of("/0/function/arguments", lambda told: told + " ")),
    case("content.submitted-calls|order.submitted-closed", ONE, "no calls", anywhere(calls_of("", []))),
    case("content.submitted-calls|order.submitted-closed", THREE, "one call missing",
         anywhere(calls_of("", lambda calls: calls[:2]))),
    case("content.submitted-calls", THREE, "one call twice", calls_of("", lambda calls: [*calls, calls[0]])),
    case("content.submitted-calls", THREE, "one call in place of another", calls_of("", lambda calls: [calls[0], *calls[:2]])),
    case("content.submitted-calls", THREE, "one call too many",
         calls_of("", lambda calls: [*calls, {**calls[0], "id": "call_999"}])),
    case("content.submitted-calls", EXPIRED, "another id, expired",
         put("step.expired", "step_details/tool_calls/0/id", "call_999")),
    case("order.submitted-one-step", THREE, "in another order", calls_of("", lambda calls: calls[::-1])),
]  # fmt: skip

_ASKED = "required_action/submit_tool_outputs/tool_calls"
ROUNDS = [
    *(case("content.tool-calls", ROUND, what, edit, seen_at("run.requires_action")) for what, edit in {
        "a delta missing": drop("step.delta#-1"),
        "a delta twice": add_like("step.delta#-1", "thread.run.step.delta", after="step.delta#-1"),
        "the name in the run": put("run.requires_action", f"{_ASKED}/0/function/name", "other"),
        "the arguments in the run": put("run.requires_action", f"{_ASKED}/0/function/arguments", '{"a":1}'),
        "the id in the run": put("run.requires_action", f"{_ASKED}/0/id", "call_999"),
        "a call more in the run": put("run.requires_action", _ASKED, lambda calls: [*calls, CALL]),
        "a piece changed": put("step.delta#-1", "delta/step_details/tool_calls/0/function/arguments", "x"),
        "the name in the delta": put("step.delta#1", "delta/step_details/tool_calls/0/function/name", "other"),
        "the id in the delta": put("step.delta#1", "delta/step_details/tool_calls/0/id", "call_999"),
    }.items()),
    case("content.tool-call-deltas", ROUND, "index 1 first", put_all("step.delta", "delta/step_details/tool_calls/0/index", 1)),
]  # fmt: skip

_PIECE = "delta/content/0/text/value"
_WHOLE = "content/0/text/value"
TEXT = [
    *(case("content.message-text", name, what, edit, seen_at("message.completed", "message.completed#-1"))
      for name in (ONE, TWO, BUILT_IN)
      for what, edit in {
        "a delta missing": drop("message.delta#3"),
        "the first delta missing": drop("message.delta#1"),
        "the last delta missing": drop("message.delta#-1"),
        "a delta twice": add_like("message.delta#3", "thread.message.delta", after="message.delta#3"),
        "a piece changed": put("message.delta#2", _PIECE, " xx"),
        "a piece trimmed": put("message.delta#2", _PIECE, lambda told: told.strip()),
        "text so far in each delta": put("message.delta#2", _PIECE, lambda told: "So far" + told),
        "the whole text changed": put("message.completed", _WHOLE, lambda told: told + "."),
        "the whole text trimmed": put("message.completed", _WHOLE, lambda told: told[1:]),
        "no content in the end": put("message.completed", "content", []),
        "a part more in the end": put("message.completed", "content", lambda parts: [*parts, parts[0]]),
    }.items()),
    case("content.message-text", ONE, "decomposed in the end",
         put("message.completed", _WHOLE, lambda told: __import__("unicodedata").normalize("NFD", told))),
    case("content.message-text", ONE, "two deltas swapped", lambda play: swap_deltas(play)),
    case("content.message-text-incomplete", CUT, "a delta missing", drop("message.delta#2")),
    case("content.message-text-incomplete", FAILED, "other text", put("message.incomplete", _WHOLE, "x")),
    *(case("content.message-index", ONE, what, edit) for what, edit in {
        "a new index for each delta": lambda play: number(play, range(99)),
        "from one": lambda play: number(play, [1] * 99),
        "a gap": lambda play: number(play, [0, 0, 2, 2] + [2] * 99),
        "negative": lambda play: number(play, [-1] * 99),
    }.items()),
    case("content.message-index|content.message-text", ONE, "the fourth piece under another index",
         lambda play: number(play, [0, 0, 0, 1] + [0] * 99)),
    *(case("content.message-empty", ONE, f"{label} with text",
           put(label, "content", [{"type": "text", "text": {"value": "", "annotations": []}}]))
      for label in ("message.created", "message.in_progress")),
    *(case("content.unicode", ONE, f"half of a pair in piece {n}",
           put(f"message.delta#{n}", _PIECE, lambda told: told + "\ud83c"),
           put(f"message.delta#{n + 1}", _PIECE, lambda told: "\udf24" + told),
           put("message.completed", _WHOLE, lambda _: None), lambda play, n=n: whole(play))
      for n in (1, 4, 9)),
    case("content.annotations", "example:content.annotations", "another text",
         put("message.completed", "content/0/text/annotations/0/text", "[9]")),
    case("content.annotations", "example:content.annotations", "none in the end",
         put("message.completed", "content/0/text/annotations", [])),
]  # fmt: skip


def number(play: Play, indices: Any) -> Blocks:
    deltas = play.draft.all("message.delta")
    for block, index in zip(deltas, indices, strict=False):
        set_at(block.data, "delta/content/0/index", index)
    return deltas + play.draft.all("message.completed")


def whole(play: Play) -> Blocks:
    """The completed text is what the pieces say, halves joined."""
    pieces = [block.data["delta"]["content"][0]["text"]["value"] for block in play.draft.all("message.delta")]  # type: ignore[index]
    joined = "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16")
    set_at(play.draft.find("message.completed").data, _WHOLE, joined)
    return []


def swap_deltas(play: Play) -> Blocks:
    second, third = play.draft.find("message.delta#2"), play.draft.find("message.delta#3")
    second.data, third.data = third.data, second.data
    return [second, third, play.draft.find("message.completed")]


CASES = [*JSON, *OBJECT, *LACKING, *RETYPED, *NO_OBJECT, *SECONDS, *STATUS, *STATUS_UNKNOWN, *ACTIONS, *SHOULD, *OUTPUTS, *CALLS,
         *ROUNDS, *TEXT]  # fmt: skip


@pytest.mark.parametrize("spoilt", CASES, ids=str)
def test_one_defect_of_the_data_is_told_once_and_where_it_is(spoilt: Case) -> None:
    shown(spoilt)
