"""Markdown for a step summary or a comment: the verdict, the counts, and each departure folded up under its title.

Whatever a target sent stands in code spans and code blocks, where it can make no link, mention, image or HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Exhibit, Report, Requirement, Status, Subject
from conformance.report.counts import many, requirement_counts, verdict_counts
from conformance.report.curl_command import NEEDS
from conformance.report.departures import Case, Departure, departures, excused
from conformance.report.document import kind_of, reason_of
from conformance.report.not_exercised import WHY, unseen
from conformance.report.not_judged import INTERNAL, by_reason, requirements_of
from conformance.report.plain import safe, shortened
from conformance.report.result import verdict_word, version_of
from conformance.report.shell_commands import repeat
from conformance.report.tally import results
from conformance.report.text import MOCKED, place, surroundings, target_name
from conformance.report.writers import REPRO

#: Bytes of the whole page. GitHub refuses a step summary of more than 1 MiB; others may have written to it before.
LIMIT = 1000 * 1024

_CUT = "\n_The page ends here, for a step summary holds no more. The report in its other forms holds everything._\n"

#: Ways of one departure shown, and names in a list, before the rest is counted.
_CASES, _NAMES = 3, 12

#: Characters of the longest command shown: one that is cut cannot be run, and the other forms have it whole.
_COMMAND = 8000

#: Column of the table of families -> what is counted in it, of `tally.OUTCOMES`.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "failed": ("fail",),
    "passed": ("pass",),
    "due to another failure": ("follows",),
    "warned": ("warn",),
    "known or not scored": ("known", "unscored"),
    "could not be tested": ("untestable",),
    "internal errors": ("error",),
}


def render(report: Report) -> str:
    """The page, cut at a whole part where it would be too long."""
    page, size = "", len(_CUT.encode())
    for part in _parts(report):
        size += len(part.encode()) + 1
        if size > LIMIT:
            return f"{page}{_CUT}"
        page += f"{part}\n"
    return page


def _parts(report: Report) -> Iterator[str]:
    yield f"### {verdict_word(report)}: {code(target_name(report))}\n"
    if report.target.get("kind") == "mock":
        yield f"**{MOCKED}.**\n"
    yield f"{requirement_counts(report)}\n\n{verdict_counts(report)}\n"
    if report.interrupted:
        yield f"**Stopped before its end:** {code(report.interrupted)}\n"
    yield from _families(report.subjects)
    exhibits = {exhibit.requirement: exhibit for exhibit in report.exhibits}
    for status in (Status.FAIL, Status.WARN):
        for each in departures(report.subjects, status):
            yield _departure(each, report, exhibits.get(each.requirement.id))
    yield from _unread(report.subjects)
    yield from _reasons(f"{INTERNAL[:1].upper()}{INTERNAL[1:]}", report.subjects, Status.ERROR)
    for status in (Status.FAIL, Status.WARN):
        for each in departures(report.subjects, status, excused):
            yield _departure(each, report, exhibits.get(each.requirement.id))
    if report.complaints:
        rows = (f"- {row.kind} {code(row.row)}: {code(row.message)}" for row in report.complaints)
        yield _section("The list of known failures is outdated", rows)
    yield from _reasons("Could not be tested: does not count against the target", report.subjects, Status.UNTESTABLE)
    if report.not_exercised:
        rows = (f"- {WHY[label]}: {_names(ids)}" for label, ids in unseen(report.not_exercised).items())
        yield _section("Not exercised: nothing in this run could show it", rows)
    notes = [f"- {code(subject.name)}: {code(note)}" for subject in report.subjects for note in subject.notes]
    if notes:
        yield _section("Notes: reported, not judged", notes)
    if report.leftovers:
        yield _section(
            "Not deleted: created by this run and still at the target",
            (f"- {code(leftover)}" for leftover in report.leftovers),
        )
    again = f" To see it again: {code(report.again)}" if report.again else ""
    yield f"suite {version_of(report)}.{again}"


def _families(subjects: Iterable[Subject]) -> Iterator[str]:
    """How many requirements of each family came to what; columns in which nothing is counted are left out."""
    families: dict[str, Counter[str]] = {}
    for name, result in results(subjects).items():
        families.setdefault(REQUIREMENTS[name].family, Counter())[result.outcome] += 1
    met = {outcome for count in families.values() for outcome in count}
    columns = [name for name, outcomes in _COLUMNS.items() if met & {*outcomes} or name in ("failed", "passed")]
    if met & {outcome for name in columns for outcome in _COLUMNS[name]}:
        yield f"| requirements of | {' | '.join(columns)} |"
        yield f"|---|{'---:|' * len(columns)}"
        for family, count in sorted(families.items()):
            cells = (sum(count[outcome] for outcome in _COLUMNS[name]) for name in columns)
            yield f"| {family} | {' | '.join(str(cell or '') for cell in cells)} |"
        yield ""


def _departure(departure: Departure, report: Report, exhibit: Exhibit | None) -> str:
    """One departure: its title, and folded up what was expected and what came, where, why it matters, how to see it."""
    requirement = departure.requirement
    names = tuple(dict.fromkeys(departure.subjects))
    word = "EXCUSED" if departure.excuses else departure.status.value.upper()
    where = _html(names[0]) if len(names) == 1 else f"{len(names)} {kind_of(report)}s"
    found = "".join(f": {_html(case.finding.message)}" for case in departure.cases[:1])
    title = f"<b>{word}</b> <code>{requirement.id}</code> {requirement.level} in {where}{found}"
    lines = [f"<details><summary>{title}</summary>\n", f"{requirement.sentence} {requirement.why}\n"]
    lines += [f"- {code(excuse)}" for excuse in departure.excuses]
    lines += [line for case in departure.cases[:_CASES] for line in _case(case)]
    lines += [f"- {label} {code(said)}" for label, said in surroundings(exhibit)]
    if len(departure.cases) > _CASES:
        lines.append(f"- and {many(len(departure.cases) - _CASES, 'other way')}")
    if len(names) > 1:
        lines.append(f"- in {_names(names)}")
    if departure.because:
        lines.append(f"- because of {_names(departure.because)}")
    if departure.effects:
        lines.append(f"- effects: {_names(departure.effects)}")
    if departure.unchecked:
        lines.append(f"- could not be checked because of it: {_names(departure.unchecked)}")
    lines += [f"- rule {', '.join(requirement.contract)}, source {_source(requirement)}\n"]
    lines.append(_fenced("sh", _commands(departure, report, exhibit)))
    return "\n".join((*lines, "\n</details>\n"))


def _case(case: Case) -> Iterator[str]:
    finding = case.finding
    yield f"- {code(finding.message)}"
    yield f"  - expected {code(finding.expected)}"
    yield f"  - got {code(finding.got)}" + (f" ({case.others})" if case.others else "")
    often = f", {case.times} times" if case.times > 1 else ""
    yield f"  - at {code(f'{safe(case.subject)} · {place(finding)}')}{often}"


def _commands(departure: Departure, report: Report, exhibit: Exhibit | None) -> Iterator[str]:
    """What to type to see it again: the run's own command, the cassette, the request alone; and what explains it."""
    if report.again:
        yield repeat(departure, report.again)
    if exhibit is not None and exhibit.cassette:
        yield f"conformance judge {REPRO}/{exhibit.requirement}.jsonl -k {exhibit.requirement}"
    if exhibit is not None and 0 < len(exhibit.curl) <= _COMMAND:
        yield f"# needs {NEEDS}"
        yield exhibit.curl
    yield f"conformance explain {departure.requirement.id}"


