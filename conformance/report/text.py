"""A report for people: verdict first, each departure once with all it takes to act on it, what was not shown, verdict.

It decides nothing: every word comes from the report and the catalogue of requirements.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.model import Exhibit, Finding, Report, Requirement, Status, Subject, Verdict
from conformance.report.departures import Case, Departure, departure_of, departures
from conformance.report.document import verdict_of
from conformance.report.not_counted import known_blocks, next_to_expire, outdated, unscored
from conformance.report.not_exercised import WHY, unseen
from conformance.report.plain import field, listing, safe, shortened
from conformance.report.result import verdict_word, version_of
from conformance.report.tally import Tally
from conformance.report.writers import REPRO
from conformance.verdict.without_ids import without_ids

#: Different ways of departing from one requirement that are shown in full; the others are counted.
_CASES = 3

#: Names listed before the rest is counted.
_NAMES = 8

#: Events shown before and behind the one that departs: what led to it, and whether the stream went on.
_BEFORE, _BEHIND = 2, 1

#: Characters of a command that are shown: one submission of all outputs of a round, which may be texts.
_COMMAND = 8000

#: Recordings named in a command that judges them again.
_FILES = 3

#: Said wherever nobody's server was judged, so that nobody takes the verdict for theirs.
MOCKED = "this judges the BUILT-IN MOCK: no --base-url was given, so no server of yours was asked"

_COLOURS = {
    "PASS": 32,
    "FAIL": 31,
    "WARN": 33,
    "ERROR": 35,
    "INCOMPLETE": 33,
    "NOTHING JUDGED": 33,
    "UNREADABLE": 31,
    "KNOWN": 33,
    "NOT SCORED": 33,
    "OUTDATED LIST": 31,
}


@dataclass(frozen=True, slots=True)
class Style:
    """How wide the text may be, whether colour is welcome, and whether everything is wanted (`-v`)."""

    width: int = 100
    colour: bool = False
    verbose: bool = False
    #: The folder the report is kept in, as its reader would name it; None where it is not kept.
    folder: str | None = None

    def word(self, word: str) -> str:
        """A verdict word, coloured where that is welcome."""
        return f"\x1b[1;{_COLOURS[word]}m{word}\x1b[0m" if self.colour and word in _COLOURS else word


def render(report: Report) -> str:
    """The whole report as a file keeps it: nothing left out, no colour."""
    return text(report, Style(verbose=True, folder="."))


def text(report: Report, style: Style) -> str:
    """The whole report."""
    parts = (
        *_subjects(report, style),
        *_blocks(report, Status.FAIL, style),
        *_slips(report, style),
        *_blocks(report, Status.WARN, style),
        *_excused(report, style),
        *_untestable(report, style),
        *_unknown(report, style),
        *_notes(report, style),
        *_rest(report, style),
    )
    # The verdict comes last too where it would have scrolled away.
    if not parts and not report.interrupted:
        return "\n".join((head(report, style), *_onward(report, style))) + "\n"
    return "\n\n".join((head(report, style), *parts, foot(report, style))) + "\n"


def plan_line(plan: Mapping[str, int]) -> str:
    """What is planned, as numbers; how often a run must be asked until it has ended is known only as a limit."""
    return " · ".join(
        f"{'at most ' if name == 'requests' else ''}{number} {name if number != 1 else name.removesuffix('s')}"
        for name, number in plan.items()
    )


def plan_page(plan: Mapping[str, int], rows: Sequence[tuple[str, int, str]]) -> str:
    """The whole plan: the numbers, then a line for each scenario with its id, its cells and its title."""
    wide = max((len(name) for name, _, _ in rows), default=0)
    lines = (f"  {name:<{wide}}  {cells:>4}  {title}" for name, cells, title in rows)
    return "\n".join((f"plan: {plan_line(plan)}", *lines)) + "\n"


def summary(report: Report, style: Style) -> str:
    """What another's account of the failures leaves out: warnings, what was not shown, and the verdict."""
    parts = (
        *_blocks(report, Status.WARN, style),
        *_slips(report, style),
        *_excused(report, style),
        *_untestable(report, style),
        *_rest(report, style),
    )
    return "\n\n".join((*parts, foot(report, style)))


