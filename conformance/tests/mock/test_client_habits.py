"""The bundled client is right in every scenario, and each bad habit dies by the rule it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.checks import outcome
from conformance.contract.client_scenarios import ANSWERS, CLIENT_SCENARIOS
from conformance.contract.scenarios import BY_ID
from conformance.mock import stream_forms
from conformance.mock.client.conversation import Client
from conformance.mock.client.habits import BAD, GOOD, HABITS, Habit
from conformance.mock.client.seen import Failed
from conformance.mock.client_answers import ANSWERED
from conformance.mock.scripted_model import HINDRANCES
from conformance.model import Role, Status, Subject
from conformance.targets.client import ClientTarget
from conformance.targets.drivers import Function
from conformance.targets.given import Given
from conformance.verdict.judge import judge

pytestmark = pytest.mark.slow

#: Bad habit -> a scenario that shows it, and the requirements that fail or warn there for themselves.
KILLED = {
    "first-output-only": ("streamed-three-calls", {"sending.every-call"}),
    "last-output-only": ("plain-three-calls", {"sending.every-call"}),
    "empty-outputs": ("streamed-one-call", {"sending.every-call"}),
    "one-by-one": ("plain-three-calls", {"sending.every-call"}),
    "submits-twice": ("plain-one-call", {"sending.one-request"}),
    "same-output-twice": ("plain-one-call", {"sending.every-call"}),
    "foreign-call-id": ("plain-three-calls", {"sending.every-call"}),
    "outputs-as-objects": ("plain-one-call", {"sending.output-string"}),
    "extra-key": ("streamed-one-call", {"sending.no-extra-keys"}),
    "no-content-type": ("plain-one-call", {"sending.content-type"}),
    "form-content-type": ("plain-one-call", {"sending.content-type"}),
    "no-beta": ("plain-one-call", {"sending.beta"}),
    "old-beta": ("streamed-one-call", {"sending.beta"}),
    "no-key": ("plain-one-call", {"sending.authorization"}),
    "form-body": ("plain-one-call", {"sending.body"}),
    "never-streams": ("streamed-one-call", {"sending.stream-flag"}),
    "always-streams": ("plain-one-call", {"sending.stream-flag"}),
    "another-run": ("plain-one-call", {"sending.path"}),
    "never-submits": ("plain-one-call", {"sending.submitted"}),
    "never-speaks": ("plain-one-call", {"sending.submitted"}),
    "retries-refusals": ("plain-not-found", {"retry.not-refused"}),
    "retries-otherwise": ("plain-fault-before", {"retry.identical"}),
    "retries-at-once": ("plain-rate-limited", {"retry.after"}),
    "retries-when-declined": ("plain-retry-declined", {"retry.declined"}),
    "submits-after-a-break": ("streamed-reset-within-event", {"retry.not-midstream"}),
    "deaf-to-refusals": ("plain-refused-html", {"outcome.refused"}),
    "deaf-to-truncation": ("streamed-truncated-before-ending", {"outcome.truncated"}),
    "deaf-to-resets": ("streamed-reset-between-events", {"outcome.reset"}),
    "deaf-to-errors": ("streamed-error-wrapped", {"outcome.error-event"}),
    "deaf-to-bare-errors": ("streamed-error-bare", {"outcome.error-event-bare"}),
    "deaf-to-bad-json": ("streamed-bad-json", {"outcome.bad-json"}),
    "takes-any-body": ("streamed-html", {"outcome.not-a-stream"}),
    "waits-for-the-close": ("streamed-left-open", {"outcome.left-open"}),
    "text-after-done": ("streamed-after-done", {"outcome.after-done"}),
    "no-unknown-events": ("streamed-unknown-events", {"outcome.unknown-events"}),
    "no-unknown-texts": ("streamed-unknown-texts", {"outcome.unknown-texts"}),
    "demands-members": ("streamed-unknown-members", {"outcome.unknown-members"}),
    "stops-at-the-next-round": ("plain-second-round", {"outcome.second-round"}),
    "all-is-completed": ("streamed-failed", {"outcome.status"}),
    "loses-a-word": ("plain-second-round", {"outcome.text"}),
    "reads-on": ("plain-one-call", {"outcome.poll-stops"}),
    "line-feeds-only": ("streamed-cr", {"reading.line-ends"}),
    "stumbles-over-the-mark": ("streamed-bom", {"reading.bom"}),
    "stumbles-over-comments": ("streamed-keep-alives", {"reading.comments"}),
    "last-data-line": ("streamed-data-lines", {"reading.data-lines"}),
    "needs-the-space": ("streamed-no-space", {"reading.fields"}),
    "stumbles-over-empty-events": ("streamed-retry-alone", {"reading.empty-events"}),
    "stumbles-over-fields": ("streamed-unknown-fields", {"reading.unknown-fields"}),
    "splits-lines-too-often": ("streamed-line-separators", {"reading.line-separators"}),
    "short-lines": ("streamed-long-line", {"reading.long-lines"}),
    "piece-by-piece": ("streamed-byte-by-byte", {"reading.chunks"}),
}

#: Scenarios in which a legal habit shows.
SHOWN = (
    *("plain-one-call", "plain-three-calls", "plain-second-round", "plain-fault-before", "plain-answer-lost"),
    *("plain-refused-calls", "streamed-three-calls", "streamed-second-round", "streamed-fault-before"),
    *("streamed-error-bare", "streamed-reset-within-event", "streamed-no-done", "streamed-json"),
)


def judged(habit: Habit, scenario: str) -> Subject:
    def use(given: Given) -> Mapping[str, object]:
        client = Client(given.variables(), habit)
        error = None
        try:
            client.converse()
        except Failed as failure:
            error = str(failure)
        said = {"status": habit.said_status(client.seen.status), "text": habit.said_text(client.seen.text)}
        return {**said, "error": error}

    return judge(ClientTarget(Function(use)).exchange(BY_ID[scenario]), role=Role.CLIENT)


def departures(subject: Subject) -> set[str]:
    """The requirements that are departed from for themselves."""
    return {
        verdict.requirement
        for verdict in subject.verdicts
        if verdict.status in (Status.FAIL, Status.WARN) and any(finding.primary for finding in verdict.findings)
    }


def test_every_answer_of_the_contract_is_played() -> None:
    assert set(ANSWERED) == set(ANSWERS)
    assert set(HINDRANCES) <= set(ANSWERS)


def test_the_right_client_passes_everything() -> None:
    with ThreadPoolExecutor(8) as pool:
        subjects = list(pool.map(lambda scenario: judged(HABITS["none"], scenario.id), CLIENT_SCENARIOS))
    bad = {s.name: sorted(v.requirement for v in s.verdicts if v.status is not Status.PASS) for s in subjects}
    assert {name: verdicts for name, verdicts in bad.items() if verdicts} == {}
    assert all(len(subject.verdicts) >= 10 for subject in subjects)


@pytest.mark.parametrize("name", [name for name in GOOD if name != "none"])
def test_a_legal_habit_is_no_departure(name: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        subjects = list(pool.map(lambda scenario: judged(HABITS[name], scenario), SHOWN))
    assert [departures(subject) for subject in subjects] == [set()] * len(SHOWN)
    assert not any(verdict.status is Status.ERROR for subject in subjects for verdict in subject.verdicts)


def test_every_bad_habit_has_its_rule() -> None:
    assert set(KILLED) == set(BAD)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_habit_dies_by_its_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_forms, "_LEFT_OPEN", 300)  # in the place of six seconds, of which five are too long
    monkeypatch.setattr(outcome, "_LEFT_OPEN_MS", 250)
    scenario, rules = KILLED[name]
    assert departures(judged(HABITS[name], scenario)) == rules
