"""What became of each cell between two editions, and which of it is a reason to stop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.model import Finding, Profile, Report, Status, Subject, Verdict
from conformance.tests.report.reports import finding, verdict
from conformance.verdict.compare import Comparison, Kind, compare, edition
from conformance.verdict.reshaping import reshaping

#: done.last is a MUST, events.usage a SHOULD.
MUST, SHOULD = "done.last", "events.usage"
OTHER = finding(kind="repeated", message="quite another cause")


def told(*verdicts: Verdict, name: str = "s", **facts: object) -> Report:
    return Report({"kind": "http", "base_url": "http://h/v1"}, (Subject(name, verdicts),), **facts)  # type: ignore[arg-type]


def cell(status: Status | None, *findings: Finding, requirement: str = MUST, **facts: object) -> tuple[Verdict, ...]:
    return () if status is None else (verdict(requirement, "s", status, *findings, **facts),)


def between(old: Report, new: Report) -> Comparison:
    return compare(edition(old, "old", "1"), edition(new, "new", "1"))


PASS, FAIL, WARN, UNTESTABLE, ERROR = Status.PASS, Status.FAIL, Status.WARN, Status.UNTESTABLE, Status.ERROR


@pytest.mark.parametrize(
    ("old", "new", "kind", "regression"),
    [
        (cell(PASS), cell(PASS), None, False),
        (cell(PASS), cell(FAIL, finding()), Kind.NEW, True),
        (cell(WARN, finding()), cell(FAIL, finding()), Kind.NEW, True),
        (cell(UNTESTABLE), cell(FAIL, finding()), Kind.NEW, True),
        (cell(None), cell(FAIL, finding()), Kind.NEW, True),
        (cell(PASS), cell(FAIL, finding(), known="a known one"), Kind.NEW, False),
        (cell(PASS), cell(FAIL, finding(), scored=False), Kind.NEW, False),
        (cell(FAIL, finding()), cell(FAIL, finding(ms=9, event=3, got="x")), None, False),
        (cell(FAIL, finding()), cell(FAIL, OTHER), Kind.CHANGED, True),
        (cell(FAIL, finding()), cell(FAIL, finding(), OTHER), Kind.CHANGED, True),
        (cell(FAIL, finding(), OTHER), cell(FAIL, finding()), None, False),
        (cell(FAIL, finding()), cell(PASS), Kind.MENDED, False),
        (cell(FAIL, finding()), cell(WARN, finding()), Kind.MENDED, False),
        (cell(FAIL, finding()), cell(UNTESTABLE), Kind.VANISHED, True),
        (cell(PASS), cell(None), Kind.VANISHED, True),
        (cell(PASS), cell(ERROR), Kind.VANISHED, True),
        (cell(PASS, joined=True), cell(None), Kind.VANISHED, False),
        (cell(PASS, requirement=SHOULD), cell(None), Kind.VANISHED, False),
        (cell(PASS, requirement=SHOULD), cell(WARN, finding(), requirement=SHOULD), Kind.WARNED, False),
        (cell(None), cell(WARN, finding(), requirement=SHOULD), Kind.WARNED, False),
        (cell(WARN, finding(), requirement=SHOULD), cell(WARN, OTHER, requirement=SHOULD), Kind.CHANGED, False),
        (cell(WARN, finding(), requirement=SHOULD), cell(PASS, requirement=SHOULD), Kind.CLEARED, False),
        (cell(None), cell(PASS), Kind.APPEARED, False),
        (cell(UNTESTABLE), cell(PASS), Kind.APPEARED, False),
        (cell(UNTESTABLE), cell(None), None, False),
        (cell(None), cell(Status.NOT_APPLICABLE), None, False),
    ],
)
def test_every_fate_of_a_cell_has_its_kind(
    old: tuple[Verdict, ...], new: tuple[Verdict, ...], kind: Kind | None, regression: bool
) -> None:
    found = between(told(*old), told(*new))
    assert [change.kind for change in found.changes] == ([] if kind is None else [kind])
    assert found.regressed is regression


def test_a_scenario_that_is_gone_is_gone_cell_by_cell() -> None:
    two = told(*cell(PASS), *cell(PASS, requirement=SHOULD))
    found = between(two, told(name="another"))
    assert {(change.requirement, change.regression) for change in found.changes} == {(MUST, True), (SHOULD, False)}


@pytest.mark.parametrize(
    "partly",
    [
        {"profile": Profile(selection="done")},
        {"profile": Profile(shard="1/2")},
        {"interrupted": "from the keyboard"},
    ],
)
def test_what_only_one_of_the_two_was_asked_for_is_counted_and_not_compared(partly: dict[str, Any]) -> None:
    both = (*cell(PASS), *cell(PASS, requirement=SHOULD))
    for old, new in ((told(*both), told(*cell(PASS), **partly)), (told(*cell(PASS), **partly), told(*both))):
        found = between(old, new)
        assert (found.changes, found.compared, found.apart) == ((), 1, 1)


def test_what_was_never_reached_in_a_run_that_was_cut_short_is_not_said_to_have_vanished() -> None:
    unreached = Subject("s", cell(UNTESTABLE), reason="interrupted")
    found = between(told(*cell(PASS)), replace(told(interrupted="interrupted"), subjects=(unreached,)))
    assert (found.changes, found.apart) == ((), 1)


def test_regressions_come_first_and_other_terms_are_told() -> None:
    old = told(*cell(FAIL, finding()), *cell(PASS, requirement=SHOULD), *cell(PASS, requirement="done.once"))
    new = told(
        *cell(PASS), *cell(WARN, finding(), requirement=SHOULD), *cell(FAIL, finding(), requirement="done.once"),
        profile=Profile(strict=True),
    )  # fmt: skip
    found = compare(edition(old, "old", "1"), edition(new, "new", "2"))
    assert [change.kind for change in found.changes] == [Kind.NEW, Kind.WARNED, Kind.MENDED]
    assert found.differences == (("suite", "1", "2"), ("strict", "no", "yes"))


def test_of_several_recordings_in_one_file_the_worst_stands() -> None:
    both = (*cell(PASS), *cell(FAIL, finding()))
    (change,) = between(told(*cell(PASS)), told(*both)).changes
    assert (change.kind, change.finding) == (Kind.NEW, finding())


def test_strict_stops_at_new_warnings_and_other_shapes() -> None:
    warned = between(told(*cell(PASS, requirement=SHOULD)), told(*cell(WARN, finding(), requirement=SHOULD)))
    assert (warned.failing(strict=False), warned.failing(strict=True)) == (False, True)
    subject = Subject("s", cell(PASS), shape=({"operation": "submit", "status": 200},))
    other = replace(subject, shape=({"operation": "submit", "status": 201},))
    reshaped = between(replace(told(), subjects=(subject,)), replace(told(), subjects=(other,)))
    assert reshaped.reshaped == {"s": ("- exchange 0: status 200", "+ exchange 0: status 201")}
    assert (reshaped.failing(strict=False), reshaped.failing(strict=True)) == (False, True)
    without = between(told(*cell(PASS)), replace(told(), subjects=(other,)))
    assert not without.reshaped, "an old report without shapes has nothing to compare"


def test_a_reshaping_says_what_is_gone_and_what_came() -> None:
    def submit(events: list[str], fields: dict[str, str]) -> dict[str, object]:
        return {"operation": "submit", "method": "POST", "path": "/p", "events": events, "fields": fields}

    look = {"operation": "get-run", "method": "GET", "path": "/r", "status": 200}
    old = (look, submit(["a", "b", "done"], {"thread.run": "id status"}))
    new = (submit(["a", "c", "done"], {"thread.run": "id usage", "error": "code"}), {**look, "path": "/s"})
    assert reshaping(old, new) == (
        "- exchange 0: get-run GET /r",
        "- exchange 0: event 1 b",
        "+ exchange 0: event 1 c",
        "+ exchange 0: field code of error",
        "- exchange 0: field status of thread.run",
        "+ exchange 0: field usage of thread.run",
        "+ exchange 1: get-run GET /s",
    )
    assert reshaping(old, old) == ()
