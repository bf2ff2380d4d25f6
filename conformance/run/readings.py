"""A file of readings: rows that say of a target's finding what its users notice and how it is fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import UnreadableInput, did_you_mean
from conformance.report.column import Column
from conformance.report.reading import Reading
from conformance.run.known_secrets import known_secrets
from conformance.run.tables import Format
from conformance.wire.secret import secrets_of

#: The array of tables that holds the rows.
TABLE = "reading"

_FORMAT = Format("readings", "it holds no reading", f"Write a table [[{TABLE}]] for each.")


def readings(path: Path, names: Sequence[str]) -> tuple[Reading, ...]:
    """The rows of a file about targets of these names. Raises UnreadableInput with what is wrong with it."""
    document = _FORMAT.read(path)
    rows = tuple(_reading(row) for row in document[TABLE])
    _check_names(path, rows, names)
    return rows


def held(columns: Sequence[Column], rows: Sequence[Reading]) -> tuple[Column, ...]:
    """The columns with what is said of their findings."""
    return tuple(
        replace(column, readings={row.requirement: row for row in rows if column.name in row.targets})
        for column in columns
    )


def outdated(columns: Sequence[Column]) -> Iterator[str]:
    """Each reading of a finding that is not there any more, in words; a run that was interrupted says nothing of it."""
    for column in columns:
        whole = column.report is not None and column.report.interrupted is None and column.judged
        found = {finding.requirement.id for finding in column.findings}
        for requirement in column.readings or () if whole else ():
            if requirement not in found:
                yield f"{column.title} does not depart from {requirement}: delete its reading"


def _reading(row: Mapping[str, Any]) -> Reading:
    hidden = secrets_of(known_secrets()).hidden
    said = (hidden(row.get(name, "")) for name in ("notice", "mend", "because"))
    return Reading(tuple(row["targets"]), row["requirement"], *said)


def _check_names(path: Path, rows: Sequence[Reading], names: Sequence[str]) -> None:
    """Raise UnreadableInput for a target or requirement that there is not, and for what is said twice."""
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, 1):
        if row.requirement not in REQUIREMENTS:
            near = did_you_mean(row.requirement, REQUIREMENTS) or "`conformance list requirements` shows all ids."
            raise UnreadableInput(f"{path}: {_row(number)}: no requirement has the id {row.requirement!r}", near)
        for target in row.targets:
            if target not in names:
                near = did_you_mean(target, names) or "It is the name of a row in the list of targets."
                raise UnreadableInput(f"{path}: {_row(number)}: no target is named {target!r}", near)
            if (target, row.requirement) in seen:
                raise UnreadableInput(
                    f"{path}: {_row(number)}: {row.requirement} of {target!r} was read before",
                    "Write one reading of each finding.",
                )
            seen.add((target, row.requirement))


def _row(number: int) -> str:
    return f"[[{TABLE}]] {number}"
