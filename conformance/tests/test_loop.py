"""A run keeps its plan: every planned cell gets a verdict, whatever becomes of the target."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID
from conformance.errors import BudgetReached, ConformanceError, NotThisApi, UnreachableTarget
from conformance.model import Confidence, Report, Scenario, Status, Subject, Transcript
from conformance.report.merge import merged
from conformance.report.not_exercised import not_exercised
from conformance.report.result import exit_code
from conformance.run import loop as run_module
from conformance.run.loop import Run, verdicts_on
from conformance.run.plan import JOINED, narrowed, plan
from conformance.tests.report.reports import finding, verdict
from conformance.verdict.judge import planned
from conformance.verdict.terms import masked, strictly
from conformance.wire.secret import Secrets

SECRET = 'hunter2/"hunter2"+é'
PLAYED = ("json-one-call", "stream-one-call", "partial-plain")


class Scripted:
    """A target that answers each scenario with what a table says."""

    traits = frozenset({"state"})
    secrets = (SECRET,)

    def __init__(self, answers: Mapping[str, Exception] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[str] = []
        self.closed = 0

    def describe(self) -> Mapping[str, object]:
        return {"kind": "scripted"}

    def plays(self, scenario: Scenario) -> bool:
        return scenario.id in PLAYED

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        return {"runs": len(scenarios), "requests": 4 * len(scenarios)}

    def exchange(self, scenario: Scenario) -> Transcript:
        self.asked.append(scenario.id)
        if scenario.id in self.answers:
            raise self.answers[scenario.id]
        return Transcript(scenario.id, (), scenario.traits | self.traits)

    def close(self) -> tuple[str, ...]:
        self.closed += 1
        return ("thread_1: still there",)


def passes(transcript: Transcript) -> Subject:
    scenario = BY_ID[transcript.scenario]
    rows = planned(scenario, transcript.traits)
    return Subject(scenario.id, tuple(verdict(row.id, scenario.id, Status.PASS) for row in rows))


JudgedAs = Callable[[Callable[[Transcript], Subject]], None]


@pytest.fixture
def judged_as(monkeypatch: pytest.MonkeyPatch) -> JudgedAs:
    return lambda judge: monkeypatch.setattr(run_module, "judge", lambda transcript, role: judge(transcript))


def finished(target: Scripted, **options: object) -> Report:
    run = Run(target, plan(target), **options)  # type: ignore[arg-type]
    for scenario in run.plan.scenarios:
        run.subject(scenario.id)
    return run.report()


def statuses(report: Report, scenario: str) -> set[Status]:
    return {v.status for subject in report.subjects if subject.name == scenario for v in subject.verdicts}


def test_the_plan_is_what_the_judge_says_is_planned() -> None:
    whole = plan(Scripted())
    assert [scenario.id for scenario in whole.scenarios] == list(PLAYED)
    for scenario in whole.scenarios:
        rows = {row.id for row in planned(scenario, Scripted.traits)}
        assert rows
        assert whole.cells[scenario.id] == rows
    assert whole.open == set(PLAYED)
    cells = sum(len(planned(scenario, Scripted.traits)) for scenario in whole.scenarios)
    assert whole.counts() == {"scenarios": 3, "runs": 3, "requests": 12, "cells": cells}


def test_a_narrowed_plan_costs_less_and_says_nothing_of_the_rest(judged_as: JudgedAs) -> None:
    judged_as(passes)
    target = Scripted()
    part = narrowed(plan(target), target, [("stream-one-call", "done.last"), ("stream-one-call", "done.once")])
    assert part.counts() == {"scenarios": 1, "runs": 1, "requests": 4, "cells": 2}
    run = Run(target, part)
    report = (run.subject("stream-one-call"), run.report())[1]
    assert {v.requirement for v in report.subjects[0].verdicts} == {"done.last", "done.once"}
    assert report.not_exercised == ()
    whole = plan(target)
    assert narrowed(whole, target, whole.names()) is whole


def test_a_scenario_is_exchanged_once_for_all_its_cells_and_after_what_stands_before_it(judged_as: JudgedAs) -> None:
    judged_as(passes)
    target, heard = Scripted(), list[str]()
    run = Run(target, plan(target), on_subject=lambda subject: heard.append(subject.name))
    assert run.reach("stream-one-call") is run.reach("stream-one-call") is run.subject("stream-one-call")
    assert target.asked == heard == ["json-one-call", "stream-one-call"]
    run.reach("partial-plain")
    assert target.asked == list(PLAYED)


@pytest.mark.parametrize(
    "reason", [UnreachableTarget("it went away"), NotThisApi("it is HTML"), BudgetReached("enough")]
)
def test_a_target_that_is_gone_is_asked_no_more_and_told_once(judged_as: JudgedAs, reason: ConformanceError) -> None:
    judged_as(passes)
    target = Scripted({"stream-one-call": reason})
    report = finished(target)
    assert target.asked == ["json-one-call", "stream-one-call"]
    assert statuses(report, "json-one-call") == {Status.PASS}
    assert statuses(report, "stream-one-call") == statuses(report, "partial-plain") == {Status.UNTESTABLE}
    assert report.interrupted == reason.message
    assert report.leftovers == ("thread_1: still there",)
    assert exit_code(report) == 2


def test_a_slip_of_ours_is_an_error_and_the_rest_goes_on(judged_as: JudgedAs) -> None:
    judged_as(passes)
    report = finished(Scripted({"stream-one-call": KeyError("x")}))
    assert statuses(report, "stream-one-call") == {Status.ERROR}
    assert statuses(report, "partial-plain") == {Status.PASS}
    assert "KeyError" in str(report.subjects[1].verdicts[0].reason)
    assert exit_code(report) == 3


def test_a_cell_the_judge_passes_over_is_a_slip_of_ours(judged_as: JudgedAs) -> None:
    judged_as(lambda transcript: replace(passes(transcript), verdicts=passes(transcript).verdicts[1:]))
    target = Scripted()
    report = finished(target)
    planned_cells = sum(len(planned(BY_ID[name], target.traits)) for name in PLAYED)
    assert sum(len(subject.verdicts) for subject in report.subjects) == planned_cells
    assert exit_code(report) == 3


def test_an_interrupted_run_reports_what_there_is(judged_as: JudgedAs) -> None:
    judged_as(passes)
    target = Scripted()
    run = Run(target, plan(target))
    run.subject("json-one-call")
    report = run.report("interrupted from the keyboard")
    assert [subject.name for subject in report.subjects] == list(PLAYED)
    assert statuses(report, "json-one-call") == {Status.PASS}
    assert statuses(report, "partial-plain") == {Status.UNTESTABLE}
    assert target.closed == 1
    assert exit_code(report) == 2


def test_strict_fails_what_warns_unless_it_is_only_inferred() -> None:
    attested = verdict("events.usage", "s", Status.WARN, finding())
    inferred = verdict("request.extra-key", "s", Status.WARN, finding())
    assert REQUIREMENTS["request.extra-key"].confidence is Confidence.L
    strict = strictly(Subject("s", (attested, inferred)))
    assert [v.status for v in strict.verdicts] == [Status.FAIL, Status.WARN]


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(json.dumps(SECRET)),
        "".join(f"\\u{ord(character):04x}" for character in SECRET),
        quote(SECRET, safe=""),
        base64.b64encode(f"Basic {SECRET}".encode()).decode(),
    ],
    ids=["plain", "JSON in JSON", "escaped", "percent-encoded", "base64"],
)
def test_no_report_holds_a_secret_that_a_target_sends_back(spelled: str) -> None:
    quoting = finding(
        message=spelled, expected=spelled, got=f"key {spelled} is wrong", pointer=f"/{spelled}", details=(spelled,)
    )
    told = verdict("done.last", "s", Status.FAIL, quoting, reason=spelled)
    shape = ({"events": [spelled], "fields": {spelled: spelled}, "status": 200},)
    clean = masked(Subject("s", (told,), unknown_events=(spelled,), shape=shape), Secrets(Scripted.secrets))
    (only,) = clean.verdicts
    (told_as,) = only.findings
    texts = (told_as.message, told_as.expected, told_as.got, told_as.pointer, *told_as.details, only.reason)
    texts += (*clean.unknown_events, *(json.dumps(part, ensure_ascii=False) for part in clean.shape))
    assert not [text for text in texts if spelled in str(text) or "hunter2" in str(text)]
    assert "…" in told_as.got
    assert told_as.got.endswith(" is wrong")


def test_nothing_is_masked_where_nothing_is_secret() -> None:
    subject = Subject("s", (verdict("done.last", "s", Status.FAIL, finding()),))
    assert masked(subject, Secrets()) == subject


def test_workers_reports_become_one_report_of_the_whole(judged_as: JudgedAs) -> None:
    judged_as(passes)
    parts = []
    for mine in PLAYED:
        run = Run(Scripted(), plan(Scripted()))
        run.subject(mine)
        parts.append(run.report())
    whole = merged(parts)
    assert [subject.name for subject in whole.subjects] == list(PLAYED)
    assert {v.status for subject in whole.subjects for v in subject.verdicts} == {Status.PASS}
    assert whole.leftovers == ("thread_1: still there",) * 3
    assert exit_code(whole) == 0


def test_joined_verdicts_are_kept_where_they_are_wanted(judged_as: JudgedAs) -> None:
    lucky = verdict("errors.rate-limit", "json-one-call", Status.PASS, joined=True)
    judged_as(lambda transcript: replace(passes(transcript), verdicts=(*passes(transcript).verdicts, lucky)))
    target = Scripted()
    whole = Run(target, plan(target)).subject("json-one-call")
    assert verdicts_on(whole, JOINED) == (lucky,)
    part = narrowed(plan(target), target, [("json-one-call", "response.status-200")])
    assert verdicts_on(Run(target, part).subject("json-one-call"), JOINED) == ()


def test_what_nothing_showed_is_listed_and_what_is_excluded_is_not() -> None:
    assert "errors.rate-limit" in not_exercised(())
    assert "done.last" not in not_exercised((Subject("s", (verdict("done.last", "s", Status.PASS),)),))
    assert not [name for name in not_exercised(()) if REQUIREMENTS[name].excluded]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ((Status.PASS,), 0),
        ((Status.PASS, Status.WARN), 0),
        ((), 5),
        ((Status.NOT_APPLICABLE,), 5),
        ((Status.PASS, Status.UNTESTABLE), 2),
        ((Status.PASS, Status.UNTESTABLE, Status.FAIL), 1),
        ((Status.FAIL, Status.ERROR), 3),
    ],
)
def test_the_exit_code_is_the_first_that_holds(cells: tuple[Status, ...], code: int) -> None:
    subject = Subject("s", tuple(verdict("done.last", "s", status) for status in cells))
    assert exit_code(Report({"kind": "http"}, (subject,))) == code
