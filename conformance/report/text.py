"""A report for people: verdict first, each departure once with all it takes to act on it, what was not shown, verdict.

It decides nothing: every word comes from the report and the catalogue of requirements.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.model import ClientOutput, Exhibit, Finding, Report, Requirement, Status, Verdict
from conformance.report.client_output import described, printed_by_clients
from conformance.report.counts import many, requirement_counts, subject_counts, verdict_counts
from conformance.report.curl_command import NEEDS
from conformance.report.departures import Case, Departure, departure_of, departures
from conformance.report.difference import told
from conformance.report.document import verdict_of
from conformance.report.not_counted import known_blocks, next_to_expire, outdated, unscored
from conformance.report.not_judged import internal_errors, not_judged
from conformance.report.plain import command_line, field, listing, safe, shortened
from conformance.report.result import verdict_word, version_of
from conformance.report.shell_commands import judges_files, next_command, repeat
from conformance.report.style import Style
from conformance.report.writers import REPRO

#: Different ways of departing from one requirement that are shown in full; the others are counted.
_CASES = 3

#: Names listed before the rest is counted.
_NAMES = 8

#: Events shown before and behind the one that departs: what led to it, and whether the stream went on.
_BEFORE, _BEHIND = 2, 1

#: Characters of a command that are shown: one submission of all outputs of a round, which may be texts.
_COMMAND = 8000

#: What a plan counts -> its name, where people read another.
_PLANNED = {"cells": "verdicts"}

#: Said wherever nobody's server was judged, so that nobody takes the verdict for theirs.
MOCKED = "this judges the BUILT-IN MOCK: no --base-url was given, so no server of yours was asked"


@dataclass(frozen=True, slots=True)
class Beside:
    """What shows a departure beside its findings."""

    exhibit: Exhibit | None = None
    #: How the client under test ended where the departure was seen first.
    client: ClientOutput | None = None


#: Where only the findings are at hand.
NOTHING = Beside()


def render(report: Report) -> str:
    """The whole report as a file keeps it: nothing left out, no colour."""
    return text(report, Style(verbose=True, folder="."))


def text(report: Report, style: Style) -> str:
    """The whole report."""
    parts = (
        *_subjects(report, style),
        *_blocks(report, Status.FAIL, style),
        *internal_errors(report, style),
        *_blocks(report, Status.WARN, style),
        *_excused(report, style),
        *not_judged(report, style),
    )
    # The verdict comes last too where it would have scrolled away.
    if not parts and not report.interrupted:
        return "\n".join((head(report, style), *_onward(report, style))) + "\n"
    return "\n\n".join((head(report, style), *parts, foot(report, style))) + "\n"


def plan_line(plan: Mapping[str, int]) -> str:
    """What is planned, as numbers; how often a run must be asked until it has ended is known only as a limit."""
    return " · ".join(
        f"{'at most ' if name == 'requests' else ''}{many(number, _PLANNED.get(name, name).removesuffix('s'))}"
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
        *internal_errors(report, style),
        *_excused(report, style),
        *not_judged(report, style),
    )
    return "\n\n".join((*parts, foot(report, style)))


def head(report: Report, style: Style) -> str:
    """The verdict, and on whom."""
    mocked = (f"{MOCKED}.",) if report.target.get("kind") == "mock" else ()
    said = f"{style.word(verdict_word(report))}  {target_name(report)}  (suite {version_of(report)})"
    return "\n".join((*mocked, said, requirement_counts(report), verdict_counts(report)))


def target_name(report: Report) -> str:
    """Who was judged, safe to print."""
    return safe(str(report.target.get("base_url") or report.target.get("name") or report.target.get("kind")))


def foot(report: Report, style: Style) -> str:
    """The verdict and the counts once more, where the report lies, and what to do next."""
    return "\n".join((f"{style.word(verdict_word(report))}  {requirement_counts(report)}", *_onward(report, style)))


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
        yield from printed_by_clients(report.subjects, style.folder, style.width)
    command = next_command(report, style.folder)
    if command is not None:
        yield command_line("next", command)


def _blocks(report: Report, status: Status, style: Style) -> Iterator[str]:
    exhibits = {exhibit.requirement: exhibit for exhibit in report.exhibits}
    clients = {subject.name: subject.client for subject in report.subjects}
    for each in departures(report.subjects, status):
        beside = Beside(exhibits.get(each.requirement.id), clients.get(each.first))
        yield block(each, report.again, style, beside)


def block(
    departure: Departure,
    again: str,
    style: Style,
    beside: Beside = NOTHING,
    word: str = "",
) -> str:
    """One departure: verdict, expected, got, where, the rule, why it matters, its source, how to see it again."""
    requirement, word = departure.requirement, word or ("FAIL" if departure.status is Status.FAIL else "WARN")
    names = tuple(safe(name) for name in departure.subjects)
    kind = "files" if judges_files(again) else "scenarios"
    where = names[0] if len(names) == 1 else f"in {len(names)} {kind}"
    lines = [f"{style.word(word)}  {requirement.id}  {departure.level}  {where}"]
    for case in departure.cases[:_CASES]:
        lines.extend(_case(case, style))
        if case is departure.cases[0]:
            around = (*surroundings(beside.exhibit), *described(beside.client, style.folder))
            lines.extend(field(label, said, style.width) for label, said in around)
    if len(departure.cases) > _CASES:
        lines.append(field("", f"and {many(len(departure.cases) - _CASES, 'other way')}", style.width))
    if len(names) > 1:
        lines.append(listing("in", names, style.width, len(names) if style.verbose else _NAMES))
    if departure.because:
        lines.append(listing("because", departure.because, style.width, _NAMES))
    if departure.effects:
        lines.append(listing("effects", departure.effects, style.width, _NAMES))
    if departure.unchecked:
        lines.append(listing("unchecked", departure.unchecked, style.width, _NAMES))
    return "\n".join((*lines, *_rule(requirement, style), *_repeats(departure, again, style, beside.exhibit)))


def surroundings(exhibit: Exhibit | None) -> Iterator[tuple[str, str]]:
    """What came around the event that departs, in which states, and what would have been legal there; safe to print."""
    if exhibit is None or not _shows_event(exhibit):
        return
    at, events = exhibit.event or 0, exhibit.moments
    around = range(max(0, at - _BEFORE), min(len(events), at + _BEHIND + 1))
    yield "events", " · ".join(f"{'>' if index == at else ''}{index} {safe(events[index].event)}" for index in around)
    if not exhibit.states:
        return
    yield "state", " · ".join(f"{safe(lane)} {safe(state)}" for lane, state in exhibit.states.items())
    if not may_come(exhibit):
        yield "legal", shortened(exhibit.allowed or ("nothing more",), _NAMES)


def may_come(exhibit: Exhibit) -> bool:
    """Whether an event of that name was legal there, so that its content is what departs."""
    return _shows_event(exhibit) and exhibit.moments[exhibit.event or 0].event in exhibit.allowed


def _shows_event(exhibit: Exhibit) -> bool:
    """Whether the event that departs is among those that are shown: in a stranger's report it may not be."""
    return exhibit.event is not None and 0 <= exhibit.event < len(exhibit.moments)


