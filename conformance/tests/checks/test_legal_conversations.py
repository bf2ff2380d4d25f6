"""Legal conversations around submissions: retries, rounds, other prefixes, and what is read afterwards."""

from __future__ import annotations

import pytest

from conformance.model import Exchange, Operation, Response, Transcript
from conformance.tests.checks.miniatures import (
    ABSENT,
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    PATH,
    RESUMED,
    RUN,
    THREAD,
    Block,
    accused,
    action,
    answer,
    asked,
    begun,
    call,
    conversation,
    create_run,
    delta,
    document,
    get_run,
    image,
    listed,
    message,
    message_document,
    outputs,
    pending,
    piece,
    refusal,
    run,
    run_document,
    said,
    step,
    stream,
    submit,
    text,
    told,
    waits,
)  # fmt: skip

NEXT = call("2", arguments='{"a":1}')
USUAL: list[Block] = [*RESUMED, *said(), *ENDED]
BUSY = 'Runs in status "queued" do not accept tool outputs.'
LIMITED = (("Retry-After", "1"),)


def limited(*, headers: tuple[tuple[str, str], ...] = LIMITED) -> Response:
    error = {"error": {"message": "slow down", "type": "rate_limit", "param": None, "code": "rate_limit_exceeded"}}
    return answer(error, 429, headers=headers)


SERVED = answer(run_document("queued"))
FOUNDRY = f"/openai/threads/{THREAD}/runs/{RUN}"
VERSION = "?api-version=2025-04-01-preview"
ASSISTANT_SAID = message_document("a", "completed", [text("hello")])
USER_SAID = message_document("u", "completed", [text("weather?")], role="user", run_id=None, assistant_id=None, status=ABSENT,
                             completed_at=ABSENT, incomplete_at=ABSENT, incomplete_details=ABSENT)  # fmt: skip
LEAN = document(
    ASSISTANT_SAID, dict.fromkeys(("status", "completed_at", "incomplete_at", "incomplete_details"), ABSENT)
)
STEPS = (step("completed", "a", "a")[1], CLOSED[1])
ERROR: Block = ("error", {"error": {"message": "m", "type": "server_error", "param": None, "code": None}})


def looked(answered: Response, *after: Exchange) -> Transcript:
    return conversation(pending(), submit(answered, at=100), *after)


def steps(*documents: object) -> Exchange:
    return listed(Operation.LIST_STEPS, "steps", *documents, at=300)  # type: ignore[arg-type]


def messages(*documents: object) -> Exchange:
    return listed(Operation.LIST_MESSAGES, "messages", *documents, at=300)  # type: ignore[arg-type]


