"""Whatever becomes of a run, its folder does not show the one before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from conformance.report.folder import MANIFEST
from conformance.tests.commands import CHECKOUT, PATIENCE, conformance, environment
from conformance.tests.commands import pytest as pytest_session

CASSETTE = str(CHECKOUT / "cassettes/reference/json-one-call.jsonl")
NOWHERE = "http://127.0.0.1:1/v1"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that shows a run which passed, and a file of its owner."""
    out = tmp_path / "out"
    assert conformance("judge", CASSETTE, "--out", str(out)).returncode == 0
    (out / "notes.txt").write_text("mine")
    return out


def left(out: Path) -> set[str]:
    """What is in the folder, besides a manifest that says it is unfinished."""
    assert not json.loads((out / MANIFEST).read_text())["complete"]
    assert (out / "notes.txt").read_text() == "mine"
    return {path.relative_to(out).as_posix() for path in out.rglob("*")} - {MANIFEST, "notes.txt"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (5, ["server", "-k", "nothing-like-it"]),
        (5, ["client", "-k", "nothing-like-it", "--", "true"]),
        (4, ["server", "--no-such-option"]),
        (4, ["server", "--header=broken"]),
        (4, ["server", "--base-url", NOWHERE, "--api-key-env", "NOBODY_SET_THIS"]),
        (4, ["server", "--known-failures", "missing.toml"]),
        (4, ["server", "--requirements", "1999.1"]),
        (4, ["server", "--update-known-failures"]),
        (4, ["client", "--", "no-such-program-anywhere"]),
        (4, ["client"]),
        (4, ["judge"]),
        (4, ["judge", CASSETTE, "-k", "not ("]),
        (4, ["judge", CASSETTE, "--known-failures", "missing.toml"]),
        (4, ["report", "merge", "missing.json"]),
    ],
)
def test_a_run_that_selects_nothing_or_fails_at_once_leaves_nothing(code: int, words: list[str], out: Path) -> None:
    command, *rest = words
    assert conformance(command, f"--out={out}", *rest, cwd=out.parent).returncode == code
    assert left(out) == set()


def test_a_plan_and_a_question_leave_the_folder_as_it_is(out: Path) -> None:
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert conformance("server", "--plan", "--out", str(out), "-k", "json-one-call").returncode == 0
    with pytest.raises(SystemExit):
        conformance("server", "--out", str(out), "--help")
    assert pytest_session("--pyargs", "conformance.suite", f"--conformance-out={out}", "--collect-only", "-q", cwd=out)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize(
    "words", [["-k", "nothing-like-it"], ["--conformance-header=broken"]], ids=["nothing", "words"]
)
def test_a_pytest_session_that_judges_nothing_leaves_nothing(words: list[str], out: Path) -> None:
    done = pytest_session("--pyargs", "conformance.suite.test_done", f"--conformance-out={out}", *words, cwd=out)
    assert done.returncode in (4, 5), done.stdout
    assert left(out) == set()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_leaves_no_verdict(number: int, out: Path) -> None:
    pipe = out.parent / "nobody-writes.sse"
    os.mkfifo(pipe)
    with running("judge", str(pipe), "--out", str(out)) as run:
        began(out)
        with pipe.open("wb"):  # which waits until it reads
            run.send_signal(number)
            assert run.wait(PATIENCE) != 0
    if number == signal.SIGKILL:
        assert left(out) == set()
    else:  # it has a moment left, and says so
        report = json.loads((out / "report.json").read_text())
        assert (report["verdict"], report["interrupted"]) != ("PASS", None) and report["interrupted"]
    assert conformance("judge", CASSETTE, "--out", str(out)).returncode == 0
    assert json.loads((out / "report.json").read_text())["verdict"] == "PASS"


class running:  # noqa: N801 - reads as a word
    """A command in a process of its own, which is gone afterwards."""

    def __init__(self, *words: str) -> None:
        self._command = [sys.executable, "-m", "conformance", *words]

    def __enter__(self) -> subprocess.Popen[bytes]:
        self._run = subprocess.Popen(
            self._command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return self._run

    def __exit__(self, *_: object) -> None:
        self._run.kill()
        self._run.wait()


def began(out: Path) -> None:
    """Wait until a run has begun in the folder."""
    until = monotonic() + PATIENCE
    while monotonic() < until:
        with suppress(OSError, ValueError):
            if not json.loads((out / MANIFEST).read_text())["complete"] and not (out / "report.json").exists():
                return
        sleep(0.02)
    pytest.fail("it never began")


@pytest.mark.parametrize(
    "words",
    [
        ["server", "--out", ""],
        ["judge", CASSETTE, "--out="],
        ["client", "--out", "", "--", "true"],
        ["record", "--out", ""],
        ["matrix", "targets.toml", "--out", ""],
        ["report", "report.json", "--out", ""],
        ["report", "merge", "report.json", "--out", ""],
    ],
    ids=lambda words: words[0],
)
def test_a_folder_without_a_name_is_an_error(words: list[str], tmp_path: Path) -> None:
    done = conformance(*words, cwd=tmp_path)
    assert done.returncode == 4
    assert "--out names no folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_whole_run_is_not_merged_over_its_own_part(out: Path) -> None:
    done = conformance("report", "merge", str(out / "report.json"), "--out", str(out))
    assert done.returncode == 4
    assert "would be replaced by the merged report" in done.stderr
    assert json.loads((out / "report.json").read_text())["verdict"] == "PASS"


def test_what_is_judged_is_not_taken_away_first(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert conformance(
        "judge", str(CHECKOUT / "cassettes/documented/stream-as-printed.jsonl"), "--out", str(out)
    ).returncode
    (repro, *_) = sorted((out / "repro").iterdir())
    for path in (repro, repro.parent):
        done = conformance("judge", str(path), "--out", str(out))
        assert (done.returncode, "is part of the report" in done.stderr) == (4, True)
        assert repro.is_file()
    assert "is part of" not in conformance("judge", str(tmp_path), "--out", str(out)).stderr


def test_an_overview_and_the_reports_below_it_are_of_one_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    list_of(tmp_path, "gone", "here")
    assert conformance("matrix", "targets.toml", "--out", "out", cwd=tmp_path).returncode == 5
    assert (out / "matrix.json").is_file()
    assert (out / "gone" / MANIFEST).is_file()
    list_of(tmp_path, "here")
    assert conformance("matrix", "targets.toml", "--out", "out", cwd=tmp_path).returncode == 5
    assert not (out / "gone").exists()
    (tmp_path / "targets.toml").write_text("[[")
    assert conformance("matrix", "targets.toml", "--out", "out", cwd=tmp_path).returncode == 4
    assert {path.name for path in out.iterdir()} == {MANIFEST, "here"}, "what was judged is true as long as its report"


def list_of(folder: Path, *names: str) -> None:
    rows = (f'[[server]]\nname = "{name}"\nbase-url = "{NOWHERE}"\n' for name in names)
    (folder / "targets.toml").write_text("".join(rows))
