"""What was not judged, in words: scenarios not reached, what could not be tested and why, what nothing showed.

All of it stands below the failures, and without `-v` its lists are cut: none of it counts against the target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from conformance.model import Report, Status, Subject, Verdict
from conformance.report.counts import many
from conformance.report.document import kind_of, unplanned
from conformance.report.not_exercised import WHY, unseen
from conformance.report.plain import field, listing, safe
from conformance.report.style import Style
from conformance.verdict.without_ids import without_ids

#: Names listed before the rest is counted.
_NAMES = 8

#: The same in a list of what was not judged, which is looked at by those who ask for all of it.
_FOLDED = 3

#: Said of every internal error, wherever one is shown.
INTERNAL = "internal error of the suite (please report it); not a failure of the target"


def not_judged(report: Report, style: Style) -> Iterator[str]:
    """A part for each reason for which something was not judged."""
    yield from _unreadable(report, style)
    yield from _unreached(report, style)
    yield from _untestable(report, style)
    yield from _unknown(report, style)
    yield from _notes(report, style)
    yield from _not_exercised(report, style)
    yield from _leftovers(report, style)


def internal_errors(report: Report, style: Style) -> Iterator[str]:
    """Errors of the suite itself, by their reasons."""
    for reason in _reasons(report.subjects, Status.ERROR, kind_of(report), style):
        yield f"{style.word('ERROR')}  {INTERNAL}\n{reason}"


def by_reason(subjects: Iterable[Subject], status: Status) -> dict[str, list[Verdict]]:
    """Why verdicts of a status were not given -> those verdicts; reasons that differ only in ids are one."""
    found: dict[str, list[Verdict]] = {}
    for subject in subjects:
        for verdict in subject.verdicts:
            if verdict.status is status:
                found.setdefault(without_ids(why(verdict)), []).append(verdict)
    return found


def requirements_of(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """The ids of what verdicts are on, each once."""
    return tuple(dict.fromkeys(verdict.requirement for verdict in verdicts))


def why(verdict: Verdict) -> str:
    """Why a verdict was not given."""
    return verdict.reason or (f"because {verdict.because} failed" if verdict.because else "no reason was given")


def _unreadable(report: Report, style: Style) -> Iterator[str]:
    for subject in report.subjects:
        if subject.reason and not subject.verdicts:
            word = "NOT JUDGED" if unplanned(subject, kind_of(report)) else style.word("ERROR")
            yield f"{word}  {safe(subject.name)}\n" + field("reason", safe(subject.reason), style.width)


def _unreached(report: Report, style: Style) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for subject in report.subjects:
        if subject.reason and subject.verdicts:
            reasons.setdefault(without_ids(subject.reason), []).append(safe(subject.name))
    if reasons:
        most = len(report.subjects) if style.verbose else _NAMES
        lines = ["NOT REACHED (the scenario never came to the state that it judges)"]
        for reason, names in reasons.items():
            # What stopped the whole run is said with the verdict.
            if report.interrupted is None or reason != without_ids(report.interrupted):
                lines.append(field("reason", safe(reason), style.width))
            lines.append(listing("scenarios", tuple(names), style.width, most))
        yield "\n".join(lines)


def _untestable(report: Report, style: Style) -> Iterator[str]:
    reached = tuple(subject for subject in report.subjects if not subject.reason)
    reasons = tuple(_reasons(reached, Status.UNTESTABLE, kind_of(report), style))
    if reasons:
        yield "\n".join(("COULD NOT BE TESTED (does not count against the target)", *reasons))


def _reasons(subjects: Sequence[Subject], status: Status, kind: str, style: Style) -> Iterator[str]:
    """Each reason with the requirements, and in how many subjects, of that kind, and verdicts it came."""
    places = Counter(reason for subject in subjects for reason in by_reason((subject,), status))
    for reason, verdicts in by_reason(subjects, status).items():
        names = requirements_of(verdicts)
        most = len(names) if style.verbose else _NAMES
        yield "\n".join(
            (
                field("reason", safe(reason), style.width),
                listing("what", names, style.width, most),
                field("in", f"{many(places[reason], kind)}, {many(len(verdicts), 'verdict')}", style.width),
            )
        )


def _unknown(report: Report, style: Style) -> Iterator[str]:
    names = tuple(dict.fromkeys(safe(name) for subject in report.subjects for name in subject.unknown_events))
    if names:
        yield "UNKNOWN EVENTS (legal, not judged)\n" + listing("seen", names, style.width, _NAMES)


def _notes(report: Report, style: Style) -> Iterator[str]:
    noted = tuple(f"{safe(subject.name)}: {safe(note)}" for subject in report.subjects for note in subject.notes)
    if noted:
        yield "\n".join(("NOTES (reported, not judged)", *(field("", note, style.width) for note in noted)))


def _not_exercised(report: Report, style: Style) -> Iterator[str]:
    if not report.not_exercised:
        return
    lines = ["NOT EXERCISED (nothing in this run could show it; does not count against the target)"]
    for label, names in unseen(report.not_exercised).items():
        most = len(names) if style.verbose else _FOLDED
        lines.append(field("reason", WHY[label], style.width))
        lines.append(listing("what", names, style.width, most))
    yield "\n".join(lines)


def _leftovers(report: Report, style: Style) -> Iterator[str]:
    if report.leftovers:
        left = tuple(map(safe, report.leftovers))
        yield "NOT DELETED (created by this run and still at the target)\n" + listing("", left, style.width, len(left))