CONVERSATIONS = {
    "429, then served": conversation(
        pending(), submit(limited(), streamed=False, at=10), submit(SERVED, streamed=False, at=2000)),
    "429 twice, then streamed": conversation(
        pending(), submit(limited(), at=10), submit(limited(headers=()), at=2000), submit(stream(*USUAL), at=4000)),
    "429 and no more": conversation(pending(), submit(limited(), at=10), pending(at=20)),
    "500, then served": conversation(
        pending(), submit(refusal(500, kind="server_error"), streamed=False, at=10), submit(SERVED, streamed=False, at=20)),
    "503, then streamed": conversation(
        pending(), submit(refusal(503, kind="server_error"), at=10), submit(stream(*USUAL), at=2000)),
    "500, looked at, then served": conversation(
        pending(), submit(refusal(500, kind="server_error"), streamed=False, at=10), pending(at=15),
        submit(SERVED, streamed=False, at=20)),
    "500 after it was taken, then refused": conversation(
        pending(), submit(refusal(500, kind="server_error"), streamed=False, at=10),
        submit(refusal(message=BUSY), streamed=False, at=20), get_run("in_progress", at=30)),
    "no answer, then refused": conversation(
        pending(), submit(None, streamed=False), submit(refusal(message=BUSY), streamed=False, at=500)),
    "no answer, then refused, streamed": conversation(
        pending(), submit(None), submit(refusal(message=BUSY), at=500), get_run("completed", at=600)),
    "no answer, then served": conversation(
        pending(), submit(None, streamed=False), submit(SERVED, streamed=False, at=500)),
    "no answer, looked at, then refused": conversation(
        pending(), submit(None, streamed=False), get_run("queued", at=20), submit(refusal(message=BUSY), streamed=False, at=500),
        get_run("in_progress", at=600)),
    "taken, then again": conversation(
        pending(), submit(SERVED, streamed=False, at=10), submit(refusal(message=BUSY), streamed=False, at=20)),
    "taken, then other outputs": conversation(
        pending(), submit(SERVED, streamed=False, at=10),
        submit(refusal(message=BUSY), outputs(_1="rain"), streamed=False, at=20)),
    "streamed, then again": conversation(
        pending(), submit(stream(*USUAL), at=10), get_run("completed", at=20), submit(refusal(), at=30),
        get_run("completed", at=40)),
    "two at once": conversation(
        pending(), submit(SERVED, streamed=False, at=10, situation=frozenset({"concurrent"})),
        submit(refusal(message=BUSY), streamed=False, at=10, situation=frozenset({"concurrent"})),
        get_run("in_progress", at=20)),
    "two at once, the other served": conversation(
        pending(), submit(refusal(message=BUSY), streamed=False, at=10, situation=frozenset({"concurrent"})),
        submit(SERVED, streamed=False, at=10, situation=frozenset({"concurrent"})), get_run("in_progress", at=20)),
    "polled many times before": conversation(
        *[get_run("queued", at=at, started_at=None) for at in range(3)],
        *[get_run("in_progress", at=at) for at in range(3, 9)], *[pending(at=at) for at in range(9, 12)],
        submit(SERVED, streamed=False, at=20), *[get_run("in_progress", at=at) for at in range(30, 40)],
        get_run("completed", at=50)),
    "polls missing between rounds": conversation(
        pending(), submit(SERVED, streamed=False, at=10),
        submit(stream(step("completed", "9", [call("2", output="x")]), *GOES_ON, *said(), *ENDED), outputs(_2="x"), at=50)),
    "polls missing between plain rounds": conversation(
        pending(), submit(SERVED, streamed=False, at=10), submit(SERVED, outputs(_2="x"), streamed=False, at=50),
        submit(SERVED, outputs(_3="x"), streamed=False, at=90)),
    "polled between rounds": conversation(
        pending(), submit(SERVED, streamed=False, at=10), get_run("queued", at=11), get_run("in_progress", at=12),
        pending(NEXT, at=13), submit(SERVED, outputs(_2="x"), streamed=False, at=50), get_run("completed", at=60)),
    "the answer of one round asks for the next": conversation(
        pending(), submit(answer(run_document("requires_action", required_action=action(NEXT))), streamed=False, at=10),
        submit(answer(run_document("completed")), outputs(_2="x"), streamed=False, at=50)),
    "two runs in turn": conversation(
        pending(), get_run("requires_action", id="run_2", path=f"/v1/threads/{THREAD}/runs/run_2",
                           required_action=action(call("7"))),
        submit(SERVED, streamed=False, at=10),
        submit(answer(run_document("queued", id="run_2")), outputs(_7="x"), streamed=False, at=20,
               path=f"/v1/threads/{THREAD}/runs/run_2/submit_tool_outputs")),
    "another cloud": conversation(
        get_run("requires_action", path=FOUNDRY + VERSION, required_action=action(call("1"))),
        submit(stream(*USUAL), path=f"{FOUNDRY}/submit_tool_outputs{VERSION}", headers=(("api-key", "k"),)),
        get_run("completed", path=FOUNDRY + VERSION)),
    "another cloud, plainly": conversation(
        submit(SERVED, path=f"{FOUNDRY}/submit_tool_outputs{VERSION}", headers=(("api-key", "k"),), streamed=False)),
    "no prefix at all": conversation(
        submit(stream(*USUAL), path=f"/threads/{THREAD}/runs/{RUN}/submit_tool_outputs?api-version=v1")),
    "a path that ends in a slash": conversation(submit(stream(*USUAL), path=f"{PATH}/submit_tool_outputs/")),
    "a path with an encoded id": conversation(submit(
        stream(*USUAL), path=f"/v1/threads/thread%5F1/runs/{RUN}/submit_tool_outputs")),
    "a recording without a path": conversation(submit(stream(*USUAL), path="")),
    "another version of the API asked for": conversation(submit(
        stream(*USUAL), headers=(("Authorization", "Bearer k"), ("OpenAI-Beta", "assistants=v1")))),
    "looked at after the stream": looked(
        stream(*USUAL), get_run("completed", at=200), steps(*STEPS), messages(ASSISTANT_SAID, USER_SAID)),
    "messages without status": looked(stream(*USUAL), messages(LEAN, USER_SAID)),
    "steps with more fields": looked(stream(*USUAL), steps(
        *[{**each, "expired_at": None, "metadata": {}, "expires_at": 700} for each in STEPS])),  # type: ignore[dict-item]
    "steps of earlier too": looked(stream(*USUAL), steps(
        *STEPS, step("completed", "00", [call("0", output="x")], created_at=101)[1])),
    "messages told once more later": looked(stream(*USUAL), messages(
        message_document("b", "completed", [text("more")], run_id="run_2"), ASSISTANT_SAID, USER_SAID)),
    "messages with an image the stream told of too": looked(
        stream(*RESUMED, *told("a", [delta("a", piece(0, "x"))], text("x"), image()), *ENDED),
        messages(message_document("a", "completed", [text("x"), image()]))),
    "a page of messages that ends early": looked(stream(*RESUMED, *said("a"), *said("b"), *ENDED), asked(
        Operation.LIST_MESSAGES, "GET", f"/v1/threads/{THREAD}/messages?limit=1&order=desc", answer(
            {"object": "list", "data": [message_document("b", "completed", [text("hello")])], "has_more": True}), at=200)),
    "a page of steps that ends early": looked(stream(*USUAL), asked(
        Operation.LIST_STEPS, "GET", f"{PATH}/steps?limit=1", answer(
            {"object": "list", "data": [STEPS[0]], "has_more": True}), at=200)),
    "messages of another thread": looked(stream(*USUAL), asked(
        Operation.LIST_MESSAGES, "GET", "/v1/threads/thread_2/messages",
        answer({"object": "list", "data": [], "has_more": False}), at=200)),
    "steps of another run": looked(stream(*USUAL), asked(
        Operation.LIST_STEPS, "GET", f"/v1/threads/{THREAD}/runs/run_2/steps",
        answer({"object": "list", "data": [], "has_more": False}), at=200)),
    "another run looked at after the stream": looked(stream(*USUAL), get_run(
        "in_progress", id="run_2", path=f"/v1/threads/{THREAD}/runs/run_2", at=200)),
    "a look that fails": looked(stream(*USUAL), asked(
        Operation.GET_RUN, "GET", PATH, refusal(500, kind="server_error"), at=200)),
    "a look that is limited": looked(stream(*USUAL), asked(Operation.GET_RUN, "GET", PATH, limited(), at=200)),
    "the run deleted after the stream": looked(stream(*USUAL), asked(
        Operation.LIST_MESSAGES, "GET", f"/v1/threads/{THREAD}/messages", refusal(404), at=200)),
    "waits after the stream": looked(
        stream(*RESUMED, step("created", "9", [NEXT]), step("in_progress", "9", [NEXT]), waits(NEXT), DONE),
        pending(NEXT, at=200)),
    "waits after the stream, then expires": looked(
        stream(*RESUMED, step("created", "9", [NEXT]), step("in_progress", "9", [NEXT]), waits(NEXT), DONE),
        get_run("expired", at=200)),
    "waits after the stream, then submitted": looked(
        stream(*RESUMED, step("created", "9", [NEXT]), step("in_progress", "9", [NEXT]), waits(NEXT), DONE),
        submit(SERVED, outputs(_2="x"), streamed=False, at=300), get_run("completed", at=400)),
    "waits after the stream, then cancelled": looked(
        stream(*RESUMED, step("created", "9", [NEXT]), step("in_progress", "9", [NEXT]), waits(NEXT), DONE),
        asked(Operation.OTHER, "POST", f"{PATH}/cancel", answer(run_document("cancelling")), {}, at=300),
        get_run("cancelled", at=400)),
    "failed after an error event": looked(stream(*RESUMED, ERROR, DONE), get_run("failed", at=200), steps(CLOSED[1])),
    "goes on after an error event": looked(
        stream(*RESUMED, *begun("a"), delta("a", piece(0, "hel")), ERROR, DONE), get_run("in_progress", at=200),
        get_run("completed", at=300), messages(ASSISTANT_SAID)),
    "incomplete as completed": looked(
        stream(*RESUMED, *begun("a"), delta("a", piece(0, "hello")), message("incomplete", "a", text("hello")),
               step("completed", "a", "a"),
               run("completed", status="incomplete", incomplete_details={"reason": "max_completion_tokens"}), DONE),
        get_run("incomplete", at=200)),
    "a stream that creates, looked at": conversation(
        create_run(stream(run("created", started_at=None), run("queued", started_at=None), run("in_progress"),
                          *said(), *ENDED)),
        get_run("completed", at=200), messages(ASSISTANT_SAID, USER_SAID)),
    "created plainly with 201, then submitted": conversation(
        create_run(answer(run_document("queued", started_at=None), 201), streamed=False), pending(at=5), submit(stream(*USUAL), at=10)),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations(name: str) -> None:
    assert accused(CONVERSATIONS[name]) == {}
