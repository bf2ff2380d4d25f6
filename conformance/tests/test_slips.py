"""What goes wrong in the suite itself is told as ours: status error, exit code 3, and nobody else is blamed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from conformance.checks import CHECKS
from conformance.cli import main
from conformance.mock.server import Mock
from conformance.model import Finding, Role, Scenario, Subject, Transcript
from conformance.run import loop as run_module
from conformance.targets import acts, http, server
from conformance.targets.acts import Play
from conformance.targets.outputs import body, unknown_like
from conformance.verdict.judge import judge
from conformance.walk.observation import Observation
from conformance.walk.registry import Judge
from conformance.walk.schedule import Schedule

SPOILT, WHOLE = "stream-one-call", "json-one-call"
SELECTION = f"{SPOILT} or {WHOLE}"


class Slip(NamedTuple):
    """A slip planted in the suite: which cells of the spoilt scenario it makes an error, and why."""

    plant: Callable[[pytest.MonkeyPatch], None]
    cells: set[str] | None
    reason: str


def spoil(monkeypatch: pytest.MonkeyPatch, judge_badly: Judge) -> None:
    """Put another function in the place of the check of done.last."""
    checks = {**CHECKS, "done.last": CHECKS["done.last"]._replace(judge=judge_badly)}
    monkeypatch.setattr("conformance.verdict.judge._CHECKS", Schedule(checks.values()))


def a_check_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge_badly(observation: Observation) -> list[Finding]:
        raise ZeroDivisionError("division by zero in a check")

    spoil(monkeypatch, judge_badly)


def a_check_that_raises_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge_badly(observation: Observation) -> Iterator[Finding]:
        yield observation.finding("not-last", "a finding before the slip", "this", "that")
        raise KeyError("delta")

    spoil(monkeypatch, judge_badly)


def a_request_with_a_wrong_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def written(outputs: str, stream: str, calls: Sequence[str]) -> bytes:
        return body(outputs, stream, [unknown_like(call) for call in calls] if stream == "true" else calls)

    monkeypatch.setattr(acts, "body", written)


def a_request_that_is_no_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def written(outputs: str, stream: str, calls: Sequence[str]) -> bytes:
        return body(outputs, stream, calls)[: -1 if stream == "true" else None]

    monkeypatch.setattr(acts, "body", written)


def a_judge_that_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(transcript: Transcript, role: Role) -> Subject:
        subject = judge(transcript, role=role)
        return replace(subject, verdicts=tuple(v for v in subject.verdicts if v.requirement != "done.last"))

    monkeypatch.setattr(run_module, "judge", judged)


def a_judge_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(transcript: Transcript, role: Role) -> Subject:
        if transcript.scenario == SPOILT:
            raise RecursionError("maximum recursion depth exceeded")
        return judge(transcript, role=role)

    monkeypatch.setattr(run_module, "judge", judged)


def an_act_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def played(playing: Play) -> None:
        acts.play(playing)
        if playing.scenario.id == SPOILT:
            raise AttributeError("'NoneType' object has no attribute 'path'")

    monkeypatch.setattr(server, "play", played)


def a_target_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = http.HttpTarget.exchange

    def exchanged(target: http.HttpTarget, scenario: Scenario) -> Transcript:
        if scenario.id == SPOILT:
            raise OSError(24, "Too many open files")
        return exchange(target, scenario)

    monkeypatch.setattr(http.HttpTarget, "exchange", exchanged)


SLIPS = {
    "a check that raises": Slip(a_check_that_raises, {"done.last"}, "division by zero in a check"),
    "a check that raises after a finding": Slip(a_check_that_raises_late, {"done.last"}, "KeyError: 'delta'"),
    "a request with a wrong id": Slip(
        a_request_with_a_wrong_id, None, "our own submission breaks the rules: unknown-id"
    ),
    "a request that is no JSON": Slip(
        a_request_that_is_no_json, None, "our own submission breaks the rules: malformed"
    ),
    "a judge that forgets a rule": Slip(a_judge_that_forgets, {"done.last"}, "the judge gave no verdict"),
    "a judge that breaks": Slip(a_judge_that_breaks, None, "maximum recursion depth exceeded"),
    "an act that breaks": Slip(an_act_that_breaks, None, "object has no attribute 'path'"),
    "a target that breaks": Slip(a_target_that_breaks, None, "Too many open files"),
}


@pytest.fixture(params=SLIPS)
def slip(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Slip:
    """One slip, planted."""
    planted: Slip = SLIPS[request.param]
    planted.plant(monkeypatch)
    return planted


def test_a_slip_is_ours_and_nobodys_fault(slip: Slip, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Mock() as mock:
        words = ("--base-url", mock.base_url, "-k", SELECTION, "--format", "json", "--out", str(tmp_path))
        code = main(["server", *words])
    out, err = capfd.readouterr()
    subjects: dict[str, Any] = {subject["scenario"]: subject for subject in map(json.loads, out.splitlines()[:-1])}
    spoilt = {verdict["requirement"]: verdict for verdict in subjects[SPOILT]["verdicts"]}
    errors = {name for name, verdict in spoilt.items() if verdict["status"] == "error"}
    assert code == 3
    assert "Traceback" not in err
    assert subjects[SPOILT]["verdict"] == "error"
    assert (subjects[WHOLE]["verdict"], subjects[WHOLE]["planned"]) == ("pass", subjects[WHOLE]["judged"])
    assert errors == (slip.cells or set(spoilt))
    assert all(slip.reason in spoilt[name]["reason"] for name in errors)
    assert {verdict["status"] for verdict in spoilt.values()} <= {"error", "pass", "not_applicable"}
    assert not [verdict for name, verdict in spoilt.items() if verdict["findings"]]
    written = (tmp_path / "report.txt").read_text("utf-8")
    assert written.startswith("ERROR  http://127.0.0.1:")
    assert "internal error of the suite" in written
    assert slip.reason in " ".join(written.split())
    assert "FAIL" not in written


def test_a_submission_that_breaks_our_rules_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    a_request_with_a_wrong_id(monkeypatch)
    with Mock() as mock:
        assert main(["server", "--base-url", mock.base_url, "-k", SPOILT]) == 3
        assert not [r for r in mock.requests if r.request.target.endswith("/submit_tool_outputs")]
