"""What a slip in a check would have let through, or accused: found by mutating the checks, told here case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Ended, Operation, Status, Subject
from conformance.tests.checks.miniatures import (
    answer,
    call,
    conversation,
    listed,
    pending,
    refusal,
    run_document,
    submit,
)
from conformance.tests.checks.mutations import (
    Case,
    Edit,
    Play,
    add,
    answers,
    anywhere,
    base,
    both,
    case,
    drop,
    ends,
    move,
    nothing_after,
    put,
    say,
    seen_at,
    shown,
    status,
    tell,
    tell_not,
    told,
    torn,
    turn,
    unset,
)
from conformance.verdict.judge import judge
from conformance.walk.observation import Observation
from conformance.walk.occasions import END
from conformance.walk.registry import Check
from conformance.walk.schedule import Schedule

ONE, ROUND, ERROR = "stream-one-call", "stream-next-round", "stream-error"
_PART = "delta/content/0/text"
_TEXT, _ARGUMENTS = f"{_PART}/value", "delta/step_details/tool_calls/0/function/arguments"
#: An error body.
_FAULT = {"error": {"message": "m", "type": "server_error", "param": None, "code": None}}


def later(label: str, at: int) -> Edit:
    """What an event speaks of was created at another time, in all events of it."""

    def edit(play: Play) -> None:
        told = play.draft.find(label).data
        assert isinstance(told, dict)
        for block in play.draft.blocks:
            if isinstance(block.data, dict) and block.data.get("id") == told["id"] and "created_at" in block.data:
                block.data["created_at"] = at

    return edit


def delta_of_call(index: int) -> dict[str, object]:
    call = {
        "index": index,
        "id": "call_9",
        "type": "function",
        "function": {"name": "x", "arguments": "{}", "output": None},
    }
    details = {"type": "tool_calls", "tool_calls": [call]}
    return {"id": "step_2", "object": "thread.run.step.delta", "delta": {"step_details": details}}


def annotation(kind_and_file: str) -> dict[str, object]:
    kind, file = kind_and_file.split()
    return {"index": 0, "type": kind, "text": "[1]", "start_index": 13, "end_index": 16, kind: {"file_id": file}}


ILLEGAL: list[Case] = [
    *(case("content.unicode", ONE, f"half a character: {half!a}", put("message.delta#4", _TEXT, lambda told, half=half: told + half))
      for half in ("\ud800", "\udbff", "\udc00", "\udfff")),
    case("content.unicode", ROUND, "a character of the arguments cut in two",
         put("step.delta#3", _ARGUMENTS, 'e":"Köln, \ud83c'), put("step.delta#4", _ARGUMENTS, '\udf0d"')),
    *(case("order.step-identity", ONE, f"{key} is another in {label}", put(label, key, value))
      for label in ("step.in_progress", "step.completed#2")
      for key, value in (("thread_id", "thread_x"), ("assistant_id", "asst_x"), ("run_id", "run_x"), ("created_at", 1))),
    *(case("submission.accepted", "json-one-call", f"{code}", answers(code, "application/json", _FAULT), nothing_after)
      for code in (415, 500, 503)),
    case("content.tool-call-deltas", ROUND, "pieces of two calls mixed",
         anywhere(add("thread.run.step.delta", delta_of_call(1), after="step.delta#2"))),
    case("errors.stream-event", ERROR, "an error without message", unset("error", "error/message")),
    *(case("errors.envelope", "unknown-run", f"no {key}", tell_not(f"error/{key}")) for key in ("type", "param", "code")),
    case("errors.message", "unknown-run", "no message", tell_not("error/message")),
    *(case("request.other-methods", "other-methods", f"{method} is served", turn(Operation.OTHER, number), status(200))
      for number, method in enumerate(("GET", "PUT", "PATCH", "DELETE"))),
    case("order.created-at", "stream-two-messages", "what comes next is older",
         later("message.created", 2_000_000_000), seen_at("step.created#2")),
    *(case("content.annotations", "example:content.annotations", f"{before} and then {after}",
           put("message.delta#-1", f"{_PART}/annotations/0", annotation(before)),
           put("message.completed", "content/0/text/annotations/0", annotation(after)))
      for before, after in (("file_path file_1", "file_path file_2"), ("file_citation file_1", "file_citation file_2"),
                            ("file_path file_1", "file_citation file_1"))),
    case("framing.blank-line", ERROR, "an event that is half there after the error", drop("done"),
         add("thread.message.delta", {"id": "msg_1"}, after="error"), torn("message.delta#-1", lambda block: block[:-1])),
    case("order.terminal-last", ONE, "a piece of text of an open message after the end of the run",
         move("message.delta#-1", after="run.completed"), anywhere(drop("message.completed")),
         seen_at("message.delta#-1")),
    case("done.closes", ONE, "closed just too late", ends(Ended.COMPLETE, lingers=5001)),
    *(case("events.run-fields", ONE, f"no {key} in {label}", unset(label, key))
      for label in ("run.queued", "run.in_progress") for key in ("instructions", "tools", "metadata", "model")),
]  # fmt: skip


@pytest.mark.parametrize("spoilt", ILLEGAL, ids=str)
def test_one_slip_would_have_missed_it(spoilt):
    shown(spoilt)


def _clear(subject: Subject) -> bool:
    return all(verdict.status is Status.PASS for verdict in subject.verdicts)


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_error_event_may_say_no_more_than_what_and_of_which_type(wrapped):
    error = {"message": "It failed.", "type": "server_error"}
    play = Play(base(ERROR))
    say("error", {"error": error} if wrapped else error)(play)
    assert _clear(judge(play.played()))


def test_a_stream_that_is_closed_just_in_time_is_closed():
    play = Play(base(ONE))
    ends(Ended.COMPLETE, lingers=5000)(play)
    assert _clear(judge(play.played()))


@pytest.mark.parametrize(("size", "accused"), [(512_000, False), (511_999, True)])
def test_outputs_may_be_refused_from_the_limit_on_and_not_below(size, accused):
    told = conversation(
        pending(),
        submit(refusal(400, "too much"), [{"tool_call_id": "call_1", "output": "x" * size}], streamed=False),
    )
    assert any(verdict.status is Status.FAIL for verdict in judge(told).verdicts) is accused


@pytest.mark.parametrize("status", [400, 422, 499])
def test_a_recording_shows_by_itself_that_a_refusal_was_the_last_word(status):
    whole = [{"tool_call_id": f"call_{one}", "output": "x"} for one in "12"]
    told = conversation(
        pending(call("1"), call("2")),
        submit(refusal(status), whole[:1], streamed=False, at=10),
        submit(refusal(status), whole, streamed=False, at=20),
    )
    found = {one.requirement for one in judge(told).verdicts if any(finding.primary for finding in one.findings)}
    assert found - {"submission.partial-error"} == {"submission.still-accepted"}


def test_the_last_read_of_the_run_counts_whatever_else_was_read_after_it():
    told = conversation(
        pending(),
        submit(answer(run_document("queued")), streamed=False, at=10),
        pending(at=20),
        listed(Operation.LIST_STEPS, "steps", at=30),
    )
    found = {one.requirement for one in judge(told).verdicts if one.findings}
    assert found == {"response.moved-on"}


def asked(play: Play, query: str) -> Subject:
    """The verdicts where the read at hand was asked for with a query."""
    transcript = play.played()
    exchanges = list(transcript.exchanges)
    request = exchanges[play.at].request
    exchanges[play.at] = replace(exchanges[play.at], request=replace(request, target=request.target + query))
    return judge(replace(transcript, exchanges=tuple(exchanges)))


@pytest.mark.parametrize("operation", [Operation.LIST_STEPS, Operation.LIST_MESSAGES])
@pytest.mark.parametrize(
    ("query", "whole"),
    [("?after=id", False), ("?limit=5&before=id", False), ("?run_id=id", False), ("", True), ("?limit=20", True)],
)
def test_a_list_that_was_asked_to_leave_some_out_need_not_hold_them(operation, query, whole):
    play = Play(base(ONE))
    both(turn(operation, 0), tell("data", []))(play)
    subject = asked(play, query)
    assert any(verdict.findings for verdict in subject.verdicts) == whole, told(subject)


@pytest.mark.parametrize(
    ("operation", "path", "breaks"),
    [
        (Operation.LIST_STEPS, "data/0/status", "surface.steps-after"),
        (Operation.LIST_MESSAGES, "data/0/content/0/text/value", "surface.messages-after"),
    ],
)
def test_what_stands_in_such_a_list_is_right_all_the_same(operation, path, breaks):
    play = Play(base(ONE))
    both(turn(operation, 0), tell(path, "failed"))(play)
    subject = asked(play, "?after=id")
    assert [verdict.requirement for verdict in subject.verdicts if verdict.findings] == [breaks], told(subject)


def _breaks(_observation: Observation) -> None:
    raise KeyError("id")


def test_a_check_that_breaks_is_a_slip_of_ours_and_no_verdict_on_anybody(monkeypatch):
    checks = Schedule([Check("done.last", (END,), _breaks), Check("done.once", (END,), lambda _: ())])
    monkeypatch.setattr("conformance.verdict.judge._CHECKS", checks)
    verdicts = {verdict.requirement: verdict for verdict in judge(base(ONE)).verdicts}
    assert verdicts["done.last"].status is Status.ERROR
    assert verdicts["done.last"].reason == "internal error (please report it): KeyError: 'id'"
    assert verdicts["done.once"].status is Status.PASS
