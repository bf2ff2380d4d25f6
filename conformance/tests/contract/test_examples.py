"""Each checked requirement has an example that conforms and one that violates it, and the judge agrees with both."""

from __future__ import annotations

import pytest

from conformance.contract.examples import Example, examples_of
from conformance.contract.media import WHOLE
from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import OwnError
from conformance.model import Finding, Role, Status, Subject
from conformance.verdict.judge import judge

CHECKED = [row.id for row in REQUIREMENTS.values() if row.excluded is None]
EXCLUDED = [row.id for row in REQUIREMENTS.values() if row.excluded is not None]


def _pair(requirement: str) -> tuple[Example, Example]:
    pair = examples_of(requirement)
    assert pair is not None
    return pair


def _findings(subject: Subject) -> list[tuple[str, Finding]]:
    return [(verdict.requirement, finding) for verdict in subject.verdicts for finding in verdict.findings]


def _status(subject: Subject, requirement: str) -> Status:
    return next(verdict.status for verdict in subject.verdicts if verdict.requirement == requirement)


@pytest.mark.parametrize("requirement", CHECKED)
def test_the_conforming_example_passes_and_nothing_is_found_in_it(requirement: str) -> None:
    conforming, _ = _pair(requirement)
    subject = judge(conforming.transcript, role=REQUIREMENTS[requirement].role)
    assert _findings(subject) == []
    assert _status(subject, requirement) is Status.PASS


@pytest.mark.parametrize("requirement", CHECKED)
def test_the_violating_example_breaks_this_requirement_and_no_other(requirement: str) -> None:
    _, violating = _pair(requirement)
    subject = judge(violating.transcript, role=REQUIREMENTS[requirement].role)
    primary = {name for name, finding in _findings(subject) if finding.primary}
    assert primary == {requirement}
    level = REQUIREMENTS[requirement].level
    assert _status(subject, requirement) is (Status.FAIL if level == "MUST" else Status.WARN)


@pytest.mark.parametrize("requirement", CHECKED)
def test_both_examples_hold_the_situation_the_requirement_is_planned_for(requirement: str) -> None:
    row = REQUIREMENTS[requirement]
    for example in _pair(requirement):
        assert row.needs <= example.transcript.traits | WHOLE


@pytest.mark.parametrize("requirement", [id_ for id_ in CHECKED if REQUIREMENTS[id_].role is Role.SERVER])
def test_the_two_examples_of_a_server_differ_only_in_what_came_back(requirement: str) -> None:
    conforming, violating = _pair(requirement)
    sent = [exchange.request for exchange in conforming.transcript.exchanges]
    kept = [exchange.request for exchange in violating.transcript.exchanges]
    assert all(request in sent for request in kept)
    assert conforming.transcript != violating.transcript


@pytest.mark.parametrize("requirement", EXCLUDED)
def test_an_excluded_requirement_has_no_example(requirement: str) -> None:
    assert examples_of(requirement) is None


def test_a_requirement_without_an_example_is_a_slip_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.contract.examples._violations", dict)
    with pytest.raises(OwnError, match=r"done\.last has no example"):
        examples_of("done.last")
