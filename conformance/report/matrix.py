"""Several implementations side by side: what each requirement came to in each, as a page, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from conformance import __version__
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Report, Requirement
from conformance.report.counts import requirement_counts
from conformance.report.document import requirement_document
from conformance.report.page import page
from conformance.report.plain import safe
from conformance.report.result import exit_code, verdict_word, worst
from conformance.report.tally import Result, results
from conformance.report.writers import WRITERS

#: Raised whenever the document changes in a way its readers notice.
FORMAT = 1

#: What a requirement came to over all scenarios of a target, the first that holds; `-` where nothing is said of it.
WORDS = ("fail", "error", "excused", "warn", "pass", "untestable", "not applicable", "-")

#: What a requirement came to -> its word here; anything else has its own name.
_WORDS: Mapping[str, str] = MappingProxyType(
    {"follows": "fail", "known": "excused", "unscored": "excused", "not_applicable": "not applicable"}
)

#: Word of a target that has no report.
NO_REPORT = "NO REPORT"


@dataclass(frozen=True, slots=True)
class Column:
    """One implementation: its report or why there is none, and the folder of that report, as a link of the page."""

    name: str
    role: str
    folder: str
    report: Report | None
    reason: str | None = None
    #: Where there is no report: what its run ended with.
    code: int = 5

    @property
    def word(self) -> str:
        """The verdict on it."""
        return NO_REPORT if self.report is None else verdict_word(self.report)

    @property
    def exit_code(self) -> int:
        """The exit code of its run."""
        return self.code if self.report is None else exit_code(self.report)

    @property
    def link(self) -> str:
        """Its report in the form that is best to read."""
        return f"{self.folder}/{WRITERS['html' if 'html' in WRITERS else 'text'].file}"

    @property
    def judged(self) -> bool:
        """Whether there is a verdict on it."""
        return self.report is not None and self.word not in ("NOTHING JUDGED", "ERROR", "UNREADABLE")

    @property
    def counts(self) -> str:
        """How many requirements failed, passed, and could not be tested; empty where nothing was judged."""
        return requirement_counts(self.report).partition(": ")[2] if self.report is not None and self.judged else ""

    @property
    def failed(self) -> tuple[str, ...]:
        """The requirements that failed for themselves."""
        return tuple(name for name, result in self.results().items() if result.outcome == "fail")

    def results(self) -> dict[str, Result]:
        """What each requirement came to; nothing where nothing could be judged."""
        return {} if self.report is None or self.word == "NOTHING JUDGED" else results(self.report.subjects)


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
    table = rows(columns)
    return page(
        "matrix.html",
        style="sheet.css",
        script="matrix.js",
        columns=columns,
        rows=table,
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
        "targets": [
            {
                "name": column.name,
                "role": column.role,
                "verdict": column.word,
                "exit_code": column.exit_code,
                "report": None if column.report is None else f"{column.folder}/{WRITERS['json'].file}",
                "reason": None if column.reason is None else safe(column.reason),
                "requirements": None if column.report is None else requirement_document(column.report),
            }
            for column in columns
        ],
        "requirements": [
            {
                "id": row.requirement.id,
                "level": row.requirement.level.value,
                "role": row.requirement.role.value,
                "cells": dict(zip((column.name for column in columns), row.words, strict=True)),
            }
            for row in rows(columns)
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def as_markdown(columns: Sequence[Column]) -> str:
    """A table for a README or a step summary: what did not pass everywhere; the rest is counted."""
    table = rows(columns)
    told = [row for row in table if set(row.words) - {"pass", "-", "not applicable"}]
    names = " | ".join(f"[{column.name}]({column.link.replace(' ', '%20')})" for column in columns)
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