def _repeats(departure: Departure, again: str, style: Style, exhibit: Exhibit | None) -> Iterator[str]:
    """Commands that show the departure again: whole lines, since they are there to be copied."""
    if again:
        yield command_line("repeat", repeat(departure, again))
    if exhibit is None:
        return
    if exhibit.cassette and style.folder is not None:
        cassette = shlex.quote(f"{style.folder}/{REPRO}/{exhibit.requirement}.jsonl")
        yield command_line("or", f"conformance judge {cassette} -k {exhibit.requirement}")
    if exhibit.curl and style.verbose:
        yield command_line("or", safe(exhibit.curl, _COMMAND))
        yield field("needs", NEEDS, style.width)


def verdict_block(verdict: Verdict, again: str, style: Style, client: ClientOutput | None = None) -> str:
    """The block of one verdict by itself, as pytest shows it."""
    return block(departure_of(((verdict.scenario, verdict),)), again, style, Beside(client=client))


def place(finding: Finding) -> str:
    """Where a finding lies: exchange, event, byte span, JSON pointer, time."""
    said = [f"exchange {finding.exchange}"]
    said += [f"event {finding.event}"] if finding.event is not None else []
    said += [f"bytes {finding.span[0]}-{finding.span[1]}"] if finding.span is not None else []
    said += [safe(finding.pointer)] if finding.pointer else []
    said += [f"+{finding.ms} ms"] if finding.ms else []
    return " · ".join(said)


def _case(case: Case, style: Style) -> Iterator[str]:
    finding = case.finding
    yield field("found", safe(finding.message), style.width)
    yield field("expected", safe(finding.expected), style.width)
    apart = told(safe(finding.expected), safe(finding.got))
    others = f" ({case.others})" if case.others else ""
    yield field("got", f"{safe(finding.got)}{others}", style.width)
    if apart:
        yield field("differs", apart, style.width)
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
            f"  {verdict_of(subject).upper()} {safe(subject.name)}: {subject_counts(subject)}"
            for subject in report.subjects
        )


def _excused(report: Report, style: Style) -> Iterator[str]:
    """What does not count: in full where a rule is new, shortly where its owner knows it; then what is outdated."""
    yield from (block(each, report.again, style, word="NOT SCORED") for each in unscored(report))
    most = sys.maxsize if style.verbose else _NAMES
    yield from known_blocks(report, style.word("KNOWN"), style.width, most)
    yield from outdated(report, style.width)
