"""The departures of a report, one for each requirement, over all subjects, with their effects under them.

They come in one order on every surface: a MUST before a SHOULD, then what was seen in more scenarios or files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Finding, Level, Requirement, Status, Subject, Verdict
from conformance.report.counts import many
from conformance.report.tally import counted, excuse, standing
from conformance.verdict.without_ids import without_ids


@dataclass(frozen=True, slots=True)
class Case:
    """One way of departing from a requirement, where it was seen first, and how often it was seen.

    Findings with one message at one pointer are one way, whatever the ids and values in them.
    """

    finding: Finding
    subject: str
    times: int
    #: How many different values came there.
    values: int

    @property
    def others(self) -> str:
        """How many other values came in other places, in words; empty where there are none."""
        return f"and {many(self.values - 1, 'other value')} elsewhere" if self.values > 1 else ""


@dataclass(frozen=True, slots=True)
class Departure:
    """Everything one requirement was found to be departed from."""

    requirement: Requirement
    status: Status
    cases: tuple[Case, ...]
    subjects: tuple[str, ...]
    #: Ids of other requirements that failed because of this one.
    effects: tuple[str, ...] = ()
    #: Ids of those that could not be checked because of it: nothing is known of them.
    unchecked: tuple[str, ...] = ()
    #: Ids of the requirements that explain it, where those were not asked for.
    because: tuple[str, ...] = ()
    #: Why it does not count against the target, where it does not.
    excuses: tuple[str, ...] = ()
    #: Its level in the requirement set that is scored.
    level: Level = Level.MUST

    @property
    def first(self) -> str:
        """The scenario or file it is shown in."""
        return self.cases[0].subject if self.cases else self.subjects[0]


def departure_of(
    seen: Iterable[tuple[str, Verdict]], effects: tuple[str, ...] = (), unchecked: tuple[str, ...] = ()
) -> Departure:
    """What one requirement came to in the subjects where it was departed from; there is at least one."""
    met = tuple(seen)
    verdict = met[0][1]
    because = dict.fromkeys(f.because for _, v in met for f in v.findings if f.because and not f.primary)
    subjects = tuple(subject for subject, _ in met)
    excuses = dict.fromkeys(filter(None, (excuse(each) for _, each in met)))
    return Departure(
        REQUIREMENTS[verdict.requirement],
        verdict.status,
        _cases(met),
        subjects,
        effects,
        unchecked,
        tuple(because),
        tuple(excuses),
        verdict.level,
    )


def departures(
    subjects: Iterable[Subject], status: Status, wanted: Callable[[Verdict], bool] = counted
) -> tuple[Departure, ...]:
    """Requirements with a verdict of the given status that stands for itself, the weightiest first.

    Without `wanted` these are the ones that count against the target; `excused` picks the others.
    """
    judged = tuple(subjects)
    met: dict[str, list[tuple[str, Verdict]]] = {}
    for subject in judged:
        for verdict in standing(subject):
            if verdict.status is status and wanted(verdict):
                met.setdefault(verdict.requirement, []).append((subject.name, verdict))
    effects, unchecked = _effects(judged), _unchecked(judged)
    found = (departure_of(seen, effects.get(name, ()), unchecked.get(name, ())) for name, seen in met.items())
    return tuple(sorted(found, key=_severity))


def _severity(departure: Departure) -> tuple[bool, int]:
    """A MUST before what fails only with `--strict`, then what is departed from in more places."""
    return departure.requirement.level is not Level.MUST, -len(departure.subjects)


def excused(verdict: Verdict) -> bool:
    """Whether a departure does not count against the target."""
    return not counted(verdict)


def _cases(seen: Iterable[tuple[str, Verdict]]) -> tuple[Case, ...]:
    ways: dict[tuple[str, str | None], list[tuple[Finding, str]]] = {}
    for subject, verdict in seen:
        for finding in [finding for finding in verdict.findings if finding.primary] or verdict.findings:
            ways.setdefault((without_ids(finding.message), finding.pointer), []).append((finding, subject))
    return tuple(
        Case(*found[0], times=len(found), values=len({without_ids(finding.got) for finding, _ in found}))
        for found in ways.values()
    )


def _effects(subjects: Iterable[Subject]) -> dict[str, tuple[str, ...]]:
    """Which requirements failed because of which."""
    return _by_cause(
        (finding.because, verdict.requirement)
        for subject in subjects
        for verdict in subject.verdicts
        for finding in verdict.findings
        if not finding.primary
    )


def _unchecked(subjects: Iterable[Subject]) -> dict[str, tuple[str, ...]]:
    """Which requirements could not be checked because of which."""
    return _by_cause((verdict.because, verdict.requirement) for subject in subjects for verdict in subject.verdicts)


def _by_cause(pairs: Iterable[tuple[str | None, str]]) -> dict[str, tuple[str, ...]]:
    caused: dict[str, dict[str, None]] = {}
    for cause, requirement in pairs:
        if cause is not None:
            caused.setdefault(cause, {})[requirement] = None
    return {cause: tuple(requirements) for cause, requirements in caused.items()}
