"""Legal plain answers and refusals."""

from __future__ import annotations

import pytest

from conformance.model import Exchange, Operation, Response, Transcript
from conformance.tests.checks.miniatures import (
    ABSENT,
    ENDED,
    GOES_ON,
    PATH,
    RESUMED,
    RUN,
    THREAD,
    Block,
    Document,
    accused,
    action,
    answer,
    asked,
    body,
    call,
    conversation,
    get_run,
    outputs,
    pending,
    refusal,
    run_document,
    said,
    step,
    stream,
    submit,
)  # fmt: skip

TWO = (call("1"), call("2"))
BOTH = outputs(_1="sunny", _2="rain")
NEXT = call("2", arguments='{"a":1}')
KNOWN = ("id", "object", "created_at", "thread_id", "assistant_id", "status")
USUAL: list[Block] = [*RESUMED, *said(), *ENDED]


def plain(status: str, *, media: str = "application/json", **fields: object) -> Transcript:
    answered = answer(run_document(status, **fields), 200, media)
    return conversation(pending(), submit(answered, streamed=False))


def said_as(stream_: object) -> Transcript:
    return conversation(
        pending(),
        submit(answer(run_document("queued")), content={"tool_outputs": outputs(_1="sunny"), "stream": stream_}),
    )


ANSWERS = {
    **{f"already {status}": plain(status) for status in (
        "queued", "in_progress", "cancelling", "cancelled", "failed", "completed", "incomplete", "expired",
    )},
    "waiting for other outputs already": plain("requires_action", required_action=action(NEXT)),
    "waiting for an approval already": plain("requires_action", required_action={
        "type": "submit_tool_approval", "submit_tool_approval": {"tool_calls": []}}),
    "pending calls unknown": conversation(submit(answer(run_document("queued")), streamed=False)),
    "stream said to be false": said_as(False),
    "stream said to be null": said_as(None),
    "several calls": conversation(
        pending(*TWO), submit(answer(run_document("queued")), BOTH, streamed=False)
    ),
    "several calls answered in another order": conversation(
        pending(*TWO), submit(answer(run_document("queued")), BOTH[::-1], streamed=False)
    ),
    "media type with a parameter": plain("queued", media="application/json; charset=utf-8"),
    "media type in other letters": plain("queued", media="Application/JSON;Charset=UTF-8"),
    "unknown fields": plain("queued", x={"y": [None]}),
    "required_action and incomplete_details left out": plain(
        "queued", required_action=ABSENT, incomplete_details=ABSENT
    ),
    "null choices": plain("queued", tool_choice=None, truncation_strategy=None, response_format=None, metadata=None),
    "started at once more": plain("in_progress", started_at=400),
    "expires at another time": plain("queued", expires_at=9000),
    "not started": plain("queued", started_at=None, expires_at=None),
    "with space around it": conversation(pending(), submit(
        answer(b"\n " + answer(run_document("queued")).chunks[0].data + b"\r\n"), streamed=False)),
    "in pieces": conversation(pending(), submit(
        answer(run_document("queued"), cuts=(0, 1, 2, 2, 100)), streamed=False)),
    "late": conversation(pending(), submit(answer(run_document("queued"), ms=60_000), streamed=False)),
    "with other headers": conversation(pending(), submit(answer(run_document("queued"), headers=(
        ("content-encoding", "gzip"), ("x-request-id", "r"), ("Set-Cookie", "a"), ("Set-Cookie", "b"))), streamed=False)),
}  # fmt: skip

POOR = {
    status: conversation(pending(), submit(answer({key: run_document(status)[key] for key in KNOWN}), streamed=False))
    for status in ("queued", "in_progress", "completed")
}


def refused(
    response: Response, items: object = BOTH, *, content: object = None, calls: tuple[Document, ...] = TWO,
    streamed: bool = False, then: tuple[Exchange, ...] = (), situation: str | None = None, path: str = PATH,
) -> Transcript:  # fmt: skip
    """A submission refused between two looks at the run."""
    return conversation(
        pending(*calls, at=0),
        submit(response, items, content=content, streamed=streamed, at=100, path=f"{path}/submit_tool_outputs",
               situation=frozenset({situation} if situation else ())),
        pending(*calls, at=200), *then,
    )  # fmt: skip


def ran(status: str, response: Response, after: str | None = None) -> Transcript:
    """A submission to a run that does not wait."""
    return conversation(get_run(status), submit(response, streamed=False, at=100), get_run(after or status, at=200))


