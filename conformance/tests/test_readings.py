"""What people say of findings: read from a file, shown with each finding, and named where the finding is gone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.errors import UnreadableInput
from conformance.report.column import Column
from conformance.report.matrix import as_json, as_page
from conformance.report.results_page import as_results
from conformance.run.readings import held, outdated, readings
from conformance.tests.report.reports import failing, passing
from conformance.wire.json_schema import own_schema

ROW = """
    [[reading]]
    targets = ["one", "two"]
    requirement = "done.last"
    notice = "Its users lose text."
    mend = "Send `done` last."
"""
BECAUSE = 'because = "The document says so."'


def file(folder: Path, text: str) -> Path:
    path = folder / "readings.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it holds no reading"),
        ("[[readings]]", "unknown table 'readings'"),
        ("reading = 1", "reading must be of type array"),
        (f"{ROW}why = 'x'", "[[reading]] 1: unknown key 'why'"),
        (ROW.replace("mend", "fix"), "[[reading]] 1: unknown key 'fix'"),
        (ROW.replace("    mend", "    # mend"), "[[reading]] 1: missing key 'mend'"),
        (ROW.replace('"Its users lose text."', '" "'), "[[reading]] 1, notice must match"),
        (ROW.replace("done.last", "done.lst"), "[[reading]] 1: no requirement has the id 'done.lst'"),
        (ROW.replace('"two"', '"tow"'), "[[reading]] 1: no target is named 'tow'"),
        (ROW + ROW, "[[reading]] 2: done.last of 'one' was read before"),
        ("[[reading", "this is not TOML"),
    ],
)
def test_a_file_that_is_none_says_where(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=re.escape(message)):
        readings(file(tmp_path, text), ["one", "two"])


def judged(tmp_path: Path, text: str) -> tuple[Column, ...]:
    columns = (
        Column("one", "server", "one", replace(failing(), interrupted=None)),
        Column("two", "server", "two", passing()),
    )
    return held(columns, readings(file(tmp_path, text), ["one", "two"]))


def test_a_reading_stands_at_its_finding_everywhere(tmp_path: Path) -> None:
    columns = judged(tmp_path, ROW + BECAUSE)
    document = json.loads(as_json(columns))
    jsonschema_rs.Draft202012Validator(own_schema("matrix")).validate(document)
    last, usage = document["targets"][0]["findings"]
    said = {"notice": "Its users lose text.", "mend": "Send `done` last.", "because": "The document says so."}
    assert (last["requirement"], last["status"], last["reading"]) == ("done.last", "fail", said)
    assert usage["reading"] is None
    for text in (as_page(columns), as_results(columns, "targets.toml", "results")):
        assert "Its users lose text." in text
        assert "The document says so." in text
        assert "not read yet" in text
    assert document["targets"][0]["verdict"] == "FAIL", "what is not of its own making is a failure all the same"


def test_without_a_file_nothing_is_unread(tmp_path: Path) -> None:
    columns = (Column("one", "server", "one", replace(failing(), interrupted=None)),)
    assert "not read yet" not in as_page(columns) + as_results(columns, "targets.toml", "results")


def test_a_reading_of_a_finding_that_is_gone_is_named(tmp_path: Path) -> None:
    assert [*outdated(judged(tmp_path, ROW))] == ["two does not depart from done.last: delete its reading"]


def test_a_secret_in_a_reading_goes_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_API_KEY", "q7Zk9wPl2mXv8Rt4")
    columns = judged(tmp_path, ROW.replace("Its users", "q7Zk9wPl2mXv8Rt4"))
    assert "q7Zk9wPl2mXv8Rt4" not in as_page(columns) + as_json(columns) + as_results(
        columns, "targets.toml", "results"
    )
