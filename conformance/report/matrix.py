"""Several implementations side by side: what each requirement came to in each, as a page, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance import __version__
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Report, Requirement, Status, Verdict
from conformance.report.page import page
from conformance.report.plain import safe
from conformance.report.result import exit_code, verdict_word, worst
from conformance.report.tally import counted
from conformance.report.writers import WRITERS

#: Raised whenever the document changes in a way its readers notice.
FORMAT = 1

#: What a requirement came to over all scenarios of a target, the first that holds; `-` where nothing is said of it.
WORDS = ("fail", "error", "excused", "warn", "pass", "untestable", "not applicable", "-")

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

    def cells(self) -> dict[str, str]:
        """Requirement -> what it came to, a word of `WORDS`; nothing where nothing could be judged."""
        met: dict[str, set[str]] = {}
        subjects = () if self.report is None or self.word == "NOTHING JUDGED" else self.report.subjects
        for subject in subjects:
            for verdict in subject.verdicts:
                met.setdefault(verdict.requirement, set()).add(_word(verdict))
        return {name: next(word for word in WORDS if word in words) for name, words in met.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement, and what it came to in each column, in the order of the columns."""

    requirement: Requirement
    words: tuple[str, ...]


def rows(columns: Sequence[Column]) -> tuple[Row, ...]:
    """Every requirement that something is said of, in the catalogue's order."""
    told = [column.cells() for column in columns]
    return tuple(
        Row(requirement, tuple(cells.get(requirement.id, "-") for cells in told))
        for requirement in REQUIREMENTS.values()
        if any(requirement.id in cells for cells in told)
    )


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
        words=[word for word in WORDS if any(word in row.words for row in table)],
        version=__version__,
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
        f"| | {names} |",
        f"|---|{'---|' * len(columns)}",
        f"| verdict | {' | '.join(column.word for column in columns)} |",
        *(f"| `{row.requirement.id}` {row.requirement.level} | {' | '.join(row.words)} |" for row in told),
        "",
        f"{len(table) - len(told)} of {len(table)} requirements passed wherever they were judged.",
        *(["", *reasons] if reasons else []),
    ]
    return "\n".join(lines) + "\n"


def _word(verdict: Verdict) -> str:
    if verdict.status in (Status.FAIL, Status.WARN) and not counted(verdict):
        return "excused"
    return verdict.status.value.replace("_", " ")
