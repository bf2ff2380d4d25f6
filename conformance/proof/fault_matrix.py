"""The fault matrix: which fault was reported as which requirement, and whether that is what it declared.

Pure: transcripts and subjects come in, rows go out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Level, Requirement, Role, Status, Subject, Transcript
from conformance.proof.faults import Fault, broken
from conformance.proof.faults.control import HARMLESS, RUINOUS
from conformance.verdict.judge import judge


class Outcome(StrEnum):
    """What became of a fault under one requirement."""

    #: Reported, as declared; the word is that of the JSON format.
    CAUGHT = "killed"
    #: Declared and not reported.
    SURVIVED = "survived"
    #: Reported and not declared.
    WRONG_RULE = "wrong rule"
    #: It applied nowhere.
    DEAD = "dead"
    #: Legal, and reported by nothing.
    EQUIVALENT = "equivalent"
    #: A check raised on it.
    SLIP = "slip"

    @property
    def words(self) -> str:
        """How people read it: the values are those of the JSON format, which does not change."""
        return _OUTCOME_WORDS.get(self, self.value)


_OUTCOME_WORDS = {Outcome.CAUGHT: "caught", Outcome.SLIP: "internal error"}


#: Outcomes that are as expected.
RIGHT = frozenset({Outcome.CAUGHT, Outcome.EQUIVALENT})


class Sighting(NamedTuple):
    """A primary finding: in which scenario, and where in it."""

    requirement: str
    scenario: str
    exchange: int
    event: int | None
    span: tuple[int, int] | None
    message: str
    got: str


class Row(NamedTuple):
    """One fault under one requirement; `requirement` is empty where the fault was reported as none."""

    fault: str
    requirement: str
    outcome: Outcome
    #: The scenarios in which it was reported, or applied.
    scenarios: tuple[str, ...]
    #: The first primary finding.
    first: Sighting | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one fault came to: the scenarios it touched, everything reported for it, and internal errors."""

    fault: Fault
    touched: tuple[str, ...]
    sightings: tuple[Sighting, ...]
    slips: tuple[str, ...] = ()


def sightings(subject: Subject) -> tuple[Sighting, ...]:
    """The primary findings of a subject."""
    return tuple(
        Sighting(verdict.requirement, subject.name, found.exchange, found.event, found.span, found.message, found.got)
        for verdict in subject.verdicts
        for found in verdict.findings
        if found.primary
    )


def slips(subject: Subject) -> tuple[str, ...]:
    """The verdicts of a subject that are errors of ours."""
    return tuple(
        f"{subject.name}:{verdict.requirement}: {verdict.reason}"
        for verdict in subject.verdicts
        if verdict.status is Status.ERROR
    )


def trial_of(fault: Fault, subjects: Sequence[Subject]) -> Trial:
    """The trial of a fault by the subjects of the scenarios it touched."""
    return Trial(
        fault,
        tuple(subject.name for subject in subjects),
        tuple(found for subject in subjects for found in sightings(subject)),
        tuple(slip for subject in subjects for slip in slips(subject)),
    )


def tried(fault: Fault, transcripts: Iterable[Transcript]) -> Trial:
    """The trial of a wire fault on recorded transcripts; where it changes nothing nothing is judged."""
    changed = ((transcript, broken(transcript, fault)) for transcript in transcripts)
    return trial_of(fault, [judge(after) for before, after in changed if after != before])


def rows(trial: Trial) -> tuple[Row, ...]:
    """Fold a trial into rows: one for each requirement declared or reported, else one that says what became of it."""
    fault = trial.fault
    if trial.slips:
        return (Row(fault.name, "", Outcome.SLIP, trial.touched, reason=trial.slips[0]),)
    if not trial.touched:
        return (Row(fault.name, "", Outcome.DEAD, ()),)
    seen: dict[str, list[Sighting]] = {}
    for sighting in trial.sightings:
        seen.setdefault(sighting.requirement, []).append(sighting)
    if fault.equivalent and not seen:
        return (Row(fault.name, "", Outcome.EQUIVALENT, trial.touched, reason=fault.equivalent),)
    return tuple(
        _row(fault, requirement, seen) for requirement in REQUIREMENTS if requirement in seen.keys() | fault.breaks
    )


