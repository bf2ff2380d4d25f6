"""The counts in words: the same line on every surface, for requirements, for verdicts and for one scenario or file."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.model import Report, Subject
from conformance.report.tally import Tally, results

#: What requirements came to, besides failed and passed -> how a count of it reads, in the order in which it is said.
_BESIDES: Mapping[str, str] = {
    "follows": "due to another failure",
    "warn": "warned",
    "known": "known to fail",
    "unscored": "not scored",
    "untestable": "could not be tested",
    "error": "not judged: internal error",
}


def counts(report: Report) -> str:
    """All counts on one line."""
    return " · ".join((requirement_counts(report), verdict_counts(report)))


def requirement_counts(report: Report) -> str:
    """How many requirements failed, passed, and could not be tested at all."""
    return f"requirements: {outcome_counts(Tally.of(report.subjects).requirements)}"


def outcome_counts(count: Mapping[str, int]) -> str:
    """How many failed and passed, and what else there was, by `tally.OUTCOMES`."""
    said = [f"{count.get('fail', 0)} failed", f"{count.get('pass', 0)} passed"]
    said += [f"{count[outcome]} {words}" for outcome, words in _BESIDES.items() if count.get(outcome)]
    return ", ".join(said)


def verdict_counts(report: Report) -> str:
    """How many verdicts there are, each on one requirement in one scenario or file, and what they came to."""
    tally = Tally.of(report.subjects)
    added = f", {tally.joined} of them added when observed" if tally.joined else ""
    said = [f"{tally.failed} failed"]
    after = tally.failed_after + tally.warned_after
    said += [f"{after} due to those"] if after else []
    said += [f"{tally.passed} passed"]
    said += [f"{tally.warned} warned"] if tally.warned else []
    said += [f"{tally.known} known to fail"] if tally.known else []
    said += [f"{tally.unscored} not scored"] if tally.unscored else []
    said += [f"{tally.untestable} could not be tested"] if tally.untestable else []
    said += [f"{tally.errors} not judged: internal error"] if tally.errors else []
    said += [f"and {report.left_out} more left out of this report"] if report.left_out else []
    return f"{many(tally.planned, 'verdict')}{added}: {', '.join(said)}"


def subject_counts(subject: Subject) -> str:
    """What the requirements came to in one scenario or file."""
    count: dict[str, int] = {}
    for result in results((subject,)).values():
        count[result.outcome] = count.get(result.outcome, 0) + 1
    return outcome_counts(count)


def many(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}{'s' * (number != 1)}"
