"""Judging costs what the bytes cost, whatever their shape; what is told of them is bounded, and cuts are said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from unittest.mock import Mock

import pytest

from conformance.checks import response
from conformance.contract import schema
from conformance.files import cassettes_folder
from conformance.model import (
    Author,
    Chunk,
    Ended,
    Exchange,
    Exhibit,
    Operation,
    Profile,
    Request,
    Response,
    Role,
    Status,
    Subject,
    Transcript,
)
from conformance.report.exhibits import Exhibitor
from conformance.report.json_writer import render
from conformance.run.reporting import Reporting
from conformance.tests.work import steps
from conformance.verdict.judge import judge
from conformance.walk import history, stream
from conformance.walk.findings import CAUSES, KEPT, LONGEST
from conformance.walk.stream import NAME, UNKNOWN
from conformance.wire import cassette


def recording(body: bytes) -> Transcript:
    """A stream that somebody recorded, the answer to a submission of nothing that is known."""
    request = Request(Author.IMPLEMENTATION, "POST", "/v1/threads/thread_1/runs/run_1/submit_tool_outputs", (), b"")
    head = (("content-type", "text/event-stream"),)
    response = Response(Author.IMPLEMENTATION, 200, head, (Chunk(0, body),), Ended.COMPLETE, 0)
    return Transcript("r", (Exchange(Operation.SUBMIT, 0, request, response),), provenance={"kind": "sse"})


def event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


def many(count: int, name: str, data: bytes) -> bytes:
    return b"".join(event(name, data % at if b"%d" in data else data) for at in range(count))


STEP = b'{"id": "step_%d", "object": "thread.run.step", "status": "in_progress"}'
ASTRAY = b'{"id": "step_x", "object": "thread.run.step.delta", "delta": {}}'

#: A body of so many parts.
SHAPES: dict[str, Callable[[int], bytes]] = {
    "lines of one character": lambda count: b"a\n" * count,
    "empty data lines": lambda count: b"data\n" * count + b"\n",
    "id lines": lambda count: b"id: 1\n" * count,
    "comments": lambda count: b":\n" * count,
    "tiny events": lambda count: b"data:x\n\n" * count,
    "events of different names": lambda count: b"".join(event(f"x.{at}", b"{}") for at in range(count)),
    "runs": lambda count: many(count, "thread.run.created", b'{"id": "run_%d", "object": "thread.run"}'),
    "open steps": lambda count: many(count, "thread.run.step.created", STEP),
    "deltas that went astray": lambda count: (
        many(count // 2, "thread.run.step.created", STEP) + many(count // 2, "thread.run.step.delta", ASTRAY)
    ),
    "bytes that are not UTF-8": lambda count: b"data: \xff\n\n" * count,
    "data that is not JSON": lambda count: many(count, "thread.run.step.created", b"{%d"),
    "an array of wrong members": lambda count: event(
        "thread.run.created", b'{"tools": [%s]}' % b",".join([b"{}"] * count)
    ),
    "members of one name": lambda count: event("thread.run.created", b"{%s}" % b",".join([b'"id": 1'] * count)),
    "brackets": lambda count: event("thread.run.created", b"[" * count + b"]" * count),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_is_linear(shape: str) -> None:
    judge(recording(SHAPES[shape](5)))  # what is loaded or compiled once is no work of either
    small, large = (steps(partial(judge, recording(SHAPES[shape](count)))) for count in (150, 1_200))
    assert large <= 10 * small, "eight times the parts: linear is 8, quadratic 64"


def conversation(count: int, scenario: str) -> Transcript:
    """A recording of so many rounds, each with its own calls, as somebody's day with one run would be."""
    path = cassettes_folder() / "reference" / f"{scenario}.jsonl"
    once = cassette.read(path.read_text().splitlines(), path.name)
    rounds = (exchange for at in range(count) for exchange in renamed(once, at).exchanges)
    return Transcript("r", tuple(rounds), provenance={"kind": "har"})


def renamed(transcript: Transcript, at: int) -> Transcript:
    def bytes_of(data: bytes) -> bytes:
        return data.replace(b"call_", b"call_%d_" % at)

    def exchange(each: Exchange) -> Exchange:
        assert each.response is not None
        chunks = tuple(replace(chunk, data=bytes_of(chunk.data)) for chunk in each.response.chunks)
        request = replace(each.request, body=bytes_of(each.request.body))
        return replace(each, request=request, response=replace(each.response, chunks=chunks))

    return replace(transcript, exchanges=tuple(map(exchange, transcript.exchanges)))


@pytest.mark.parametrize("scenario", ["json-one-call", "stream-one-call", "after-refusals", "unknown-id"])
def test_work_is_linear_in_exchanges(scenario: str) -> None:
    judge(conversation(2, scenario))
    small, large = (steps(partial(judge, conversation(count, scenario))) for count in (10, 80))
    assert large <= 10 * small, "eight times the rounds: linear is 8, quadratic 64"


def test_each_look_at_a_run_is_asked_for_its_calls_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls_of = Mock(wraps=history.calls_of)
    monkeypatch.setattr(response, "calls_of", calls_of)
    judge(conversation(30, "json-one-call"))
    assert 0 < calls_of.call_count <= 3 * 30


