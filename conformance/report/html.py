"""The page for people: one file that shows the verdict, each departure with its exchange and stream, every requirement.

It decides nothing, and knows nothing of how a page looks: that is in `templates`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from conformance.model import ClientOutput, Exhibit, Level, Report, Role, Status, Verdict
from conformance.report.client_output import described
from conformance.report.counts import many, requirement_counts, verdict_counts
from conformance.report.curl_command import NEEDS
from conformance.report.departures import Case, departures, excused
from conformance.report.difference import Piece, differences
from conformance.report.document import schemas_source
from conformance.report.entries import WORDS, Entry, entries
from conformance.report.event_list import EventList, event_list
from conformance.report.excerpt import Excerpt, excerpt
from conformance.report.marks import LEGEND, milliseconds
from conformance.report.not_exercised import WHY, unseen
from conformance.report.not_judged import INTERNAL, by_reason, requirements_of
from conformance.report.page import page
from conformance.report.plain import safe
from conformance.report.requirements_page import FAMILIES
from conformance.report.result import MEANINGS, exit_code, verdict_word, version_of
from conformance.report.shell_commands import repeat
from conformance.report.tally import Tally, counted
from conformance.report.text import MOCKED, may_come, place, plan_line, target_name
from conformance.report.timeline import Timeline, timeline
from conformance.report.writers import REPRO

#: Different ways of departing from one requirement that are shown in full; the others are counted.
_CASES = 3

#: Failures named on the first screen; the others stand below.
_FIRST = 5

#: Whose fault a failure is, by the side that was judged.
_FAULT: Mapping[Role, str] = {
    Role.SERVER: "The server's: each failure below shows what it sent, and the rule that this breaks.",
    Role.CLIENT: "The client's: each failure below shows what it sent or reported, and the rule that this breaks.",
    Role.GATEWAY: "The gateway's: each failure below shows what went in, what came out, and the rule that this breaks.",
}


class Command(NamedTuple):
    """A command that shows a departure again."""

    label: str
    line: str


class ShownCase(NamedTuple):
    """One way of departing; what was expected and what came, in pieces that say where the two differ."""

    case: Case
    expected: Sequence[Piece]
    got: Sequence[Piece]


class Shown(NamedTuple):
    """All a departure takes to be understood by somebody who was not there."""

    entry: Entry
    cases: Sequence[ShownCase]
    #: How many other ways of departing were met.
    other_ways: int
    commands: tuple[Command, ...]
    exchange: Excerpt | None
    timeline: Timeline | None
    events: EventList | None
    #: Whether an event of that name was legal there.
    may_come: bool
    #: How the client ended, label by label.
    client: Sequence[tuple[str, str]]


class Unjudged(NamedTuple):
    """What was not judged for one reason."""

    reason: str
    requirements: tuple[str, ...]
    verdicts: int


def render(report: Report) -> str:
    """The whole page."""
    all_entries = entries(report)
    shown = _departures(report, all_entries)
    return page(
        "report.html",
        style="page.css",
        script="page.js",
        report=report,
        word=verdict_word(report),
        meaning=_meaning(report),
        fault=_FAULT[report.profile.role],
        counts=verdict_counts(report),
        requirement_counts=requirement_counts(report),
        mocked=MOCKED if report.target.get("kind") == "mock" else "",
        target=target_name(report),
        facts=tuple(_facts(report)),
        kinds=_counted(all_entries),
        words=WORDS,
        levels=[level for level in Level if any(entry.requirement.level is level for entry in all_entries)],
        departures=shown,
        first=[each for word, group in shown if word in ("fail", "warn") for each in group][:_FIRST],
        families=[(name, FAMILIES[name], tuple(rows)) for name, rows in groupby(all_entries, lambda row: row.family)],
        internal=INTERNAL,
        errors=_unjudged(by_reason(report.subjects, Status.ERROR)),
        untestable=_unjudged(by_reason((s for s in report.subjects if not s.reason), Status.UNTESTABLE)),
        unreached=[s for s in report.subjects if s.reason and s.verdicts],
        unreadable=[s for s in report.subjects if s.reason and not s.verdicts],
        unknown=tuple(dict.fromkeys(name for subject in report.subjects for name in subject.unknown_events)),
        notes=[(subject.name, note) for subject in report.subjects for note in subject.notes],
        unseen=[(WHY[label], names) for label, names in unseen(report.not_exercised).items()],
        files=report.target.get("kind") == "recordings",
        legend=LEGEND,
        place=place,
        milliseconds=milliseconds,
    )


def _meaning(report: Report) -> str:
    """The verdict in a sentence."""
    tally = Tally.of(report.subjects)
    failed = tally.requirements.get("fail", 0) or tally.requirements.get("follows", 0)
    if failed and tally.judged:
        return f"{many(failed, 'requirement')} failed."
    said = MEANINGS[exit_code(report)]
    return f"{said[:1].upper()}{said[1:]}."


def _counted(rows: Sequence[Entry]) -> dict[str, int]:
    """How many requirements came to what."""
    count = Counter(row.word for row in rows)
    return {word: count[word] for word in WORDS if count[word]}


def _unjudged(reasons: Mapping[str, Sequence[Verdict]]) -> list[Unjudged]:
    return [Unjudged(reason, requirements_of(verdicts), len(verdicts)) for reason, verdicts in reasons.items()]


def _departures(report: Report, rows: Sequence[Entry]) -> list[tuple[str, list[Shown]]]:
    """What stands for itself, by what it came to, in the order of every surface."""
    order = [
        each.requirement.id
        for status in (Status.FAIL, Status.WARN)
        for wanted in (counted, excused)
        for each in departures(report.subjects, status, wanted)
    ]
    clients = {subject.name: subject.client for subject in report.subjects}
    standing = sorted((row for row in rows if row.stands), key=lambda row: order.index(row.requirement.id))
    groups = ((word, [_shown(row, report.again, clients) for row in standing if row.word == word]) for word in WORDS)
    return [(word, shown) for word, shown in groups if shown]


def _shown(entry: Entry, again: str, clients: Mapping[str, ClientOutput | None]) -> Shown:
    exhibit, cases = entry.exhibit, entry.departure.cases if entry.departure else ()
    client = clients.get(entry.departure.first) if entry.departure else None
    return Shown(
        entry,
        tuple(map(_case, cases[:_CASES])),
        len(cases[_CASES:]),
        tuple(_commands(entry, again)),
        excerpt(exhibit) if exhibit and exhibit.lines else None,
        timeline(exhibit) if exhibit else None,
        event_list(exhibit) if exhibit and exhibit.moments else None,
        exhibit is not None and may_come(exhibit),
        tuple(described(client, ".")),
    )


def _case(case: Case) -> ShownCase:
    expected, got = safe(case.finding.expected), safe(case.finding.got)
    apart = differences(expected, got)
    return ShownCase(case, *(apart or ((Piece(expected, False),), (Piece(got, False),))))


def _commands(entry: Entry, again: str) -> Iterator[Command]:
    exhibit: Exhibit | None = entry.exhibit
    if entry.departure is not None and again:
        yield Command("The scenario again, against the same target", repeat(entry.departure, again))
    if exhibit is not None and exhibit.cassette:
        line = f"conformance judge {REPRO}/{exhibit.requirement}.jsonl -k {exhibit.requirement}"
        yield Command("Without a network, in the folder of this page: the fewest events that still fail", line)
    if exhibit is not None and exhibit.curl:
        yield Command(f"The request by itself; it needs {NEEDS}", exhibit.curl)
    yield Command("The rule, with an example that keeps it and one that breaks it", _explain(entry))


def _explain(entry: Entry) -> str:
    return f"conformance explain {entry.requirement.id}"


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    """On whom, when and on what terms was judged."""
    profile, source = report.profile, schemas_source()
    rows = (
        *(
            (name.replace("_", " ").capitalize(), str(fact))
            for name, fact in report.target.items()
            if _tells(fact, report)
        ),
        ("Judged as", profile.role.value),
        ("Began", report.began),
        ("Took", milliseconds(report.took_ms) if report.took_ms else ""),
        ("Planned", plan_line(report.plan)),
        ("Suite", version_of(report)),
        ("Schemas", f"{source['document']}, sha256 {source['sha256'][:12]}"),
        ("Requirement set", f"scored as of {profile.requirements}" if profile.requirements else ""),
        ("Warnings", "fail (strict)" if profile.strict else ""),
        ("Selection", profile.selection or ""),
        ("Shard", profile.shard or ""),
        ("Seed", "" if profile.seed is None else str(profile.seed)),
        ("Exit code", f"{exit_code(report)}: {MEANINGS[exit_code(report)]}"),
    )
    return ((label, fact) for label, fact in rows if fact)


def _tells(fact: object, report: Report) -> bool:
    """Whether a fact of the target says something that its name does not say already."""
    return bool(fact) and not isinstance(fact, (dict, list)) and str(fact) != target_name(report)