PARTIAL = outputs(_1="sunny")
SERVED = answer(run_document("queued"))
TYPED: Document = {"tool_call_id": "call_1", "output": 7}
REFUSALS = {
    "some outputs only": refused(refusal(), PARTIAL),
    "some outputs only, streamed": refused(refusal(), PARTIAL, streamed=True),
    "some outputs only, then all": refused(
        refusal(), PARTIAL, then=(submit(answer(run_document("queued")), BOTH, streamed=False, at=300),)
    ),
    "some outputs only, then all, streamed": refused(
        refusal(), PARTIAL, streamed=True,
        then=(submit(stream(step("completed", "0", [call("1", output="sunny"), call("2", output="rain")],
                                 created_at=102), *GOES_ON, *said(), *ENDED), BOTH, at=300),),
    ),
    "some and then the others": conversation(
        pending(*TWO), submit(refusal(), BOTH[:1], streamed=False, at=1), submit(refusal(), BOTH[1:], streamed=False, at=2),
        pending(*TWO, at=3),
    ),
    **{f"an unknown id, {status}": refused(refusal(status), outputs(_1="sunny", _9="x"))
       for status in (400, 404, 409, 422)},
    **{f"an unknown id added, {status}": refused(refusal(status), outputs(_1="sunny", _2="rain", _9="x"))
       for status in (400, 404, 409, 422)},
    "an unknown id with a parameter": refused(
        refusal(param="tool_outputs", code="invalid_value"), outputs(_1="sunny", _9="x")
    ),
    **{f"the same id twice, {status}": refused(refusal(status), [*BOTH, BOTH[0]]) for status in (400, 409, 422)},
    "the same id twice, streamed": refused(refusal(), [*BOTH, BOTH[0]], streamed=True),
    "no outputs": refused(refusal(), []),
    **{f"no tool_outputs, {status}": refused(refusal(status), content={}) for status in (400, 422)},
    **{f"no tool_call_id, {status}": refused(refusal(status), [{"output": "x"}]) for status in (400, 422)},
    **{f"a typed output, {status}": refused(
        refusal(status, param="tool_outputs[0].output", code="invalid_type"), [TYPED, BOTH[1]]) for status in (400, 422)},
    **{f"a null output, {status}": refused(refusal(status), [{**TYPED, "output": None}, BOTH[1]])
       for status in (400, 422)},
    **{f"no output, {status}": refused(refusal(status), [{"tool_call_id": "call_1"}, BOTH[1]]) for status in (400, 422)},
    "no output, and taken": conversation(
        pending(), submit(answer(run_document("queued")), [{"tool_call_id": "call_1"}], streamed=False)
    ),
    "no output, and taken, streamed": conversation(
        pending(), submit(stream(*[step("completed", "0", [call("1", output="")], created_at=102), *USUAL[1:]]),
                          [{"tool_call_id": "call_1"}])
    ),
    "no output, and told as null": conversation(
        pending(), submit(stream(*[step("completed", "0", [call("1")], created_at=102), *USUAL[1:]]),
                          [{"tool_call_id": "call_1"}])
    ),
    "no JSON": refused(refusal(), content=b'{"tool_outputs": ['),
    "an unknown key": refused(refusal(), content={"tool_outputs": BOTH, "x": 1}),
    "an unknown key, 422": refused(refusal(422), content={"tool_outputs": BOTH, "x": 1}),
    "stream said as a string": refused(refusal(), content={"tool_outputs": BOTH, "stream": "true"}),
    "an output too long": refused(
        refusal(code="string_above_max_length", param="tool_outputs[0].output"),
        outputs(_1="x" * 1_048_577, _2="rain"),
    ),
    "outputs too long together": refused(
        refusal(code="invalid_value", param="tool_outputs"), outputs(_1="x" * 300_000, _2="y" * 300_000)
    ),
    "too many bytes, 413": refused(refusal(413), outputs(_1="x" * 1_048_577, _2="rain")),
    "a run nobody knows": conversation(
        pending(), submit(refusal(404), streamed=False, path=f"/v1/threads/{THREAD}/runs/run_x/submit_tool_outputs",
                          situation=frozenset({"unknown-run"})), pending()),
    "a thread nobody knows": conversation(
        pending(), submit(refusal(404), streamed=False, path=f"/v1/threads/thread_x/runs/{RUN}/submit_tool_outputs",
                          situation=frozenset({"unknown-thread"})), pending()),
    "another thread": conversation(
        pending(), submit(refusal(404), streamed=False, path=f"/v1/threads/thread_2/runs/{RUN}/submit_tool_outputs",
                          situation=frozenset({"other-thread"})), pending()),
    "a run nobody knows, untold": conversation(
        submit(refusal(404), streamed=False, path=f"/v1/threads/{THREAD}/runs/run_x/submit_tool_outputs")),
    "a malformed run id": conversation(
        submit(refusal(400), streamed=False, path=f"/v1/threads/{THREAD}/runs/x/submit_tool_outputs")),
    "no key": refused(refusal(401), situation="no-key"),
    "a wrong key": refused(refusal(401, code="invalid_api_key"), situation="wrong-key"),
    "no beta header": refused(refusal(400, code="invalid_beta"), situation="no-beta"),
    "no beta header, and served": conversation(
        pending(), submit(answer(run_document("queued")), streamed=False, headers=(("Authorization", "Bearer k"),),
                          situation=frozenset({"no-beta"}))),
    **{f"a run that is {status}": ran(status, refusal(message=f'Runs in status "{status}" do not accept tool outputs.'))
       for status in ("queued", "in_progress", "cancelling", "cancelled", "failed", "completed", "incomplete", "expired")},
    "a run that works and goes on meanwhile": ran("in_progress", refusal(), "completed"),
    "a run that is queued and asks meanwhile": conversation(
        get_run("queued"), submit(refusal(), streamed=False, at=100), pending(NEXT, at=200)),
    "a run that is cancelling and ends meanwhile": ran("cancelling", refusal(), "cancelled"),
    "the run expires meanwhile": conversation(
        pending(*TWO), submit(refusal(), PARTIAL, streamed=False, at=100), get_run("expired", at=200)),
    "the run has expired by the time of the submission": conversation(
        pending(), submit(refusal(message='Runs in status "expired" do not accept tool outputs.'), streamed=False, at=100),
        get_run("expired", at=200)),
    "the run has expired by the time of the submission, streamed": conversation(
        pending(), submit(refusal(message='Runs in status "expired" do not accept tool outputs.'), at=100),
        get_run("expired", at=200)),
    "somebody cancels between": conversation(
        pending(*TWO), submit(refusal(), PARTIAL, streamed=False, at=100),
        asked(Operation.OTHER, "POST", f"{PATH}/cancel", answer(run_document("cancelling")), {}, at=150),
        get_run("cancelling", at=200)),
    "all is submitted between": conversation(
        pending(*TWO), submit(refusal(), PARTIAL, streamed=False, at=100),
        submit(answer(run_document("queued")), BOTH, streamed=False, at=150), get_run("in_progress", at=200)),
    "cancelled before it is submitted": conversation(
        pending(), asked(Operation.OTHER, "POST", f"{PATH}/cancel", answer(run_document("cancelling")), {}, at=50),
        submit(refusal(), streamed=False, at=100), get_run("cancelled", at=200)),
    "another run is read between": conversation(
        pending(*TWO), submit(refusal(), PARTIAL, streamed=False, at=100),
        get_run("completed", id="run_2", path=f"/v1/threads/{THREAD}/runs/run_2", at=150), pending(*TWO, at=200)),
}  # fmt: skip

