"""Annotations for GitHub: workflow commands, which a job prints and the page of its run shows, the worst first.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions says how they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Report, Status
from conformance.report.counts import counts
from conformance.report.departures import Departure, departures, excused
from conformance.report.document import kind_of, reason_of, unplanned
from conformance.report.headline import headline
from conformance.report.not_judged import INTERNAL, why
from conformance.report.plain import safe
from conformance.report.result import verdict_word
from conformance.report.shell_commands import repeat
from conformance.report.text import MOCKED, target_name

#: How many of one kind GitHub shows of a step; it drops the others without a word.
MOST = 10

#: Errors of runs that came to nothing else; the other words show by an annotation of their own.
_WORDLESS = frozenset({"INCOMPLETE", "NOTHING JUDGED"})

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


class _Note(NamedTuple):
    title: str
    message: str


def render(report: Report) -> str:
    """A line for each annotation: errors, warnings, notices."""
    kinds = {"error": _errors, "warning": _warnings, "notice": _notices}
    return "".join(
        f"::{kind} title={note.title.translate(_PROPERTY)}::{note.message.translate(_DATA)}\n"
        for kind, notes in kinds.items()
        for note in _shown([*notes(report)])
    )


def _shown(notes: Sequence[_Note]) -> Sequence[_Note]:
    """No more than are going to be seen; the last of them says how many are not."""
    if len(notes) <= MOST:
        return notes
    rest = notes[MOST - 1 :]
    return (*notes[: MOST - 1], _Note(f"and {len(rest)} more", "\n".join(note.title for note in rest)))


def _errors(report: Report) -> Iterator[_Note]:
    for subject in report.subjects:
        for verdict in subject.verdicts:
            if verdict.status is Status.ERROR:
                told = f"{safe(subject.name)}:{verdict.requirement}: {safe(why(verdict))}"
                yield _Note(INTERNAL, told)
    yield from (_departure("FAIL", each, report) for each in departures(report.subjects, Status.FAIL))
    if report.interrupted or verdict_word(report) in _WORDLESS:
        yield _Note(verdict_word(report), safe(report.interrupted or counts(report)))
    for subject in report.subjects:
        if not subject.verdicts and not unplanned(subject, kind_of(report)):
            yield _Note(f"ERROR {safe(subject.name)}", safe(reason_of(subject)))
    for complaint in report.complaints:
        yield _Note(f"known failure {complaint.kind}: {safe(complaint.row)}", safe(complaint.message))


def _warnings(report: Report) -> Iterator[_Note]:
    yield from (_departure("WARN", each, report) for each in departures(report.subjects, Status.WARN))
    if report.leftovers:
        yield _Note("not deleted", "\n".join(map(safe, report.leftovers)))


def _notices(report: Report) -> Iterator[_Note]:
    mocked = f"{MOCKED}\n" if report.target.get("kind") == "mock" else ""
    yield _Note(f"{verdict_word(report)} {target_name(report)}", f"{mocked}{counts(report)}")
    for status in (Status.FAIL, Status.WARN):
        for each in departures(report.subjects, status, excused):
            yield _Note(f"excused: {each.requirement.id}{_where(each)}", "\n".join(map(safe, each.excuses)))


def _departure(word: str, departure: Departure, report: Report) -> _Note:
    finding = departure.cases[0].finding if departure.cases else None
    told = headline(REQUIREMENTS[departure.requirement.id], finding)
    again = f"\n{repeat(departure, report.again)}" if report.again else ""
    return _Note(f"{word} {departure.requirement.id}{_where(departure)}", f"{told}{again}")


def _where(departure: Departure) -> str:
    names = departure.subjects
    return f" in {safe(names[0])}" if len(names) == 1 else f" in {len(names)} places"
