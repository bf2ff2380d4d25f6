"""The recipes of docs/recipes and the steps of the action: linted, and run from a clean folder as CI systems do."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.mock.server import Mock
from conformance.tests.commands import CHECKOUT, PATIENCE, environment
from conformance.tests.pace import limit
from conformance.tests.test_action import ACTION, Runner

RECIPES = CHECKOUT / "docs" / "recipes"
WORKFLOWS = ("github.yml", "fleet.yml", "newest-clients.yml")

#: What people replace: where the suite is, and the commit that they trust.
REPLACED = re.compile(r"OWNER/submit-tool-outputs-conformance@SHA")

#: Where pip puts the programs of this environment, and then the path.
PROGRAMS = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))

#: Seconds for a fresh environment with everything in it, from an index that may be slow.
INSTALLING = limit(60)


def program(name: str) -> str:
    found = shutil.which(name, path=PROGRAMS)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def recipe(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((RECIPES / name).read_text())
    return read


@pytest.mark.parametrize("name", ["github.yml", "fleet.yml", "gitlab.yml", "shell.sh"])
def test_one_line_is_to_be_replaced_and_it_says_so(name: str) -> None:
    lines = [line for line in (RECIPES / name).read_text().splitlines() if REPLACED.search(line)]
    assert len(lines) == 1
    assert "# replace: " in lines[0]


def test_nothing_is_installed_that_no_index_has() -> None:
    for path in (*RECIPES.iterdir(), CHECKOUT / "action.yml"):
        text = path.read_text()
        assert not re.search(r"@v20\d\d|conformance==|install (--\S+ )*submit-tool-outputs-conformance", text), path


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actionlint_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    lint = program("actionlint")
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    shutil.copy(RECIPES / name, folder)
    done = subprocess.run(
        [lint, "-no-color", str(folder / name)],
        env=environment(PATH=PROGRAMS), cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def scripts() -> Iterator[tuple[str, str, str]]:
    """Every script: its name, its shell, its text."""
    yield "shell.sh", "sh", (RECIPES / "shell.sh").read_text()
    yield ".ci/run", "sh", (CHECKOUT / ".ci" / "run").read_text()
    for step in ACTION["runs"]["steps"]:
        yield f"action.yml: {step['name']}", "bash", step["run"]
    yield "gitlab.yml", "sh", "\n".join(recipe("gitlab.yml")["conformance"]["script"])


@pytest.mark.parametrize(("shell", "text"), [each[1:] for each in scripts()], ids=[each[0] for each in scripts()])
def test_shellcheck_has_nothing_to_say(shell: str, text: str) -> None:
    done = subprocess.run(
        [program("shellcheck"), f"--shell={shell}", "-"],
        input=text, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


class Job:
    """A clean folder in which the lines of a recipe are run, with the suite of this checkout as the installed one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "job"
        programs = folder / "programs"
        for each in (self.folder, programs):
            each.mkdir()
        for name, line in {
            "conformance": f'exec "{sys.executable}" -m conformance "$@"',
            "pip": 'test "$1 $2 $3" = "install --quiet $SUITE"',
        }.items():
            (programs / name).write_text(f"#!/bin/sh\n{line}\n")
            (programs / name).chmod(0o755)
        self.path = os.pathsep.join((str(programs), os.environ["PATH"]))

    def run(self, line: str, **variables: str) -> tuple[int, str]:
        done = subprocess.run(
            ["sh", "-ec", line],
            cwd=self.folder, env=environment(PATH=self.path, **variables), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout


def test_the_recipe_for_github_starts_a_server_judges_it_and_keeps_the_report(tmp_path: Path) -> None:
    runner = Runner(tmp_path).with_the_suite()
    steps = recipe("github.yml")["jobs"]["conformance"]["steps"]
    (given,) = [step["with"] for step in steps if REPLACED.search(step.get("uses", ""))]
    (kept,) = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    assert set(given) <= set(ACTION["inputs"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    served = runner.work / "serve"
    served.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m conformance mock "$@"\n')
    served.chmod(0o755)
    meant = {name.replace("-", "_"): value.replace("8000", port) for name, value in given.items()}
    done = runner.run("Judge", selection="json-one-call", **meant)
    assert done.code == 0, done.log
    assert done.outputs["verdict"] == "PASS"
    assert (runner.work / kept["with"]["path"] / "report.json").is_file()
    assert kept["if"] == "always()"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))), "the server is gone"


def test_the_recipe_for_gitlab_judges_and_keeps_what_it_promises(tmp_path: Path) -> None:
    whole = recipe("gitlab.yml")
    job, made = whole["conformance"], Job(tmp_path)
    install, judge = job["script"]
    with Mock("a-key-of-this-test") as mock:
        code, printed = made.run(
            f"{install}\n{judge} -k stream-one-call",
            API_KEY="a-key-of-this-test", BASE_URL=mock.base_url, **whole["variables"],
        )  # fmt: skip
    assert code == 0, printed
    for path in (*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()):
        assert (made.folder / path).exists()


def test_the_recipe_for_a_fleet_judges_in_shards_and_joins_them(tmp_path: Path) -> None:
    whole, made = recipe("fleet.yml"), Job(tmp_path)
    shard, joined = whole["jobs"]["shard"], whole["jobs"]["whole"]
    install, judge = [step["run"] for step in shard["steps"] if "run" in step]
    _, merge = [step["run"] for step in joined["steps"] if "run" in step]
    assert made.run(install, **whole["env"])[0] == 0
    server = shard["strategy"]["matrix"]["server"][0]
    (upload,) = [step["with"]["path"] for step in shard["steps"] if "upload-artifact" in step.get("uses", "")]
    with Mock() as mock:
        meant = judge.replace('"https://$SERVER.example.org/v1"', mock.base_url)
        assert meant != judge
        for number in shard["strategy"]["matrix"]["shard"]:
            # Two scenarios in four shards: what is left for the others is nothing, which is no failure.
            code, printed = made.run(f"{meant} -k 'json-one-call or stream-one-call'", SERVER=server, SHARD=str(number))
            assert code == 0, printed
            shutil.move(made.folder / upload, made.folder / "parts" / f"{server}-{number}")
    code, printed = made.run(merge)
    assert code == 0, printed
    assert printed.startswith("PASS")
    kept = [step["with"]["path"] for step in joined["steps"] if "upload-artifact" in step.get("uses", "")]
    assert (made.folder / kept[0] / "report.json").is_file()


@pytest.mark.real
def test_the_recipe_for_a_shell_installs_the_commit_that_is_named_and_judges(tmp_path: Path) -> None:
    git = shutil.which("git")
    suite = str(CHECKOUT)
    if git is not None and (CHECKOUT / ".git").exists():
        head = subprocess.run([git, "rev-parse", "HEAD"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
        suite = f"git+file://{CHECKOUT}@{head.stdout.strip()}"
    shutil.copy(RECIPES / "shell.sh", tmp_path)
    inherited = {name: value for name, value in environment(SUITE=suite).items() if name != "PYTHONPATH"}
    with Mock() as mock:
        done = subprocess.run(
            ["sh", "shell.sh", mock.base_url], cwd=tmp_path, env=inherited, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=INSTALLING, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "conformance-report" / "report.json").is_file()
