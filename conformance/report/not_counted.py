"""What does not count, in words: failures that their owner knows, and what is outdated in the list that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.model import Report, Status, Verdict
from conformance.report.departures import Departure, departures
from conformance.report.plain import field, listing, safe


def next_to_expire(report: Report) -> str:
    """Of the known failures that excuse something, which ends first, and when; empty where none ends."""
    reasons = {verdict.known for subject in report.subjects for verdict in subject.verdicts}
    days = [(row.expires, row.requirement) for row in report.known_failures if row.expires and row.reason in reasons]
    return "the next to expire is {1}, after {0}".format(*min(days)) if days else ""


def known_blocks(report: Report, word: str, width: int, most: int) -> Iterator[str]:
    """What is known, each with its reason, its link, its last day and the scenarios it was seen in."""
    for departure in _departures(report, lambda verdict: verdict.known is not None):
        yield "\n".join(_known(departure, report, word, width, most))


def unscored(report: Report) -> tuple[Departure, ...]:
    """What is departed from and not in the requirement set that is scored."""
    return _departures(report, lambda verdict: verdict.known is None and not verdict.scored)


def _departures(report: Report, wanted: Callable[[Verdict], bool]) -> tuple[Departure, ...]:
    return tuple(each for status in (Status.FAIL, Status.WARN) for each in departures(report.subjects, status, wanted))


def outdated(report: Report, width: int) -> Iterator[str]:
    """What is wrong with the list, each with what to do."""
    if report.complaints:
        rows = (field(each.kind, f"{safe(each.row)}  {safe(each.message, 800)}", width) for each in report.complaints)
        yield "\n".join(("OUTDATED in the list of known failures", *rows))


def _known(departure: Departure, report: Report, word: str, width: int, most: int) -> Iterator[str]:
    name = departure.requirement.id
    verdicts = [verdict for subject in report.subjects for verdict in subject.verdicts if verdict.requirement == name]
    reasons = tuple(dict.fromkeys(verdict.known for verdict in verdicts if verdict.known is not None))
    rows = [row for row in report.known_failures if row.requirement == name and row.reason in reasons]
    yield f"{word}  {name}  {departure.level}"
    yield from (field("reason", safe(reason), width) for reason in reasons)
    yield from (field("link", safe(row.link), width) for row in rows if row.link)
    yield from (field("expires", f"after {row.expires}", width) for row in rows if row.expires)
    yield listing("in", tuple(map(safe, departure.subjects)), width, most)
    if departure.effects:
        yield listing("effects", departure.effects, width, most)
