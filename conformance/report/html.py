"""The page for people: one file that shows the verdict, each departure with its exchange and stream, every rule.

It decides nothing, and knows nothing of how a page looks: that is in `templates`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from conformance.model import Exhibit, Level, Report, Status
from conformance.report.departures import Case
from conformance.report.document import schemas_source
from conformance.report.entries import WORDS, Entry, entries
from conformance.report.event_list import EventList, event_list
from conformance.report.excerpt import Excerpt, excerpt
from conformance.report.marks import LEGEND, milliseconds
from conformance.report.not_exercised import WHY, unseen
from conformance.report.page import page
from conformance.report.requirements_page import FAMILIES
from conformance.report.result import exit_code, verdict_word, version_of
from conformance.report.shell_commands import repeat
from conformance.report.text import MOCKED, by_reason, counts, place, plan_line, target_name
from conformance.report.timeline import Timeline, timeline
from conformance.report.writers import REPRO

#: Different ways of departing from one requirement that are shown in full; the others are counted.
_CASES = 3

#: What a requirement came to where nothing was judged.
_UNJUDGED = frozenset({"error", "untestable", "not_applicable", "not_exercised"})


#: Verdict on the whole run -> what it means, where that takes no counting.
_MEANS = {
    "ERROR": "The suite itself slipped. This says nothing about the target.",
    "NOTHING JUDGED": "Nothing was there to judge, so there is no verdict on the target.",
    "UNREADABLE": "Some of the recordings could not be read; the verdicts below are on the others.",
    "INCOMPLETE": "Nothing failed, but not all that was planned could be judged.",
    "OUTDATED LIST": "Nothing new failed, but the list of known failures no longer fits.",
}


class Command(NamedTuple):
    """A command that shows a departure again."""

    label: str
    line: str


class Shown(NamedTuple):
    """All a departure takes to be understood by somebody who was not there."""

    entry: Entry
    cases: Sequence[Case]
    #: How many other ways of departing were met.
    other_ways: int
    commands: tuple[Command, ...]
    exchange: Excerpt | None
    timeline: Timeline | None
    events: EventList | None


def render(report: Report) -> str:
    """The whole page."""
    all_entries = entries(report)
    return page(
        "report.html",
        style="page.css",
        script="page.js",
        report=report,
        word=verdict_word(report),
        meaning=_meaning(report, all_entries),
        counts=counts(report),
        mocked=MOCKED if report.target.get("kind") == "mock" else "",
        target=target_name(report),
        facts=tuple(_facts(report)),
        kinds=_counted(all_entries),
        words=WORDS,
        levels=[level for level in Level if any(entry.requirement.level is level for entry in all_entries)],
        departures=_departures(report, all_entries),
        families=[(name, FAMILIES[name], tuple(rows)) for name, rows in groupby(all_entries, lambda row: row.family)],
        slips=by_reason(report.subjects, Status.ERROR),
        untestable=by_reason((s for s in report.subjects if not s.reason), Status.UNTESTABLE),
        unreached=[s for s in report.subjects if s.reason and s.verdicts],
        unreadable=[s for s in report.subjects if s.reason and not s.verdicts],
        unknown=tuple(dict.fromkeys(name for subject in report.subjects for name in subject.unknown_events)),
        notes=[(subject.name, note) for subject in report.subjects for note in subject.notes],
        unseen=[(label, WHY[label], names) for label, names in unseen(report.not_exercised).items()],
        files=report.target.get("kind") == "recordings",
        legend=LEGEND,
        place=place,
        milliseconds=milliseconds,
    )


def _meaning(report: Report, rows: Sequence[Entry]) -> str:
    word = verdict_word(report)
    if word in _MEANS:
        return _MEANS[word]
    judged = sum(not _UNJUDGED.issuperset(row.words) for row in rows)
    if word == "PASS":
        return f"No requirement failed: {judged} {'was' if judged == 1 else 'were'} judged."
    count = Counter(row.word for row in rows)
    failed = count["fail"] or count["follows"]
    return f"{failed} of {judged} judged requirements {'is' if failed == 1 else 'are'} not met."


def _counted(rows: Sequence[Entry]) -> dict[str, int]:
    """How many requirements came to what, each where it weighs most."""
    count = Counter(row.word for row in rows)
    return {word: count[word] for word in WORDS if count[word]}


def _departures(report: Report, rows: Sequence[Entry]) -> list[tuple[str, list[Shown]]]:
    """What stands for itself, by what it came to, the weightiest first."""
    standing = [row for row in rows if row.stands]
    groups = ((word, [_shown(row, report.again) for row in standing if row.word == word]) for word in WORDS)
    return [(word, shown) for word, shown in groups if shown]


def _shown(entry: Entry, again: str) -> Shown:
    exhibit, cases = entry.exhibit, entry.departure.cases if entry.departure else ()
    return Shown(
        entry,
        cases[:_CASES],
        len(cases[_CASES:]),
        tuple(_commands(entry, again)),
        excerpt(exhibit) if exhibit and exhibit.lines else None,
        timeline(exhibit) if exhibit else None,
        event_list(exhibit) if exhibit and exhibit.moments else None,
    )


def _commands(entry: Entry, again: str) -> Iterator[Command]:
    exhibit: Exhibit | None = entry.exhibit
    if exhibit is not None and exhibit.cassette:
        line = f"conformance judge {REPRO}/{exhibit.requirement}.jsonl -k {exhibit.requirement}"
        yield Command("The fewest events that break it, in the folder of this page", line)
    if exhibit is not None and exhibit.curl:
        yield Command("The request by itself", exhibit.curl)
    if entry.departure is not None and again:
        yield Command("The scenario again", repeat(entry.departure, again))


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
        ("Requirements", f"scored as of {profile.requirements}" if profile.requirements else ""),
        ("Warnings", "fail (strict)" if profile.strict else ""),
        ("Selection", profile.selection or ""),
        ("Shard", profile.shard or ""),
        ("Seed", "" if profile.seed is None else str(profile.seed)),
        ("Exit code", str(exit_code(report))),
    )
    return ((label, fact) for label, fact in rows if fact)


def _tells(fact: object, report: Report) -> bool:
    """Whether a fact of the target says something that its name does not say already."""
    return bool(fact) and not isinstance(fact, (dict, list)) and str(fact) != target_name(report)