class Read:
    """A look at a run that counts how often it is asked where it stands."""

    operation = Operation.GET_RUN
    documents = ()
    asked = 0

    def __init__(self, place: int) -> None:
        self._place = place

    @property
    def exchange(self) -> int:
        Read.asked += 1
        return self._place


def test_a_look_is_found_without_going_through_all() -> None:
    looks = history.History()
    for place in range(0, 2_000, 2):
        looks.looked(Read(place))  # type: ignore[arg-type]
    found = (looks.before(Operation.GET_RUN, 1_001), looks.after(Operation.GET_RUN, 1_001))
    assert [look.exchange for look in found if look is not None] == [1_000, 1_002]
    assert [look.exchange for look in looks.between(Operation.GET_RUN, 1_000, 1_006)] == [1_002, 1_004]
    assert looks.before(Operation.GET_RUN, 0) is looks.after(Operation.GET_RUN, 1_998) is None
    assert Read.asked < 100


def test_a_stream_without_end_is_left_and_never_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_WORK", 50)
    subject = judge(recording(b"event: x\ndata: {}\n\n" * 100))
    assert [note for note in subject.notes if "was judged up to event 50" in note]
    status = {verdict.requirement: verdict.status for verdict in subject.verdicts}
    assert status["order.terminal-present"] is status["done.present"] is Status.UNTESTABLE
    assert "done.last" not in status or status["done.last"] is Status.UNTESTABLE
    assert Status.FAIL not in status.values()


def test_what_was_broken_before_a_stream_was_left_stays_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_WORK", 50)
    subject = judge(recording(b"data: \xff\n\n" + b"event: x\ndata: {}\n\n" * 100))
    assert [v.requirement for v in subject.verdicts if v.status is Status.FAIL] == ["framing.utf8"]


def told(subject: Subject, transcript: Transcript) -> str:
    """The report on it, with all that is shown of it."""
    exhibitor = Exhibitor()
    exhibitor.look(transcript, subject)
    return render(Reporting(Profile(Role.SERVER), exhibitor=exhibitor).report({"kind": "recordings"}, (subject,), None))


@pytest.mark.parametrize(
    "body",
    [
        event("n" * 300_000, b"{}"),
        b"".join(event(f"{at}.{'n' * 3_000}", b"{}") for at in range(3 * UNKNOWN)),
        event("thread.run.created", b'{"id": "%s", "status": "%s"}' % (b"i" * 300_000, b"s" * 300_000)),
        event("thread.run.created", b"{%s}" % b",".join(b'"%s%d": 1' % (b"k" * 300, at) for at in range(1_000))),
    ],
    ids=["one long name", "many long names", "long values", "many members"],
)
def test_what_is_told_is_bounded_and_cuts_are_said(body: bytes) -> None:
    transcript = recording(body)
    subject = judge(transcript)
    assert len(subject.unknown_events) <= UNKNOWN
    assert all(len(name) <= NAME for name in subject.unknown_events)
    for verdict in subject.verdicts:
        assert len(verdict.findings) <= KEPT + CAUSES
        assert all(len(text) < LONGEST + 50 for f in verdict.findings for text in (f.message, f.expected, f.got))
    assert len(without_cassettes(told(subject, transcript))) < 200_000


def without_cassettes(report: str) -> str:
    """A report without its cassettes, which hold what was recorded."""
    return "\n".join(line for line in report.splitlines() if '"cassette"' not in line)


def test_further_unknown_names_are_said() -> None:
    subject = judge(recording(b"".join(event(f"x.{at}", b"{}") for at in range(UNKNOWN + 1))))
    assert [note for note in subject.notes if f"more than {UNKNOWN} unknown names" in note]
    assert not judge(recording(b"".join(event(f"x.{at}", b"{}") for at in range(UNKNOWN)))).notes


def test_a_document_of_too_many_values_is_refused_without_a_list_of_why() -> None:
    document = {"id": "run_1", "tools": [{}] * 10_001}
    (violation,) = schema.explain("RunObject", document)
    assert "more than 10000 values" in violation.got
    assert len(schema.explain("RunObject", {**document, "tools": [{}]})) == schema.MOST


def test_half_a_character_changes_no_decision() -> None:
    half, whole = ({"id": "run_1", "object": "thread.run", "status": status} for status in ("\ud800", "queued"))
    assert not schema.accepts("RunObject", half) and not schema.accepts("RunObject", whole)
    delta = {"id": "m\ud800", "object": "thread.message.delta", "delta": {"\ud800": "\udfff"}}
    assert schema.accepts("MessageDeltaObject", delta)


def test_a_body_of_many_lines_is_shown_in_part() -> None:
    transcript = recording(b"a\n" * 100_000)
    (exhibit, *_) = exhibits(transcript)
    assert len(exhibit.lines) < 2_100
    assert "< (98000 more lines of the body are left out here)" in exhibit.lines


def exhibits(transcript: Transcript) -> tuple[Exhibit, ...]:
    exhibitor = Exhibitor()
    exhibitor.look(transcript, judge(transcript))
    return exhibitor.exhibits
