"""A report made short enough to be kept beside a page: what each requirement came to, and how it was departed from.

What is left out is evidence (exhibits, outputs of clients, shapes) and verdicts that say what another one in it says.
Every requirement comes to the same by what is left, in a scenario of its own where it departed; headline, exit code and
counts of requirements stay as they were. `left_out` says how many verdicts there were besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.model import JUDGED, Finding, Report, Subject, Verdict
from conformance.report.tally import DEPARTED, counted, outcomes
from conformance.verdict.known import causes

#: Characters of a value that was expected or came: a page shows a line or two.
_VALUE = 240

#: What makes a verdict that does not depart one like another.
_Kind = tuple[str, str, bool, str | None]


def shortened(report: Report) -> Report:
    """The report without evidence and repetition; of one that is short already, the same."""
    seen: set[_Kind] = set()
    subjects = tuple(_subject(subject, seen) for subject in report.subjects)
    left_out = sum(len(each.verdicts) for each in report.subjects) - sum(len(each.verdicts) for each in subjects)
    return replace(report, subjects=subjects, exhibits=(), leftovers=(), left_out=report.left_out + left_out)


def _subject(subject: Subject, seen: set[_Kind]) -> Subject:
    verdicts = tuple(_verdicts(subject, seen))
    return Subject(subject.name, verdicts, reason=subject.reason, exit_code=subject.exit_code)


def _verdicts(subject: Subject, seen: set[_Kind]) -> Iterator[Verdict]:
    """What departs by itself, the first of each other kind, and one that shows that the scenario was judged."""
    first = next((v for v in subject.verdicts if v.status in JUDGED), None)
    departs = any(verdict.status in DEPARTED for verdict in subject.verdicts)
    for verdict, outcome in outcomes(subject):
        because = verdict.because or next((finding.because for finding in verdict.findings), None)
        kind = (verdict.requirement, outcome, counted(verdict), because)
        if kind in seen and (outcome == "follows" or verdict.status not in DEPARTED):
            if verdict is first and not departs:
                yield verdict
            continue
        seen.add(kind)
        yield _told(verdict)


def _told(verdict: Verdict) -> Verdict:
    """The verdict with one finding for each cause."""
    return replace(verdict, findings=tuple(map(_finding, causes(verdict).values())), more=0, more_causes=False)


def _finding(finding: Finding) -> Finding:
    return replace(finding, expected=_cut(finding.expected), got=_cut(finding.got))


def _cut(value: str) -> str:
    return value if len(value) <= _VALUE else f"{value[: _VALUE - 1]}…"