def head(report: Report, style: Style) -> str:
    """The verdict, and on whom."""
    mocked = (f"{MOCKED}.",) if report.target.get("kind") == "mock" else ()
    said = f"{style.word(verdict_word(report))}  {target_name(report)}  (suite {version_of(report)})"
    return "\n".join((*mocked, said, counts(report)))


def target_name(report: Report) -> str:
    """Who was judged, safe to print."""
    return safe(str(report.target.get("base_url") or report.target.get("name") or report.target.get("kind")))


def counts(report: Report) -> str:
    """All counts on one line."""
    tally = Tally.of(report.subjects)
    joined = f" + {tally.joined} joined when seen" if tally.joined else ""
    said = [f"{tally.planned - tally.joined} planned{joined}", f"{tally.judged} judged", f"{tally.passed} passed"]
    said += [f"{tally.failed} failed{_of(tally.broken)}{_after(tally.failed_after)}"]
    said += [f"{tally.warned} warned{_of(tally.doubted)}{_after(tally.warned_after)}"]
    said += [f"{tally.known} known"] if tally.known else []
    said += [f"{tally.unscored} not scored"] if tally.unscored else []
    said += [f"{tally.untestable} untestable"] if tally.untestable else []
    said += [f"{tally.not_applicable} not applicable"] if tally.not_applicable else []
    said += [f"{tally.errors} errors of our own"] if tally.errors else []
    return " · ".join(said)


def _of(requirements: int) -> str:
    """How many requirements failures or warnings come down to."""
    return f" ({requirements} requirement{'s' * (requirements != 1)})" if requirements else ""


def _after(effects: int) -> str:
    """How many more cells failed, or warned, only because of those."""
    return f" +{effects} that follow" if effects else ""


def foot(report: Report, style: Style) -> str:
    """The verdict and the counts once more, where the report lies, and what to do next."""
    return "\n".join((f"{style.word(verdict_word(report))}  {counts(report)}", *_onward(report, style)))


def _onward(report: Report, style: Style) -> Iterator[str]:
    """Why it stopped, where the report lies, and the next command to type."""
    if report.interrupted:
        yield field("stopped", safe(report.interrupted), style.width)
    expiry = next_to_expire(report)
    if expiry:
        yield field("known", expiry, style.width)
    if report.complaints:
        yield field("outdated", f"{len(report.complaints)} in the list of known failures", style.width)
    if style.folder is not None:
        yield field("report", f"{style.folder}/report.txt", style.width)
    yield field("next", _next(report, style), style.width)


def _next(report: Report, style: Style) -> str:
    broken = departures(report.subjects, Status.FAIL) or departures(report.subjects, Status.WARN)
    if broken:
        return f"conformance explain {broken[0].requirement.id}"
    if verdict_word(report) == "OUTDATED LIST":
        return with_words(_whole(report), "--known-failures FILE --update-known-failures")
    if verdict_word(report) in ("INCOMPLETE", "NOTHING JUDGED", "UNREADABLE"):
        return with_words(_whole(report), "-v")
    if style.folder is None:
        return with_words(_whole(report), "--out DIR")
    return "conformance prove"


def _whole(report: Report) -> str:
    """The command that judges everything again; of many recordings the names are left to whoever has them."""
    if not judges(report.again):
        return report.again
    names = [shlex.quote(safe(subject.name)) for subject in report.subjects]
    return " ".join((report.again, *(names if len(names) <= _FILES else ("PATH",))))


def _blocks(report: Report, status: Status, style: Style) -> Iterator[str]:
    shown = {exhibit.requirement: exhibit for exhibit in report.exhibits}
    for departure in departures(report.subjects, status):
        yield block(departure, report.again, style, shown.get(departure.requirement.id))


def block(departure: Departure, again: str, style: Style, exhibit: Exhibit | None = None, word: str = "") -> str:
    """One departure: verdict, expected, got, where, the rule, why it matters, its source, how to see it again."""
    requirement, word = departure.requirement, word or ("FAIL" if departure.status is Status.FAIL else "WARN")
    names = tuple(safe(name) for name in departure.subjects)
    kind = "files" if again.endswith(" judge") else "scenarios"
    where = names[0] if len(names) == 1 else f"in {len(names)} {kind}"
    lines = [f"{style.word(word)}  {requirement.id}  {departure.level}  {where}"]
    for case in departure.cases[:_CASES]:
        lines.extend(_case(case, style))
        if case is departure.cases[0]:
            lines.extend(_surroundings(exhibit, style))
    if len(departure.cases) > _CASES:
        lines.append(field("", f"and {len(departure.cases) - _CASES} other ways", style.width))
    if len(names) > 1:
        lines.append(listing("in", names, style.width, len(names) if style.verbose else _NAMES))
    if departure.because:
        lines.append(listing("because", departure.because, style.width, _NAMES))
    if departure.effects:
        lines.append(listing("effects", departure.effects, style.width, _NAMES))
    if departure.unchecked:
        lines.append(listing("unchecked", departure.unchecked, style.width, _NAMES))
    return "\n".join((*lines, *_rule(requirement, style), *_repeats(departure, again, style, exhibit)))


