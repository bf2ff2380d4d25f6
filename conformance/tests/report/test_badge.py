"""The badge: how many MUSTs are met, in a colour that does not flatter."""

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
        (passing(), "1/1 MUST", "brightgreen"),
        (failing(), "0/2 MUST, in part", "red"),
        (broken(), "no verdict", "lightgrey"),
        (unreadable(), "nothing judged", "lightgrey"),
        (excused(), "1/2 MUST", "red"),
        (replace(passing(), profile=Profile(selection="done")), "1/1 MUST, in part", "yellow"),
        (replace(passing(), profile=Profile(shard="1/2")), "1/1 MUST, in part", "yellow"),
        (replace(passing(), interrupted="a limit"), "1/1 MUST, in part", "yellow"),
    ],
)
def test_the_badge_says_how_many_musts_are_met(report: Report, message: str, colour: str) -> None:
    assert badge(report) == (message, colour)


def test_a_requirement_counts_once_and_is_met_only_where_it_is_met_everywhere() -> None:
    subjects = (
        Subject("a", (verdict("done.last", "a", Status.PASS), verdict("done.once", "a", Status.PASS))),
        Subject("b", (verdict("done.last", "b", Status.FAIL, finding()), verdict("done.once", "b", Status.PASS))),
    )
    assert badge(Report({"kind": "http"}, subjects)) == ("1/2 MUST", "red")


def test_no_other_level_counts() -> None:
    cells = (verdict("done.last", "s", Status.PASS), verdict("events.usage", "s", Status.FAIL, finding()))
    assert badge(Report({"kind": "http"}, (Subject("s", cells),))) == ("1/1 MUST", "brightgreen")


def test_it_is_an_endpoint_document_that_names_who_was_judged() -> None:
    document = json.loads(render(replace(passing(), profile=Profile(Role.CLIENT))))
    assert document["schemaVersion"] == 1
    assert document["label"] == "submit_tool_outputs client"
    assert set(document) == {"schemaVersion", "label", "message", "color"}
