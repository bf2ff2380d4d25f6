"""The GitHub action: its steps are run as a runner does, against servers, a client and recordings, right and wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.mock.server import Mock
from conformance.tests.commands import CHECKOUT, PATIENCE, environment

ACTION: dict[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text())
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}

#: The one form in which an input is handed on, and the one in which an output is.
INPUT, OUTPUT = (
    re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}"),
    re.compile(r"\$\{\{ steps\.judge\.outputs\.([a-z-]+) \}\}"),
)

#: Breaks out of whatever is not quoted: by words, quotes, substitutions, more lines, and commands to the runner.
NASTY = "a b'\"$(touch pwned)`touch pwned`;touch pwned&\n--fault\n::set-output name=verdict::PASS\nverdict=PASS %0A\\"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def test_every_input_goes_through_the_environment_and_no_script_is_written_by_one() -> None:
    handed = [name for step in STEPS.values() for value in step["env"].values() for name in INPUT.findall(value)]
    assert sorted(handed) == sorted(ACTION["inputs"])
    for step in STEPS.values():
        assert "${{" not in step["run"]
        assert not re.search(r"\beval\b", step["run"])
        assert step["shell"] == "bash"
        assert all(INPUT.fullmatch(value) for value in step["env"].values())
        assert "uses" not in step
    assert {name: OUTPUT.fullmatch(row["value"])[1] for name, row in ACTION["outputs"].items()} == {  # type: ignore[index]
        name: name for name in ACTION["outputs"]
    }


def test_every_input_and_output_says_what_it_is() -> None:
    for row in (*ACTION["inputs"].values(), *ACTION["outputs"].values()):
        assert row["description"]
    assert all(isinstance(row["default"], str) for row in ACTION["inputs"].values())


@dataclass(frozen=True)
class Done:
    """What a step left for the runner."""

    code: int
    outputs: Mapping[str, str]
    summary: str
    log: str


class Runner:
    """As much of a runner as the action knows of."""

    def __init__(self, folder: Path) -> None:
        self.work, self.temp = folder / "work", folder / "temp"
        for each in (self.work, self.temp):
            each.mkdir()

    def with_the_suite(self) -> Runner:
        """As after the step `Install`, with the suite of this checkout."""
        programs = self.temp / "conformance" / "bin"
        programs.mkdir(parents=True)
        for name, module in {"conformance": " -m conformance", "python": ""}.items():
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable}{module} "$@"\n')
            (programs / name).chmod(0o755)
        return self

    def run(self, name: str, **inputs: str) -> Done:
        """Run a step with inputs, their dashes written as underscores."""
        given = {key.replace("_", "-"): value for key, value in inputs.items()}
        defaults = {key: row["default"] for key, row in ACTION["inputs"].items()}
        assert set(given) <= set(defaults)
        step = STEPS[name]
        handed = {key: (defaults | given)[INPUT.fullmatch(value)[1]] for key, value in step["env"].items()}  # type: ignore[index]
        files = {key: self.temp / key.lower() for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        (self.temp / "step.sh").write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", self.temp / "step.sh"],
            cwd=self.work, capture_output=True, timeout=PATIENCE, check=False,
            env=environment(
                CI="true", RUNNER_TEMP=str(self.temp), GITHUB_ACTION_PATH=str(CHECKOUT), **handed,
                **{key: str(path) for key, path in files.items()},
            ),
        )  # fmt: skip
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        return Done(
            done.returncode,
            dict(line.split("=", 1) for line in lines),
            files["GITHUB_STEP_SUMMARY"].read_text(),
            (done.stdout + done.stderr).decode(),
        )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path).with_the_suite()


def test_a_right_server_is_judged(runner: Runner) -> None:
    with Mock() as mock:
        done = runner.run("Judge", base_url=mock.base_url, selection="json-one-call")
    assert done.code == 0, done.log
    assert set(done.outputs) == set(ACTION["outputs"])
    assert done.outputs["exit-code"] == "0"
    assert (done.outputs["verdict"], done.outputs["failed"], done.outputs["known"]) == ("PASS", "0", "0")
    assert int(done.outputs["passed"]) > 10
    assert (runner.work / done.outputs["report"] / "report.json").is_file()
    assert done.summary.startswith("### PASS")
    assert "::error" not in done.log


def test_a_lying_server_fails_the_step_and_is_annotated_after_its_words_were_no_commands(runner: Runner) -> None:
    with Mock(fault="drop-done") as mock:
        done = runner.run("Judge", base_url=mock.base_url, selection="stream-one-call", out="a folder")
    assert done.code == 1, done.log
    assert (done.outputs["exit-code"], done.outputs["verdict"], done.outputs["report"]) == ("1", "FAIL", "a folder")
    assert int(done.outputs["failed"]) > 0
    assert done.summary.startswith("### FAIL")
    mark = re.search("^::stop-commands::([0-9a-f]{32})$", done.log, re.MULTILINE)
    assert mark is not None
    ended = done.log.index(f"\n::{mark[1]}::\n")
    assert mark.end() < done.log.index("done.present") < ended < done.log.index("::error title=FAIL done.present")


def test_a_client_and_recordings_are_judged(runner: Runner) -> None:
    line = f"{sys.executable} -m conformance.mock.client | cat"
    client = runner.run("Judge", command=line, args="--scenario=streamed-crlf\n\n--jobs=1")
    assert client.code == 0, client.log
    assert client.outputs["verdict"] == "PASS"
    shutil.copytree(CHECKOUT / "cassettes" / "documented", runner.work / "my cassettes")
    recordings = runner.run("Judge", recordings="my cassettes/plain.jsonl\nmy cassettes/stream-as-printed.jsonl\n")
    assert (recordings.code, recordings.outputs["verdict"]) == (1, "FAIL"), recordings.log


def test_an_application_is_judged_below_the_path_of_a_base_url(runner: Runner) -> None:
    (runner.work / "mine.py").write_text(
        "def app(environ, start_response):\n"
        "    open('asked', 'a').write(environ['PATH_INFO'] + '\\n')\n"
        "    start_response('404 Not Found', [('Content-Type', 'text/plain')])\n"
        "    return [b'nothing here']\n"
    )
    done = runner.run("Judge", app="mine:app", base_url="http://127.0.0.1/api/v1", selection="json-one-call")
    assert done.code in (1, 2, 5), done.log
    assert (runner.work / "asked").read_text().splitlines()[:2] == ["/api/v1/", "/api/v1/threads"]
    refused = runner.run("Judge", app="mine:app", command="true")
    assert refused.outputs == {"exit-code": "4"}


def test_packages_are_installed_with_the_suite_each_as_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a Python that notes what it is told, in place of one that would download."""
    noting = tmp_path / "pythonNoting"
    noting.write_text(
        '#!/bin/sh\nif [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi\n'
        f'printf "%s\\n" "$@" > "{tmp_path}/told"\n'
    )
    noting.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = Runner(tmp_path).run(
        "Install", python_version="Noting", packages="uvicorn\n\n./my server\n--pre", install="s"
    )
    assert done.code == 0, done.log
    told = (tmp_path / "told").read_text().splitlines()
    assert told[told.index("--") :] == ["--", "s", "uvicorn", "./my server", "--pre"]


