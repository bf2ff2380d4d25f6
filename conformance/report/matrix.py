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
from conformance.report.column import Column, groups
from conformance.report.departures import Departure
from conformance.report.document import requirement_document
from conformance.report.page import page
from conformance.report.plain import safe
from conformance.report.result import version_of, worst
from conformance.report.tally import Result
from conformance.report.who_breaks import breaks
from conformance.report.writers import WRITERS

#: Raised whenever the document changes in a way its readers notice.
FORMAT = 1

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
    #: In how many scenarios it passed, of how many; empty where it was not asked for.
    parts: tuple[str, ...]


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
        tuple("" if each is None else f"passed in {each.passed} of {each.planned} scenarios" for each in found),
    )


def conforming(columns: Sequence[Column]) -> str:
    """How many conform of those that could be judged."""
    judged = [column for column in columns if column.judged]
    return f"{sum(column.word == 'PASS' for column in judged)} of {len(judged)} conform"


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
    ordered = [column for group in grouped for column in group.columns]
    table = rows(ordered)
    return page(
        "matrix.html",
        style="sheet.css",
        script="matrix.js",
        groups=grouped,
        columns=ordered,
        ids={column.name: f"i{number}" for number, column in enumerate(ordered, 1)},
        suites={column.name: version_of(column.report) for column in ordered if column.report is not None},
        rows=table,
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
        "version": facts.version,
        "language": facts.language,
        "group": column.group,
        "homepage": facts.homepage,
        "notes": facts.notes,
        "added": facts.added,
        "role": column.role,
        "verdict": column.word,
        "exit_code": column.exit_code,
        "report": f"{column.folder}/{WRITERS['json'].file}" if column.link else None,
        "reason": None if column.reason is None else safe(column.reason),
        "requirements": None if report is None else requirement_document(report),
        "judged": None if report is None else report.began or None,
        "suite": None if report is None else version_of(report),
        "command": None if report is None else report.again or None,
        "install": list(facts.install),
        "findings": [_finding(column, each) for each in column.findings],
    }


def _finding(column: Column, departure: Departure) -> Mapping[str, Any]:
    said = departure.cases[0].finding if departure.cases else None
    return {
        "requirement": departure.requirement.id,
        "status": departure.status.value,
        "message": None if said is None else safe(said.message),
        "expected": None if said is None else safe(said.expected),
        "got": None if said is None else safe(said.got),
        "scenarios": list(departure.subjects),
        "repeat": column.repeat(departure),
    }


def as_markdown(columns: Sequence[Column]) -> str:
    """A table for a README or a step summary: what did not pass everywhere; the rest is counted."""
    table = rows(columns)
    told = [row for row in table if set(row.words) - {"pass", "-", "not applicable"}]
    names = " | ".join(_linked(column) for column in columns)
    reasons = [f"- {column.name}: `{safe(column.reason).replace('`', chr(39))}`" for column in columns if column.reason]
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
