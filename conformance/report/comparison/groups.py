"""The changes of a comparison as they are told: what became of one requirement, once for all subjects alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Finding, Level, Status
from conformance.verdict.compare import Comparison, Kind

#: What a comparison came to, in a word.
SAME, CHANGED, REGRESSION = "NO CHANGE", "CHANGED", "REGRESSION"


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of change of one requirement, and every subject it was seen in."""

    kind: Kind
    requirement: str
    level: Level
    regression: bool
    old: Status | None
    new: Status | None
    subjects: tuple[str, ...]
    #: What shows it in the first of them, where that is at hand.
    finding: Finding | None

    @property
    def sentence(self) -> str:
        """What the requirement says; a catalogue of another version may have had others."""
        row = REQUIREMENTS.get(self.requirement)
        return "a requirement that this version does not know" if row is None else row.sentence


def groups(comparison: Comparison) -> tuple[Group, ...]:
    """The changes, those first that are a reason to stop."""
    met: dict[tuple[object, ...], list[int]] = {}
    for index, change in enumerate(comparison.changes):
        met.setdefault((change.kind, change.requirement, change.regression, change.old, change.new), []).append(index)
    return tuple(_group(comparison, indices) for indices in met.values())


def _group(comparison: Comparison, indices: list[int]) -> Group:
    changes = [comparison.changes[index] for index in indices]
    first = changes[0]
    return Group(
        first.kind,
        first.requirement,
        first.level,
        first.regression,
        first.old,
        first.new,
        tuple(change.subject for change in changes),
        next((change.finding for change in changes if change.finding is not None), None),
    )


def word(comparison: Comparison, strict: bool) -> str:
    """What it came to, in a word."""
    if comparison.failing(strict=strict):
        return REGRESSION
    return CHANGED if comparison.changes or comparison.reshaped else SAME


def counts(comparison: Comparison) -> str:
    """All counts on one line."""
    kinds = Counter(change.kind for change in comparison.changes)
    said = [f"{comparison.compared} compared", *(f"{kinds[kind]} {kind}" for kind in Kind if kinds[kind])]
    said += [f"{len(comparison.reshaped)} of another shape"] if comparison.reshaped else []
    said += [f"{comparison.apart} not compared: only one of the two was asked for them"] if comparison.apart else []
    return " · ".join(said)
