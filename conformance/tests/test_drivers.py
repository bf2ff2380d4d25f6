"""The locked clients in every scenario: what they are known to do otherwise is what they do, no more and no less."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from conformance import __version__
from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Report, Role, Status
from conformance.run import baseline, options
from conformance.run.known_failures.reader import read
from conformance.run.loop import Run
from conformance.run.matrix import entries
from conformance.run.plan import plan
from conformance.targets.assignment import Assignment
from conformance.targets.client import ClientTarget, Driver
from conformance.targets.drivers import Command, Function
from conformance.targets.persistent import Persistent
from conformance.tests.commands import CHECKOUT, PATIENCE
from conformance.verdict.compare import compare, edition

DRIVERS = CHECKOUT / "docs" / "drivers"
PYTHON, NODE = "openai_python.py", "openai_node.mjs"
KNOWN = read(DRIVERS / "known-failures.toml")

#: Of these, what the locked clients do; the others are about targets of docs/results/targets.toml.
LOCKED = [row for row in KNOWN if {*row.target.get("name", ())} & {PYTHON, NODE}]

#: Names of the targets whose results are published.
TARGETS = [entry.name for entry in entries(CHECKOUT / "docs" / "results" / "targets.toml")]

#: Clients wait for their retries, and in one scenario for a connection to be closed: more at a time than processors.
JOBS = 8

BASELINES = CHECKOUT / options.BASELINES

#: Ways of the Python driver whose verdicts and shapes are kept as a baseline.
KEPT = ("plain stream",)

#: Nothing new, and nothing gone.
NONE: dict[str, list[str]] = {"new": [], "outdated": []}


def played(driver: Driver, name: str, way: str) -> Report:
    target = ClientTarget(driver, facts={"name": name, "way": way})
    run = Run(target, plan(target, CLIENT_SCENARIOS, Role.CLIENT), known_failures=KNOWN, shapes=True)
    return run.finished_by(JOBS, target.interrupt)


def news(report: Report) -> dict[str, list[str]]:
    """What a driver does otherwise and is not listed, and what is listed and is not so, or for another cause."""
    assert [subject.name for subject in report.subjects] == [scenario.id for scenario in CLIENT_SCENARIOS]
    assert all(any(verdict.status is Status.PASS for verdict in subject.verdicts) for subject in report.subjects)
    new = [
        f"{subject.name}:{verdict.requirement}"
        for subject in report.subjects
        for verdict in subject.verdicts
        if verdict.status in {Status.FAIL, Status.WARN, Status.ERROR} and verdict.known is None
    ]
    return {"new": new, "outdated": [f"{complaint.kind} {complaint.row}" for complaint in report.complaints]}


def locked(driver: str) -> str:
    """The version of the package that the lock file of a driver holds."""
    if driver == NODE:
        lock = json.loads((DRIVERS / "package-lock.json").read_text("utf-8"))
        return str(lock["packages"]["node_modules/openai"]["version"])
    lines = (DRIVERS / "requirements.txt").read_text("utf-8").splitlines()
    return next(line.removeprefix("openai==") for line in lines if line.startswith("openai=="))


def test_what_is_known_is_of_these_drivers_and_names_what_exists() -> None:
    scenarios = {scenario.id for scenario in CLIENT_SCENARIOS}
    for row in LOCKED:
        assert row.target.keys() == {"name", "way"}, row
        assert set(row.target["name"]) <= {PYTHON, NODE}, row
        assert row.requirement in REQUIREMENTS, row
        assert row.scenarios, row
        assert set(row.scenarios) <= scenarios, row
        assert row.fingerprints, row
        assert row.link.startswith("https://github.com/openai/"), row


def test_what_is_known_of_a_published_result_says_of_which_until_when() -> None:
    for row in KNOWN:
        if row not in LOCKED:
            assert row.target.keys() == {"name"}, row
            assert {*row.target["name"]} <= {*TARGETS}, row
            assert row.requirement in REQUIREMENTS, row
            assert row.expires, row


def test_the_recipe_installs_what_is_newest_of_targets_that_exist(tmp_path: Path) -> None:
    recipe = yaml.safe_load((CHECKOUT / "docs" / "recipes" / "newest-clients.yml").read_text("utf-8"))
    job = recipe["jobs"]["results"]
    names = job["strategy"]["matrix"]["name"]
    assert {*names} <= {*TARGETS}
    (line,) = (step["run"] for step in job["steps"] if step.get("run", "").startswith("sed "))
    copy = tmp_path / "docs" / "results" / "targets.toml"
    copy.parent.mkdir(parents=True)
    shutil.copy(CHECKOUT / "docs" / "results" / "targets.toml", copy)
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True, timeout=PATIENCE)
    for entry in entries(copy):
        if entry.name in names:
            installed = [line for line in entry.facts.install if " install " in line]
            assert installed
            assert not [line for line in installed if re.search(r"[=@]\d", line)], entry.name


@pytest.mark.parametrize(
    ("report", "changes", "passes"),
    [("x/report.json", [], True), ("x/report.json", ["done.last fails"], False), (None, None, False)],
)
def test_the_recipe_fails_if_anything_changed(
    report: str | None, changes: list[str] | None, passes: bool, tmp_path: Path
) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    recipe = yaml.safe_load((CHECKOUT / "docs" / "recipes" / "newest-clients.yml").read_text("utf-8"))
    (line,) = (step["run"] for step in recipe["jobs"]["results"]["steps"] if step.get("run", "").startswith("jq "))
    rows = [
        {"name": "it", "report": report, "changes": changes},
        {"name": "other", "report": None, "changes": None},
    ]
    (tmp_path / "report").mkdir()
    (tmp_path / "report/matrix.json").write_text(json.dumps({"targets": rows}))
    done = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, env={**os.environ, "NAME": "it"}, capture_output=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert (done.returncode == 0) is passes, done.stderr


def test_the_recipe_for_the_newest_clients_names_what_exists() -> None:
    recipe = (CHECKOUT / "docs" / "recipes" / "newest-clients.yml").read_text("utf-8")
    jobs = yaml.safe_load(recipe)["jobs"]
    assert {row["driver"] for row in jobs["others"]["strategy"]["matrix"]["include"]} | {PYTHON, NODE} == {
        driver.name
        for driver in DRIVERS.iterdir()
        if driver.suffix in (".py", ".mjs") and not driver.name.startswith("provision")
    }
    paths = set(re.findall(r"(?:docs|conformance)/[\w./-]+", recipe))
    assert paths >= {"docs/drivers/known-failures.toml", "conformance/tests/test_drivers.py"}
    assert [path for path in paths if not (CHECKOUT / path).exists()] == []


def test_a_lock_file_names_no_host() -> None:
    for name in ("requirements.txt", "requirements-semantic-kernel.txt", "package-lock.json"):
        assert "://" not in (DRIVERS / name).read_text("utf-8"), name


def test_every_finding_of_the_locked_clients_is_told_in_the_documentation() -> None:
    told = (CHECKOUT / "docs" / "findings.md").read_text("utf-8")
    for row in LOCKED:
        assert f"`{row.requirement}`" in told, row


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The Python driver as a module: in one process all scenarios take five seconds, in one each a minute."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    specification = importlib.util.spec_from_file_location("openai_python", DRIVERS / PYTHON)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert module.openai.__version__ == locked(PYTHON)
    return module


@pytest.mark.real
@pytest.mark.filterwarnings("ignore:.*Assistants API is deprecated:DeprecationWarning")
@pytest.mark.parametrize("ways", ["plain stream", "poll helper", "plain stream async", "poll helper async"])
def test_the_package_from_pypi_departs_as_it_is_known_to(loaded: ModuleType, ways: str) -> None:
    def use(given: Assignment) -> Mapping[str, object]:
        told: dict[str, object] = loaded.drive(ways.split(), given.variables())
        return told

    report = played(Function(use), PYTHON, ways)
    assert news(report) == NONE
    kept = BASELINES / f"python-docs-drivers-openai-python-py-{ways.replace(' ', '-')}"
    if ways in KEPT:
        found = compare(baseline.load(kept), edition(report, ways, __version__))
        assert (found.changes, found.reshaped) == ((), {})


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver for node beside the locked package."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not installed")
    if int(re.sub(r"\D.*", "", subprocess.check_output([node, "-p", "process.versions.node"], text=True))) < 20:
        pytest.skip("the package needs node 20 or newer")
    folder = tmp_path_factory.mktemp("node")
    for name in (NODE, "package.json", "package-lock.json"):
        shutil.copy(DRIVERS / name, folder)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"npm ci could not install the locked package: {done.stderr.strip()[-200:]}")
    return folder


@pytest.mark.real
@pytest.mark.parametrize("ways", ["plain stream", "poll helper"])
@pytest.mark.parametrize("kind", [Command, Persistent])
def test_the_package_from_npm_departs_as_it_is_known_to(
    installed: Path, ways: str, kind: type[Command | Persistent]
) -> None:
    driver = kind(["node", str(installed / NODE), *ways.split()], timeout=PATIENCE)
    report = played(driver, NODE, ways)
    assert news(report) == NONE


@pytest.mark.real
def test_the_package_from_pypi_is_the_same_in_a_program_that_is_started_once() -> None:
    driver = Persistent([sys.executable, str(DRIVERS / PYTHON), "plain", "stream"], timeout=PATIENCE)
    report = played(driver, PYTHON, "plain stream")
    assert news(report) == NONE
