"""Two lies at once: each is told, unless one of them takes away what the other is about, and then that is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from itertools import islice

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.model import Subject, Transcript
from conformance.proof.faults import FAULTS, LAYERS, applied, broken
from conformance.targets.builtin_mock import BuiltIn
from conformance.tests.proof.proving import clean
from conformance.verdict.blame import cause_of
from conformance.verdict.judge import judge

#: Pairs from different layers; more of them show the same, and take longer.
PAIRS = 150

ORDER = [module.__name__.rpartition(".")[2] for module in LAYERS]
LETHAL = sorted(name for name, fault in FAULTS.items() if fault.change is not None and fault.breaks)


def _mixed() -> list[tuple[str, str]]:
    """Every pair of faults, the one of the inner layer first, in an order that mixes them."""
    pairs = [
        (inner, outer)
        for inner in LETHAL
        for outer in LETHAL
        if ORDER.index(FAULTS[inner].layer) > ORDER.index(FAULTS[outer].layer)
    ]
    return sorted(pairs, key=lambda pair: sha256(" ".join(pair).encode()).digest())


def _together(inner: str, outer: str) -> tuple[Transcript, Transcript, Transcript] | None:
    """The first scenario in which both apply: with one lie, with the other, with both."""
    for one in clean():
        first, second = broken(one, FAULTS[inner]), broken(one, FAULTS[outer])
        if one in (first, second):
            continue
        try:
            both = broken(first, FAULTS[outer])
        except (LookupError, TypeError, ValueError):
            return None  # what the outer lie would change is no longer there to be read
        return None if both == first else (first, second, both)
    return None


def _sample() -> Iterator[tuple[str, str, Transcript, Transcript, Transcript]]:
    for inner, outer in _mixed():
        lies = _together(inner, outer)
        if lies is not None:
            yield inner, outer, *lies


def _told(subject: Subject) -> set[str]:
    return {verdict.requirement for verdict in subject.verdicts if verdict.findings}


def _explained(requirement: str, subject: Subject) -> bool:
    """Whether the subject says why a requirement has no finding: something broken left it nothing to look at."""
    found = {verdict.requirement: verdict.findings for verdict in subject.verdicts if verdict.findings}
    because = next((verdict.because for verdict in subject.verdicts if verdict.requirement == requirement), None)
    return (because or cause_of(requirement, found)) is not None


def test_two_lies_are_both_told_or_one_explains_why_the_other_is_not() -> None:
    lost = []
    tried = 0
    for inner, outer, first, second, both in islice(_sample(), PAIRS):
        tried += 1
        needed = (_told(judge(first)) & FAULTS[inner].breaks) | (_told(judge(second)) & FAULTS[outer].breaks)
        subject = judge(both)
        lost += [
            (inner, outer, first.scenario, requirement)
            for requirement in needed - _told(subject)
            if not _explained(requirement, subject)
        ]
    assert tried == PAIRS
    assert lost == []


def test_a_server_tells_several_lies_at_once_but_decides_in_one_wrong_way() -> None:
    with closing(BuiltIn(fault="error-as-text,drop-done,accepts-partial")) as target:
        chosen = [BY_ID[name] for name in ("stream-one-call", "unknown-run", "partial-plain")]
        broken = {
            verdict.requirement
            for scenario in chosen
            for verdict in judge(target.exchange(scenario)).verdicts
            if any(finding.primary for finding in verdict.findings)
        }
    assert broken >= {"done.present", "errors.message", "submission.partial-refused"}
    with pytest.raises(UsageError, match="change what the server decides"):
        applied.behaviour_with("accepts-partial,executes-twice")
