"""The badge: the counts of requirements that every report has, in a colour that does not flatter."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.model import Profile, Report, Role, Status, Subject
from conformance.report.badge import render
from conformance.tests.report.reports import broken, excused, failing, finding, passing, unreadable, verdict


def badge(report: Report) -> tuple[str, str]:
    document = json.loads(render(report))
    return document["message"], document["color"]


@pytest.mark.parametrize(
    ("report", "message", "colour"),
    [
        (passing(), "0 failed, 1 passed", "brightgreen"),
        (
            failing(),
            "1 failed, 0 passed, 1 due to another failure, 1 warned, 1 could not be tested (part of a run)",
            "red",
        ),
        (broken(), "no verdict", "lightgrey"),
        (unreadable(), "nothing judged", "lightgrey"),
        (excused(), "0 failed, 1 passed, 1 known to fail, 1 not scored", "red"),
        (replace(passing(), profile=Profile(selection="done")), "0 failed, 1 passed (part of a run)", "yellow"),
        (replace(passing(), profile=Profile(shard="1/2")), "0 failed, 1 passed (part of a run)", "yellow"),
        (replace(passing(), interrupted="a limit"), "0 failed, 1 passed (part of a run)", "yellow"),
    ],
)
def test_the_badge_says_what_requirements_came_to(report: Report, message: str, colour: str) -> None:
    assert badge(report) == (message, colour)


def test_a_requirement_counts_once_and_passes_only_where_it_fails_nowhere() -> None:
    subjects = (
        Subject("a", (verdict("done.last", "a", Status.PASS), verdict("done.once", "a", Status.PASS))),
        Subject("b", (verdict("done.last", "b", Status.FAIL, finding()), verdict("done.once", "b", Status.PASS))),
    )
    assert badge(Report({"kind": "http"}, subjects)) == ("1 failed, 1 passed", "red")


def test_what_fails_because_of_strict_is_not_green() -> None:
    cells = (verdict("done.last", "s", Status.PASS), verdict("events.usage", "s", Status.FAIL, finding()))
    assert badge(Report({"kind": "http"}, (Subject("s", cells),))) == ("1 failed, 1 passed", "red")


def test_it_is_an_endpoint_document_that_names_who_was_judged() -> None:
    document = json.loads(render(replace(passing(), profile=Profile(Role.CLIENT))))
    assert document["schemaVersion"] == 1
    assert document["label"] == "submit_tool_outputs client"
    assert set(document) == {"schemaVersion", "label", "message", "color"}
