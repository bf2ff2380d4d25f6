"""The changes of a comparison as people read them: what became of one requirement, once for all subjects alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Finding, Level, Status
from conformance.report.counts import many
from conformance.verdict.compare import TITLES, Comparison, Kind

#: What a comparison came to, in a word.
SAME, CHANGED, REGRESSION = "NO CHANGE", "CHANGED", "REGRESSION"

_STATUSES = {Status.UNTESTABLE: "could not be tested", Status.NOT_APPLICABLE: "not applicable"}


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
    #: Requirements that changed only because of this one.
    effects: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The kind of change, as people read it."""
        return TITLES[self.kind]

    @property
    def statuses(self) -> str:
        """What it was, and what it is."""
        return statuses(self.old, self.new)

    @property
    def sentence(self) -> str:
        """What the requirement says; a catalogue of another version may have had others."""
        row = REQUIREMENTS.get(self.requirement)
        return "a requirement that this version does not know" if row is None else row.sentence


def groups(comparison: Comparison) -> tuple[Group, ...]:
    """The changes, those first that are a reason to stop; what only follows from another is named there."""
    met: dict[tuple[object, ...], list[int]] = {}
    for index, change in enumerate(comparison.changes):
        if change.because is not None:
            continue
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
        _effects(comparison, first.requirement, {change.subject for change in changes}),
    )


def _effects(comparison: Comparison, first: str, subjects: Container[str]) -> tuple[str, ...]:
    """What changed because of a requirement in some subjects, and what changed because of that in turn."""
    found: dict[str, None] = {}
    causes = [first]
    for cause in causes:
        for change in comparison.changes:
            if change.because == cause and change.subject in subjects and change.requirement not in found:
                found[change.requirement] = None
                causes.append(change.requirement)
    return tuple(found)


def statuses(old: Status | None, new: Status | None) -> str:
    """What a verdict was, and what it is."""
    return f"{_status(old)} → {_status(new)}"


def _status(status: Status | None) -> str:
    return "not judged" if status is None else _STATUSES.get(status, status.value)


def word(comparison: Comparison, strict: bool) -> str:
    """What it came to, in a word."""
    if comparison.failing(strict=strict):
        return REGRESSION
    return CHANGED if comparison.changes or comparison.reshaped else SAME


def counts(comparison: Comparison) -> str:
    """All counts on one line."""
    kinds = Counter(change.kind for change in comparison.changes if change.because is None)
    effects = sum(change.because is not None for change in comparison.changes)
    said = [_counted(kind, kinds[kind]) for kind in Kind if kinds[kind]]
    said += [f"{effects} due to those"] if effects else []
    said += [many(len(comparison.reshaped), "response shape") + " changed"] if comparison.reshaped else []
    return f"{many(comparison.compared, 'verdict')} compared: {', '.join(said) or 'no change'}"


def _counted(kind: Kind, number: int) -> str:
    return many(number, TITLES[kind]) if kind in (Kind.NEW, Kind.WARNED) else f"{number} {TITLES[kind]}"


def notes(comparison: Comparison) -> Iterator[str]:
    """What makes the two less comparable, each in a sentence."""
    for term, old, new in comparison.differences:
        if term == "selection":
            yield f"-k changed ({old or 'none'} → {new or 'none'}), so that only what both runs judged is compared"
        else:
            yield f"{term} changed: {old or 'none'} → {new or 'none'}"
    if comparison.apart:
        yield f"{many(comparison.apart, 'verdict')} not compared: only one of the two runs was asked for them"
