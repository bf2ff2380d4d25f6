"""`conformance prove`, `conformance list faults`, and `conformance mock --fault` judged by `conformance server`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from conformance.cli import main
from conformance.commands import prove
from conformance.mock.server import Mock
from conformance.proof.faults import FAULTS
from conformance.proof.matrix import Trial
from conformance.tests.commands import CHECKOUT, environment
from conformance.tests.proof import proving

Prints = Callable[..., tuple[int, str, str]]


@pytest.fixture
def prints(capsys: pytest.CaptureFixture[str]) -> Prints:
    """The command in this process: its exit code, standard output and standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def _played_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof is played once for all tests."""
    monkeypatch.setattr(prove, "record", proving.clean)
    monkeypatch.setattr(prove, "prove", lambda _clean, *, full: iter(proving.trials()))


@pytest.mark.usefixtures("_played_before")
def test_prove_prints_totals_and_exits_0_where_the_proof_holds(prints: Prints) -> None:
    lethal = sum(bool(fault.breaks) for fault in FAULTS.values())
    code, said, _ = prints("prove")
    assert code == 0
    assert f"faults killed / declared: {lethal} / {lethal}\n" in said
    assert "requirements covered: 146 / 146\n" in said
    assert said.endswith("the proof holds\n")


@pytest.mark.usefixtures("_played_before")
def test_prove_prints_the_documents_of_docs(prints: Prints) -> None:
    assert prints("prove", "--format", "markdown")[1] == (CHECKOUT / "docs" / "matrix.md").read_text(encoding="utf-8")
    assert prints("prove", "--format", "json")[1] == (CHECKOUT / "docs" / "matrix.json").read_text(encoding="utf-8")


def test_prove_exits_1_and_names_what_is_not_right(prints: Prints, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_is_missed(_clean: object, *, full: bool) -> Iterator[Trial]:
        for trial in proving.trials():
            yield Trial(trial.fault, trial.touched, ()) if trial.fault.name == "done-twice" else trial

    monkeypatch.setattr(prove, "record", proving.clean)
    monkeypatch.setattr(prove, "prove", one_is_missed)
    code, said, _ = prints("prove")
    assert code == 1
    assert "survived: done-twice: done.once" in said
    assert said.endswith("the proof does not hold\n")


def test_list_faults_has_one_line_each(prints: Prints) -> None:
    code, said, _ = prints("list", "faults")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == list(FAULTS)


def test_a_fault_that_is_not_there_is_a_slip_of_whoever_typed_it(prints: Prints) -> None:
    code, _, said = prints("mock", "--fault", "drop-dome")
    assert code == 4
    assert "no fault has the name 'drop-dome'" in said
    assert "Did you mean" in said
    assert "drop-done" in said


def _judged(url: str, scenario: str, prints: Prints) -> tuple[int, dict[str, bool]]:
    """The exit code, and each requirement with findings: whether any of them is primary."""
    code, said, _ = prints("server", "--base-url", url, "-k", scenario, "--format", "json")
    (subject,) = map(json.loads, said.splitlines())
    found = {verdict["requirement"]: verdict["findings"] for verdict in subject["verdicts"] if verdict.get("findings")}
    return code, {name: any(finding["primary"] for finding in findings) for name, findings in found.items()}


def test_a_mock_that_drops_done_is_judged_by_the_missing_end_alone(prints: Prints) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "conformance", "mock", "--fault", "drop-done"],
        cwd=CHECKOUT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as serving:  # fmt: skip
        assert serving.stdout is not None
        url = serving.stdout.readline().strip()
        try:
            code, found = _judged(url, "stream-one-call", prints)
        finally:
            serving.send_signal(signal.SIGINT)
    assert code == 1
    assert [name for name, primary in found.items() if primary] == ["done.present"]


@pytest.mark.parametrize(
    ("fault", "scenario"),
    [
        ("bytes-not-utf8", "stream-one-call"),
        ("cut-in-the-middle", "stream-one-call"),
        ("reset-after-done", "stream-one-call"),
        ("stream-for-absent", "json-one-call"),
        ("waits-for-the-rest", "partial-plain"),
        ("goes-on-after-refusal", "unknown-id"),
    ],
)
def test_a_fault_on_a_real_socket_is_told_as_in_the_proof(fault: str, scenario: str, prints: Prints) -> None:
    with Mock(fault=fault) as mock:
        code, found = _judged(mock.base_url, f"{scenario} and not {scenario}-", prints)
    assert code == 1
    assert {name for name, primary in found.items() if primary} <= FAULTS[fault].breaks
    assert any(found.values())