def _surroundings(exhibit: Exhibit | None, style: Style) -> Iterator[str]:
    return (field(label, said, style.width) for label, said in surroundings(exhibit))


def surroundings(exhibit: Exhibit | None) -> Iterator[tuple[str, str]]:
    """What came around the event that departs, in which states, and what would have been legal there; safe to print."""
    if exhibit is None or exhibit.event is None:
        return
    at, events = exhibit.event, exhibit.moments
    around = range(max(0, at - _BEFORE), min(len(events), at + _BEHIND + 1))
    yield "events", " · ".join(f"{'>' if index == at else ''}{index} {safe(events[index].event)}" for index in around)
    yield "state", " · ".join(f"{safe(lane)} {safe(state)}" for lane, state in exhibit.states.items())
    yield "legal", shortened(exhibit.allowed or ("nothing more",), _NAMES)


def _repeats(departure: Departure, again: str, style: Style, exhibit: Exhibit | None) -> Iterator[str]:
    """Commands that show the departure again: whole lines, since they are there to be copied."""
    yield field("repeat", repeat(departure, again), style.width)
    if exhibit is None:
        return
    if exhibit.cassette and style.folder is not None:
        cassette = shlex.quote(f"{style.folder}/{REPRO}/{exhibit.requirement}.jsonl")
        yield f"  {'or':<10}conformance judge {cassette} -k {exhibit.requirement}"
    if exhibit.curl and style.verbose:
        yield f"  {'or':<10}{safe(exhibit.curl, _COMMAND)}"


def verdict_block(verdict: Verdict, again: str, style: Style) -> str:
    """The block of one verdict by itself, as pytest shows it."""
    return block(departure_of(((verdict.scenario, verdict),)), again, style)


def repeat(departure: Departure, again: str) -> str:
    """The command that shows a departure again."""
    subject = departure.cases[0].subject if departure.cases else departure.subjects[0]
    if judges(again):
        return f"{again} {shlex.quote(safe(subject))} -k {departure.requirement.id}"
    cell = f"{subject} and joined" if departure.requirement.luck else f"{subject}:{departure.requirement.id}"
    return with_words(again, f"-k '{cell}'")


def judges(again: str) -> bool:
    """Whether a command judges recordings: their names follow it."""
    return again.startswith("conformance judge")


def with_words(again: str, words: str) -> str:
    """The command with more words: before ` -- `, behind which somebody else's command begins."""
    ours, mark, theirs = again.partition(" -- ")
    return f"{ours} {words}{mark}{theirs}"


def place(finding: Finding) -> str:
    """Where a finding lies: exchange, event, byte span, JSON pointer, time."""
    said = [f"exchange {finding.exchange}"]
    said += [f"event {finding.event}"] if finding.event is not None else []
    said += [f"bytes {finding.span[0]}-{finding.span[1]}"] if finding.span is not None else []
    said += [f"at {safe(finding.pointer)}"] if finding.pointer else []
    said += [f"+{finding.ms} ms"] if finding.ms else []
    return " · ".join(said)


def _case(case: Case, style: Style) -> Iterator[str]:
    finding = case.finding
    yield field("found", safe(finding.message), style.width)
    yield field("expected", safe(finding.expected), style.width)
    more = f" and {case.values - 1} more value{'s' * (case.values > 2)}" if case.values > 1 else ""
    yield field("got", f"{safe(finding.got)}{more}", style.width)
    often = f" · {case.times} times" if case.times > 1 else ""
    yield field("at", f"{safe(case.subject)} · {place(finding)}{often}", style.width)


