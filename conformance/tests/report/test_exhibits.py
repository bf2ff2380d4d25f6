"""What shows a departure: the cassette breaks the same rule, the picture marks the event, nothing secret is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.model import Chunk, Exhibit, Operation, Request, Status, Subject, Transcript, Verdict
from conformance.proof.faults import FAULTS
from conformance.report.exhibits import Exhibitor
from conformance.report.tally import DEPARTED, standing
from conformance.tests.proof.proving import lies, transcript
from conformance.tests.report.reports import finding, verdict
from conformance.verdict.judge import judge
from conformance.verdict.shrink import shrunk
from conformance.wire import cassette
from conformance.wire.sse import Decoder

SECRET = "sk-Zq8-abcdefghijklmnopqrstuvwxyz"
WIRE = [name for name, fault in FAULTS.items() if fault.change is not None and fault.breaks]


def shown(name: str) -> list[tuple[Transcript, Verdict, Exhibit]]:
    """Every departure of the first transcript that a lie changes and that breaks what it declares."""
    for lie in lies(name):
        by_requirement = {verdict.requirement: verdict for verdict in standing(lie.subject)}
        if FAULTS[name].breaks & by_requirement.keys():
            exhibitor = Exhibitor(secrets=(SECRET,))
            exhibitor.look(lie.after, lie.subject)
            return [(lie.after, by_requirement[each.requirement], each) for each in exhibitor.exhibits]
    return []


@pytest.mark.parametrize("name", WIRE)
def test_a_shrunk_cassette_breaks_the_same_rule(name: str) -> None:
    found = shown(name)
    assert found, f"{name} breaks nothing that can be shown"
    for _, broken, exhibit in found:
        kept = cassette.read(exhibit.cassette.splitlines(), "repro.jsonl")
        told = {v.requirement: v for v in judge(kept, role=broken.role).verdicts}
        assert told[broken.requirement].status in DEPARTED
        assert any(each.primary for each in told[broken.requirement].findings)


def test_a_shrunk_cassette_says_what_it_repeats_and_is_judged_for_that_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (_, broken, exhibit), *_ = shown("done-twice")
    (tmp_path / "x.jsonl").write_text(exhibit.cassette, encoding="utf-8")
    assert cassette.read(exhibit.cassette.splitlines(), "x.jsonl").provenance["repeats"] == broken.requirement
    for words, alone in (([], True), (["-k", "."], False)):
        assert main(["judge", str(tmp_path / "x.jsonl"), "--format", "json", *words]) == 1
        subject = json.loads(capsys.readouterr().out.splitlines()[0])
        names = {each["requirement"] for each in subject["verdicts"]}
        assert (names == {broken.requirement}) is alone and broken.requirement in names
        assert bool([note for note in subject.get("notes", ()) if "repeat a failure" in note]) is alone


def test_only_a_submission_is_offered_as_a_command() -> None:
    lie = next(lie for lie in lies("done-twice") if lie.after.scenario == "stream-one-call")
    looks = tuple(replace(exchange, operation=Operation.GET_RUN) for exchange in lie.after.exchanges)
    for exchanges, offered in ((lie.after.exchanges, True), (looks, False)):
        exhibitor = Exhibitor(origin="http://127.0.0.1:1")
        exhibitor.look(replace(lie.after, exchanges=exchanges), lie.subject)
        assert [bool(exhibit.curl) for exhibit in exhibitor.exhibits] == [offered] * len(exhibitor.exhibits)


def test_nothing_can_be_left_out_of_a_shrunk_cassette() -> None:
    (_, broken, exhibit), *_ = shown("done-twice")
    kept = cassette.read(exhibit.cassette.splitlines(), "repro.jsonl")
    assert broken.requirement == "done.once" and len(kept.exchanges) == 1
    events = [moment.event for moment in exhibit.moments]
    body = b"".join(chunk.data for chunk in kept.exchanges[0].response.chunks)  # type: ignore[union-attr]
    left = [event.name for event in Decoder().events(body)]
    assert events.count("done") == 2 and left == ["done", "done"]


def test_a_stream_that_costs_too_much_is_shrunk_as_far_as_it_goes() -> None:
    lie = next(lie for lie in lies("done-twice") if lie.after.scenario == "stream-one-call")
    at = next(i for i, e in enumerate(lie.after.exchanges) if e.response and b"[DONE]" in e.response.chunks[-1].data)
    exchange = lie.after.exchanges[at]
    assert exchange.response is not None
    more = tuple(Chunk(0, b"event: x.y%d\ndata: {}\n\n" % number) for number in range(30_000))
    longer = replace(exchange, response=replace(exchange.response, chunks=(*more, *exchange.response.chunks)))
    exchanges = (*lie.after.exchanges[:at], longer, *lie.after.exchanges[at + 1 :])
    broken = next(each for each in lie.subject.verdicts if each.requirement == "done.once")
    least = shrunk(replace(lie.after, exchanges=exchanges), broken)
    assert least is not None
    assert judge(least).verdicts


def test_what_the_transcript_alone_does_not_break_is_not_shown_by_a_cassette() -> None:
    right = transcript("stream-one-call")
    passed = next(each for each in judge(right).verdicts if each.requirement == "done.once")
    assert shrunk(right, passed) is None


def test_the_timeline_has_every_event_in_its_lane_and_marks_the_one_that_departs() -> None:
    (after, broken, exhibit), *_ = shown("done-twice")
    first = next(each for each in broken.findings if each.primary)
    response = after.exchanges[first.exchange].response
    assert response is not None
    events = [event.name for chunk in response.chunks for event in Decoder().events(chunk.data)]
    assert [moment.event for moment in exhibit.moments] == events
    assert exhibit.event == first.event
    lanes = {moment.event: moment.lane for moment in exhibit.moments}
    assert lanes["thread.run.queued"] == "run" and lanes["done"] == ""
    assert lanes["thread.run.step.created"] == "step 2" and lanes["thread.message.delta"] == "message 1"
    assert exhibit.states["run"] == "completed" and exhibit.allowed == ()


def test_a_long_stream_is_shown_around_the_event_that_departs() -> None:
    (_, _, exhibit), *_ = shown("done-twice")
    assert exhibit.event is not None
    left_out = [line for line in exhibit.lines if "are left out here" in line]
    assert left_out == [f"< : {exhibit.event - 8} events are left out here"]
    assert any(line == "< event: done" for line in exhibit.lines)


def test_an_exhibit_holds_no_secret_however_it_was_sent() -> None:
    lie = next(lie for lie in lies("done-twice") if lie.after.scenario == "stream-one-call")

    def with_key(request: Request) -> Request:
        return replace(request, headers=(*request.headers, ("Authorization", f"Bearer {SECRET}"), ("X-Odd", SECRET)),
                       target=f"{request.target}?key={SECRET}")  # fmt: skip

    exchanges = tuple(replace(exchange, request=with_key(exchange.request)) for exchange in lie.after.exchanges)
    exhibitor = Exhibitor(origin="http://127.0.0.1:1", variables={SECRET: "MY_KEY"}, secrets=(SECRET,))
    exhibitor.look(replace(lie.after, exchanges=exchanges), lie.subject)
    for exhibit in exhibitor.exhibits:
        assert SECRET not in repr(exhibit)
        assert '-H "Authorization: Bearer ${MY_KEY}"' in exhibit.curl and "X-Odd" not in exhibit.curl


def test_a_client_that_sent_nothing_is_shown_without_an_exchange() -> None:
    exhibitor = Exhibitor()
    exhibitor.look(Transcript("s", ()), Subject("s", (verdict("sending.submitted", "s", Status.FAIL, finding()),)))
    assert exhibitor.exhibits == (Exhibit("sending.submitted", "s", 1, ()),)


@pytest.mark.parametrize("depth", [400, 900, 100_000])
def test_a_document_that_nests_too_deeply_is_shown_as_it_came(depth: int) -> None:
    deep = b'{"id": "x", "a": ' + b"[" * depth + b"]" * depth + b"}"
    exchange = transcript("json-one-call").exchanges[1]
    assert exchange.response is not None
    deeply = replace(exchange, response=replace(exchange.response, chunks=(Chunk(0, deep),)))
    told = (verdict("response.run-object", "json-one-call", Status.FAIL, finding(exchange=0, event=None)),)
    exhibitor = Exhibitor()
    exhibitor.look(Transcript("json-one-call", (deeply,)), Subject("json-one-call", told))
    assert [line for line in exhibitor.exhibits[0].lines if "[[[[" in line]


def test_a_body_of_any_size_is_shown_in_part() -> None:
    exchange = transcript("json-one-call").exchanges[1]
    assert exchange.response is not None
    large = replace(exchange, response=replace(exchange.response, chunks=(Chunk(0, b"x" * 6_000_000),) * 2))
    told = (verdict("response.run-object", "json-one-call", Status.FAIL, finding(exchange=0, event=None)),)
    exhibitor = Exhibitor()
    exhibitor.look(Transcript("json-one-call", (large,)), Subject("json-one-call", told))
    assert len(exhibitor.exhibits[0].cassette) < 5_000_000
