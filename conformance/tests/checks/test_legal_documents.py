"""Legal documents with more or less than usual, streams that create a run, and events nobody knows."""

from __future__ import annotations

import pytest

from conformance.model import Transcript
from conformance.tests.checks.miniatures import (
    ABSENT,
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    RESUMED,
    RUN,
    THREAD,
    Block,
    Document,
    Event,
    accused,
    answer,
    body,
    call,
    conversation,
    create_run,
    pending,
    run,
    said,
    step,
    step_delta,
    stream,
    submit,
    waits,
    worked,
)  # fmt: skip

RUN_KNOWN = ("id", "object", "created_at", "thread_id", "assistant_id", "status")


def poor(event: Event, *, keep: tuple[str, ...] = RUN_KNOWN) -> Event:
    """A run event with the fields alone that every run has."""
    name, document = event
    assert isinstance(document, dict)
    return name, {key: document[key] for key in keep}


def richer(event: Block, extra: Document) -> Block:
    """An event with fields nobody knows, at the top and wherever an object lies."""

    def deeper(value: object) -> object:
        if isinstance(value, dict):
            return {**{key: inner if key == "metadata" else deeper(inner) for key, inner in value.items()}, **extra}
        return [deeper(inner) for inner in value] if isinstance(value, list) else value

    if isinstance(event, bytes) or isinstance(event[1], str):
        return event
    return event[0], deeper(event[1])


def without(blocks: list[Block], start: str, *fields: str) -> list[Block]:
    """The events whose name begins so lose these fields."""
    return [
        (each[0], {key: value for key, value in each[1].items() if key not in fields})
        if not isinstance(each, bytes) and each[0].startswith(start) and isinstance(each[1], dict)
        else each
        for each in blocks
    ]


def with_fields(blocks: list[Block], start: str, **fields: object) -> list[Block]:
    return [
        (each[0], {**each[1], **fields})
        if not isinstance(each, bytes) and each[0].startswith(start) and isinstance(each[1], dict)
        else each
        for each in blocks
    ]