def _source(requirement: Requirement) -> str:
    source = requirement.sources[0]
    return f"[{source.ref}]({source.url})" if source.url else source.ref


def _unread(subjects: Iterable[Subject]) -> Iterator[str]:
    rows = [f"- {code(each.name)}: {code(reason_of(each))}" for each in subjects if not each.verdicts]
    if rows:
        yield _section("Could not be judged", rows)


def _reasons(title: str, subjects: Iterable[Subject], status: Status) -> Iterator[str]:
    """What was not judged, by its reasons."""
    found = by_reason(subjects, status)
    if found:
        yield _section(
            title, (f"- {code(reason)}: {_names(requirements_of(verdicts))}" for reason, verdicts in found.items())
        )


def _section(title: str, rows: Iterable[str]) -> str:
    return "\n".join((f"<details><summary>{title}</summary>\n", *rows, "\n</details>\n"))


def _names(names: Iterable[str]) -> str:
    return shortened([*map(code, names)], _NAMES)


def code(text: str) -> str:
    """A code span that the text cannot end: its fence is longer than any run of backticks within."""
    said = safe(text).strip() or "(nothing)"
    fence = "`" * (_longest_run(said) + 1)
    room = " " if said.startswith("`") or said.endswith("`") else ""
    return f"{fence}{room}{said}{room}{fence}"


def _html(text: str) -> str:
    """The same as a code span, for a title: no Markdown is read in there."""
    return f"<code>{escape(safe(text))}</code>"


def _fenced(language: str, lines: Iterable[str]) -> str:
    # The commands are ours, and what is foreign in them is quoted; its characters are spelled out all the same.
    content = "\n".join(safe(line, 2**31) for told in lines for line in told.split("\n"))
    fence = "`" * max(3, _longest_run(content) + 1)
    return f"{fence}{language}\n{content}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
