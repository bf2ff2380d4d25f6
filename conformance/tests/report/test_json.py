"""The documents for programs: fixed keys, their own schema, one line a subject that any reader takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from conformance.files import schemas_folder
from conformance.model import Report, Status, Subject
from conformance.report import folder
from conformance.report.document import report_document
from conformance.report.json_writer import line, page
from conformance.tests.report.reports import REPORTS, failing, finding, passing, unreadable, verdict

Make = Callable[[], Report]

SUBJECT = ["scenario", "verdict", "planned", "judged", "verdicts"]
VERDICT = ["requirement", "level", "role", "scenario", "status", "findings"]
FINDING = ["message", "expected", "got", "exchange", "event", "span", "ms", "pointer", "primary", "because"]
REPORT = [
    *("report", "suite", "target", "plan", "planned", "judged", "subjects", "not_exercised", "leftovers"),
    "interrupted",
]


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads((schemas_folder() / "own/report.json").read_text("utf-8")))


@pytest.mark.parametrize("make", REPORTS)
@pytest.mark.parametrize("kind", ["scenario", "file"])
def test_every_report_fits_its_schema(make: Make, kind: str, schema: jsonschema_rs.Draft202012Validator) -> None:
    schema.validate(json.loads(page(make(), kind)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.pop("leftovers"),
        lambda document: document.update(more=1),
        lambda document: document["subjects"][0].update(verdict="error"),
        lambda document: document["subjects"][0].update(file="x"),
        lambda document: document["subjects"][0]["verdicts"][0].update(status="ok"),
        lambda document: document["subjects"][0]["verdicts"][0]["findings"][0].update(span=[1]),
        lambda document: document["subjects"][0]["verdicts"][0]["findings"][0].pop("primary"),
    ],
)
def test_the_schema_refuses_what_is_no_report(
    spoil: Callable[[Any], object], schema: jsonschema_rs.Draft202012Validator
) -> None:
    document = json.loads(page(failing(), "scenario"))
    assert schema.is_valid(document)
    spoil(document)
    assert not schema.is_valid(document)


def test_the_keys_are_the_fixed_ones_in_their_order() -> None:
    document = report_document(failing())
    assert list(document) == REPORT
    subject = document["subjects"][0]
    assert list(subject) == SUBJECT
    assert list(report_document(passing(), "file")["subjects"][0]) == ["file", *SUBJECT[1:]]
    assert [key for key in subject["verdicts"][0] if key != "more"] == VERDICT
    assert list(subject["verdicts"][0]["findings"][0]) == FINDING
    assert "reason" in subject["verdicts"][3]


def test_planned_and_judged_count_the_same_cells_as_the_verdicts() -> None:
    subject = json.loads(line(failing().subjects[0], "scenario"))
    assert (subject["planned"], subject["judged"], subject["verdict"]) == (4, 3, "fail")


def test_what_is_not_applicable_was_not_planned() -> None:
    cells = (verdict("done.last", "s", Status.PASS), verdict("done.once", "s", Status.NOT_APPLICABLE, reason="r"))
    subject = json.loads(line(Subject("s", cells), "scenario"))
    assert (subject["planned"], subject["judged"], subject["verdict"]) == (1, 1, "pass")


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (unreadable().subjects[0], "cannot read x.sse"),
        (Subject("s", (verdict("done.last", "s", Status.UNTESTABLE, reason="no run"),)), "no run"),
        (Subject("s", ()), "it holds nothing to judge"),
    ],
)
def test_what_could_not_be_judged_says_why(subject: Subject, reason: str) -> None:
    document = json.loads(line(subject, "file"))
    assert (document["verdict"], document["reason"]) == ("error", reason)


def test_a_warning_does_not_fail_and_an_error_of_ours_does_not_pass() -> None:
    warned = Subject("s", (verdict("events.usage", "s", Status.WARN, finding()),))
    slipped = Subject("s", (verdict("done.last", "s", Status.ERROR), verdict("done.once", "s", Status.PASS)))
    assert json.loads(line(warned, "scenario"))["verdict"] == "pass"
    assert json.loads(line(slipped, "scenario"))["verdict"] == "error"


@pytest.mark.parametrize("make", REPORTS)
def test_a_line_is_one_line_of_ascii_that_strict_readers_take(make: Make) -> None:
    for subject in make().subjects:
        text = line(subject, "scenario")
        assert text.isascii()
        assert "\n" not in text
        orjson.loads(text)


def test_a_report_is_kept_as_two_files(tmp_path: Path) -> None:
    report: Report = failing()
    written = folder.write(report, str(tmp_path / "new"), "conformance server")
    assert [path.name for path in written] == ["report.json", "report.txt"]
    assert json.loads(written[0].read_text("utf-8")) == json.loads(page(report, "scenario"))
    assert written[1].read_text("utf-8").startswith("FAIL  ")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["report.json", "report.txt"]
