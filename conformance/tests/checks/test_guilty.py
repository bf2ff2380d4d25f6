"""Defects that showed only where two rounds, two streams or two kinds of part are set against each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Chunk, Exchange, Operation, Response, Transcript
from conformance.tests.checks.miniatures import (
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    RESUMED,
    USUAL,
    Block,
    accused,
    action,
    answer,
    begun,
    body,
    call,
    conversation,
    create_run,
    delta,
    get_run,
    listed,
    message,
    outputs,
    pending,
    piece,
    refusal,
    run,
    run_document,
    said,
    step,
    step_delta,
    stream,
    submit,
    text,
    told,
    waits,
)
from conformance.verdict.judge import judge

WAITING = pending()
SERVED = answer(run_document("queued"))
BROKE: Block = ("error", {"message": "m", "type": "server_error"})


def asks(name: str, *calls: object, under: str | None = None) -> list[Block]:
    """A step that asks for calls, and the end of the stream."""
    of = [call(str(each)) for each in calls]
    return [step("created", name, of), step("in_progress", name, of), waits(*of), DONE]


def ends(name: str, *calls: str) -> Block:
    return step("completed", name, [call(each, output="x") for each in calls], created_at=102)


def refused_part(index: int, value: str) -> dict[str, object]:
    return {"index": index, "type": "refusal", "refusal": value}


REFUSAL = {"type": "refusal", "refusal": "I cannot."}
DELTAS = [delta("a", refused_part(0, "I can")), delta("a", refused_part(0, "not."))]
TWICE = [{"tool_call_id": "call_1"}, {"tool_call_id": "call_1"}]


def incomplete(*content: object, deltas: list[Block]) -> list[Block]:
    return [
        *RESUMED, *begun("a"), *deltas, message("incomplete", "a", *content),  # type: ignore[arg-type]
        step("completed", "a", "a"), run("incomplete"), DONE,
    ]  # fmt: skip


GUILTY: dict[str, tuple[tuple[Exchange, ...], str]] = {
    "error after completed": ((submit(stream(*USUAL[:-1], BROKE, DONE)),), "order.terminal-last"),
    "error after requires_action": (
        (submit(stream(*RESUMED, *asks("2", "2")[:-1], BROKE, DONE)),), "order.terminal-last"
    ),
    "error after failed": (
        (submit(stream(*RESUMED, run("failed"), BROKE, DONE)),), "order.terminal-last"
    ),
    "call ids of the round before": (
        (submit(stream(*RESUMED, *asks("2", "1")), outputs(_1="sunny")),), "order.new-ids"
    ),
    "call ids of two rounds before": (
        (
            submit(stream(*RESUMED, *asks("2", "2"))),
            submit(stream(ends("2", "2"), *GOES_ON, *asks("3", "1")), outputs(_2="x")),
        ),
        "order.new-ids",
    ),
    "call ids of a round that was answered plainly": (
        (
            WAITING, submit(SERVED, streamed=False), pending(call("2")),
            submit(stream(ends("2", "2"), *GOES_ON, *asks("3", "1")), outputs(_2="x")),
        ),
        "order.new-ids",
    ),
    "call ids of two rounds before, plainly": (
        (
            WAITING, submit(SERVED, streamed=False), pending(call("2")),
            submit(SERVED, outputs(_2="x"), streamed=False), pending(call("1")),
        ),
        "response.moved-on",
    ),
    "call ids of two rounds before, the first of them streamed": (
        (
            WAITING, submit(stream(*RESUMED, *asks("2", "2"))),
            submit(SERVED, outputs(_2="x"), streamed=False), pending(call("1")),
        ),
        "response.moved-on",
    ),
    "a stream that nobody asked for, after a fault": (
        (WAITING, submit(refusal(503, kind="server_error"), streamed=False), submit(stream(*USUAL), streamed=False)),
        "request.stream-absent",
    ),
    "a delta of the submitted step before its end": (
        (
            WAITING,
            submit(stream(
                step_delta("0", {"index": 0, "id": "call_1", "type": "function",
                                 "function": {"name": "f_1", "arguments": "", "output": "sunny"}}),
                *USUAL,
            )),
        ),
        "order.step-delta-after-created",
    ),
    "a nameless [DONE] before the right one": (
        (submit(stream(*USUAL[:-1], b"data: [DONE]\n\n", DONE)),), "done.once"
    ),
    "call ids of a stream that created the run": (
        (
            create_run(stream(run("created", started_at=None), run("queued", started_at=None), run("in_progress"),
                              *asks("0", "1"))),
            submit(stream(*RESUMED, *asks("2", "2"))),
            submit(stream(ends("2", "2"), *GOES_ON, *asks("3", "1")), outputs(_2="x")),
        ),
        "order.new-ids",
    ),
    "asks without a step": ((submit(stream(*RESUMED, waits(call("2")), DONE)),), "content.tool-calls"),
    "asks with an empty step": (
        (submit(stream(*RESUMED, step("created", "2", []), step("in_progress", "2", []), waits(call("2")), DONE)),),
        "content.tool-calls",
    ),
    "asks without a step beside a built-in one": (
        (
            submit(stream(
                *RESUMED,
                step("created", "b", [{"id": "c", "type": "code_interpreter",
                                       "code_interpreter": {"input": "1", "outputs": []}}]),
                step("in_progress", "b", []), step("completed", "b", []), waits(call("2")), DONE,
            )),
        ),
        "content.tool-calls",
    ),
    "a refusal comes back as text": (
        (submit(stream(*RESUMED, *told("a", DELTAS, text("I cannot.")), *ENDED)),), "content.message-text"
    ),
    "a text comes back as a refusal": (
        (submit(stream(*RESUMED, *told("a", [delta("a", piece(0, "I cannot."))], REFUSAL), *ENDED)),),
        "content.message-text",
    ),
    "a refusal that was cut short comes back as text": (
        (submit(stream(*incomplete(text("I cannot."), deltas=DELTAS))),), "content.message-text-incomplete"
    ),
    "the submitted step ends under another id": (
        (
            create_run(stream(run("created", started_at=None), run("queued", started_at=None), run("in_progress"),
                              *asks("7", "1"))),
            submit(stream(*USUAL)),
        ),
        "order.submitted-closed",
    ),
    "the step of a second round ends under another id": (
        (
            submit(stream(*RESUMED, *asks("2", "2"))),
            submit(stream(ends("9", "2"), *GOES_ON, *said(), *ENDED), outputs(_2="x")),
        ),
        "order.submitted-closed",
    ),
    "the step that a list shows ends under another id": (
        (
            WAITING, listed(Operation.LIST_STEPS, "steps", step("in_progress", "5", [call("1")])[1]),  # type: ignore[arg-type]
            submit(stream(*USUAL)),
        ),
        "order.submitted-closed",
    ),
    "a delta of a step names another message": (
        (
            submit(stream(
                *RESUMED, *begun("a")[:2],
                ("thread.run.step.delta", {"id": "step_a", "object": "thread.run.step.delta", "delta": {
                    "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_x"}}}}),
                *said()[2:], *ENDED,
            )),
        ),
        "order.step-names-one-message",
    ),
    "partial, without output": (
        (pending(call("1"), call("2")), submit(SERVED, [{"tool_call_id": "call_1"}], streamed=False)),
        "submission.partial-refused",
    ),
    "partial, without output, streamed": (
        (
            pending(call("1"), call("2")),
            submit(stream(step("completed", "0", [call("1", output=""), call("2", output="")], created_at=102),
                          *GOES_ON, *said(), *ENDED), [{"tool_call_id": "call_1"}]),
        ),
        "submission.partial-refused",
    ),
    "unknown, without output": (
        (WAITING, submit(SERVED, [{"tool_call_id": "call_9"}], streamed=False)), "submission.unknown-id-refused"
    ),
    "repeated, without output": (
        (WAITING, submit(SERVED, TWICE, streamed=False)), "submission.duplicate-refused"
    ),
    "once more, without output": (
        (
            WAITING, submit(SERVED, [{"tool_call_id": "call_1"}], streamed=False),
            submit(SERVED, [{"tool_call_id": "call_1"}], streamed=False),
        ),
        "submission.again-refused",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["session record", "live"])
@pytest.mark.parametrize("name", GUILTY)
def test_it_is_told_once(name: str, kind: str) -> None:
    exchanges, requirement = GUILTY[name]
    transcript = replace(conversation(*exchanges), provenance={"kind": kind})
    primary = {v.requirement for v in judge(transcript).verdicts if any(found.primary for found in v.findings)}
    assert primary == {requirement}


LEGAL: dict[str, tuple[Exchange, ...]] = {
    "rounds with ids of their own": (
        WAITING, submit(stream(*RESUMED, *asks("2", "2"))),
        get_run("requires_action", required_action=action(call("2"))),
        listed(Operation.LIST_STEPS, "steps", step("in_progress", "2", [call("2")])[1], CLOSED[1]),  # type: ignore[arg-type]
        submit(stream(ends("2", "2"), *GOES_ON, *said(), *ENDED), outputs(_2="x")),
    ),
    "calls that deltas told": (
        submit(stream(
            *RESUMED, step("created", "2", []), step("in_progress", "2", []),
            step_delta("2", {"index": 0, "id": "call_2", "type": "function",
                             "function": {"name": "f_2", "arguments": "{}"}}),
            waits(call("2")), DONE,
        )),
        submit(stream(ends("2", "2"), *GOES_ON, *said(), *ENDED), outputs(_2="x")),
    ),
    "a refusal stays one": (submit(stream(*RESUMED, *told("a", DELTAS, REFUSAL), *ENDED)),),
    "an error event before the end": (submit(stream(CLOSED, *GOES_ON, BROKE, DONE)),),
    "a delta names the same message": (
        submit(stream(
            *RESUMED, *begun("a")[:2],
            ("thread.run.step.delta", {"id": "step_a", "object": "thread.run.step.delta", "delta": {
                "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_a"}}}}),
            *said()[2:], *ENDED,
        )),
    ),
    "the run was read late": (WAITING, submit(SERVED, streamed=False), WAITING, get_run("queued")),
    "partial without output, refused": (
        pending(call("1"), call("2")), submit(refusal(400), [{"tool_call_id": "call_1"}], streamed=False)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEGAL)
def test_what_keeps_the_rules_is_not_accused(name: str) -> None:
    assert accused(conversation(*LEGAL[name])) == {}


def arriving(blocks: list[Block], *times: int) -> Transcript:
    """A stream whose bytes come in as many pieces as there are times."""
    content = body(blocks)
    size = -(-len(content) // len(times))
    chunks = tuple(Chunk(ms, content[at * size : (at + 1) * size]) for at, ms in enumerate(times))
    response: Response = replace(stream(*blocks), chunks=chunks, ended_ms=times[-1] + 1)
    return conversation(submit(response))


SLOW = [CLOSED, run("queued"), run("in_progress", started_at=101), *said(), *ENDED]
ROUND = [CLOSED, run("queued"), run("in_progress", started_at=101), *asks("2", "2")]


@pytest.mark.parametrize("blocks", [SLOW, ROUND], ids=["completed", "next round"])
def test_a_body_that_comes_in_one_piece_after_seconds_of_work_was_held_back(blocks: list[Block]) -> None:
    late = 52_000 if blocks is SLOW else 21_000
    assert list(accused(arriving(blocks, late))) == ["framing.flushed"]
    assert list(accused(arriving(blocks, late, late + 10))) == ["framing.flushed"]
    assert accused(arriving(blocks, 1_000, late)) == {}
    assert accused(arriving(blocks, 900)) == {}, "the times are not those of the answer"
    assert accused(arriving(blocks, 90_000)) == {}, "the server's own times do not account for the wait"
    recording = replace(arriving(blocks, late), provenance={"kind": "session record"})
    assert accused(recording) == {}, "its times are not known"
