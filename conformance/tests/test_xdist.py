"""Under pytest-xdist a scenario is still provisioned once, and one report comes of all workers."""

from __future__ import annotations

import json
import pickle
import shlex
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.mock.server import Mock
from conformance.model import Report
from conformance.tests.commands import ALONE, PATIENCE, environment

pytest.importorskip("xdist")

from conformance.plugin.workers import ByScenario, Workers


def shared_out(folder: Path, base_url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The suite on two workers."""
    suite = ("-p", "xdist.plugin", "-n", "2", "--pyargs", "conformance.suite", f"--conformance-base-url={base_url}")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *ALONE, *suite, *words],
        cwd=folder, env=environment(), text=True, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_a_dead_server_ends_as_it_does_without_workers(tmp_path: Path) -> None:
    done = shared_out(tmp_path, "http://127.0.0.1:9/v1", "-k", "stream-one-call or json-one-call")
    assert done.returncode == 5, done.stdout + done.stderr
    assert "nothing answers at http://127.0.0.1:9" in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_a_budget_ends_as_it_does_without_workers(tmp_path: Path) -> None:
    with Mock() as mock:
        done = shared_out(tmp_path, mock.base_url, "-k", "json or stream", "--conformance-max-requests=9")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the limit of 9 requests is reached" in done.stdout


def test_each_scenario_and_each_shared_run_is_one_workers_work(tmp_path: Path) -> None:
    selected = "stream-one-call or json-three-calls or stream-next-round or unknown-id or empty-list or missing-id"
    with Mock() as mock:
        done = shared_out(tmp_path, mock.base_url, "-k", selected, "--conformance-out=out")
        created = Counter(
            json.loads(r.request.body)["metadata"]["conformance_scenario"]
            for r in mock.requests
            if r.request.method == "POST" and r.request.target.endswith("/runs")
        )
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((tmp_path / "out/report.json").read_text())
    names = [subject["scenario"] for subject in document["subjects"]]
    shared = {"unknown-id", "unknown-id-added", "unknown-id-streamed", "empty-list", "missing-id"}
    assert shared < set(names)
    assert len(names) == len(set(names)) == document["plan"]["scenarios"]
    assert set(created.values()) == {1}, created
    assert len(created) == document["plan"]["runs"] == len(names) - len(shared) + 1
    assert document["planned"] == document["judged"] >= document["plan"]["cells"]


def test_each_scenario_of_a_client_is_one_workers_work(tmp_path: Path) -> None:
    log = tmp_path / "played"
    client = f"import os; open({str(log)!r}, 'a').write(os.environ['CONFORMANCE_SCENARIO'] + '\\n')"
    words = ("-n", "2", "-k", "plain-one-call or refused-calls or streamed-crlf", "--conformance-out=out")
    program = shlex.join((sys.executable, "-S", "-c", client))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *ALONE, "-p", "xdist.plugin", "--pyargs", "conformance.suite", *words,
         f"--conformance-client={program}"],
        cwd=tmp_path, env=environment(), text=True, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert "no outputs were submitted" in done.stdout, done.stdout + done.stderr
    played = log.read_text().splitlines()
    document = json.loads((tmp_path / "out/report.json").read_text())
    assert sorted(played) == sorted(subject["scenario"] for subject in document["subjects"])
    assert len(played) == len(set(played)) == 4


def test_cells_are_one_scope_by_scenario_or_by_the_run_they_share() -> None:
    scope = ByScenario.__new__(ByScenario)._split_scope
    node = "conformance/suite/test_{}.py::test_{}[{}]".format
    assert scope(node("done", "done", "stream-one-call:done.last")) == "stream-one-call"
    assert scope(node("order", "order", "stream-one-call:order.run-path")) == "stream-one-call"
    assert scope(node("errors", "errors", "missing-id:errors.message")) == "refusals"
    assert scope(node("errors", "errors", "empty-list:errors.message")) == "refusals"
    assert scope(node("reading", "reading", "streamed-crlf:reading.line-ends")) == "streamed-crlf"
    assert scope("tests/test_theirs.py::test_theirs[a:b]") == "tests/test_theirs.py"


@pytest.mark.parametrize("dist", ["loadfile", "loadscope", "each", "no"])
def test_another_distribution_that_was_asked_for_is_respected(dist: str) -> None:
    config = SimpleNamespace(getvalue=lambda name: {"dist": dist}[name])
    assert Workers().pytest_xdist_make_scheduler(config, None) is None  # type: ignore[arg-type]


class Worker:
    """Stands for a worker and its process: interrupted, it reports, or it dies."""

    def __init__(self, suite: SimpleNamespace, report: Report | None) -> None:
        self.signals: list[int] = []
        self.config = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: suite))
        self.gateway = SimpleNamespace(_io=SimpleNamespace(popen=self))
        self._report = report

    def poll(self) -> int | None:
        return 1 if self.signals and self._report is None else None

    def send_signal(self, number: int) -> None:
        self.signals.append(number)
        if self._report is not None:
            self.workeroutput = {"conformance_report": pickle.dumps((self._report, []))}


@pytest.mark.parametrize("interrupted", ["interrupted by SIGTERM", None])
def test_workers_of_an_interrupted_run_end_and_report(interrupted: str | None) -> None:
    suite = SimpleNamespace(interrupted=interrupted, parts=[], stops=[])
    reports = [Report({"kind": "mock", "name": name}, ()) for name in ("one", "two")]
    nodes = [Worker(suite, report) for report in (*reports, None)]
    workers = Workers()
    for node in nodes:
        workers.pytest_testnodeready(node)
    workers.pytest_sessionfinish(SimpleNamespace(config=nodes[0].config))  # type: ignore[arg-type]
    if interrupted:
        workers.pytest_testnodedown(nodes[0])
    assert suite.parts == (reports if interrupted else [])
    assert [node.signals for node in nodes] == [[signal.SIGTERM] if interrupted else []] * 3
