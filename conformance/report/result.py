"""What a whole run came to, in a word for people and as an exit code for programs."""

from __future__ import annotations

from conformance import __version__
from conformance.model import Report
from conformance.report.tally import Tally

#: Exit codes, those first that matter more.
ORDER = (4, 3, 1, 2, 5, 6, 0)


def worst(*codes: int) -> int:
    """The exit code that stands for all of these."""
    return next((code for code in ORDER if code in codes), max(codes))


def verdict_word(report: Report) -> str:
    """The verdict on the whole run in a word or two."""
    tally, kept = Tally.of(report.subjects), _kept(report)
    if 4 in kept:
        return "UNREADABLE"
    if tally.errors or 3 in kept:
        return "ERROR"
    if tally.departed:
        return "FAIL"
    if not tally.judged:
        return "NOTHING JUDGED"
    if report.interrupted or tally.missed:
        return "INCOMPLETE"
    return "OUTDATED LIST" if report.complaints else "PASS"


def empty_shard(report: Report) -> bool:
    """Whether it is the report of a shard that has no scenario: nothing to judge there is no failure."""
    return report.profile.shard is not None and not report.subjects and not report.interrupted


def exit_code(report: Report) -> int:
    """The first that holds: 4 unreadable, 3 an error of ours, 1 a violation, 5 nothing judged, 2 incomplete, 6, 0."""
    tally, kept = Tally.of(report.subjects), _kept(report)
    if 4 in kept:
        return 4
    if tally.errors or 3 in kept:
        return 3
    if tally.departed:
        return 1
    if not tally.judged:
        return 0 if empty_shard(report) else 5
    if report.interrupted or tally.missed:
        return 2
    return 6 if report.complaints else 0


def _kept(report: Report) -> frozenset[int | None]:
    """The exit codes of what kept subjects from being judged."""
    return frozenset(subject.exit_code for subject in report.subjects)


def version_of(report: Report) -> str:
    """The version of the suite that judged, which may have been another than writes."""
    return report.version or __version__
