"""What a report says one should type to see a departure again does show it again; a killed run leaves what it had."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.mock.server import Mock
from conformance.report import reader
from conformance.tests.commands import PATIENCE, conformance, environment

KEY = "a-key-of-the-test"


@pytest.fixture
def lying() -> Iterator[Mock]:
    with Mock(KEY, fault="error-as-text") as mock:
        yield mock


def test_every_command_of_a_report_shows_the_departure_again(lying: Mock, tmp_path: Path) -> None:
    asked = ("server", f"--base-url={lying.base_url}", "--api-key-env=MY_KEY", "--out=out", "-k", "unknown-run")
    judged = conformance(*asked, cwd=tmp_path, MY_KEY=KEY)
    assert judged.returncode == 1, judged.stderr
    report = reader.read((tmp_path / "out/report.json").read_bytes(), "report.json")
    (exhibit,) = report.exhibits
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or KEY not in path.read_text("utf-8"), path

    words = [line.split(maxsplit=1)[1] for line in judged.stdout.splitlines() if line.startswith("  or ")]
    (repeat,) = [shlex.split(word) for word in words]
    assert repeat[:2] == ["conformance", "judge"]
    again = conformance(*repeat[1:], cwd=tmp_path)
    assert again.returncode == 1, again.stderr
    assert exhibit.requirement in again.stdout

    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    sent = subprocess.run(
        ["sh", "-c", exhibit.curl], env=environment(MY_KEY=KEY, NO_PROXY="127.0.0.1"), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert sent.stdout.startswith("HTTP/1.1 404"), sent.stderr
    document = json.loads(sent.stdout.splitlines()[-1])
    assert isinstance(document["error"], str)


def test_a_killed_run_leaves_a_report_that_says_so(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "server", "--out", str(tmp_path / "out")],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    kept = tmp_path / "out/report.json"
    while not kept.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    report = reader.read(kept.read_bytes(), "report.json")
    assert report.interrupted is not None and "still running" in report.interrupted
    assert any(verdict.status.value == "pass" for subject in report.subjects for verdict in subject.verdicts)
    assert any(subject.reason for subject in report.subjects)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".conformance.json", "report.json"]


def test_what_a_client_does_wrong_is_shown_again_by_its_cassette(tmp_path: Path) -> None:
    client = (sys.executable, "-m", "conformance.mock.client", "--habit", "first-output-only")
    judged = conformance("client", "--scenario=plain-three-calls", "--out=out", "--", *client, cwd=tmp_path)
    assert judged.returncode == 1, judged.stderr
    told = [line for line in judged.stdout.splitlines() if line.startswith("  or ")]
    assert told
    for line in told:
        again = conformance(*shlex.split(line)[2:], cwd=tmp_path)
        assert again.returncode == 1, again.stdout
