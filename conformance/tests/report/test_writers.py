"""Every form of a report: all show the same reports, say the same verdict and counts, and survive hostile text."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from xml.etree import ElementTree

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance import __version__
from conformance.model import Report, Status
from conformance.report.counts import requirement_counts
from conformance.report.document import COUNTS
from conformance.report.result import exit_code, verdict_word
from conformance.report.tally import Tally
from conformance.report.writers import WRITERS
from conformance.tests.report.reports import REPORTS, hostile

Make = Callable[[], Report]
Says = Callable[[Report, str], None]


def in_words(report: Report, written: str) -> None:
    shown = unescape(written)
    assert verdict_word(report) in shown
    assert requirement_counts(report) in shown


def in_json(report: Report, written: str) -> None:
    document = json.loads(written)
    tally = Tally.of(report.subjects)
    assert (document["verdict"], document["exit_code"]) == (verdict_word(report), exit_code(report))
    assert {name: document[name] for name in COUNTS} == {name: getattr(tally, name) for name in COUNTS}


def in_junit(report: Report, written: str) -> None:
    root = ElementTree.fromstring(written)
    tally = Tally.of(report.subjects)
    told = {prop.get("name"): prop.get("value") for prop in root.findall("testsuite[@name='run']/*/*/property")}
    cells = [case for suite in root.findall("testsuite") if suite.get("name") != "run" for case in suite]
    assert told["verdict"] == verdict_word(report)
    assert len(cells) == tally.planned + tally.not_applicable
    assert len([c for c in cells if c.find("failure") is not None]) == tally.failed
    assert len([c for c in cells if c.find("error") is not None]) == tally.errors
    skipped = len([c for c in cells if c.find("skipped") is not None])
    effects = tally.failed_after + tally.warned_after
    assert skipped == tally.untestable + tally.not_applicable + tally.known + tally.unscored + effects
    red = int(root.get("failures", "")) + int(root.get("errors", ""))
    assert bool(red) == bool(exit_code(report))


def in_sarif(report: Report, written: str) -> None:
    (run,) = json.loads(written)["runs"]
    tally = Tally.of(report.subjects)
    assert run["properties"]["verdict"] == run["invocations"][0]["exitCodeDescription"] == verdict_word(report)
    assert run["invocations"][0]["exitCode"] == exit_code(report)
    assert {name: run["properties"][name] for name in COUNTS} == {name: getattr(tally, name) for name in COUNTS}
    open_ = [result for result in run["results"] if not result["suppressions"]]
    for level, outcome in (("error", "fail"), ("warning", "warn")):
        rules = {result["ruleId"] for result in open_ if result["level"] == level}
        assert len(rules) == tally.requirements.get(outcome, 0)


def in_a_badge(report: Report, written: str) -> None:
    document = json.loads(written)
    failed = [
        verdict
        for subject in report.subjects
        for verdict in subject.verdicts
        if verdict.status is Status.FAIL and verdict.scored
    ]
    assert (document["color"] == "red") == bool(failed)
    assert document["color"] != "brightgreen" or exit_code(report) == 0
    if Tally.of(report.subjects).judged and not Tally.of(report.subjects).errors:
        assert document["message"].removesuffix(" (part of a run)") in requirement_counts(report)


#: How each form is asked for verdict and counts; one that is not here is a text that has them in our own words.
SAYS: dict[str, Says] = {"json": in_json, "junit": in_junit, "sarif": in_sarif, "badge": in_a_badge}


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("make", REPORTS)
def test_every_form_says_the_same_verdict_and_counts(make: Make, form: str) -> None:
    SAYS.get(form, in_words)(make(), WRITERS[form].render(make()))


@pytest.mark.parametrize("form", ["text", "markdown", "junit", "sarif", "badge", "github"])
@pytest.mark.parametrize("make", REPORTS)
def test_every_form_of_the_small_reports_is_as_it_was(make: Make, form: str, snapshot: SnapshotAssertion) -> None:
    assert WRITERS[form].render(make()).replace(__version__, "VERSION") == snapshot


@pytest.mark.parametrize("form", WRITERS)
def test_what_a_target_sends_steers_nothing_that_shows_the_report(form: str) -> None:
    written = WRITERS[form].render(hostile())
    written.encode("utf-8")
    assert all(character.isprintable() or character == "\n" for character in written)
