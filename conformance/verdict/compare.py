"""Two editions of the verdicts on one target, compared verdict by verdict: what failed newly, was fixed, changed.

An `Edition` is what can be compared of a report or of a baseline: statuses, fingerprints of causes and outlines,
never ids, times or texts. Only where a finding is at hand is it carried along, to be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import JUDGED, Finding, Level, Report, Status, Subject, Verdict
from conformance.verdict.fingerprints import fingerprints
from conformance.verdict.outline import Outline
from conformance.verdict.reshaping import reshaping

#: Of several verdicts on one requirement in one recording, the first of these stands for all.
_WORST = (Status.FAIL, Status.ERROR, Status.WARN, Status.PASS, Status.UNTESTABLE, Status.NOT_APPLICABLE)


class Kind(StrEnum):
    """What became of one cell, the worst first."""

    NEW = "new"
    CHANGED = "changed cause"
    VANISHED = "vanished"
    WARNED = "new warning"
    APPEARED = "appeared"
    MENDED = "mended"
    CLEARED = "warning gone"


#: What each kind is called where people read it; its value is what programs read.
TITLES: Mapping[Kind, str] = {
    Kind.NEW: "new failure",
    Kind.CHANGED: "cause changed",
    Kind.VANISHED: "no longer judged",
    Kind.WARNED: "new warning",
    Kind.APPEARED: "newly judged",
    Kind.MENDED: "fixed",
    Kind.CLEARED: "warning fixed",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one requirement came to in one subject, as it is compared."""

    status: Status
    #: What it failed or warned for, sorted: the fingerprints of each cause, today's first.
    causes: tuple[tuple[str, ...], ...] = ()
    #: Luck brought it: nobody is to blame where it is gone the next time.
    joined: bool = False
    #: A failure counts: nobody has excused it, and its requirement is scored.
    counted: bool = True
    finding: Finding | None = None
    #: The requirement whose failure explains all of it, where that is known: a baseline does not say so.
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What can be compared of one subject."""

    cells: Mapping[str, Cell]
    shape: tuple[Outline, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """What can be compared of a report or a baseline."""

    #: Where it came from, as people would name it.
    name: str
    #: On what terms it was judged, by words for people: target, suite, role and so on.
    terms: Mapping[str, str]
    snapshots: Mapping[str, Snapshot]
    #: Nothing was deselected and nothing cut short: what is not in it was not there.
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that is not what it was; None where it was not there."""

    kind: Kind
    subject: str
    requirement: str
    level: Level
    old: Status | None
    new: Status | None
    #: Whether it is a reason to stop.
    regression: bool
    #: What shows it now, where that is at hand.
    finding: Finding | None = None
    #: The requirement whose own change in the same subject explains it; None where it stands for itself.
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is not what it was."""

    old: Edition
    new: Edition
    changes: tuple[Change, ...]
    #: Subject -> lines that say what its exchanges have lost (`-`) and gained (`+`).
    reshaped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Cells that were compared, and those that only one of the two was asked for.
    compared: int = 0
    apart: int = 0

    @property
    def regressed(self) -> bool:
        """Whether anything is a reason to stop."""
        return any(change.regression for change in self.changes)

    @property
    def differences(self) -> tuple[tuple[str, str, str], ...]:
        """Terms that are not the same: their word, the old and the new."""
        words = dict.fromkeys((*self.old.terms, *self.new.terms))
        pairs = ((word, self.old.terms.get(word, ""), self.new.terms.get(word, "")) for word in words)
        return tuple(pair for pair in pairs if pair[1] != pair[2])

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)

    def failing(self, *, strict: bool) -> bool:
        """Whether whoever gates on this is to stop; `strict` stops at new warnings and other shapes too."""
        return self.regressed or (strict and (bool(self.of(Kind.WARNED)) or bool(self.reshaped)))


def edition(report: Report, name: str, suite: str) -> Edition:
    """What can be compared of a report that this version, or version `suite`, has written."""
    profile, target = report.profile, report.target
    whole = profile.selection is None and profile.shard is None and report.interrupted is None
    terms = {
        "target": str(target.get("base_url") or target.get("name") or target.get("kind")),
        "suite": suite,
        "role": profile.role.value,
        "requirements": profile.requirements or "all",
        "strict": "yes" if profile.strict else "no",
        "selection": profile.selection or "all",
        "shard": profile.shard or "all",
    }
    reached = (
        subject for subject in report.subjects if subject.verdicts and not (report.interrupted and subject.reason)
    )
    return Edition(name, terms, {subject.name: snapshot(subject) for subject in reached}, whole)


def snapshot(subject: Subject) -> Snapshot:
    """What can be compared of one subject."""
    met: dict[str, list[Verdict]] = {}
    for verdict in subject.verdicts:
        met.setdefault(verdict.requirement, []).append(verdict)
    return Snapshot({name: _cell(verdicts) for name, verdicts in sorted(met.items())}, subject.shape)


def _cell(verdicts: list[Verdict]) -> Cell:
    worst = min(verdicts, key=lambda verdict: _WORST.index(verdict.status))
    alike = [verdict for verdict in verdicts if verdict.status is worst.status]
    findings = [(verdict.requirement, finding) for verdict in alike for finding in verdict.findings]
    return Cell(
        worst.status,
        tuple(sorted({fingerprints(requirement, finding) for requirement, finding in findings})),
        joined=all(verdict.joined for verdict in verdicts),
        counted=any(verdict.known is None and verdict.scored for verdict in alike),
        finding=next((finding for _, finding in findings if finding.primary), findings[0][1] if findings else None),
        because=None if any(finding.primary for _, finding in findings) else _cause(alike),
    )


def _cause(verdicts: Iterable[Verdict]) -> str | None:
    """The first requirement that verdicts of one status name as their cause."""
    verdicts = tuple(verdicts)
    of_findings = (finding.because for verdict in verdicts for finding in verdict.findings)
    return next((name for name in (*(verdict.because for verdict in verdicts), *of_findings) if name), None)


def compare(old: Edition, new: Edition) -> Comparison:
    """What is not what it was; a cell that one of the two was not asked for is counted and not compared."""
    changes: list[Change] = []
    compared = apart = 0
    for subject, requirement in _cells(old, new):
        before, after = _at(old, subject, requirement), _at(new, subject, requirement)
        if (before is None and not old.whole) or (after is None and not new.whole):
            apart += 1
            continue
        compared += 1
        kind = _kind(before, after)
        if kind is not None:
            changes.append(_change(kind, subject, requirement, before, after))
    changes = _explained(changes, old, new)
    ordered = sorted(changes, key=lambda change: (not change.regression, list(Kind).index(change.kind)))
    return Comparison(old, new, tuple(ordered), dict(_reshaped(old, new)), compared, apart)


def _explained(changes: Sequence[Change], old: Edition, new: Edition) -> list[Change]:
    """The changes, each with the one beside it that explains it: one that weighs as much at least."""
    there = {(change.subject, change.requirement): change for change in changes}
    explained = []
    for change in changes:
        cells = (_at(side, change.subject, change.requirement) for side in (new, old))
        causes = (there.get((change.subject, cell.because)) for cell in cells if cell is not None and cell.because)
        cause = next((each for each in causes if each is not None and each.regression >= change.regression), None)
        explained.append(change if cause is None else replace(change, because=cause.requirement))
    return explained


def _cells(old: Edition, new: Edition) -> Iterator[tuple[str, str]]:
    for subject in dict.fromkeys((*new.snapshots, *old.snapshots)):
        both = (each.snapshots[subject].cells for each in (new, old) if subject in each.snapshots)
        for requirement in dict.fromkeys(name for cells in both for name in cells):
            yield subject, requirement


def _at(side: Edition, subject: str, requirement: str) -> Cell | None:
    found = side.snapshots.get(subject)
    return None if found is None else found.cells.get(requirement)


def _kind(before: Cell | None, after: Cell | None) -> Kind | None:
    was = None if before is None or before.status not in JUDGED else before.status
    now = None if after is None or after.status not in JUDGED else after.status
    if now is None:
        return None if was is None else Kind.VANISHED
    if was is now:
        return Kind.CHANGED if before and after and _other_cause(before, after) else None
    if now is Status.FAIL:
        return Kind.NEW
    if was is Status.FAIL:
        return Kind.MENDED
    if now is Status.WARN:
        return Kind.WARNED
    return Kind.CLEARED if was is Status.WARN else Kind.APPEARED


def _other_cause(before: Cell, after: Cell) -> bool:
    """Whether it has a cause that it did not have; one fingerprint in common makes two causes the same."""
    known = {name for cause in before.causes for name in cause}
    return any(known.isdisjoint(cause) for cause in after.causes)


def _change(kind: Kind, subject: str, requirement: str, before: Cell | None, after: Cell | None) -> Change:
    row = REQUIREMENTS.get(requirement)
    level = Level.INFO if row is None else row.level
    fails = after is not None and after.status is Status.FAIL and after.counted
    lost = kind is Kind.VANISHED and level is Level.MUST and before is not None and not before.joined
    return Change(
        kind,
        subject,
        requirement,
        level,
        None if before is None else before.status,
        None if after is None else after.status,
        regression=lost or (fails and kind in (Kind.NEW, Kind.CHANGED)),
        finding=None if after is None or after.status is Status.PASS else after.finding,
    )


def _reshaped(old: Edition, new: Edition) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Of subjects whose outlines both have, those that are not alike."""
    for subject, after in new.snapshots.items():
        before = old.snapshots.get(subject)
        if before is not None and before.shape and after.shape and before.shape != after.shape:
            yield subject, reshaping(before.shape, after.shape)