REFUSED_OTHERWISE = {
    "some outputs only, 422": (refused(refusal(422), PARTIAL), {"submission.partial-error"}),
    "some outputs only, another type": (refused(refusal(kind="bad"), PARTIAL), {"submission.partial-error"}),
    "no outputs, 422": (refused(refusal(422), []), {"submission.empty-refused"}),
    "a run that completed, 409": (ran("completed", refusal(409)), {"submission.state-error"}),
    "a run that expired, 409": (ran("expired", refusal(409)), {"submission.state-error"}),
    "no JSON, 422": (refused(refusal(422), content=b"{"), {"errors.malformed-json-400"}),
    "another thread, 400": (
        conversation(pending(), submit(refusal(400), streamed=False, situation=frozenset({"other-thread"}),
                                       path=f"/v1/threads/thread_2/runs/{RUN}/submit_tool_outputs"), pending()),
        {"submission.other-thread-404"},
    ),
    "a run nobody knows, 400": (
        conversation(submit(refusal(400), streamed=False, situation=frozenset({"unknown-run"}),
                            path=f"/v1/threads/{THREAD}/runs/run_x/submit_tool_outputs")),
        {"errors.unknown-run-404"},
    ),
    "an error of its message alone": (
        refused(answer({"error": {"message": "no"}}, 400), PARTIAL), {"errors.envelope", "submission.partial-error"},
    ),
    "an error in plain letters": (
        refused(answer(b'{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}', 400,
                       "text/plain"), PARTIAL),
        {"errors.content-type"},
    ),
    "an unknown key taken": (
        conversation(pending(), submit(answer(run_document("queued")), content={"tool_outputs": outputs(_1="sunny"),
                                                                               "x": 1})),
        {"request.extra-key"},
    ),
    "an error of another cloud": (
        refused(answer({"error": {"message": "no", "inner_error": {}, "code": "BadRequest"}}, 400), PARTIAL),
        {"errors.envelope", "submission.partial-error"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_plain_answers(name: str) -> None:
    assert accused(ANSWERS[name]) == {}


@pytest.mark.parametrize("status", POOR)
def test_a_poor_run_is_warned_of_and_never_failed(status: str) -> None:
    assert set(accused(POOR[status])) == {"response.run-fields"}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name: str) -> None:
    assert accused(REFUSALS[name]) == {}


@pytest.mark.parametrize("name", REFUSED_OTHERWISE)
def test_refusals_against_a_should_are_warned_of_and_never_failed(name: str) -> None:
    transcript, departed = REFUSED_OTHERWISE[name]
    found = accused(transcript)
    assert set(found) <= departed, found
    assert all(told.startswith("warn") for told in found.values()), found


LENIENT = {
    "an unknown key taken, streamed": (
        conversation(pending(), submit(stream(*USUAL), content={"tool_outputs": PARTIAL, "stream": True, "x": 1})),
        {"request.extra-key"},
    ),
    "the same id twice taken": (
        conversation(pending(), submit(SERVED, [*PARTIAL, *PARTIAL], streamed=False)),
        {"submission.duplicate-refused"},
    ),
    "the same id twice taken, streamed, the first wins": (
        conversation(pending(), submit(stream(*USUAL), [*PARTIAL, *outputs(_1="rain")])),
        {"submission.duplicate-refused"},
    ),
    "a null output taken, streamed": (
        conversation(pending(), submit(stream(*USUAL), [{"tool_call_id": "call_1", "output": None}])),
        {"submission.output-not-null"},
    ),
    "an expired run taken, streamed": (
        conversation(get_run("expired"), submit(stream(*USUAL))),
        {"submission.expired-refused"},
    ),
    "stream said as a string, taken": (
        conversation(pending(), submit(SERVED, content={"tool_outputs": PARTIAL, "stream": "true"})),
        {"request.stream-type"},
    ),
}


@pytest.mark.parametrize("name", LENIENT)
def test_what_should_be_refused_may_be_taken(name: str) -> None:
    transcript, departed = LENIENT[name]
    found = accused(transcript)
    assert set(found) == departed, found
    assert all(told.startswith("warn") for told in found.values()), found


KEY = ("Authorization", "Bearer k")
BETA = ("OpenAI-Beta", "assistants=v2")
DEMANDS = {
    "a key": conversation(pending(), submit(refusal(401), headers=(BETA,))),
    "the beta header": conversation(pending(), submit(refusal(code="invalid_beta"), headers=(KEY,))),
    "a type of the body": conversation(
        pending(), submit(refusal(415), headers=(KEY, BETA, ("Content-Type", "text/plain")))
    ),
}


@pytest.mark.parametrize("name", DEMANDS)
def test_a_server_may_demand(name: str) -> None:
    assert accused(DEMANDS[name]) == {}


def test_half_a_character_of_the_clients_comes_back() -> None:
    sent = b'{"tool_outputs":[{"tool_call_id":"call_1","output":"a\\ud83db"}],"stream":true}'
    shown = body(USUAL).replace(b'"output":"sunny"', b'"output":"a\\ud83db"')
    assert accused(conversation(pending(), submit(answer(shown, 200, "text/event-stream"), content=sent))) == {}


def test_items_may_hold_more() -> None:
    items = [{"tool_call_id": "call_1", "output": "sunny", "name": "f_1"}]
    assert accused(conversation(pending(), submit(stream(*USUAL), items))) == {}
