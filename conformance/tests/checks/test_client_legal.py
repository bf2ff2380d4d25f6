"""What a client is free to do: nothing of it is told, and everything planned can be looked at."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.model import Author, Chunk, Ended, Operation, Outcome, Request, Role, Status, Transcript
from conformance.tests.checks import miniatures as m
from conformance.tests.checks.clients import (
    FAILED,
    HEADS,
    OK,
    QUEUED,
    STREAM,
    asks,
    broken,
    by_client,
    creates,
    cut,
    judged,
    lists,
    lists_runs,
    met,
    reads,
    sends,
    streams,
    told,
    unlooked,
)
from conformance.verdict.judge import judge, planned

THREE = m.outputs(_1="a", _2="b", _3="c")
CALLS = ("1", "2", "3")
HELLO = m.message_document("a", "completed", [m.text("hello")])
NO = m.refusal(400, "no")
BUSY = replace(m.refusal(429, "slow down"), headers=(("Content-Type", "application/json"), ("Retry-After", "1")))
DECLINED = replace(m.refusal(500), headers=(("Content-Type", "application/json"), ("x-should-retry", "false")))
AZURE = "/openai/threads/thread_1/runs/run_1/submit_tool_outputs?api-version=2025-04-01-preview"
CRLF = m.stream(*m.USUAL, end="\r\n")
WITH_ERROR = m.stream(
    *m.RESUMED, ("error", {"error": {"message": "x", "type": "server_error", "param": None, "code": None}})
)
BARE_ERROR = m.stream(*m.RESUMED, ("error", {"message": "x", "type": "server_error", "param": None, "code": None}))
ASKS_AGAIN = m.stream(
    m.CLOSED, *m.GOES_ON, m.step("created", "1", [m.call("2")]), m.step("in_progress", "1", [m.call("2")]),
    m.waits(m.call("2")), m.DONE,
)  # fmt: skip
#: The arguments of a call come at once, and the question a second later.
_CALLING = [
    m.step("created", "1", []), m.step("in_progress", "1", []), m.step_delta("1", {"index": 0, **m.call("2")})
]  # fmt: skip
_ASKING = m.stream(m.CLOSED, *m.GOES_ON, *_CALLING)
_LATER = tuple(replace(chunk, ms=1_000) for chunk in m.stream(m.waits(m.call("2")), m.DONE).chunks)
ASKS_LATE = replace(_ASKING, chunks=(*_ASKING.chunks, *_LATER), ended_ms=1_000)
_CREATING = m.stream(m.run("created", status="queued"), *m.GOES_ON, *_CALLING)
CREATED_LATE = replace(_CREATING, chunks=(*_CREATING.chunks, *_LATER), ended_ms=1_000)
ENDED_FAILED = m.stream(*m.RESUMED, m.run("failed"), m.DONE)
PAGE = m.answer(b"<html>busy</html>", media="text/html")
AFTER_DONE = m.stream(*m.USUAL, m.delta("a", m.piece(0, " More")))
NOT_JSON = m.stream(*m.RESUMED, *m.said(), ("thread.run.completed", '{"id": '), m.DONE)

SENT = {
    "one output": met("plain-one-call", sends()),
    "in another order": met("plain-three-calls", sends(items=THREE[::-1]), calls=CALLS),
    "other keys first, and spacing": met(
        "streamed-one-call", streams(content=json.dumps({"stream": True, "tool_outputs": m.SUNNY}, indent=3).encode())
    ),
    "stream false": met("plain-one-call", sends(content={"tool_outputs": m.SUNNY, "stream": False})),
    "stream null": met("plain-one-call", sends(content={"tool_outputs": m.SUNNY, "stream": None})),
    "an output left out": met("plain-one-call", sends(items=[{"tool_call_id": "call_1"}])),
    "more members in an output": met("plain-one-call", sends(items=[{**m.SUNNY[0], "note": 1}])),
    "any Accept": met("streamed-one-call", streams(headers=(*HEADS, ("Accept", "application/json")))),
    "a charset": met("plain-one-call", sends(headers=(*HEADS[:2], ("content-type", "application/json; charset=utf-8")))),
    "several betas": met("plain-one-call", sends(headers=(HEADS[0], ("openai-beta", "x, assistants=v2"), HEADS[2]))),
    "the key in another case": met("plain-one-call", sends(headers=(("authorization", "bearer k"), *HEADS[1:]))),
    "betas on lines of their own": met(
        "plain-one-call", sends(headers=(HEADS[0], ("OpenAI-Beta", "x=v1"), HEADS[1], HEADS[2]))
    ),
    "Azure's form": met("plain-one-call", sends(path=AZURE, headers=(("api-key", "k"), HEADS[2])), traits="azure"),
    "Azure's version and no more": met(
        "plain-one-call",
        sends(path="/threads/thread_1/runs/run_1/submit_tool_outputs?api-version=v1", headers=(HEADS[0], HEADS[2])),
        traits="azure",
    ),
    "Azure by the command line": met("plain-one-call", sends(headers=(HEADS[0], HEADS[2])), traits="azure"),
    "an id percent-encoded": met("plain-one-call", sends(path="/v1/threads/thread_1/runs/run%5F1/submit_tool_outputs")),
    "no prefix": met(
        "plain-one-call", sends(path="/threads/thread_1/runs/run_1/submit_tool_outputs?api-version=v1"), traits="azure"
    ),
    "polling first": met(
        "plain-one-call", reads("requires_action", required_action=m.action(m.call("1"))), sends(), reads("completed")
    ),
    "looking a few times at the end": met("plain-one-call", sends(), *[reads("completed")] * 3),
    "a preflight": met("plain-one-call", asks(Operation.OTHER, "OPTIONS", f"{m.PATH}/submit_tool_outputs", QUEUED), sends()),
    "a run of its own": met(
        "plain-one-call",
        by_client(m.create_run(m.answer(m.run_document("queued", id="run_2")), streamed=False)),
        reads("requires_action", id="run_2", required_action=m.action(m.call("9"))),
        sends(items=m.outputs(_9="x"), path="/v1/threads/thread_1/runs/run_2/submit_tool_outputs"),
    ),
    "once a stream has asked": met("streamed-asks-late", streams(ASKS_LATE), streams(items=m.outputs(_2="x"), at=1_001)),
    "once the stream of a run of its own has asked": met(
        "streamed-asks-late", creates(CREATED_LATE), streams(items=m.outputs(_2="x"), at=1_000)
    ),
    "once a look showed what a broken stream did not": met(
        "streamed-asks-late", streams(replace(_ASKING, ended=Ended.ABORTED)),
        reads("requires_action", required_action=m.action(m.call("2"))), streams(items=m.outputs(_2="x"), at=400),
    ),
    "two rounds, plainly": met(
        "plain-second-round", sends(), reads("requires_action", required_action=m.action(m.call("2"))),
        sends(items=m.outputs(_2="x")), reads("completed"),
    ),
    "two rounds, streamed": met("streamed-second-round", streams(ASKS_AGAIN), streams(items=m.outputs(_2="x"))),
    "one round, and a word about the next": met(
        "streamed-second-round", streams(ASKS_AGAIN), outcome=told(status="requires_action")
    ),
    "one round, and an error that names it": met(
        "streamed-second-round", streams(ASKS_AGAIN), outcome=told(1, error="the run is requires_action once more")
    ),
    "one round, and a failure with the status": met(
        "streamed-second-round", streams(ASKS_AGAIN), outcome=told(1, status="requires_action", error="no more tools")
    ),
    "a round that it was never told of": met("plain-second-round", sends()),
}  # fmt: skip

AGAIN = {
    **{
        f"again after {status}": met("plain-conflict", sends(m.refusal(status)), sends(at=10))
        for status in (408, 409, 500, 502, 503)
    },
    "again after 429, as late as asked": met("plain-rate-limited", sends(BUSY), sends(at=1010)),
    "again after 429 on a busy machine, which notes the end late": met(
        "plain-rate-limited", sends(replace(BUSY, ended_ms=400)), sends(at=1010)
    ),
    "again after a lost connection": met("plain-connection-lost", sends(None), sends(at=10)),
    "again with other spacing and order": met(
        "plain-fault-before", sends(m.refusal(500), THREE),
        sends(content=json.dumps({"tool_outputs": THREE[::-1]}, indent=1).encode(), at=10), calls=CALLS,
    ),
    "not again": met("plain-rate-limited", sends(BUSY), outcome=FAILED),
    "not again after a lost connection": met("plain-connection-lost", sends(None), outcome=FAILED),
    "not again where it is declined": met("plain-retry-declined", sends(DECLINED), outcome=FAILED),
    "again until it gives up": met("plain-conflict", *[sends(m.refusal(409))] * 3, outcome=FAILED),
    "again after a lost answer, then refused": met(
        "plain-answer-lost", sends(None), sends(m.refusal(400, 'Runs in status "queued" do not accept'), at=10),
        outcome=FAILED,
    ),
    "again after a lost answer, then a look": met(
        "plain-fault-after", sends(m.refusal(500)), sends(NO, at=10), reads("completed")
    ),
    "refused": met("plain-refused-state", sends(NO), outcome=FAILED),
    "refused, and written down": met("plain-refused-state", sends(NO), outcome=told(0, error="400")),
    "refused, and corrected": met("plain-conflict", sends(NO), sends(items=m.outputs(_1="short"))),
    "a new key after 401": met("plain-conflict", sends(m.refusal(401)), sends()),
}  # fmt: skip

ENDED = {
    "the whole text": met("streamed-one-call", streams(), outcome=told(text="hello", status="completed", error=None)),
    "a text with a line end": met("streamed-one-call", streams(), outcome=told(text="hello\n")),
    "nothing but nulls": met("streamed-one-call", streams(), outcome=told(text=None, status=None, error=None)),
    "the text of a list": met("plain-one-call", sends(), reads("completed"), lists(HELLO), outcome=told(text="hello")),
    "a text that nobody can compare": met("plain-one-call", sends(), reads("completed"), outcome=told(text="hello")),
    "a status by a list of runs": met(
        "plain-one-call", sends(), lists_runs("completed"), outcome=told(status="completed")
    ),
    "the calls of a list of runs": met(
        "plain-second-round", sends(), lists_runs("requires_action", required_action=m.action(m.call("2"))),
        sends(items=m.outputs(_2="x")), lists_runs("completed"), outcome=told(status="completed"),
    ),
    "two messages in one text": met(
        "streamed-two-messages", streams(m.stream(*m.RESUMED, *m.said("a", "one"), *m.said("b", "two"), *m.ENDED)),
        outcome=told(text="one\ntwo"),
    ),
    "the last of two messages": met(
        "streamed-two-messages", streams(m.stream(*m.RESUMED, *m.said("a", "one"), *m.said("b", "two"), *m.ENDED)),
        outcome=told(text="two"),
    ),
    "a failed run with exit code 0": met("streamed-failed", streams(ENDED_FAILED)),
    "a failed run told as such": met("streamed-failed", streams(ENDED_FAILED), outcome=told(status="failed", text="")),
    "a failed run as an error": met("streamed-failed", streams(ENDED_FAILED), outcome=FAILED),
    "cut cleanly": met("streamed-truncated-between-events", streams(cut(STREAM)), outcome=FAILED),
    "cut cleanly, and looked": met("streamed-truncated-between-events", streams(cut(STREAM)), reads("completed")),
    "cut cleanly, and looked by a list of runs": met(
        "streamed-truncated-between-events", streams(cut(STREAM)), lists_runs("completed")
    ),
    "cut cleanly, and written down": met(
        "streamed-truncated-at-once", streams(cut(STREAM, keep=0)), outcome=told(error="it broke off", status="in_progress")
    ),
    "reset": met("streamed-reset-at-once", streams(cut(STREAM, Ended.RESET, 0)), outcome=FAILED),
    "an error event": met("streamed-error-wrapped", streams(WITH_ERROR), outcome=FAILED),
    "an error event, then a look": met("streamed-error-bare", streams(BARE_ERROR), reads("failed")),
    "a page": met("streamed-html", streams(PAGE), outcome=FAILED),
    "a run in place of a stream": met("streamed-json", streams(QUEUED), reads("completed")),
    "no JSON": met("streamed-bad-json", streams(NOT_JSON), outcome=FAILED),
    "CRLF": met("streamed-crlf", streams(CRLF), outcome=told(text="hello", status="completed")),
    "an end before what comes after done": met("streamed-after-done", streams(AFTER_DONE), outcome=told(text="hello")),
    "an error about what comes after done": met("streamed-after-done", streams(AFTER_DONE), outcome=FAILED),
    "an end at done": met("streamed-left-open", streams(replace(STREAM, ended=Ended.ABORTED, ended_ms=40))),
    "a helper that gives up on an early delta": met(
        "streamed-delta-first", streams(), outcome=told(1, text="", status="in_progress", error="RuntimeError")
    ),
    "either of two endings": met(
        "streamed-two-endings", streams(m.stream(*m.RESUMED, *m.said(), m.run("completed"), m.run("failed"), m.DONE)),
        outcome=told(status="completed", text="hello"),
    ),
}  # fmt: skip

#: The unusual streams of the scenarios, read as they should be; what their bytes are is the mock's affair.
READ = {
    scenario.id: met(scenario.id, streams(), outcome=told(text="hello", status="completed"))
    for scenario in CLIENT_SCENARIOS
    if scenario.answer in (
        "crlf", "cr", "bom", "comments", "keep-alives", "data-lines", "retry-alone", "no-space", "unknown-fields",
        "byte-by-byte", "long-line", "line-separators", "unknown-events", "unknown-texts", "unknown-members",
    )
}  # fmt: skip

#: Id of the catalogue -> what a client may do, where no requirement judges it.
PERMITTED = {
    "SDK-EMPTY": met("plain-one-call", outcome=FAILED),
    "SDK-NO-DONE": met("streamed-no-done", streams(m.stream(*m.USUAL[:-1]))),
    "SDK-DONE-NAMELESS": met("streamed-no-done", streams(m.stream(*m.USUAL[:-1], b"data: [DONE]\n\n"))),
    "SDK-DONE-OTHER": met("streamed-no-done", streams(m.stream(*m.USUAL[:-1], ("done", "{}")))),
    "SDK-DELTA-NO-MSG": met("streamed-delta-first", streams(), outcome=FAILED),
    "SDK-STEPDELTA-NO-STEP": met("streamed-delta-first", streams(), outcome=told(error="KeyError")),
    "SDK-TWO-TERMINALS": met("streamed-two-endings", streams(m.stream(*m.USUAL[:-1], m.run("failed"), m.DONE))),
    "SDK-CANCEL": met("streamed-left-open", streams(replace(STREAM, ended=Ended.ABORTED))),
}

LEGAL = {**SENT, **AGAIN, **ENDED, **READ}


@pytest.mark.parametrize("transcript", LEGAL.values(), ids=LEGAL)
def test_a_client_is_free_to(transcript: Transcript) -> None:
    assert broken(transcript) == {}
    assert any(verdict.status is Status.PASS for verdict in judged(transcript).verdicts)


@pytest.mark.parametrize("transcript", LEGAL.values(), ids=LEGAL)
def test_whatever_is_planned_can_be_looked_at(transcript: Transcript) -> None:
    assert unlooked(transcript) == set()


@pytest.mark.parametrize("contract_id", PERMITTED)
def test_what_is_permitted_accuses_nobody(contract_id: str) -> None:
    assert broken(PERMITTED[contract_id]) == {}


@pytest.mark.parametrize("scenario", CLIENT_SCENARIOS, ids=lambda scenario: scenario.id)
def test_every_scenario_plans_for_clients_only(scenario) -> None:
    rows = planned(scenario, frozenset({"state", "key"}))
    assert {row.role for row in rows} == {Role.CLIENT}
    assert {"sending.submitted", "sending.every-call", "sending.stream-flag"} <= {row.id for row in rows}


def test_nothing_can_be_said_of_a_client_that_sends_nothing_and_says_so() -> None:
    subject = judged(met("plain-one-call", outcome=FAILED))
    assert {verdict.status for verdict in subject.verdicts} == {Status.UNTESTABLE}


def test_a_foreign_recording_is_planned_by_what_it_shows() -> None:
    foreign = Transcript("foreign", (m.pending(), m.submit(STREAM)))
    subject = judge(foreign, role=Role.CLIENT)
    assert {verdict.status for verdict in subject.verdicts} == {Status.PASS}
    assert {"sending.every-call", "sending.beta", "retry.not-midstream"} <= {v.requirement for v in subject.verdicts}
    assert not any(verdict.requirement.startswith(("outcome.", "reading.")) for verdict in subject.verdicts)


def test_a_body_without_its_head_is_judged_by_the_body_alone() -> None:
    body = json.dumps({"tool_outputs": m.SUNNY, "stream": True}).encode()
    request = Request(Author.HARNESS, "POST", "", (), body)
    subject = judge(Transcript("raw", (replace(m.submit(STREAM), request=request),)), role=Role.CLIENT)
    assert {verdict.status for verdict in subject.verdicts} == {Status.PASS}
    assert {"sending.beta", "sending.path"}.isdisjoint(verdict.requirement for verdict in subject.verdicts)


def test_a_recording_without_a_submission_holds_nothing_to_judge() -> None:
    assert judge(Transcript("r", (m.pending(),)), role=Role.CLIENT).reason is not None


def test_the_same_scenario_is_not_judged_for_the_other_side() -> None:
    assert judge(met("plain-one-call", sends()), role=Role.SERVER).verdicts
    assert all(v.role is Role.SERVER for v in judge(met("plain-one-call", sends()), role=Role.SERVER).verdicts)


def test_chunks_and_spelling_of_a_stream_are_no_matter_of_the_outcome() -> None:
    body = b"".join(chunk.data for chunk in STREAM.chunks)
    slow = replace(STREAM, chunks=tuple(Chunk(5, body[at : at + 1]) for at in range(len(body))))
    assert broken(met("streamed-byte-by-byte", streams(slow), outcome=Outcome(0, {"text": "hello"}))) == {}
    assert OK.document is None