USUAL: list[Block] = [*RESUMED, *said(), *ENDED]
DETAILS = {"prompt_token_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}
KINDS = [
    {"type": "mcp", "server_label": "x"}, {"type": "bing_grounding", "bing_grounding": {"connections": []}},
    {"type": "browser"}, {"type": "code_interpreter"},
    {"type": "file_search", "file_search": {"ranking_options": {"ranker": "default-2024-08-21",
                                                                "score_threshold": 0.0}}},
    {"type": "function", "function": {"name": "f_1", "description": "d", "parameters": {}, "strict": False}},
    {"type": "function", "function": {"name": "f_1", "parameters": {}, "strict": None}},
]  # fmt: skip


def shown(*blocks: Block) -> Transcript:
    return conversation(pending(), submit(stream(*blocks)))


DOCUMENTS = {
    "steps with every optional field": shown(
        *with_fields(USUAL, "thread.run.step.", expired_at=None, metadata={}, expires_at=700)
    ),
    "steps with null optional fields": shown(
        *with_fields(USUAL, "thread.run.step.", expired_at=None, metadata=None, expires_at=None)
    ),
    "a step that says when it expired": shown(
        step("expired", "0", [call("1")], created_at=102, expired_at=700), run("queued"), run("expired"), DONE
    ),
    "messages with attachments": shown(*with_fields(USUAL, "thread.message.c", attachments=[])),
    "messages with null attachments and metadata": shown(
        *with_fields(USUAL, "thread.message.c", attachments=None, metadata=None)
    ),
    "messages with a file attached": shown(*with_fields(
        USUAL, "thread.message.completed",
        attachments=[{"file_id": "file_1", "tools": [{"type": "code_interpreter"}, {"type": "new"}]}],
    )),
    "messages of the first version": shown(*with_fields(USUAL, "thread.message.c", file_ids=[])),
    "required_action left out": shown(*without(USUAL, "thread.run.q", "required_action")),
    "required_action and incomplete_details left out": shown(*without(
        without(without(USUAL, "thread.run.q", "required_action", "incomplete_details"),
                "thread.run.in_", "required_action", "incomplete_details"),
        "thread.run.completed", "required_action", "incomplete_details",
    )),
    "instructions given": shown(
        CLOSED, run("queued", instructions="be kind"), run("in_progress", instructions="be kind"), *said(),
        run("completed", instructions="be kind"), DONE,
    ),
    "fields of later versions": shown(
        CLOSED, run("queued", tool_resources={}, reasoning_effort=None),
        run("in_progress", tool_resources={}, reasoning_effort="low"), *said(), *ENDED,
    ),
    "parallel_tool_calls from some events on": shown(
        CLOSED, run("queued", parallel_tool_calls=ABSENT), run("in_progress", parallel_tool_calls=ABSENT), *said(),
        *ENDED,
    ),
    "null choices": shown(
        CLOSED, run("queued", truncation_strategy=None, tool_choice=None, response_format=None),
        run("in_progress", truncation_strategy=None, tool_choice=None, response_format=None), *said(),
        run("completed", truncation_strategy=None, tool_choice=None, response_format=None), DONE,
    ),
    "choices of every kind": shown(
        CLOSED, run("queued", tool_choice={"type": "function", "function": {"name": "f_1"}},
                    response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
                    truncation_strategy={"type": "last_messages", "last_messages": 1}),
        run("in_progress", tool_choice="required", response_format={"type": "json_object"}), *said(), *ENDED,
    ),
    "choices nobody knows": shown(
        CLOSED, run("queued", tool_choice={"type": "mcp"}, response_format={"type": "grammar"}),
        run("in_progress", tool_choice={"type": "file_search"}, response_format={"type": "text"}), *said(), *ENDED,
    ),
    "tools of every kind": shown(
        CLOSED, run("queued", tools=KINDS), run("in_progress", tools=KINDS), *said(), run("completed", tools=KINDS), DONE
    ),
    "few tokens": shown(
        CLOSED, run("queued", max_prompt_tokens=16, max_completion_tokens=1), run("in_progress"), *said(), *ENDED
    ),
    "temperature and top_p": shown(
        CLOSED, run("queued", temperature=1, top_p=0.5), run("in_progress", temperature=None, top_p=None), *said(), *ENDED
    ),
    "expires_at kept on the completed run": shown(*RESUMED, *said(), run("completed", expires_at=700), DONE),
    "expires_at moved": shown(CLOSED, run("queued"), run("in_progress", expires_at=900), *said(), *ENDED),
    "usage with details": shown(
        *RESUMED, *said(),
        run("completed", usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, **DETAILS}), DONE,
    ),
    "usage of the run below that of its steps": shown(
        *RESUMED, *said(), run("completed", usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}), DONE
    ),
    "unknown fields everywhere": shown(*[richer(each, {"x_new": [1, {"y": None}], "": 1}) for each in USUAL]),
    "unknown fields of the names of known ones": shown(*[richer(each, {"event": "x", "data": None}) for each in USUAL]),
    "settings left out of some events": shown(
        *RESUMED, *said(), run("completed", metadata={}, x=1), DONE
    ),
    "whole numbers written as fractions": conversation(pending(), submit(answer(
        body(USUAL).replace(b'"created_at":100', b'"created_at":100.0').replace(b'"started_at":101', b'"started_at":1.01e2'),
        200, "text/event-stream"))),
    "numbers no machine holds": shown(
        CLOSED, run("queued", x=10**400), run("in_progress", x=-(10**400)), *said(), *ENDED
    ),
    "metadata with text": shown(
        CLOSED, run("queued", metadata={"a": "b"}), run("in_progress", metadata={"a": "b"}), *said(),
        run("completed", metadata={"a": "b"}), DONE,
    ),
}  # fmt: skip

POOR = {
    "runs with the fields alone that every run has": shown(
        CLOSED, poor(run("queued")), poor(run("in_progress")), *said(), poor(run("completed")), DONE
    ),
    "a failed run with the fields alone that every run has": shown(
        CLOSED, poor(run("queued")), poor(run("in_progress")), poor(run("failed")), DONE
    ),
    "a next round of poor runs": shown(
        CLOSED, poor(run("queued")), poor(run("in_progress")), step("created", "9", [call("2")]),
        step("in_progress", "9", [call("2")]), poor(waits(call("2")), keep=(*RUN_KNOWN, "required_action")), DONE,
    ),
}  # fmt: skip
TOLD_OF_POOR_RUNS = {"events.run-fields", "events.end-time", "events.usage", "order.run-started-at"}

_THREAD: Event = ("thread.created", {"id": THREAD, "object": "thread", "created_at": 99, "metadata": {},
                                     "tool_resources": {}})  # fmt: skip
_NEW: list[Block] = [run("created", started_at=None), run("queued", started_at=None), run("in_progress")]
_BARE: Event = ("error", {"message": "m", "type": "server_error", "param": None, "code": None})
_ASKS: list[Block] = [step("created", "0", [call("1")]), step("in_progress", "0", [call("1")]), waits(call("1")), DONE]


