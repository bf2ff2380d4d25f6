"""Each requirement of a client is broken in several ways, and is the one that is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Ended, Operation, Outcome, Status, Transcript
from conformance.tests.checks import miniatures as m
from conformance.tests.checks.clients import (
    FAILED,
    HEADS,
    QUEUED,
    STREAM,
    asks,
    broken,
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
)
from conformance.tests.checks.test_client_legal import (
    AFTER_DONE,
    ASKS_AGAIN,
    ASKS_LATE,
    AZURE,
    BARE_ERROR,
    BUSY,
    CALLS,
    CREATED_LATE,
    DECLINED,
    ENDED_FAILED,
    HELLO,
    NO,
    NOT_JSON,
    PAGE,
    THREE,
    WITH_ERROR,
)
from conformance.verdict.judge import judge
from conformance.walk.client_end import FOR_EVER
from conformance.wire.cassette import read, write
from conformance.wire.redact import redact

LOST = Outcome(None)
SUBMIT = "/submit_tool_outputs"
USER = m.message_document("u", "completed", [m.text("What is the weather?")], role="user", run_id=None)
CUT_SHORT = m.stream(*m.RESUMED, *m.begun("a"), m.delta("a", m.piece(0, "hel")))
#: The stream was left before it asked.
LEFT = replace(ASKS_LATE, chunks=ASKS_LATE.chunks[:1], ended=Ended.ABORTED, ended_ms=510)
LEFT_OPEN = replace(STREAM, ended_ms=6_100)
EMPTY = m.stream()


def one(head: int) -> tuple[tuple[str, str], ...]:
    """The usual header fields but one."""
    return tuple(field for index, field in enumerate(HEADS) if index != head)


def body(**members: object) -> dict[str, object]:
    return {"tool_outputs": m.SUNNY, **members}


def partly(count: int) -> tuple[object, ...]:
    return tuple(sends(NO, THREE[index : index + 1]) for index in range(count))


#: Requirement -> ways to break it.
BROKEN: dict[str, dict[str, Transcript]] = {
    "sending.submitted": {
        "nothing, and all is well": met("plain-one-call"),
        "only reads": met("plain-one-call", reads("requires_action", required_action=m.action(m.call("1"))), outcome=FAILED),
    },
    "sending.one-request": {
        "one call a request": met("plain-three-calls", *partly(3), calls=CALLS, outcome=FAILED),  # type: ignore[arg-type]
        "a part, then all": met("plain-three-calls", sends(NO, THREE[:1]), sends(items=THREE), calls=CALLS),
        "the same again once it was accepted": met("plain-one-call", sends(), sends(NO)),
        "the same again, and an error": met("plain-one-call", sends(), sends(NO), outcome=FAILED),
        "others once it was accepted": met("plain-one-call", sends(), sends(NO, m.outputs(_1="rainy"))),
    },
    "sending.every-call": {
        "the first only": met("plain-three-calls", sends(NO, THREE[:1]), calls=CALLS, outcome=FAILED),
        "the last only": met("streamed-three-calls", streams(NO, THREE[2:]), calls=CALLS, outcome=FAILED),
        "one twice": met("plain-three-calls", sends(NO, [*THREE, THREE[0]]), calls=CALLS, outcome=FAILED),
        "one that nobody asked for": met("plain-one-call", sends(NO, m.outputs(_9="x")), outcome=FAILED),
        "none": met("plain-one-call", sends(NO, []), outcome=FAILED),
    },
    "sending.when-asked": {
        "while the stream tells the arguments": met(
            "streamed-asks-late", streams(ASKS_LATE), streams(items=m.outputs(_2="x"), at=500)
        ),
        "and the stream was left": met("streamed-asks-late", streams(LEFT), streams(items=m.outputs(_2="x"), at=500)),
        "of a run of its own": met(
            "streamed-asks-late", creates(CREATED_LATE), streams(items=m.outputs(_2="x"), at=500)
        ),
    },
    "sending.path": {
        "a slash too many": met("plain-one-call", sends(NO, path=f"{m.PATH}{SUBMIT}/"), outcome=FAILED),
        "two slashes": met("plain-one-call", sends(NO, path=f"/v1//threads/thread_1/runs/run_1{SUBMIT}"), outcome=FAILED),
        "another method": met("plain-one-call", asks(Operation.OTHER, "PUT", f"{m.PATH}{SUBMIT}", NO), outcome=FAILED),
        "an id that is not encoded": met(
            "plain-one-call", asks(Operation.OTHER, "POST", f"/v1/threads/a/b/runs/run_1{SUBMIT}", NO), outcome=FAILED
        ),
        "another run": met("plain-one-call", sends(NO, path=f"/v1/threads/thread_1/runs/run_2{SUBMIT}"), outcome=FAILED),
        "the base lost": met("plain-one-call", sends(NO, path=f"/threads/thread_1/runs/run_1{SUBMIT}"), outcome=FAILED),
        "the base doubled": met("plain-one-call", sends(NO, path=f"/v1{m.PATH}{SUBMIT}"), outcome=FAILED),
        "a deployment below the base": met(
            "plain-one-call", sends(NO, path=f"/v1/openai/deployments/gpt/threads/thread_1/runs/run_1{SUBMIT}"), outcome=FAILED
        ),
        "a form of Azure's that it was not told of": met("plain-one-call", sends(NO, path=AZURE), outcome=FAILED),
        "the base lost before anything was asked": met(
            "plain-one-call", asks(Operation.GET_RUN, "GET", "/threads/thread_1/runs/run_1", m.refusal(404)), outcome=FAILED
        ),
    },
    "sending.empty-id": {
        "no run": met(
            "plain-one-call", asks(Operation.OTHER, "POST", f"/v1/threads/thread_1/runs/{SUBMIT}", NO), outcome=FAILED
        ),
        "no thread": met(
            "plain-one-call", asks(Operation.OTHER, "POST", f"/v1/threads//runs/run_1{SUBMIT}", NO), outcome=FAILED
        ),
    },
    "sending.authorization": {
        "none": met("plain-one-call", sends(m.refusal(401), headers=one(0)), outcome=FAILED),
        "another scheme": met("plain-one-call", sends(headers=(("Authorization", "Basic azo="), *one(0)))),
        "a bare key": met("plain-one-call", sends(headers=(("Authorization", "sk-123"), *one(0)))),
        "a scheme alone": met("plain-one-call", sends(headers=(("Authorization", "Bearer "), *one(0)))),
    },
    "sending.content-type": {
        "none": met("plain-one-call", sends(headers=(*one(2), ("Content-Type", "")))),
        "a form": met("plain-one-call", sends(headers=(*one(2), ("Content-Type", "application/x-www-form-urlencoded")))),
    },
    "sending.beta": {
        "none": met("plain-one-call", sends(headers=one(1))),
        "the first version": met("plain-one-call", sends(headers=(*one(1), ("OpenAI-Beta", "assistants=v1")))),
        "another version to Azure": met(
            "plain-one-call", sends(headers=(*one(1), ("OpenAI-Beta", "assistants=v1"))), traits="azure"
        ),
    },
    "sending.body": {
        "no JSON": met("plain-one-call", sends(NO, content=b"tool_outputs=1"), outcome=FAILED),
        "nothing": met("plain-one-call", sends(NO, content=b""), outcome=FAILED),
        "UTF-16": met("plain-one-call", sends(NO, content=json.dumps(body()).encode("utf-16")), outcome=FAILED),
        "a list": met("plain-one-call", sends(NO, content=m.SUNNY), outcome=FAILED),
        "no outputs": met("plain-one-call", sends(NO, content={}), outcome=FAILED),
        "outputs by id": met("plain-one-call", sends(NO, content={"tool_outputs": {"call_1": "x"}}), outcome=FAILED),
        "no call id": met("plain-one-call", sends(NO, [{"output": "x"}]), outcome=FAILED),
        "a stream flag of text": met("plain-one-call", sends(NO, content=body(stream="false")), outcome=FAILED),
    },
    "sending.no-extra-keys": {
        "a thread id": met("plain-one-call", sends(NO, content=body(thread_id="thread_1")), outcome=FAILED),
        "a handler": met("plain-one-call", sends(NO, content=body(event_handler=None)), outcome=FAILED),
    },
    "sending.output-string": {
        "an object": met("plain-one-call", sends(NO, m.outputs(_1={"t": 4})), outcome=FAILED),
        "a number": met("plain-one-call", sends(NO, m.outputs(_1=4)), outcome=FAILED),
        "null": met("plain-one-call", sends(NO, m.outputs(_1=None)), outcome=FAILED),
    },
    "sending.stream-flag": {
        "false where a stream is wanted": met("streamed-one-call", sends(content=body(stream=False))),
        "absent where a stream is wanted": met("streamed-one-call", sends()),
        "true where none is wanted": met("plain-one-call", streams()),
    },
    "retry.identical": {
        "other outputs": met("plain-fault-before", sends(m.refusal(500)), sends(items=m.outputs(_1="other"), at=10)),
        "with another key": met("plain-fault-before", sends(m.refusal(500)), sends(content=body(stream=False), at=10)),
        "another path": met(
            "plain-connection-lost", sends(None), sends(path=f"/threads/thread_1/runs/run_1{SUBMIT}", at=10),
            traits="azure",
        ),
    },
    "retry.after": {
        "at once": met("plain-rate-limited", sends(BUSY), sends(at=6)),
        "after half the time": met("plain-rate-limited", sends(BUSY), sends(at=506)),
        "by milliseconds": met(
            "plain-fault-before", sends(replace(m.refusal(503), headers=(("retry-after-ms", "800"),))), sends(at=300)
        ),
    },
    "retry.declined": {
        "again": met("plain-retry-declined", sends(DECLINED), sends(at=10)),
        "again and again": met("plain-retry-declined", *[sends(DECLINED)] * 3, outcome=FAILED),
    },
    "retry.not-refused": {
        "400": met("plain-refused-state", sends(NO), sends(NO), outcome=FAILED),
        "401": met("plain-unauthorized", *[sends(m.refusal(401))] * 2, outcome=FAILED),
        "404": met("plain-not-found", *[sends(m.refusal(404))] * 3, outcome=FAILED),
        "with other spacing": met(
            "plain-refused-state", sends(NO), sends(NO, content=json.dumps(body(), indent=2).encode()), outcome=FAILED
        ),
        "after a lost answer": met(
            "plain-fault-after", sends(m.refusal(500)), sends(NO), sends(NO), outcome=FAILED
        ),
    },
    "retry.not-midstream": {
        "after it was cut": met("streamed-truncated-between-events", streams(cut(STREAM)), streams(NO), outcome=FAILED),
        "after a reset": met("streamed-reset-at-once", streams(cut(STREAM, Ended.RESET, 0)), streams(NO), outcome=FAILED),
        "and reports the refusal": met("streamed-crlf", streams(), streams(NO), outcome=FAILED),
        "after another question": met("streamed-second-round", streams(ASKS_AGAIN), streams(NO), outcome=FAILED),
        "after an error event": met("streamed-error-wrapped", streams(WITH_ERROR), streams(NO), outcome=FAILED),
        "with other outputs": met("streamed-truncated-at-once", streams(EMPTY), streams(NO, m.outputs(_1="x")), outcome=FAILED),
    },
    "outcome.usual": {
        "an error": met("streamed-one-call", streams(), outcome=FAILED),
        "by a signal": met("plain-one-call", sends(), outcome=Outcome(-9)),
        "no end": met("streamed-three-calls", streams(items=THREE), calls=CALLS, outcome=LOST),
        "an error beside exit code 0": met("streamed-one-call", streams(), outcome=told(error="broken")),
        "no text": met("streamed-one-call", streams(), outcome=told(text="")),
        "another status": met("streamed-one-call", streams(), outcome=told(status="in_progress")),
    },
    "outcome.text": {
        "the user's own message": met("streamed-failed", streams(ENDED_FAILED), outcome=told(text="What is the weather?")),
        "the user's own message, polled": met(
            "plain-failed", sends(), reads("failed"), lists(USER), outcome=told(text="What is the weather?")
        ),
        "more than came": met("streamed-incomplete", streams(CUT_SHORT), outcome=told(text="hello")),
        "half of it": met("streamed-no-done", streams(), outcome=told(text="hel")),
        "twice, and then what was created is deleted": met(
            "streamed-no-done", streams(), asks(Operation.OTHER, "DELETE", "/v1/assistants/asst_1", m.answer({})),
            outcome=told(text="hellohello"),
        ),
        "another one than was listed": met("plain-conflict", sends(), reads("completed"), lists(HELLO), outcome=told(text="no")),
    },
    "outcome.status": {
        "a failed run as completed": met("streamed-failed", streams(ENDED_FAILED), outcome=told(status="completed")),
        "a failed run as completed, polled": met(
            "plain-failed", sends(), reads("failed"), outcome=told(status="completed")
        ),
        "a completed run as failed": met("streamed-no-done", streams(), outcome=told(status="failed")),
        "an old one": met("plain-incomplete", sends(), reads("incomplete"), outcome=told(status="queued")),
    },
    "outcome.second-round": {
        "unanswered": met("streamed-second-round", streams(ASKS_AGAIN)),
        "taken for the end": met("streamed-second-round", streams(ASKS_AGAIN), outcome=told(status="completed")),
        "taken for an error": met("streamed-second-round", streams(ASKS_AGAIN), outcome=told(1, error="KeyError: 'x'")),
        "given up in the middle": met("streamed-second-round", streams(ASKS_AGAIN), outcome=told(1, status="in_progress")),
        "unanswered, polled": met(
            "plain-second-round", sends(), reads("requires_action", required_action=m.action(m.call("2")))
        ),
    },
    "outcome.truncated": {
        "in the middle": met("streamed-truncated-between-events", streams(cut(STREAM))),
        "at once": met("streamed-truncated-at-once", streams(EMPTY)),
        "waiting for more": met("streamed-truncated-between-events", streams(cut(STREAM)), outcome=LOST),
        "as a success": met(
            "streamed-truncated-between-events", streams(cut(STREAM)), outcome=told(status="completed", text="")
        ),
        "listed, which shows no end": met(
            "streamed-truncated-between-events", streams(cut(STREAM)), lists(HELLO), outcome=told(text="hello")
        ),
        "a look before it": met("streamed-truncated-between-events", reads("requires_action"), streams(cut(STREAM))),
    },
    "outcome.reset": {
        "at once": met("streamed-reset-at-once", streams(cut(STREAM, Ended.RESET, 0))),
        "in the middle": met("streamed-reset-within-event", streams(cut(STREAM, Ended.RESET))),
    },
    "outcome.error-event": {
        "unnoticed": met("streamed-error-wrapped", streams(WITH_ERROR)),
        "and only listed": met("streamed-error-wrapped", streams(WITH_ERROR), lists(USER)),
    },
    "outcome.error-event-bare": {
        "unnoticed": met("streamed-error-bare", streams(BARE_ERROR)),
        "as in progress": met("streamed-error-bare", streams(BARE_ERROR), outcome=told(status="in_progress")),
    },
    "outcome.bad-json": {
        "unnoticed": met("streamed-bad-json", streams(NOT_JSON)),
        "as completed": met("streamed-bad-json", streams(NOT_JSON), outcome=told(status="completed", text="hello")),
    },
    "outcome.not-a-stream": {
        "a page": met("streamed-html", streams(PAGE)),
        "JSON": met("streamed-json", streams(QUEUED)),
        "JSON, as empty": met("streamed-json", streams(QUEUED), outcome=told(text="", status=None)),
    },
    "outcome.refused": {
        "400": met("plain-refused-state", sends(NO)),
        "401": met("streamed-unauthorized", streams(m.refusal(401))),
        "and waiting": met("plain-not-found", sends(m.refusal(404)), outcome=LOST),
        "500 that stays": met("plain-fault-before", sends(m.refusal(500))),
    },
    "outcome.unknown-events": {
        "an error": met("streamed-unknown-events", streams(), outcome=FAILED),
        "no text": met("streamed-unknown-events", streams(), outcome=told(text="")),
    },
    "outcome.unknown-texts": {
        "an error": met("streamed-unknown-texts", streams(), outcome=FAILED),
        "another text": met("streamed-unknown-texts", streams(), outcome=told(text="a sentence")),
    },
    "outcome.documented-events": {
        "an error": met("streamed-documented-events", streams(), outcome=FAILED),
        "an error by its words": met(
            "streamed-documented-events", streams(), outcome=told(error="KeyError: thread.message.incomplete")
        ),
    },
    "outcome.ending-told": {
        "the status before": met(
            "streamed-failed", streams(ENDED_FAILED), outcome=told(1, error="KeyError", status="in_progress")
        ),
        "the status before, polled": met(
            "plain-expired", sends(), reads("expired"), outcome=told(1, error="ValueError", status="queued")
        ),
    },
    "outcome.unknown-members": {
        "an error": met("streamed-unknown-members", streams(), outcome=FAILED),
        "an error by its words": met("streamed-unknown-members", streams(), outcome=told(error="unexpected field")),
    },
    "outcome.after-done": {
        "its text": met("streamed-after-done", streams(AFTER_DONE), outcome=told(text="hello More")),
        "only its text": met("streamed-after-done", streams(AFTER_DONE), outcome=told(text=" More")),
    },
    "outcome.left-open": {
        "until it is closed": met("streamed-left-open", streams(LEFT_OPEN)),
        "for ever": met("streamed-left-open", streams(), outcome=LOST),
    },
    "outcome.poll-once": {
        "a failed run": met("plain-failed", sends(), *[reads("failed")] * 5, outcome=FAILED),
        "a completed run, often": met("plain-one-call", sends(), *[reads("completed")] * (FOR_EVER - 1)),
        "by a list of runs": met("plain-incomplete", sends(), *[lists_runs("incomplete")] * 4, outcome=FAILED),
    },
    "outcome.poll-stops": {
        "a failed run, until it was ended": met("plain-failed", sends(), *[reads("failed")] * 10, outcome=LOST),
        "a completed run, until it was ended": met("plain-one-call", sends(), *[reads("completed")] * 10, outcome=LOST),
        "an expired run by a list of runs": met("plain-expired", sends(), *[lists_runs("expired")] * 10, outcome=LOST),
        "with a look at the messages each time": met(
            "plain-incomplete", sends(), *[reads("incomplete"), lists(USER)] * 10, outcome=LOST
        ),
        "a run whose end a stream told": met("streamed-failed", streams(ENDED_FAILED), *[reads("failed")] * 10, outcome=LOST),
        "without a pause, until it had enough": met("plain-one-call", sends(), *[reads("completed")] * FOR_EVER),
    },
    "outcome.ends": {
        "an expired run": met("plain-expired", sends(), reads("expired"), outcome=LOST),
        "an incomplete run, streamed": met("streamed-incomplete", streams(m.stream(*m.RESUMED, m.run("incomplete"), m.DONE)), outcome=LOST),
        "a run that may go on": met("plain-rate-limited", sends(BUSY), sends(at=1010), outcome=LOST),
        "a few looks": met("plain-cancelled", sends(), *[reads("cancelled")] * 3, outcome=LOST),
    },
    **{
        f"reading.{rule}": {
            "an error": met(f"streamed-{scenario}", streams(), outcome=FAILED),
            "nothing of it": met(f"streamed-{scenario}", streams(), outcome=told(text="", status=None)),
            "its end": met(f"streamed-{scenario}", streams(), outcome=told(text="hello", status="queued")),
        }
        for rule, scenario in (
            ("bom", "bom"),
            ("line-ends", "crlf"),
            ("line-ends", "cr"),
            ("fields", "no-space"),
            ("comments", "comments"),
            ("comments", "keep-alives"),
            ("data-lines", "data-lines"),
            ("empty-events", "retry-alone"),
            ("unknown-fields", "unknown-fields"),
            ("chunks", "byte-by-byte"),
            ("long-lines", "long-line"),
            ("line-separators", "line-separators"),
        )
    },
}  # fmt: skip
CASES = [
    pytest.param(requirement, transcript, id=f"{requirement}: {way}")
    for requirement, ways in BROKEN.items()
    for way, transcript in ways.items()
]


@pytest.mark.parametrize(("requirement", "transcript"), CASES)
def test_it_is_told_and_nothing_else(requirement: str, transcript: Transcript) -> None:
    assert set(broken(transcript)) == {requirement}
    expected = Status.FAIL if REQUIREMENTS[requirement].level == "MUST" else Status.WARN
    assert next(v.status for v in judged(transcript).verdicts if v.requirement == requirement) is expected


@pytest.mark.parametrize(("requirement", "transcript"), CASES)
def test_what_is_kept_of_it_says_the_same(requirement: str, transcript: Transcript) -> None:
    kept = read(write(redact(transcript), recorded="", by="a test"), "a test")
    assert set(broken(kept)) == {requirement}


@pytest.mark.parametrize("requirement", ["outcome.usual", "retry.not-midstream"])
def test_what_could_not_be_looked_at_names_the_breach_that_hid_it(requirement: str) -> None:
    subject = judge(met("streamed-one-call", streams(NO, []), outcome=FAILED))
    verdict = next(verdict for verdict in subject.verdicts if verdict.requirement == requirement)
    assert (verdict.status, verdict.because) == (Status.UNTESTABLE, "sending.every-call")


def test_a_key_that_was_sent_without_its_scheme_is_never_told() -> None:
    transcript = met("plain-one-call", sends(headers=(("Authorization", "sk-secret"), *one(0))))
    assert "sk-secret" not in str(judge(transcript))
