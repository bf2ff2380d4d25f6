"""The folder of a report: one run, whole or marked as unfinished, and no file of others is touched."""

from __future__ import annotations

import json
import os
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from conformance.errors import UnreadableInput, UsageError
from conformance.model import Exhibit, Report
from conformance.report import folder
from conformance.report.writers import WRITERS, Writer
from conformance.tests.report.reports import failing, passing

#: What changes a folder, each in one step.
STEPS = ("open", "replace", "unlink", "rmdir")

FORMS = {writer.file for writer in WRITERS.values()}


def old() -> Report:
    return replace(passing(), exhibits=(Exhibit("done.once", "stream-one-call", 1, (), cassette="{}\n"),))


def new() -> Report:
    exhibits = (Exhibit("done.last", "stream-one-call", 1, ("> POST /x",), cassette='{"x": 1}\n'),)
    return replace(failing(), interrupted=None, exhibits=exhibits)


OLD, NEW = old(), new()
RENDERED = {id(report): dict(folder._contents(report)) for report in (OLD, NEW)}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every form is rendered once for all the runs of a test."""
    monkeypatch.setattr(folder, "_contents", lambda report: RENDERED[id(report)].items())


def run(report: Report, place: Path) -> None:
    """A whole run, without judging anything: it begins, a client says something, it is written."""
    folder.begin(place)
    folder.Keeper(str(place))(lambda: replace(report, interrupted="it goes on"))
    client = place / "clients" / "plain-one-call.txt"
    client.parent.mkdir(exist_ok=True)
    client.write_text(f"client of {report.target}")
    folder.write(report, str(place))


def shown(place: Path) -> dict[str, str]:
    """File -> content, without the manifest."""
    paths = [path for path in place.rglob("*") if path.is_file() and path.name != folder.MANIFEST]
    return {path.relative_to(place).as_posix(): path.read_text("utf-8") for path in paths}


def complete(place: Path) -> bool | None:
    path = place / folder.MANIFEST
    return bool(json.loads(path.read_text())["complete"]) if path.is_file() else None


def whole(report: Report, tmp_path: Path) -> dict[str, str]:
    run(report, tmp_path / "whole")
    return shown(tmp_path / "whole")


class Stepping:
    """Does something before the step of a number, and counts them."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self.count, self._at, self._act = 0, at, act

    def __enter__(self) -> Stepping:
        self._patches = [patch.object(Path, name, self._stepped(getattr(Path, name))) for name in STEPS]
        for each in self._patches:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._patches:
            each.stop()

    def _stepped(self, step: Callable[..., object]) -> Callable[..., object]:
        def stepped(path: Path, *words: object, **more: object) -> object:
            if step.__name__ != "open" or words[:1] == ("xb",):
                self.count += 1
                if self.count == self._at:
                    self._act()
            return step(path, *words, **more)

        return stepped


def steps(tmp_path: Path) -> int:
    run(OLD, tmp_path / "counted")
    with Stepping(0, lambda: None) as counted:
        run(NEW, tmp_path / "counted")
    return counted.count


