"""Dated results as a page of Markdown: a table for each kind of implementation, and what could not be judged."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from conformance import __version__
from conformance.contract.requirements import REQUIREMENTS
from conformance.report.column import Column, Group, conforming, groups
from conformance.report.matrix import unjudged
from conformance.report.plain import safe
from conformance.report.reading import Reading
from conformance.report.who_breaks import Break, breaks

#: Findings that a table shows of each implementation; all are in the page.
_SHOWN = 4

#: Characters of the longest sentence that somebody wrote about a finding.
_LONGEST = 2000

#: What begins a tag, or the address of a link.
_MARKUP = re.compile(r"<|(?<=\])\(")

_ADDED = " (judged by others)"


def as_results(columns: Sequence[Column], targets: str, folder: str) -> str:
    """The page; `targets` is the list of `conformance matrix`, `folder` where the overview lies, as a link."""
    grouped = groups(columns)
    lines = [
        "# Results",
        "",
        "What servers and clients of `submit_tool_outputs` (OpenAI Assistants API v2) do, each judged by itself in the "
        "version that is named. The file is written by `conformance matrix`; nothing in it is edited by hand.",
        "",
        f"**{'; '.join(filter(None, (conforming(columns), unjudged(columns))))}.** Suite {__version__}. All "
        f"that was found, with a command for each: [{folder}/index.html]({folder}/index.html), or as "
        f"[data]({folder}/data.json).",
        "",
        "A requirement failed if it failed in any scenario. What could not be tested does not count as a failure, and "
        "what could not be judged does not count as conforming.",
        *(line for group in grouped for line in _table(group)),
        *_read(columns),
        *_broken(breaks(columns)),
        *_missing(columns),
        *_repeating(columns, targets),
    ]
    return "\n".join(lines) + "\n"


def _table(group: Group) -> Iterator[str]:
    judged = [column for column in group.columns if column.judged]
    if judged:
        yield from ("", f"## {group.name[:1].upper()}{group.name[1:]}", "", f"{group.conforming}.", "")
        yield "| implementation | version | language | judged | verdict | requirements | what failed, worst first |"
        yield "|---|---|---|---|---|---|---|"
        yield from (_row(column) for column in judged)


def _row(column: Column) -> str:
    facts, report = column.facts, column.report
    name = f"[{column.name}]({facts.homepage})" if facts.homepage else column.name
    failed = column.failed
    shown = ", ".join(f"`{each}`" for each in failed[:_SHOWN])
    rest = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    day = report.began[:10] if report is not None else ""
    part = f"; only `-k {safe(column.selection)}` was judged" if column.selection else ""
    cells = (
        name + (_ADDED if facts.added else ""), _version(column), facts.language or "-", day or "-", column.word,
        column.counts + part, shown + rest or "nothing",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _version(column: Column) -> str:
    return f"{column.version or '-'}{f' (the list names {column.listed} now)' if column.listed else ''}"


def _read(columns: Sequence[Column]) -> Iterator[str]:
    """What each finding means, where somebody was to say so: once for all that one reading is about."""
    judged = [column for column in columns if column.judged and column.readings is not None]
    found: dict[str, dict[Reading | None, list[str]]] = {}
    for column in judged:
        for finding in column.findings:
            readings = found.setdefault(finding.requirement.id, {})
            readings.setdefault(column.reading(finding), []).append(column.title)
    if found:
        yield from ("", "## What the findings mean", "")
        yield "For each requirement that is not met: what users notice, and how it can be fixed."
        for requirement in sorted(found, key=lambda name: -sum(map(len, found[name].values()))):
            yield from ("", f"### `{requirement}`", "", REQUIREMENTS[requirement].sentence, "")
            yield from (_said(reading, titles) for reading, titles in found[requirement].items())


def _said(reading: Reading | None, titles: Sequence[str]) -> str:
    names = ", ".join(titles)
    if reading is None:
        return f"- **{names}**: not read yet."
    because = f" Not of their own making: {_text(reading.because)}" if reading.because else ""
    return f"- **{names}**: {_text(reading.notice)} *How to fix it:* {_text(reading.mend)}{because}"


def _broken(found: Sequence[Break]) -> Iterator[str]:
    if found:
        yield from ("", "## Who breaks", "")
        yield "What judged servers do wrong, and the judged clients that fail where the mock server does just that."
        yield ""
        yield from (f"- {_text(each.sentence)}" for each in found)
        yield ""
        yield "| what servers do | servers | clients that fail on it | scenarios |"
        yield "|---|---|---|---|"
        yield from (_break(each) for each in found)


def _break(each: Break) -> str:
    clients = f"{len(each.clients)} of {len(each.judged)}" + (f": {', '.join(each.clients)}" if each.clients else "")
    scenarios = ", ".join(f"`{scenario}`" for scenario in each.mistake.scenarios)
    return f"| {each.mistake.said} | {len(each.servers)} | {clients} | {scenarios} |"


def _missing(columns: Sequence[Column]) -> Iterator[str]:
    missing = [column for column in columns if not column.judged]
    if missing:
        yield from ("", "## Not judged", "")
        for column in missing:
            reason = safe(column.why or column.word.lower()).replace("`", "'")
            yield f"- {column.title}: `{reason}`"


def _repeating(columns: Sequence[Column], targets: str) -> Iterator[str]:
    ours = [column for column in columns if not column.facts.added]
    yield from ("", "## Repeat one", "")
    yield f"`conformance matrix {targets} --only NAME` installs what is named into an environment of its own, judges"
    yield "it and puts it beside the others. In a checkout `make results ONLY=NAME` does, and writes this page."
    yield ""
    yield "| implementation | one command |"
    yield "|---|---|"
    yield from (f"| {column.title} | `make results ONLY={shlex.quote(column.name)}` |" for column in ours)
    notes = [column for column in columns if column.facts.notes]
    if notes:
        yield from ("", "## Notes", "")
        yield from (f"- {column.title}: {_text(column.facts.notes or '')}" for column in notes)


def _text(said: str) -> str:
    """What somebody wrote, or a report that may be a stranger's says; no tag and no link in it is one.

    By entities, also in code: a backslash can be made to escape a backslash, and code can be made to look like none.
    """
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", safe(said, _LONGEST))
