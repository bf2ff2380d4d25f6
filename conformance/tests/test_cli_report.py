"""Reports in every form, through the real command line: one form alone on standard output, all of them in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.cli import main
from conformance.report.folder import MANIFEST
from conformance.report.json_writer import render
from conformance.report.reader import read
from conformance.report.writers import WRITERS
from conformance.tests.commands import CHECKOUT, conformance
from conformance.tests.report.reports import broken, failing, passing

FEW = "json-one-call:response"

CASSETTE = str(CHECKOUT / "cassettes/reference/stream-one-call.jsonl")


def xml(out: str) -> None:
    assert ElementTree.fromstring(out).tag == "testsuites"


def sarif(out: str) -> None:
    assert json.loads(out)["version"] == "2.1.0"


def badge(out: str) -> None:
    assert json.loads(out)["schemaVersion"] == 1


def markdown(out: str) -> None:
    assert out.startswith("### ")


#: Forms that other programs read, and what shows that they can.
READ: dict[str, Callable[[str], None]] = {"junit": xml, "sarif": sarif, "badge": badge, "markdown": markdown}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(render(failing()), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", READ)
def test_a_form_is_all_that_standard_output_holds(form: str, tmp_path: Path) -> None:
    judged = conformance("judge", CASSETTE, "--format", form)
    assert (judged.returncode, judged.stderr) == (0, "")
    missing = conformance("judge", str(tmp_path / "missing.sse"), "--format", form)
    assert missing.returncode == 4
    assert "cannot read" in missing.stderr
    for done in (judged, missing):
        READ[form](done.stdout)


def test_what_a_client_comes_to_is_written_in_a_form_too() -> None:
    done = conformance("client", "--scenario", "plain-one-call", "--format", "junit", "--", "true")
    xml(done.stdout)
    assert "conformance: plan:" in done.stderr


def test_a_run_keeps_every_form_and_each_is_written_anew_from_the_json(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = conformance("server", "-k", FEW, "--out", str(tmp_path / "kept"), "--format", "junit")
    xml(done.stdout)
    assert "conformance: plan:" in done.stderr
    assert "conformance: wrote" in done.stderr
    files = {form: tmp_path / "kept" / writer.file for form, writer in WRITERS.items()}
    assert all(path.is_file() for path in files.values())
    for form, path in files.items():
        again = tmp_path / f"again-{path.name}"
        assert main(["report", str(files["json"]), "--to", form, "--out", str(again)]) == 0
        assert again.read_text("utf-8") == path.read_text("utf-8")
    assert main(["report", str(files["json"]), "--out", str(tmp_path / "all")]) == 0
    there = {path.name for path in (tmp_path / "all").iterdir()}
    assert there == {MANIFEST, *(writer.file for writer in WRITERS.values())}
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("form", WRITERS)
def test_a_kept_report_is_shown_in_any_form(form: str, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(kept), "--to", form]) == 0
    shown = capsys.readouterr()
    if form == "text":
        assert shown.out.startswith("FAIL  http://127.0.0.1:1/v1")
        assert f"  report    {kept.parent}/report.txt" in shown.out
    else:
        assert shown.out == WRITERS[form].render(read(kept.read_bytes(), "x"))
    assert shown.err == ""


def test_a_report_is_read_from_standard_input() -> None:
    done = conformance("report", "-", "--to", "badge", stdin=render(passing()).encode())
    assert (done.returncode, json.loads(done.stdout)["message"]) == (0, "0 failed, 1 passed")


def test_writing_is_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text(render(broken()), encoding="utf-8")
    assert main(["report", str(tmp_path / "x.json")]) == 0
    assert "ERROR  the built-in mock" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("[]", "not a report"),
        (render(failing()).replace('"report": 2', '"report": 1'), "format 1"),
        (render(failing()).replace('"done.last"', '"done.later"'), "no such requirement"),
        (render(failing()).replace('"errors.rate-limit"', '"../../x"'), "no such requirement"),
    ],
)
def test_what_is_no_report_of_ours_is_told(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    assert main(["report", str(tmp_path / "x.json"), "--out", str(tmp_path / "out")]) == 4
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [["missing.json"], ["x.json", "y.json"], ["x.json", "--to", "pdf"], [], ["."]],
    ids=["nothing there", "two", "a form of later", "none", "a folder"],
)
def test_words_that_cannot_be_meant(words: list[str], kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *words]) == 4
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_told(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(kept), "--to", "junit", "--out", str(kept / "below.xml")]) == 4
    assert "cannot write" in capsys.readouterr().err
    assert kept.read_text("utf-8") == render(failing())
