"""Legal streams of a submission: what steps, calls, built-in tools and further rounds may look like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Transcript
from conformance.tests.checks.miniatures import (
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    RESUMED,
    Block,
    Document,
    accused,
    begun,
    call,
    conversation,
    delta,
    get_run,
    message,
    outputs,
    pending,
    piece,
    run,
    said,
    step,
    step_delta,
    stream,
    submit,
    text,
    waits,
    worked,
)  # fmt: skip

NEXT = call("2", arguments='{"a":1}')
OTHER = call("3", arguments='{"b":2}')
CODE = {"id": "call_c", "type": "code_interpreter", "code_interpreter": {"input": "1+1", "outputs": []}}
CODE_DONE = {**CODE, "code_interpreter": {"input": "1+1", "outputs": [
    {"type": "logs", "logs": "2"}, {"type": "image", "image": {"file_id": "file_2"}},
]}}  # fmt: skip
SEARCH = {"id": "call_s", "type": "file_search", "file_search": {}}
SEARCH_DONE = {**SEARCH, "file_search": {
    "ranking_options": {"ranker": "default-2024-08-21", "score_threshold": 0.0},
    "results": [{"file_id": "file_1", "file_name": "a.txt", "score": 0.5}],
}}  # fmt: skip
FOREIGN = {"id": "call_m", "type": "mcp", "mcp": {"server_label": "x"}, "output": [1, None]}
WRAPPED: Block = ("error", {"error": {"message": "m", "type": "server_error", "param": None, "code": None}})
BROKEN = {"message": "m", "type": "server_error", "param": None, "code": "server_error"}
BARE: Block = ("error", BROKEN)
HELLO = [delta("a", piece(0, "hel")), delta("a", piece(0, "lo"))]


def one(*blocks: Block) -> Transcript:
    return conversation(pending(), submit(stream(*blocks)))


def several(items: list[Document], calls: tuple[Document, ...], *blocks: Block) -> Transcript:
    return conversation(pending(*calls), submit(stream(*blocks), items))


def closed(*calls: Document, name: str = "0", status: str = "completed", **fields: object) -> Block:
    return step(status, name, calls, created_at=102, **fields)


def piece_of_call(index: int, **fields: object) -> Document:
    return {"index": index, "type": "function", **fields}


TWO = (call("1"), call("2"))
BOTH = outputs(_1="sunny", _2="rain")
ANSWERED = (call("1", output="sunny"), call("2", output="rain"))
ROUND: list[Block] = [step("created", "9", []), step("in_progress", "9", [])]

STEPS = {
    "one call": one(*RESUMED, *said(), *ENDED),
    "pending calls unknown": conversation(submit(stream(*RESUMED, *said(), *ENDED))),
    "submission unknown": conversation(submit(stream(*RESUMED, *said(), *ENDED), content=b"")),
    "several calls": several(BOTH, TWO, closed(*ANSWERED), *GOES_ON, *said(), *ENDED),
    "several calls answered in another order": several(
        BOTH[::-1], TWO, closed(*ANSWERED), *GOES_ON, *said(), *ENDED
    ),
    "a built-in call in the submitted step": several(
        BOTH, TWO, closed(ANSWERED[0], CODE_DONE, ANSWERED[1]), *GOES_ON, *said(), *ENDED
    ),
    "a built-in step of an earlier stream ends here": one(
        CLOSED, closed(CODE_DONE, name="00"), *GOES_ON, *said(), *ENDED
    ),
    "a built-in step of an earlier stream ends once the run goes on": one(
        CLOSED, run("queued"), run("in_progress"), closed(SEARCH_DONE, name="00"), *said(), *ENDED
    ),
    "a built-in step of an earlier stream fails": one(
        CLOSED, closed(CODE, name="00", status="failed"), *GOES_ON, *said(), *ENDED
    ),
    "an unknown step of an earlier stream ends here": one(CLOSED, closed(FOREIGN, name="00"), *GOES_ON, *said(), *ENDED),
    "an empty output": several(outputs(_1=""), (call("1"),), closed(call("1", output="")), *GOES_ON, *said(), *ENDED),
    "an output of strange characters": several(
        outputs(_1="\u2028é\r\n\"\\😀\x7f"), (call("1"),),
        closed(call("1", output="\u2028é\r\n\"\\😀\x7f")), *GOES_ON, *said(), *ENDED,
    ),
    "no message at all": one(*RESUMED, *ENDED),
    "code_interpreter without deltas": one(*RESUMED, *worked("b", [CODE_DONE]), *said(), *ENDED),
    "code_interpreter announced empty, ended full": one(
        *RESUMED, *worked("b", [CODE], ended=[CODE_DONE]), *said(), *ENDED
    ),
    "code_interpreter in deltas": one(
        *RESUMED,
        *worked("b", [CODE_DONE],
                step_delta("b", {"index": 0, "type": "code_interpreter", "id": "call_c",
                                 "code_interpreter": {"input": "1"}}),
                step_delta("b", {"index": 0, "type": "code_interpreter", "code_interpreter": {"input": "+1"}}),
                step_delta("b", {"index": 0, "type": "code_interpreter", "code_interpreter": {
                    "outputs": [{"index": 0, "type": "logs", "logs": "2"}]}}),
                step_delta("b", {"index": 0, "type": "code_interpreter"})),
        *said(), *ENDED,
    ),
    "file_search without deltas": one(*RESUMED, *worked("b", [SEARCH_DONE]), *said(), *ENDED),
    "file_search in a delta": one(
        *RESUMED, *worked("b", [SEARCH_DONE], step_delta("b", {"index": 0, **SEARCH})), *said(), *ENDED
    ),
    "an unknown tool": one(*RESUMED, *worked("b", [FOREIGN]), *said(), *ENDED),
    "an unknown tool in deltas": one(
        *RESUMED, *worked("b", [FOREIGN], step_delta("b", {"index": 0, "type": "mcp", "mcp": 7})), *said(), *ENDED
    ),
    "two built-in calls in one step": one(*RESUMED, *worked("b", [CODE_DONE, SEARCH_DONE]), *said(), *ENDED),
    "a step delta that names the other kind": one(
        *RESUMED, *begun("a"),
        ("thread.run.step.delta", {"id": "step_a", "object": "thread.run.step.delta", "delta": {"step_details": {
            "type": "message_creation", "message_creation": {"message_id": "msg_a"}}}}),
        *HELLO, message("completed", "a", text("hello")), step("completed", "a", "a"), *ENDED,
    ),
    "a step delta of nothing": one(
        *RESUMED, *worked("b", [CODE_DONE], ("thread.run.step.delta", {
            "id": "step_b", "object": "thread.run.step.delta", "delta": {}})), *said(), *ENDED,
    ),
    "several messages": one(*RESUMED, *said("a"), *said("b", "more"), *said("c", ""), *ENDED),
    "messages and tools between them": one(
        *RESUMED, *said("a"), *worked("t", [CODE_DONE]), *said("b"), *worked("u", [SEARCH_DONE]), *said("c"), *ENDED
    ),
    "everything in the same second": one(
        step("completed", "0", [call("1", output="sunny")], created_at=100, completed_at=100),
        run("queued", started_at=100), run("in_progress", started_at=100),
        step("created", "a", "a", created_at=100), step("in_progress", "a", "a", created_at=100),
        message("created", "a", created_at=100), message("in_progress", "a", created_at=100), *HELLO,
        message("completed", "a", text("hello"), created_at=100, completed_at=100),
        step("completed", "a", "a", created_at=100, completed_at=100),
        run("completed", started_at=100, completed_at=100), DONE,
    ),
    "started_at moves": one(
        CLOSED, run("queued"), run("in_progress", started_at=120), *said(), run("completed", started_at=121), DONE
    ),
}  # fmt: skip

ROUNDS = {
    "announced in deltas": one(
        *RESUMED, *ROUND,
        step_delta("9", piece_of_call(0, id="call_2", function={"name": "f_2", "arguments": "", "output": None})),
        step_delta("9", piece_of_call(0, function={"arguments": '{"a"'})),
        step_delta("9", piece_of_call(0, function={"arguments": ":1}"})), waits(NEXT), DONE,
    ),
    "announced in one delta": one(
        *RESUMED, *ROUND, step_delta("9", piece_of_call(0, id="call_2", function={
            "name": "f_2", "arguments": '{"a":1}'})), waits(NEXT), DONE,
    ),
    "announced whole": one(*RESUMED, step("created", "9", [NEXT]), step("in_progress", "9", [NEXT]), waits(NEXT), DONE),
    "announced whole once in progress": one(
        *RESUMED, step("created", "9", []), step("in_progress", "9", [NEXT]), waits(NEXT), DONE
    ),
    "announced partly whole": one(
        *RESUMED, step("created", "9", [call("2", arguments="")]), step("in_progress", "9", [call("2", arguments="")]),
        step_delta("9", piece_of_call(0, id="call_2", function={"name": "", "arguments": '{"a":1}'})), waits(NEXT), DONE,
    ),
    "two calls": one(
        *RESUMED, *ROUND,
        step_delta("9", piece_of_call(0, id="call_2", function={"name": "f_2", "arguments": '{"a":1}'})),
        step_delta("9", piece_of_call(1, id="call_3", function={"name": "f_3", "arguments": ""})),
        step_delta("9", piece_of_call(1, function={"arguments": '{"b":2}'})), waits(NEXT, OTHER), DONE,
    ),
    "two calls in one delta": one(
        *RESUMED, *ROUND,
        step_delta("9", piece_of_call(0, id="call_2", function={"name": "f_2", "arguments": '{"a":1}'}),
                   piece_of_call(1, id="call_3", function={"name": "f_3", "arguments": '{"b":2}'})),
        waits(NEXT, OTHER), DONE,
    ),
    "the run lists them in another order": one(
        *RESUMED, step("created", "9", [NEXT, OTHER]), step("in_progress", "9", [NEXT, OTHER]), waits(OTHER, NEXT), DONE
    ),
    "a built-in call in the open step": one(
        *RESUMED, step("created", "9", [CODE_DONE, NEXT]), step("in_progress", "9", [CODE_DONE, NEXT]), waits(NEXT), DONE
    ),
    "a built-in call in the deltas": one(
        *RESUMED, *ROUND,
        step_delta("9", {"index": 0, "type": "code_interpreter", "id": "call_c", "code_interpreter": {"input": "1"}}),
        step_delta("9", piece_of_call(1, id="call_2", function={"name": "f_2", "arguments": '{"a":1}'})),
        waits(NEXT), DONE,
    ),
    "a message first": one(*RESUMED, *said(), step("created", "9", [NEXT]), step("in_progress", "9", [NEXT]),
                           waits(NEXT), DONE),
    "the same function with the same arguments again": one(
        *RESUMED, step("created", "9", [{**call("2"), "function": call("1")["function"]}]),
        step("in_progress", "9", [{**call("2"), "function": call("1")["function"]}]),
        waits({**call("2"), "function": call("1")["function"]}), DONE,
    ),
    "arguments that are no JSON": one(
        *RESUMED, step("created", "9", [call("2", arguments='{"a":')]),
        step("in_progress", "9", [call("2", arguments='{"a":')]), waits(call("2", arguments='{"a":')), DONE,
    ),
    "an approval": one(
        *RESUMED, step("created", "9", [FOREIGN]), step("in_progress", "9", [FOREIGN]),
        run("requires_action", required_action={
            "type": "submit_tool_approval", "submit_tool_approval": {"tool_calls": [FOREIGN]}}), DONE,
    ),
    "an approval beside a function call in the step": one(
        *RESUMED, step("created", "9", [FOREIGN, NEXT]), step("in_progress", "9", [FOREIGN, NEXT]),
        run("requires_action", required_action={"type": "submit_tool_approval", "submit_tool_approval": {}}), DONE,
    ),
    "an approval given": conversation(
        get_run("requires_action", required_action={
            "type": "submit_tool_approval", "submit_tool_approval": {"tool_calls": [FOREIGN]}}),
        submit(stream(closed(FOREIGN), *GOES_ON, *said(), *ENDED),
               content={"tool_approvals": [{"tool_call_id": "call_m", "approve": True}], "stream": True}),
        pending(), submit(stream(*RESUMED, *said("b"), *ENDED)),
    ),
    "an approval given beside an empty list": conversation(
        get_run("requires_action", required_action={"type": "submit_tool_approval", "submit_tool_approval": {}}),
        submit(stream(closed(FOREIGN), *GOES_ON, *said(), *ENDED),
               content={"tool_outputs": [], "tool_approvals": [{"tool_call_id": "call_m", "approve": True}],
                        "stream": True}),
    ),
    "two rounds, two streams": conversation(
        pending(),
        submit(stream(*RESUMED, step("created", "9", [NEXT]), step("in_progress", "9", [NEXT]), waits(NEXT), DONE)),
        submit(stream(step("completed", "9", [{**NEXT, "function": {**NEXT["function"], "output": "x"}}]),  # type: ignore[dict-item]
                      *GOES_ON, *said(), *ENDED), outputs(_2="x")),
    ),
}  # fmt: skip


def planned(transcript: Transcript, scenario: str) -> Transcript:
    """The same, judged as what came of a scenario of ours at a target that keeps its runs."""
    return replace(transcript, scenario=scenario, traits=frozenset({"state"}))


@pytest.mark.parametrize("name", STEPS)
def test_steps(name: str) -> None:
    assert accused(STEPS[name]) == {}
    assert accused(planned(STEPS[name], "stream-three-calls")) == {}


@pytest.mark.parametrize("name", ROUNDS)
def test_next_rounds(name: str) -> None:
    assert accused(ROUNDS[name]) == {}
    assert accused(planned(ROUNDS[name], "stream-next-round")) == {}