def new(*blocks: Block, path: str = f"/v1/threads/{THREAD}/runs") -> Transcript:
    return conversation(create_run(stream(*blocks), path=path))


CREATED = {
    "answers": new(*_NEW, *said(), *ENDED),
    "asks": new(*_NEW, *_ASKS),
    "asks for two calls in deltas": new(
        *_NEW, step("created", "0", []), step("in_progress", "0", []),
        step_delta("0", {"index": 0, "type": "function", "id": "call_1", "function": {"name": "f_1", "arguments": "{}"}}),
        step_delta("0", {"index": 1, "type": "function", "id": "call_2", "function": {"name": "f_2", "arguments": "{"}}),
        step_delta("0", {"index": 1, "type": "function", "function": {"arguments": "}"}}),
        waits(call("1"), call("2")), DONE,
    ),
    "with its thread": new(_THREAD, *_NEW, *said(), *ENDED, path="/v1/threads/runs"),
    "with its thread, asks": new(_THREAD, *_NEW, *_ASKS, path="/v1/threads/runs"),
    "with a thread without tool resources": new(
        ("thread.created", {**_THREAD[1], "tool_resources": None}), *_NEW, *said(), *ENDED, path="/v1/threads/runs"  # type: ignore[dict-item]
    ),
    "fails while queued": new(*_NEW[:2], run("failed", started_at=None), DONE),
    "is cancelled while queued": new(*_NEW[:2], run("cancelling", started_at=None), run("cancelled", started_at=None),
                                     DONE),
    "expires": new(*_NEW, run("expired"), DONE),
    "breaks at once": new(run("created"), _BARE, DONE),
    "breaks before it is created": new(_BARE, DONE),
    "tools, then asks": new(
        *_NEW, *worked("b", [{"id": "call_s", "type": "file_search", "file_search": {}}]), *_ASKS
    ),
    "answered with 201": conversation(create_run(answer(body([*_NEW, *said(), *ENDED]), 201, "text/event-stream"))),
    "then submitted": conversation(
        create_run(stream(*_NEW, *_ASKS)),
        submit(stream(step("completed", "0", [call("1", output="sunny")]), *GOES_ON, *said(), *ENDED)),
    ),
    "then submitted, the call streamed": conversation(
        create_run(stream(
            *_NEW, step("created", "0", []), step("in_progress", "0", []),
            step_delta("0", {"index": 0, "type": "function", "id": "call_1",
                             "function": {"name": "f_1", "arguments": "{}"}}), waits(call("1")), DONE)),
        submit(stream(step("completed", "0", [call("1", output="sunny")]), *GOES_ON, *said(), *ENDED)),
    ),
    "another run of the same thread": conversation(
        create_run(stream(*_NEW, *said(), *ENDED)),
        create_run(stream(run("created", id="run_2", started_at=None), run("queued", id="run_2", started_at=None),
                          run("in_progress", id="run_2"), run("failed", id="run_2"), DONE)),
    ),
}  # fmt: skip

UNKNOWN: dict[str, Event] = {
    "JSON": ("future.event", {"id": RUN}),
    "text": ("future.event", "tick"),
    "nothing": ("future.event", ""),
    "a name of the same tree": ("thread.run.step.paused", {"id": "step_a", "status": "paused"}),
    "a name of the same tree with text": ("thread.message.noted", "tick"),
    "the default name": ("message", {"x": 1}),
    "a name in other letters": ("Done", "over"),
    "a ping": ("ping", "{}"),
    "a broken document": ("thread.run.paused", '{"id":'),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(name: str) -> None:
    assert accused(DOCUMENTS[name]) == {}


@pytest.mark.parametrize("name", POOR)
def test_poor_runs_are_warned_of_and_never_failed(name: str) -> None:
    found = accused(POOR[name])
    assert found
    assert set(found) <= TOLD_OF_POOR_RUNS, found
    assert all(said.startswith("warn") for said in found.values()), found


@pytest.mark.parametrize("name", CREATED)
def test_streams_that_create_a_run(name: str) -> None:
    assert accused(CREATED[name]) == {}


@pytest.mark.parametrize("name", UNKNOWN)
def test_events_nobody_knows_anywhere(name: str) -> None:
    event = UNKNOWN[name]
    for at in range(len(USUAL)):
        assert accused(shown(*USUAL[:at], event, *USUAL[at:])) == {}, at
    assert accused(shown(*[each for known in USUAL for each in (event, known)])) == {}
    assert accused(new(event, *_NEW, event, *_ASKS)) == {}
