"""What a slip in a check would have let through, or accused: found by mutating the checks, told here case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Ended, Operation, Status, Subject
from conformance.tests.checks.mutations import (
    Case,
    Edit,
    Play,
    add,
    answers,
    base,
    case,
    drop,
    ends,
    nothing_after,
    put,
    seen_at,
    shown,
    status,
    tell,
    told,
    torn,
    turn,
    unset,
)
from conformance.verdict.judge import judge

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
    case("done.closes", ONE, "closed just too late", ends(Ended.COMPLETE, lingers=5001)),
    *(case("events.run-fields", ONE, f"no {key} in {label}", unset(label, key))
      for label in ("run.queued", "run.in_progress") for key in ("instructions", "tools", "metadata", "model")),
]  # fmt: skip


@pytest.mark.parametrize("spoilt", ILLEGAL, ids=str)
def test_one_slip_would_have_missed_it(spoilt):
    shown(spoilt)


def _clear(subject: Subject) -> bool:
    return all(verdict.status is Status.PASS for verdict in subject.verdicts)


def test_a_stream_that_is_closed_just_in_time_is_closed():
    play = Play(base(ONE))
    ends(Ended.COMPLETE, lingers=5000)(play)
    assert _clear(judge(play.played()))


@pytest.mark.parametrize("operation", [Operation.LIST_STEPS, Operation.LIST_MESSAGES])
@pytest.mark.parametrize(
    ("query", "whole"),
    [("?after=id", False), ("?limit=5&before=id", False), ("?run_id=id", False), ("", True), ("?limit=20", True)],
)
def test_a_list_that_was_asked_to_leave_some_out_need_not_hold_them(operation, query, whole):
    play = Play(base(ONE))
    turn(operation, 0)(play)
    tell("data", [])(play)
    transcript = play.played()
    exchanges = list(transcript.exchanges)
    request = exchanges[play.at].request
    exchanges[play.at] = replace(exchanges[play.at], request=replace(request, target=request.target + query))
    subject = judge(replace(transcript, exchanges=tuple(exchanges)))
    findings = any(verdict.findings for verdict in subject.verdicts)
    assert findings == whole, told(subject)