def _rule(requirement: Requirement, style: Style) -> Iterator[str]:
    yield field("rule", f"{requirement.sentence} ({', '.join(requirement.contract)})", style.width)
    yield field("why", requirement.why, style.width)
    for source in requirement.sources[: None if style.verbose else 1]:
        yield field("source", " ".join(filter(None, (source.ref, source.url))), style.width)


def _subjects(report: Report, style: Style) -> Iterator[str]:
    """One line a file; one a scenario only where everything is wanted."""
    if style.verbose or (report.target.get("kind") == "recordings" and len(report.subjects) > 1):
        yield "\n".join(
            f"  {verdict_of(subject):6}{tally.judged:4} of {tally.planned:<4} {safe(subject.name)}"
            for subject, tally in ((subject, Tally.of((subject,))) for subject in report.subjects)
        )


def _slips(report: Report, style: Style) -> Iterator[str]:
    for reason, cells in by_reason(report.subjects, Status.ERROR).items():
        yield f"{style.word('ERROR')}  a slip of ours, not the target's\n" + _reason(reason, cells, style)


def _excused(report: Report, style: Style) -> Iterator[str]:
    """What does not count: in full where a rule is new, shortly where its owner knows it; then what is outdated."""
    yield from (block(each, report.again, style, word="NOT SCORED") for each in unscored(report))
    most = sys.maxsize if style.verbose else _NAMES
    yield from known_blocks(report, style.word("KNOWN"), style.width, most)
    yield from outdated(report, style.width)


def _untestable(report: Report, style: Style) -> Iterator[str]:
    unreached = tuple(safe(subject.name) for subject in report.subjects if subject.reason and subject.verdicts)
    if unreached:
        yield "NEVER REACHED\n" + listing("scenarios", unreached, style.width, _NAMES)
    reached = (subject for subject in report.subjects if not subject.reason)
    reasons = by_reason(reached, Status.UNTESTABLE)
    if reasons:
        yield "\n".join(("UNTESTABLE", *(_reason(reason, cells, style) for reason, cells in reasons.items())))


def _unknown(report: Report, style: Style) -> Iterator[str]:
    names = tuple(dict.fromkeys(safe(name) for subject in report.subjects for name in subject.unknown_events))
    if names:
        yield "UNKNOWN EVENTS (legal, not judged)\n" + listing("seen", names, style.width, _NAMES)


def _notes(report: Report, style: Style) -> Iterator[str]:
    noted = tuple(f"{safe(subject.name)}: {safe(note)}" for subject in report.subjects for note in subject.notes)
    if noted:
        yield "\n".join(("NOTES (reported, not judged)", *(field("", note, style.width) for note in noted)))


def _rest(report: Report, style: Style) -> Iterator[str]:
    if report.not_exercised:
        yield "\n".join(("NOT EXERCISED (nothing in this run could show it)", *_unseen(report, style)))
    if report.leftovers:
        yield "LEFT BEHIND (please remove)\n" + listing(
            "there", tuple(map(safe, report.leftovers)), style.width, len(report.leftovers)
        )
    for subject in report.subjects:
        if subject.reason and not subject.verdicts:
            yield f"{style.word('ERROR')}  {safe(subject.name)}\n" + field("reason", safe(subject.reason), style.width)


def _unseen(report: Report, style: Style) -> Iterator[str]:
    for label, names in unseen(report.not_exercised).items():
        if WHY[label]:
            yield field(label, WHY[label], style.width)
        yield listing("" if WHY[label] else label, names, style.width, len(names) if style.verbose else _NAMES)


def by_reason(subjects: Iterable[Subject], status: Status) -> dict[str, list[str]]:
    """Why cells were not judged -> those cells."""
    told: dict[str, list[str]] = {}
    for subject in subjects:
        for verdict in subject.verdicts:
            if verdict.status is status:
                told.setdefault(without_ids(why(verdict)), []).append(f"{safe(subject.name)}:{verdict.requirement}")
    return told


def why(verdict: Verdict) -> str:
    """Why a cell was not judged."""
    return verdict.reason or (f"because of {verdict.because}" if verdict.because else "no reason was given")


def _reason(reason: str, cells: list[str], style: Style) -> str:
    most = len(cells) if style.verbose else 3
    return (
        field("reason", safe(reason), style.width)
        + "\n"
        + listing(f"{len(cells)} cells", tuple(cells), style.width, most)
    )
