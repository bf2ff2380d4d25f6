"""What each requirement came to over a whole run: one entry a requirement, whatever the scenarios it was judged in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Exhibit, Report, Requirement, Status, Verdict
from conformance.report.departures import Departure, departure_of, departures, excused
from conformance.report.not_exercised import WHY, unseen
from conformance.report.not_judged import why
from conformance.report.tally import DEPARTED, Result, counted, outcomes, results

#: What a requirement or a verdict came to -> how people read it, in the order of `tally.OUTCOMES`.
WORDS: Mapping[str, str] = {
    "fail": "failed",
    "error": "internal error",
    "warn": "warned",
    "follows": "due to another failure",
    "known": "known failure",
    "unscored": "not scored yet",
    "pass": "passed",
    "untestable": "could not be tested",
    "not_applicable": "not applicable",
    "not_exercised": "not exercised",
}

_WEIGHTS = {word: weight for weight, word in enumerate(WORDS)}


@dataclass(frozen=True, slots=True)
class Cells:
    """The scenarios or files in which a requirement came to the same, for the same reason."""

    word: str
    #: Why it was excused or not judged; empty where there is nothing to say.
    reason: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One requirement in one report."""

    requirement: Requirement
    #: The weightiest first; there is at least one.
    cells: tuple[Cells, ...]
    #: How it was departed from; None where it was not.
    departure: Departure | None = None
    #: Whether the departure stands for itself; the effect of another one is reported there.
    stands: bool = False
    #: What it came to in numbers; None where nothing in the run could show it.
    result: Result | None = None
    exhibit: Exhibit | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """All it came to, the weightiest first."""
        return tuple(dict.fromkeys(cells.word for cells in self.cells))

    @property
    def word(self) -> str:
        """What it came to, where one word must do."""
        return self.cells[0].word

    @property
    def family(self) -> str:
        """The family of its requirement."""
        return self.requirement.family


def entries(report: Report) -> tuple[Entry, ...]:
    """An entry for each requirement that the report knows of, in the catalogue's order."""
    seen: dict[str, list[_Cell]] = {}
    for subject in report.subjects:
        for verdict, word in outcomes(subject):
            seen.setdefault(verdict.requirement, []).append(_Cell(subject.name, verdict, word))
    came_to = results(report.subjects)
    # What counts, and what fails, comes before what does not.
    stand = {
        each.requirement.id: each
        for wanted in (excused, counted)
        for status in (Status.WARN, Status.FAIL)
        for each in departures(report.subjects, status, wanted)
    }
    exhibits = {exhibit.requirement: exhibit for exhibit in report.exhibits}
    unshown = {name: WHY[label] for label, names in unseen(report.not_exercised).items() for name in names}
    return tuple(
        Entry(
            requirement,
            tuple(_cells(seen[name])) if name in seen else (Cells("not_exercised", unshown[name], ()),),
            stand.get(name) or _following(seen.get(name, ())),
            name in stand,
            came_to.get(name),
            exhibits.get(name),
        )
        for name, requirement in REQUIREMENTS.items()
        if name in seen or name in unshown
    )


class _Cell(NamedTuple):
    subject: str
    verdict: Verdict
    word: str


def _cells(seen: Iterable[_Cell]) -> Iterator[Cells]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for subject, verdict, word in seen:
        grouped.setdefault((word, _reason(word, verdict)), []).append(subject)
    for (word, reason), subjects in sorted(grouped.items(), key=lambda item: _WEIGHTS[item[0][0]]):
        yield Cells(word, reason, tuple(subjects))


def _reason(word: str, verdict: Verdict) -> str:
    if word == "known":
        return verdict.known or ""
    return why(verdict) if word in ("error", "untestable") else verdict.reason or ""


def _following(seen: Iterable[_Cell]) -> Departure | None:
    departed = [(subject, verdict) for subject, verdict, _ in seen if verdict.status in DEPARTED]
    return departure_of(departed) if departed else None