def killed(at: int, place: Path) -> None:
    """Run in a process that is killed with SIGKILL before a step."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child does nothing that a thread of ours could hold
        child = os.fork()
    if child == 0:
        with Stepping(at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            run(NEW, place)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.usefixtures("rendered")
def test_whenever_a_run_is_killed_its_folder_shows_one_run_whole_or_unfinished(tmp_path: Path) -> None:
    before, after = whole(OLD, tmp_path / "old"), whole(NEW, tmp_path / "new")
    count = steps(tmp_path)
    assert count > 30
    taken = False
    for at in range(1, count + 1):
        place = tmp_path / str(at)
        run(OLD, place)
        killed(at, place)
        there = {name: text for name, text in shown(place).items() if not name.endswith(".part")}
        if complete(place):
            assert there in (before, after)
            continue
        taken = taken or not there
        if not taken:
            assert there.items() <= before.items()  # what is being taken away is marked as unfinished
            continue
        assert "report.json" not in there or there["report.json"] == after["report.json"] or "it goes on" in str(there)
        assert there.items() - {"report.json": there.get("report.json")}.items() <= after.items()
        if there.get("report.json") == after["report.json"]:
            assert there == after
        run(OLD, place)  # and nothing that was left hinders the next
        assert shown(place) == before
    assert taken


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "^C"])
def test_whenever_a_step_fails_no_form_is_left(failure: BaseException, tmp_path: Path) -> None:
    def fail() -> None:
        raise failure

    run(OLD, tmp_path / "counted")
    folder.begin(tmp_path / "counted")
    with Stepping(0, lambda: None) as counted:
        folder.write(NEW, str(tmp_path / "counted"))
    outcomes = []
    for at in range(1, counted.count + 1):
        place = tmp_path / str(at)
        run(OLD, place)
        folder.begin(place)
        with Stepping(at, fail), suppress(UsageError, KeyboardInterrupt):
            folder.write(NEW, str(place))
        there = {name: text for name, text in shown(place).items() if not name.endswith(".part")}
        assert there == (RENDERED[id(NEW)] if complete(place) else {}), at
        outcomes.append(complete(place))
    assert False in outcomes


def test_a_run_that_begins_takes_away_what_the_one_before_wrote_and_nothing_else(tmp_path: Path) -> None:
    run(OLD, tmp_path)
    mine = {"notes.txt": "mine", "repro/notes.md": "mine", "clients/mine.txt": "mine", ".report.json.1.part": "mine"}
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
    folder.begin(tmp_path)
    assert (complete(tmp_path), shown(tmp_path)) == (False, mine)
    run(NEW, tmp_path)
    assert shown(tmp_path).keys() == {*mine, *FORMS, "repro/done.last.jsonl", "clients/plain-one-call.txt"}
    assert complete(tmp_path)


@pytest.mark.parametrize("name", ["index.html", "repro", "repro/done.last.jsonl", "clients/plain-one-call.txt"])
def test_a_file_of_somebody_else_is_not_written_over(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match="the suite did not write it"):
        folder.begin(tmp_path)
    assert shown(tmp_path) == {name: "mine"}
    assert complete(tmp_path) is None


@pytest.mark.parametrize("link", ["report.json", "repro"])
def test_no_link_takes_a_report_elsewhere(link: str, tmp_path: Path) -> None:
    elsewhere, place = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    place.mkdir()
    (place / link).symlink_to(elsewhere)
    with pytest.raises(UsageError, match="the suite did not write it"):
        folder.begin(place)
    (place / link).unlink()
    run(OLD, place)
    (place / "repro" / "done.once.jsonl").rename(elsewhere / "done.once.jsonl")
    (place / "repro").rmdir()
    (place / "repro").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="the suite did not write it"):
        folder.begin(place)
    assert [path.name for path in elsewhere.iterdir()] == ["done.once.jsonl"]


@pytest.mark.parametrize(
    "files",
    [
        ["../outside.txt"],
        ["/etc/passwd"],
        ["a/b/c"],
        ["..."],
        [".git/config"],
        ["repro/../../x"],
        [1],
        "x",
        [""],
        ["notes.txt"],
        ["src/main.py"],
        ["report.json", "README.md"],
        ["repro/../x.jsonl"],
    ],
)
def test_a_manifest_that_the_suite_did_not_write_removes_nothing(files: object, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    (tmp_path / "outside.txt").write_text("mine")
    (place / "notes.txt").write_text("mine")
    document = {"manifest": 1, "suite": "1", "run": "0" * 16, "complete": True, "files": files, "folders": []}
    (place / folder.MANIFEST).write_text(json.dumps(document))
    with pytest.raises(UnreadableInput, match=r"\.conformance\.json: /files"):
        folder.begin(place)
    assert (tmp_path / "outside.txt").read_text() == "mine"
    assert (place / "notes.txt").read_text() == "mine"


def test_parts_that_a_killed_run_left_are_no_hindrance_where_every_process_is_number_one(tmp_path: Path) -> None:
    with patch("os.getpid", return_value=1):
        run(OLD, tmp_path)
        (tmp_path / ".report.json.1.part").write_text("half")  # as versions before named them
        (tmp_path / ".conformance-0123456789abcdef.part").write_text("half")
        run(NEW, tmp_path)
    assert not (tmp_path / ".conformance-0123456789abcdef.part").exists()
    assert complete(tmp_path)


def test_a_form_that_cannot_be_rendered_leaves_no_other(tmp_path: Path) -> None:
    run(OLD, tmp_path)
    folder.begin(tmp_path)
    broken = patch.object(Writer, "render", side_effect=ZeroDivisionError)
    with broken, pytest.raises(ZeroDivisionError):
        folder.write(NEW, str(tmp_path))
    assert (complete(tmp_path), shown(tmp_path)) == (False, {})


def test_a_report_is_written_anew_only_once_it_is_rendered(tmp_path: Path) -> None:
    run(OLD, tmp_path)
    before = shown(tmp_path)
    broken = patch.object(Writer, "render", side_effect=ZeroDivisionError)
    with broken, pytest.raises(ZeroDivisionError):
        folder.write_anew(NEW, str(tmp_path))
    assert (complete(tmp_path), shown(tmp_path)) == (True, before)
    folder.write_anew(NEW, str(tmp_path))
    assert shown(tmp_path).keys() == {*FORMS, "repro/done.last.jsonl"}


def test_folders_with_reports_of_their_own_go_too(tmp_path: Path) -> None:
    folder.begin(tmp_path, ["matrix.json"], ["one", "two"])
    for name in ("one", "two"):
        run(OLD, tmp_path / name)
    (tmp_path / "two" / "mine").write_text("mine")
    folder.commit({"matrix.json": "{}"}, tmp_path, ["matrix.json"])
    assert complete(tmp_path)
    folder.begin(tmp_path, ["matrix.json"], ["three"])
    assert shown(tmp_path) == {"two/mine": "mine"}
