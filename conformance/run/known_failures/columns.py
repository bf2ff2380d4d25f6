"""One list of known failures for all targets of a matrix: each row names its target, `target = { name = "…" }`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance.files import rewrite
from conformance.model import KnownFailure, Report
from conformance.report.column import Column
from conformance.run.known_failures import reader, updating
from conformance.verdict import known

#: How long a new row is valid: twice a year somebody looks whether its reason still holds.
_VALID = timedelta(days=182)


def held(columns: Sequence[Column], rows: Sequence[KnownFailure]) -> tuple[Column, ...]:
    """The columns with what they are known to depart from excused, and with what is not as the list says."""
    return tuple(_held(column, rows) for column in columns)


def strays(columns: Sequence[Column], rows: Sequence[KnownFailure]) -> tuple[str, ...]:
    """Names in the rows that no target has: mistyped, of a target that was renamed, or of another command's."""
    known_names = {column.name for column in columns}
    return tuple(dict.fromkeys(name for row in rows for name in row.target.get("name", ()) if name not in known_names))


def _held(column: Column, rows: Sequence[KnownFailure]) -> Column:
    if column.report is None or not column.judged:
        return column
    report = _excused(column.report, rows)
    return replace(column, report=report, changes=tuple(_changes(replace(column, report=report))))


def _excused(report: Report, rows: Sequence[KnownFailure]) -> Report:
    return known.held(report, known.holding(rows, report.target, report.profile.role))


def _changes(column: Column) -> Iterator[str]:
    """A failure that the list lacks, and a row that is outdated, each in a sentence."""
    for finding in column.findings:
        if finding.requirement.id in column.failed:
            yield f"{finding.requirement.id} fails in {', '.join(finding.subjects)}, and is not listed"
    if column.report is not None:
        yield from (f"{complaint.row} is listed: {complaint.message}" for complaint in column.report.complaints)


@dataclass(frozen=True, slots=True)
class _Writing:
    """What a new row about a column holds besides what the report says."""

    column: Column
    today: datetime

    def row(self, found: KnownFailure) -> KnownFailure:
        """The row with its target, its last day, and the reason that was read; one of a target that varies is short."""
        reading = (self.column.readings or {}).get(found.requirement)
        reason = found.reason if reading is None else " ".join(filter(None, (reading.notice, reading.because)))
        row = replace(
            found,
            reason=reason,
            target={"name": (self.column.name,)},
            expires=f"{self.today + _VALID:%Y-%m-%d}",
        )
        return replace(row, scenarios=(), fingerprints=()) if self.column.facts.varies else row


def update(columns: Sequence[Column], path: Path, now: datetime | None = None) -> tuple[str, ...]:
    """Bring the list up to date with every column that was judged; returns what was changed, in words.

    Rows that are there keep what people wrote in them. Raises UnreadableInput where the list cannot be read, and
    UsageError where it cannot be written; it is then as it was.
    """
    before = reader.text(path) if path.exists() else updating.PREAMBLE
    text, changes = before, list[str]()
    for column in columns:
        if column.report is not None and column.judged:
            writing = _Writing(column, now or datetime.now(UTC))
            report = _excused(column.report, reader.rows(text, str(path)))
            done = updating.updated(report, text, str(path), writing.row)
            text = done.text
            changes += [f"{column.title}: {change}" for change in done.changes]
    if text != before:
        rewrite(path, text)
    return tuple(changes)
