"""The documents for programs: fixed keys, their own schema, one line a subject that any reader takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from conformance.errors import UnreadableInput
from conformance.files import schemas_folder
from conformance.model import Complaint, Exhibit, Moment, Profile, Report, Role, Status, Subject
from conformance.report import folder, reader
from conformance.report.document import report_document, subject_document
from conformance.report.json_writer import line, lines, render
from conformance.report.writers import WRITERS
from conformance.tests.report.reports import REPORTS, failing, finding, passing, unreadable, verdict
from conformance.wire.json_schema import own_validator

Make = Callable[[], Report]

SUBJECT = ["scenario", "verdict", "planned", "judged", "verdicts"]
VERDICT = ["requirement", "level", "role", "scenario", "status", "findings"]
FINDING = ["kind", "message", "expected", "got", "exchange", "event", "span", "ms", "pointer", "primary", "because"]
REPORT = [
    *("report", "suite", "schemas", "target", "profile", "again", "began", "took_ms", "verdict", "exit_code", "plan"),
    *("planned", "joined", "judged", "passed", "failed", "warned", "known", "unscored", "untestable"),
    *(
        "not_applicable",
        "errors",
        "requirements",
        "subjects",
        "not_exercised",
        "leftovers",
        "interrupted",
        "known_failures",
    ),
    *("complaints", "exhibits"),
]


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads((schemas_folder() / "own/report.json").read_text("utf-8")))


@pytest.mark.parametrize("make", REPORTS)
def test_every_report_fits_its_schema(make: Make, schema: jsonschema_rs.Draft202012Validator) -> None:
    schema.validate(json.loads(render(make())))


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
    document = json.loads(render(failing()))
    assert schema.is_valid(document)
    spoil(document)
    assert not schema.is_valid(document)


def test_the_keys_are_the_fixed_ones_in_their_order() -> None:
    document = report_document(failing())
    assert list(document) == REPORT
    subject = document["subjects"][0]
    assert [key for key in subject if key != "unknown_events"] == SUBJECT
    assert list(subject_document(passing().subjects[0], "file")) == ["file", *SUBJECT[1:]]
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


@pytest.fixture(scope="module")
def line_schema() -> jsonschema_rs.Draft202012Validator:
    return own_validator("report", "line")


@pytest.mark.parametrize("make", REPORTS)
def test_lines_fit_their_schema_and_the_last_one_sums_up(
    make: Make, line_schema: jsonschema_rs.Draft202012Validator
) -> None:
    written = [json.loads(each) for each in lines(make())]
    for document in written:
        line_schema.validate(document)
    last, document = written[-1], report_document(make())
    assert [last.get("scenario"), last.get("file"), last["planned"], last["judged"], last["verdicts"]] == [
        None, None, 0, 0, [],
    ]  # fmt: skip
    assert last["summary"] == {**document, "subjects": [], "exhibits": []}
    assert sum(each["planned"] for each in written) == document["planned"]
    assert [each for each in written if "summary" in each] == [last]


@pytest.mark.parametrize("make", [*REPORTS, lambda: Report({"kind": "http"}, ())])
def test_lines_read_back_as_the_report(make: Make) -> None:
    assert render(reader.read("\n".join(lines(make())).encode(), "x")) == render(make())


def test_lines_that_were_cut_short_are_refused() -> None:
    written = "\n".join([*lines(failing())][:-1])
    with pytest.raises(UnreadableInput, match="lines may be missing"):
        reader.read(written.encode(), "x")


def test_a_report_is_kept_in_every_form_beside_its_cassettes(tmp_path: Path) -> None:
    exhibit = Exhibit("done.last", "stream-one-call", 1, ("> POST /x",), cassette="{}\n")
    report = replace(failing(), exhibits=(exhibit,))
    folder.write(report, str(tmp_path / "new"))
    there = {str(path.relative_to(tmp_path / "new")) for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert there == {folder.MANIFEST, "repro/done.last.jsonl", *(writer.file for writer in WRITERS.values())}
    assert (tmp_path / "new/report.json").read_text("utf-8") == render(report)


@pytest.mark.parametrize("make", REPORTS)
def test_a_report_reads_back_as_what_was_written(make: Make) -> None:
    profile = Profile(Role.CLIENT, "2026.11", strict=True, selection="done", shard="1/2", seed=7)
    moments = (Moment(3, "thread.run.queued", "run", (0, 9)),)
    exhibit = Exhibit("done.last", "s", 1, ("a",), "curl", moments, 0, {"run": "waiting"}, ("error",), "{}\n")
    report = replace(
        make(), profile=profile, again="conformance server", began="2026-11-20T10:02:11Z", took_ms=5,
        exhibits=(exhibit,), complaints=(Complaint("stale", "done.last", "it passes"),),
    )  # fmt: skip
    written = render(report)
    assert render(reader.read(written.encode(), "x")) == written


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b'{"report": 2}\n{"report": 2}', "the last line has no summary"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "not a report"),
        (b'{"report": 1}', "format 1"),
        (b'{"report": 2}', "lacks '"),
        (render(passing()).replace('"pass"', '"fine"').encode(), "verdict must be one of pass, fail, error"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableInput, match=said):
        reader.read(content, "report.json")
