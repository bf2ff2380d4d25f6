"""Known failures: which departures their owner has excused, and what is wrong with the list that says so.

A row excuses a finding by its cause, not by its place: a mended failure that breaks again for another cause counts.
What only follows from an excused breach, and what that breach left nothing to look at, is excused with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID
from conformance.model import (
    JUDGED,
    Complaint,
    Finding,
    KnownFailure,
    Report,
    Role,
    Status,
    Subject,
    Verdict,
)
from conformance.verdict import run_wide
from conformance.verdict.fingerprints import fingerprints

_DEPARTED = frozenset({Status.FAIL, Status.WARN})

#: Every scenario of ours -> the role it is about.
_SCENARIOS = {scenario.id: scenario.role for scenario in BY_ID.values()}


def causes(verdict: Verdict) -> dict[tuple[str, ...], Finding]:
    """Fingerprints -> first finding of each cause a verdict departs for; effects only where there is nothing else."""
    own = [finding for finding in verdict.findings if finding.primary] or verdict.findings
    told: dict[tuple[str, ...], Finding] = {}
    for finding in own:
        told.setdefault(fingerprints(verdict.requirement, finding), finding)
    return told


def holding(
    rows: Iterable[KnownFailure], target: Mapping[str, object], role: Role | None = None
) -> tuple[KnownFailure, ...]:
    """The rows that are about a target, in a role or in both. One list may serve many; an unknown id is about all."""
    return tuple(row for row in rows if _meets(row, target) and _binds(row, role))


def excused(subject: Subject, rows: Sequence[KnownFailure], today: str) -> Subject:
    """The subject with the reason of a row beside every verdict that the rows excuse; `today` is a full-date."""
    valid = [row for row in rows if not row.expires or row.expires >= today]
    reasons: list[str | None] = [None] * len(subject.verdicts)
    # An effect may follow from another effect: each round excuses what follows from those before it.
    while True:
        by_cause = _excused_causes(subject.verdicts, reasons)
        more = [
            reason or _reason(verdict, subject.name, valid, by_cause)
            for verdict, reason in zip(subject.verdicts, reasons, strict=True)
        ]
        if more == reasons:
            break
        reasons = more
    pairs = zip(subject.verdicts, reasons, strict=True)
    return replace(subject, verdicts=tuple(v if v.known == reason else replace(v, known=reason) for v, reason in pairs))


def held(report: Report, rows: Sequence[KnownFailure]) -> Report:
    """The report with the rows held against it, as if they had been there when it was made."""
    subjects = run_wide.settled(excused(subject, rows, _day(report)) for subject in report.subjects)
    return checked(replace(report, subjects=subjects, known_failures=tuple(rows)))


def checked(report: Report) -> Report:
    """The report with what is wrong with its rows: a function of the report alone, so that parts can be joined."""
    return replace(report, complaints=tuple(_complaints(report)))


def concerning(report: Report) -> Report:
    """The report with only those rows that are about one of its verdicts, for a part of what a list is about."""
    rows = tuple(row for row in report.known_failures if any(_cells(row, report)))
    return checked(replace(report, known_failures=rows))


def covers(row: KnownFailure, verdict: Verdict, subject: str) -> bool:
    """Whether a row is about a verdict, in a subject of that name."""
    here = not row.scenarios or verdict.scenario in row.scenarios or subject in row.scenarios
    return here and verdict.requirement == row.requirement


def stale(row: KnownFailure, report: Report) -> tuple[str, ...] | None:
    """The scenarios of a row in which what it lists passes; empty where it passes everywhere, None where it does not.

    What this run did not reach is not stale: a row for all scenarios takes a whole run.
    """
    seen = list(_cells(row, report))
    if row.scenarios:
        return tuple(name for name in row.scenarios if _passes([v for v, s in seen if name in (v.scenario, s)])) or None
    partly = report.interrupted or report.profile.selection or report.profile.shard
    unjudged = any(verdict.status in (Status.UNTESTABLE, Status.ERROR) for verdict, _ in seen)
    return () if not partly and not unjudged and _passes([verdict for verdict, _ in seen]) else None


def expired(row: KnownFailure, report: Report) -> bool:
    """Whether the last day of a row was over when the run began."""
    return bool(row.expires) and row.expires < _day(report)


def _day(report: Report) -> str:
    return report.began[:10]


def _meets(row: KnownFailure, target: Mapping[str, object]) -> bool:
    return all(str(target.get(fact, "")) in values for fact, values in row.target.items())


def _binds(row: KnownFailure, role: Role | None) -> bool:
    return role is None or row.requirement not in REQUIREMENTS or REQUIREMENTS[row.requirement].role is role


def _excused_causes(verdicts: Sequence[Verdict], reasons: Sequence[str | None]) -> dict[str, str]:
    """Why a breach is excused, by its requirement: only where it is excused wherever the subject holds it."""
    told: dict[str, str | None] = {}
    for verdict, reason in zip(verdicts, reasons, strict=True):
        if verdict.status in _DEPARTED:
            earlier = told.get(verdict.requirement, reason)
            told[verdict.requirement] = reason if earlier is not None else None
    return {requirement: reason for requirement, reason in told.items() if reason is not None}


def _reason(verdict: Verdict, subject: str, rows: Sequence[KnownFailure], by_cause: Mapping[str, str]) -> str | None:
    """Why a verdict is excused; None where it is not, or where one cause of it is not."""
    if verdict.status is Status.UNTESTABLE:
        return by_cause.get(verdict.because or "")
    if verdict.status not in _DEPARTED:
        return None
    mine = [row for row in rows if covers(row, verdict, subject)]
    told = [_excuse(verdict.requirement, finding, mine, by_cause) for finding in verdict.findings]
    return told[0] if told and None not in told else None


def _excuse(
    requirement: str, finding: Finding, rows: Sequence[KnownFailure], by_cause: Mapping[str, str]
) -> str | None:
    cause = fingerprints(requirement, finding) if rows else ()
    row = next((row for row in rows if not row.fingerprints or not {*cause}.isdisjoint(row.fingerprints)), None)
    if row is not None:
        return row.reason
    return None if finding.primary else by_cause.get(finding.because or "")


def _cells(row: KnownFailure, report: Report) -> Iterator[tuple[Verdict, str]]:
    for subject in report.subjects:
        for verdict in subject.verdicts:
            if covers(row, verdict, subject.name):
                yield verdict, subject.name


def _passes(verdicts: Sequence[Verdict]) -> bool:
    """Whether something was judged, and all of it passed."""
    judged = [verdict for verdict in verdicts if verdict.status in JUDGED]
    return bool(judged) and all(verdict.status is Status.PASS for verdict in judged)


def _complaints(report: Report) -> Iterator[Complaint]:
    for row in report.known_failures:
        wrong = _unmatched(row, report)
        passing = stale(row, report) if wrong is None else None
        if wrong is not None:
            yield Complaint("unmatched", _label(row), wrong)
        elif passing is not None:
            where = f" in {', '.join(passing)}" if len(passing) > 1 else ""
            what = "the row" if len(passing) == len(row.scenarios) else "what passes from the row"
            label = _label(replace(row, scenarios=passing))
            yield Complaint("stale", label, f"It passes now{where}. Delete {what}, or let {_UPDATE} do it.")
        elif expired(row, report):
            yield Complaint("expired", _label(row), f"{row.expires} was its last day: it excuses nothing. {_EXPIRED}")
        else:
            yield from _changed(row, report)


_UPDATE = "--update-known-failures"
_EXPIRED = "Mend the failure and delete the row, or give it another day if the reason still holds."
_CHANGED = f"If that is known too, let {_UPDATE} take it over, and look whether the reason still holds."


def _changed(row: KnownFailure, report: Report) -> Iterator[Complaint]:
    """What a row lists and does not excuse, since it fails for a cause that no row knows: reported once."""
    for verdict, subject in _cells(row, report):
        if verdict.status in _DEPARTED and verdict.known is None and any(each.primary for each in verdict.findings):
            rows = (other for other in report.known_failures if covers(other, verdict, subject))
            known = {cause for other in rows for cause in other.fingerprints}
            new = next((finding for cause, finding in causes(verdict).items() if known.isdisjoint(cause)), None)
            if new is not None:
                told = f"It fails for another cause than the one known: {new.message}. {_CHANGED}"
                yield Complaint("changed", f"{subject}:{row.requirement}", told)
                return


def _unmatched(row: KnownFailure, report: Report) -> str | None:
    """Why a row can be about nothing; names of recordings cannot be looked up, since a run knows only its own."""
    if row.requirement not in REQUIREMENTS:
        return f"No requirement has this id. {_near(row.requirement, REQUIREMENTS, 'requirements')}"
    requirement = REQUIREMENTS[row.requirement]
    if requirement.excluded is not None:
        return f"Nothing checks this requirement: {requirement.excluded} Delete the row."
    if report.target.get("kind") == "recordings":
        return None
    named = {name: role for name, role in _SCENARIOS.items() if role is requirement.role}
    lost = next((name for name in row.scenarios if name not in named), None)
    if lost is None:
        return None
    return f"No scenario for a {requirement.role} has the id {lost!r}. {_near(lost, named, 'scenarios')}"


def _near(name: str, names: Iterable[str], kind: str) -> str:
    near = get_close_matches(name, list(names))
    return f"Did you mean {' or '.join(near)}?" if near else f"`conformance list {kind}` shows all ids."


def _label(row: KnownFailure) -> str:
    return f"{row.scenarios[0]}:{row.requirement}" if len(row.scenarios) == 1 else row.requirement
