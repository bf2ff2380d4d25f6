"""Several implementations side by side: what each requirement came to in each, as a page, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from conformance import __version__
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Requirement
from conformance.report.column import Column, Group, conforming, groups
from conformance.report.departures import Departure
from conformance.report.document import requirement_document
from conformance.report.page import page
from conformance.report.plain import safe
from conformance.report.reading import Reading
from conformance.report.result import version_of, worst
from conformance.report.tally import Result
from conformance.report.who_breaks import breaks
from conformance.report.writers import WRITERS

#: Raised whenever the document changes in a way its readers notice.
FORMAT = 1

#: Whom a column may be about, in the order of their tables; each is the word of its command and of its list.
ROLES = ("server", "client", "gateway")

#: Characters of the longest sentence that somebody wrote about a finding.
_READ = 2000

#: What a requirement came to over all scenarios of a target, the first that holds; `-` where nothing is said of it.
WORDS = ("fail", "error", "excused", "warn", "pass", "untestable", "not applicable", "-")

#: What a requirement came to -> its word here; anything else has its own name.
_WORDS: Mapping[str, str] = MappingProxyType(
    {"follows": "fail", "known": "excused", "unscored": "excused", "not_applicable": "not applicable"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement, and what it came to in each column, in the order of the columns."""

    requirement: Requirement
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The implementations of one role, in groups, and the requirements that bind it."""

    role: str
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns, in order."""
        return tuple(column for group in self.groups for column in group.columns)

    @property
    def size(self) -> int:
        """How many requirements it has."""
        return len(self.rows)


def tables(columns: Sequence[Column]) -> tuple[Table, ...]:
    """A table for each role: servers and clients share no requirement."""
    by_role = ((role, [column for column in columns if column.role == role]) for role in ROLES)
    return tuple(Table(role, grouped, rows(_ordered(grouped))) for role, own in by_role if (grouped := groups(own)))


def _ordered(grouped: Sequence[Group]) -> list[Column]:
    return [column for group in grouped for column in group.columns]


def rows(columns: Sequence[Column]) -> tuple[Row, ...]:
    """Every requirement that something is said of, in the catalogue's order."""
    found = [column.results() for column in columns]
    return tuple(
        _row(requirement, [results_.get(requirement.id) for results_ in found])
        for requirement in REQUIREMENTS.values()
        if any(requirement.id in results_ for results_ in found)
    )


def _row(requirement: Requirement, found: Sequence[Result | None]) -> Row:
    return Row(
        requirement,
        tuple("-" if each is None else _WORDS.get(each.outcome, each.outcome) for each in found),
    )


def unjudged(columns: Sequence[Column]) -> str:
    """How many could not be judged; empty where all could."""
    rest = sum(not column.judged for column in columns)
    return f"{rest} of {len(columns)} could not be judged" if rest else ""


def worst_code(columns: Iterable[Column]) -> int:
    """The exit code that stands for all."""
    return worst(*(column.exit_code for column in columns))


def as_page(columns: Sequence[Column]) -> str:
    """The page: implementations across, requirements down, both to be filtered, any two to be compared."""
    grouped = groups(columns)
    ordered = _ordered(grouped)
    parts = tables(ordered)
    table = [row for part in parts for row in part.rows]
    return page(
        "matrix.html",
        style="sheet.css",
        script="matrix.js",
        groups=grouped,
        columns=ordered,
        suites={column.name: version_of(column.report) for column in ordered if column.report is not None},
        tables=parts,
        breaks=breaks(ordered),
        families=list(dict.fromkeys(row.requirement.family for row in table)),
        levels=list(dict.fromkeys(row.requirement.level.value for row in table)),
        outcomes=[word for word in WORDS if any(word in row.words for row in table)],
        version=__version__,
        conforming=conforming(columns),
        unjudged=unjudged(columns),
    )


def as_json(columns: Sequence[Column]) -> str:
    """The document described by schemas/own/matrix.json."""
    document: Mapping[str, Any] = {
        "matrix": FORMAT,
        "suite": __version__,
        "exit_code": worst_code(columns),
        "targets": [_target(column) for column in columns],
        "requirements": [
            {
                "id": row.requirement.id,
                "level": row.requirement.level.value,
                "role": row.requirement.role.value,
                "cells": dict(zip((column.name for column in columns), row.words, strict=True)),
            }
            for row in rows(columns)
        ],
        "breaks": [
            {
                "fault": each.mistake.said.replace("`", ""),
                "sentence": each.sentence.replace("`", ""),
                "servers": list(each.servers),
                "scenarios": list(each.mistake.scenarios),
                "clients": list(each.clients),
                "judged": len(each.judged),
            }
            for each in breaks(columns)
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _target(column: Column) -> Mapping[str, Any]:
    report, facts = column.report, column.facts
    return {
        "name": column.name,
        "version": column.version,
        "listed": column.listed,
        "selection": None if column.selection is None else safe(column.selection),
        "language": facts.language,
        "group": column.group,
        "homepage": facts.homepage,
        "notes": facts.notes,
        "added": facts.added,
        "role": column.role,
        "verdict": column.word,
        "exit_code": column.exit_code,
        "report": f"{column.folder}/{WRITERS['json'].file}" if column.link else None,
        "reason": None if column.why is None else safe(column.why),
        "requirements": None if report is None else requirement_document(report),
        "judged": None if report is None else report.began or None,
        "suite": None if report is None else version_of(report),
        "command": None if report is None else report.again or None,
        "address": f"#implementation/{column.key}",
        "install": list(facts.install),
        "changes": None if column.changes is None else [*map(safe, column.changes)],
        "findings": [_finding(column, each) for each in column.findings],
    }


def _finding(column: Column, departure: Departure) -> Mapping[str, Any]:
    said = departure.cases[0].finding if departure.cases else None
    reading = column.reading(departure)
    return {
        "requirement": departure.requirement.id,
        "status": departure.status.value,
        "message": None if said is None else safe(said.message),
        "expected": None if said is None else safe(said.expected),
        "got": None if said is None else safe(said.got),
        "scenarios": list(departure.subjects),
        "repeat": column.repeat(departure),
        "reading": None if reading is None else _reading(reading),
    }


def _reading(reading: Reading) -> Mapping[str, str | None]:
    return {"notice": safe(reading.notice, _READ), "mend": safe(reading.mend, _READ),
            "because": safe(reading.because, _READ) or None}  # fmt: skip


def as_markdown(columns: Sequence[Column]) -> str:
    """A table for a README or a step summary: what did not pass everywhere; the rest is counted."""
    table = rows(columns)
    told = [row for row in table if set(row.words) - {"pass", "-", "not applicable"}]
    names = " | ".join(_linked(column) for column in columns)
    reasons = [f"- {column.name}: `{safe(column.why).replace('`', chr(39))}`" for column in columns if column.why]
    lines = [
        f"**{'; '.join(filter(None, (conforming(columns), unjudged(columns))))}.**",
        "",
        f"| | {names} |",
        f"|---|{'---|' * len(columns)}",
        f"| verdict | {' | '.join(column.word for column in columns)} |",
        f"| requirements | {' | '.join(column.counts or '-' for column in columns)} |",
        *(f"| `{row.requirement.id}` {row.requirement.level} | {' | '.join(row.words)} |" for row in told),
        "",
        f"{len(table) - len(told)} of {len(table)} requirements passed wherever they were judged.",
        *(["", *reasons] if reasons else []),
    ]
    return "\n".join(lines) + "\n"


def _linked(column: Column) -> str:
    return f"[{column.title}]({column.link.replace(' ', '%20')})" if column.link else column.title