def test_nothing_to_judge_is_never_green(runner: Runner) -> None:
    for inputs in ({}, {"base_url": "http://127.0.0.1:1/v1", "command": "true"}, {"command": "true", "out": ""}):
        done = runner.run("Judge", **inputs)
        assert done.code == 4
        assert done.outputs == {"exit-code": "4"}
        assert "::error title=conformance::" in done.log


def test_an_earlier_report_is_never_taken_for_this_run(runner: Runner) -> None:
    cassette = str(CHECKOUT / "cassettes/reference/json-one-call.jsonl")
    nowhere = "http://127.0.0.1:1/v1"
    for inputs, code in (
        ({"base_url": nowhere}, 5),
        ({"base_url": nowhere, "args": "--no-such-option"}, 4),
        ({"base_url": nowhere, "args": "--header=broken"}, 4),
        ({"base_url": nowhere, "known_failures": "missing.toml"}, 4),
        ({"base_url": nowhere, "selection": "nothing-like-it"}, 5),
        ({"recordings": "missing.sse"}, 4),
    ):
        assert runner.run("Judge", recordings=cassette).outputs["verdict"] == "PASS"
        done = runner.run("Judge", **inputs)
        assert (done.code, done.outputs["exit-code"]) == (code, str(code)), done.log
        assert done.outputs.get("verdict") != "PASS"
        assert "PASS" not in done.summary


def test_a_report_that_the_suite_did_not_write_is_neither_touched_nor_believed(runner: Runner) -> None:
    folder = runner.work / "conformance-report"
    folder.mkdir()
    for name in ("report.json", "report.md", "annotations.txt"):
        (folder / name).write_text('{"verdict": "PASS"}')
    done = runner.run("Judge", base_url="http://127.0.0.1:1/v1")
    assert (done.code, done.outputs) == (4, {"exit-code": "4", "report": "conformance-report"})
    assert done.summary == ""
    assert {path.read_text() for path in folder.iterdir()} == {'{"verdict": "PASS"}'}


@pytest.mark.parametrize(
    "name", [name for name in ACTION["inputs"] if name not in ("command", "install", "python-version")]
)
def test_nothing_is_run_that_stands_in_an_input(name: str, runner: Runner) -> None:
    inputs = {"base_url": "http://127.0.0.1:1/v1"} if name != "recordings" else {}
    done = runner.run("Judge", **{**inputs, name.replace("-", "_"): NASTY})
    assert done.code in (4, 5), done.log
    assert done.outputs["exit-code"] == str(done.code)
    assert "verdict" not in done.outputs or done.outputs["verdict"] != "PASS"
    assert not list(runner.work.rglob("pwned"))


def test_a_command_arrives_whole(runner: Runner) -> None:
    line = 'printf \'%s\' "$CONFORMANCE_SCENARIO|it\'s"\' "whole"\' > "$PWD/told"\nexit 3'
    runner.run("Judge", command=line, args="--scenario=streamed-crlf")
    assert (runner.work / "told").read_text() == 'streamed-crlf|it\'s "whole"'


def test_a_python_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = Runner(tmp_path).run("Install", python_version=NASTY)
    assert done.code == 4
    assert done.log.startswith("::error title=conformance::The runner does not have the Python")
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.real
def test_the_action_installs_the_suite_it_comes_with(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    assert runner.run("Install").code == 0
    done = subprocess.run(
        [runner.temp / "conformance" / "bin" / "conformance", "--version"],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("conformance 20")
    assert runner.run("Install", install=NASTY).code != 0
    assert not list(tmp_path.rglob("pwned"))
