"""The law of pairs (design rule 8): no defect hides another, unless it takes away what the other is about."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from itertools import islice

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.proof.faults import applied
from conformance.targets.builtin_mock import BuiltIn
from conformance.tests.proof.pairs import Said, Sight, mixed, sights
from conformance.verdict.judge import judge

#: A pair takes ten milliseconds; `python -m conformance.tests.proof.pairs` judges all there are.
PAIRS = 400

#: The outer fault is told by another rule, or breaks nothing any more, once the inner one has changed what it is about.
OVERTAKEN = frozenset(
    {
        ("done-twice", "delta-after-done"),
        ("done-named-end", "delta-after-done"),
        ("delta-twice", "delta-after-done"),
        ("delta-of-another", "delta-after-done"),
        ("in-progress-twice", "delta-after-end"),
        ("index-for-each-delta", "delta-without-index"),
        ("message-id-of-step", "message-without-step"),
        ("call-name-changed", "pending-id-null"),
        ("done-first", "last-unterminated"),
    }
)


@cache
def _sample() -> tuple[Sight, ...]:
    return tuple(sight for found in islice(sights(mixed()), PAIRS) for sight in found)


def test_no_fault_is_lost_behind_another() -> None:
    lost = [sight for sight in _sample() if sight.said is Said.LOST]
    assert [sight for sight in lost if (sight.fault, sight.beside) not in OVERTAKEN] == []


def test_faults_of_different_objects_are_told_independently() -> None:
    apart = [sight for sight in _sample() if sight.apart]
    effects = [sight for sight in apart if sight.said is Said.EFFECT]
    # An event without a name, or run together with the next, is not there: what is missed without it is its effect.
    assert {sight.because for sight in effects} <= {
        "framing.event-name", "framing.blank-line", "framing.complete", "content.message-text", "order.run-identity",
        "order.message-life", "done.after-terminal",
    }  # fmt: skip
    assert len(effects) * 100 < len(apart)


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
