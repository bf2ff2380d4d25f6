"""One rule for every number: a requirement by its verdicts, whatever counts them."""

from __future__ import annotations

import json

import pytest

from conformance.model import Report, Status, Subject
from conformance.report.badge import render as badge
from conformance.report.column import Column
from conformance.report.counts import requirement_counts, subject_counts
from conformance.report.document import REQUIREMENT_COUNTS, report_document
from conformance.report.entries import entries
from conformance.report.matrix import as_json
from conformance.report.tally import OUTCOMES, Tally, results
from conformance.tests.report.reports import REPORTS, failing, finding, verdict

PASS, FAIL, UNTESTABLE, NOT = Status.PASS, Status.FAIL, Status.UNTESTABLE, Status.NOT_APPLICABLE


def report(*statuses: Status) -> Report:
    """One requirement, with a verdict of each status in a scenario of its own."""
    names = [f"s{index}" for index in range(len(statuses))]
    return Report(
        {"kind": "http"},
        tuple(
            Subject(name, (verdict("done.last", name, status, *([finding()] if status is FAIL else [])),))
            for name, status in zip(names, statuses, strict=True)
        ),
    )


@pytest.mark.parametrize(
    ("statuses", "outcome", "passed", "planned"),
    [
        ((PASS, PASS), "pass", 2, 2),
        ((PASS, UNTESTABLE, UNTESTABLE), "pass", 1, 3),
        ((PASS, FAIL, UNTESTABLE), "fail", 1, 3),
        ((UNTESTABLE, UNTESTABLE), "untestable", 0, 2),
        ((UNTESTABLE, NOT), "untestable", 0, 1),
        ((PASS, NOT), "pass", 1, 1),
        ((NOT,), "not_applicable", 0, 0),
    ],
)
def test_a_requirement_comes_to_what_its_verdicts_do(
    statuses: tuple[Status, ...], outcome: str, passed: int, planned: int
) -> None:
    made = report(*statuses)
    result = results(made.subjects)["done.last"]
    assert (result.outcome, result.passed, result.planned) == (outcome, passed, planned)
    assert Tally.of(made.subjects).requirements == {outcome: 1}
    (entry,) = entries(made)
    assert entry.word == outcome
    assert requirement_counts(made).startswith(f"requirements: {int(outcome == 'fail')} failed, ")


@pytest.mark.parametrize("make", REPORTS)
def test_page_document_badge_and_matrix_have_the_same_counts(make) -> None:
    made = make()
    counted = dict.fromkeys(OUTCOMES, 0)
    for entry in entries(made):
        if entry.result is not None:
            counted[entry.word] += 1
    document = report_document(made)
    assert {outcome: document["requirements"][name] for name, outcome in REQUIREMENT_COUNTS.items()} == counted
    (column,) = json.loads(as_json([Column("x", "server", "x", made)]))["targets"]
    assert column["requirements"] == document["requirements"]
    message = json.loads(badge(made))["message"]
    if message not in ("no verdict", "nothing judged"):
        assert f"{counted['fail']} failed, {counted['pass']} passed" in message


def test_a_scenario_is_counted_by_requirements() -> None:
    counts = "1 failed, 0 passed, 1 due to another failure, 1 warned, 1 could not be tested"
    assert subject_counts(failing().subjects[0]) == counts