def _row(fault: Fault, requirement: str, seen: Mapping[str, Sequence[Sighting]]) -> Row:
    found = seen.get(requirement, ())
    if not found:
        return Row(fault.name, requirement, Outcome.SURVIVED, ())
    outcome = Outcome.CAUGHT if requirement in fault.breaks else Outcome.WRONG_RULE
    return Row(fault.name, requirement, outcome, tuple(dict.fromkeys(one.scenario for one in found)), found[0])


@dataclass(frozen=True, slots=True)
class FaultMatrix:
    """The rows of all faults, in the order of their table."""

    faults: tuple[Fault, ...]
    rows: tuple[Row, ...]
    #: Why the run is void: a control came out otherwise, or the clean server or the right client was accused.
    void: tuple[str, ...] = ()
    #: Whose faults they are.
    role: Role = Role.SERVER

    @property
    def wrong(self) -> tuple[Row, ...]:
        """The rows that are not as they should be."""
        return tuple(row for row in self.rows if row.outcome not in RIGHT)

    @property
    def breaking(self) -> tuple[Fault, ...]:
        """The faults that break something."""
        return tuple(fault for fault in self.faults if fault.breaks)

    @property
    def caught(self) -> tuple[Fault, ...]:
        """The faults that were reported as just what they declare."""
        wrong = {row.fault for row in self.wrong}
        return tuple(fault for fault in self.breaking if fault.name not in wrong)

    def catching(self, requirement: str) -> tuple[str, ...]:
        """The faults that a requirement catches."""
        caught = (row for row in self.rows if row.outcome is Outcome.CAUGHT)
        return tuple(dict.fromkeys(row.fault for row in caught if row.requirement == requirement))

    def uncovered(self) -> tuple[Requirement, ...]:
        """The requirements that can fail by their level, and that no fault was seen to break."""
        catching = {row.requirement for row in self.rows if row.outcome is Outcome.CAUGHT}
        return tuple(requirement for requirement in judged(self.role) if requirement.id not in catching)

    @property
    def holds(self) -> bool:
        """Whether the proof holds: every row right, every MUST and SHOULD covered, the controls as known."""
        return not self.wrong and not self.void and not self.uncovered()


def judged(role: Role = Role.SERVER) -> tuple[Requirement, ...]:
    """The requirements of a role that are judged at all: each can fail or warn."""
    return tuple(
        requirement
        for requirement in REQUIREMENTS.values()
        if requirement.role is role and requirement.excluded is None and requirement.level in (Level.MUST, Level.SHOULD)
    )


def accused(transcripts: Iterable[Transcript], innocent: str) -> tuple[str, ...]:
    """What is said against somebody who does everything right; empty where all is well."""
    subjects = [judge(transcript) for transcript in transcripts]
    findings = (
        f"the {innocent} is accused: {found.requirement} in {found.scenario}: {found.message}"
        for subject in subjects
        for found in sightings(subject)
    )
    broke = (f"internal error on the {innocent}: {slip}" for subject in subjects for slip in slips(subject))
    return (*findings, *broke)


def void(transcripts: Sequence[Transcript]) -> tuple[str, ...]:
    """Why nothing can be proven by these transcripts of the clean server; empty where all is well."""
    expected = ((HARMLESS, Outcome.SURVIVED), (RUINOUS, Outcome.CAUGHT))
    controls = [
        f"{fault.name}: expected {outcome.words}, got {', '.join(each.words for each in outcomes)}"
        for fault, outcome in expected
        if (outcomes := [row.outcome for row in rows(tried(fault, transcripts))]) != [outcome]
    ]
    return (*accused(transcripts, "clean server"), *controls)


def alike(trials: Iterable[Trial]) -> tuple[tuple[str, ...], ...]:
    """The faults that no verdict distinguishes: all have the same findings at the same places in the same words."""
    by_sightings: dict[tuple[Sighting, ...], list[str]] = {}
    for trial in trials:
        if trial.sightings:
            by_sightings.setdefault(trial.sightings, []).append(trial.fault.name)
    return tuple(tuple(names) for names in by_sightings.values() if len(names) > 1)
