"""JUnit XML as CI systems read it: valid, red where the run is, a line to act on for each failure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
import xmlschema

from conformance.model import Report, Status, Subject
from conformance.report.junit import render
from conformance.report.result import exit_code
from conformance.report.tally import Tally
from conformance.tests.report.reports import (
    ATTACK,
    REPORTS,
    excused,
    failing,
    finding,
    hostile,
    passing,
    unreadable,
    verdict,
)  # fmt: skip
from conformance.verdict.terms import strictly


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def case(report: Report, name: str) -> Element:
    (found,) = fromstring(render(report)).findall(f"testsuite/testcase[@name='{name}']")
    return found


def outcome(report: Report, name: str, tag: str) -> Element:
    found = case(report, name).find(tag)
    assert found is not None
    return found


@pytest.mark.parametrize("make", [*REPORTS, hostile])
def test_every_report_fits_the_schema(make, schema: xmlschema.XMLSchema) -> None:
    schema.validate(render(replace(make(), began="2026-11-20T10:02:11Z", took_ms=5213)))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ('tests="9"', 'tests="many"'),
        ('classname="conformance.run"', ""),
        ("<failure message=", "<failure text="),
        ('name="stream-three-calls:done.last"', 'name="stream-one-call:done.last"'),
    ],
)
def test_the_schema_refuses_what_is_none(ours: str, theirs: str, schema: xmlschema.XMLSchema) -> None:
    written = render(failing())
    assert ours in written
    assert not schema.is_valid(written.replace(ours, theirs))


def test_a_failure_is_one_line_and_the_block_that_people_act_on() -> None:
    failed = outcome(failing(), "stream-one-call:done.last", "failure")
    assert failed.get("message") == (
        "done.last (MUST): an event follows done; expected nothing after done, got thread.message.delta"
    )
    assert (failed.text or "").startswith("FAIL  done.last  MUST  stream-one-call\n  found     an event follows done\n")
    assert "\n  source    " in (failed.text or "")


def test_a_case_says_requirement_level_and_status() -> None:
    told = [
        (prop.get("name"), prop.get("value")) for prop in case(failing(), "stream-one-call:done.last").iter("property")
    ]
    assert told == [("requirement", "done.last"), ("level", "MUST"), ("status", "fail")]


def test_a_warning_is_told_and_fails_only_when_strict() -> None:
    warned = case(failing(), "stream-one-call:events.usage")
    assert [child.tag for child in warned] == ["properties", "system-out"]
    strict = replace(failing(), subjects=tuple(map(strictly, failing().subjects)))
    assert outcome(strict, "stream-one-call:events.usage", "failure").get("type") == "SHOULD"


@pytest.mark.parametrize(
    ("report", "name", "said"),
    [
        (failing(), "stream-one-call:order.terminal-once", "could not be tested: nothing to look at"),
        (excused(), "stream-one-call:done.last", "known failure: the proxy appends an event"),
        (excused(), "stream-one-call:done.once", "not scored: newer than the requirement set that is scored"),
    ],
)
def test_what_does_not_count_is_skipped_with_its_reason(report: Report, name: str, said: str) -> None:
    assert outcome(report, name, "skipped").get("message") == said


def test_as_many_failures_as_the_report_counts() -> None:
    report = failing()
    tally = Tally.of(report.subjects)
    assert (tally.failed, tally.failed_after) == (2, 2)
    assert fromstring(render(report)).get("failures") == "2"
    effect = case(report, "stream-one-call:done.closes")
    assert [child.tag for child in effect] == ["properties", "skipped", "system-out"]
    skipped = outcome(report, "stream-one-call:done.closes", "skipped")
    assert skipped.get("message") == "due to another failure: done.last"


def test_a_failure_that_only_a_warning_explains_is_that_of_the_run() -> None:
    effect = verdict("done.last", "s", Status.FAIL, finding(primary=False, because="events.usage"))
    report = Report({"kind": "http"}, (Subject("s", (verdict("events.usage", "s", Status.WARN, finding()), effect)),))
    assert exit_code(report) == 1
    assert (outcome(report, "complete", "failure").get("message") or "").startswith("requirements: 0 failed")


def test_what_no_cell_shows_is_red_too() -> None:
    assert outcome(failing(), "complete", "error").get("message") == "the limit of 7 requests is reached"
    assert outcome(unreadable(), "x.sse", "error").get("message") == "cannot read x.sse"
    assert (outcome(Report({"kind": "http"}, ()), "complete", "error").get("message") or "").startswith(
        "NOTHING JUDGED"
    )
    untestable = Subject("s", (verdict("done.last", "s", Status.UNTESTABLE, reason="r"),))
    half = replace(passing(), subjects=(*passing().subjects, untestable))
    assert (outcome(half, "complete", "error").get("message") or "").startswith("INCOMPLETE")
    assert outcome(excused(), "done.present (stale)", "failure").get("message") == "it passes: take it off the list"


def test_two_recordings_in_one_file_are_two_cases(schema: xmlschema.XMLSchema) -> None:
    cells = tuple(verdict("done.last", "x", Status.FAIL, finding()) for _ in range(2))
    written = render(Report({"kind": "recordings"}, (Subject("x.json", cells),)))
    schema.validate(written)
    names = [each.get("name") for each in fromstring(written).findall("testsuite[@name='done']/testcase")]
    assert names == ["x.json:done.last", "x.json:done.last (2)"]


def test_text_comes_back_as_it_was_spelled_out() -> None:
    (error,) = fromstring(render(hostile())).findall("testsuite[@name='run']/testcase[@name='complete']/error")
    spelled = {"\x1b": r"\x1b", "\x07": r"\x07", "\u202e": r"\u202e", "\r": r"\x0d", "\n": r"\x0a", "\ud800": r"\ud800"}
    assert error.text == error.get("message") == "".join(spelled.get(each, each) for each in ATTACK)


def test_a_failure_that_nobody_found_words_for_is_told_by_its_sentence() -> None:
    bare = Report({"kind": "http"}, (Subject("s", (verdict("done.last", "s", Status.FAIL),)),))
    said = outcome(bare, "s:done.last", "failure").get("message")
    assert said == "done.last (MUST): A stream MUST NOT hold any event after `done`."
