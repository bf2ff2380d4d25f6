"""What `conformance list TABLE` prints: requirements, scenarios, faults, habits and variations, one row each."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID, requires
from conformance.mock.habits import HABITS
from conformance.model import Requirement
from conformance.proof.faults import FAULTS
from conformance.proof.faults.registry import Fault
from conformance.proof.variations import VARIATIONS

#: A row by the names of its members; several values of one are a tuple.
Row = Mapping[str, str | tuple[str, ...]]

#: Characters that a sentence needs beside the other columns; with fewer it stands below them.
_NARROW = 30

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Table:
    """One list: its rows, and which members text shows, the last of them as wide as there is room."""

    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


def when(requirement: Requirement) -> str:
    """In a word, when a requirement is judged: where it was planned, when it is observed, or never."""
    return "excluded" if requirement.excluded else "observed" if requirement.luck else "planned"


def selected(name: str, wanted: Callable[[str], bool] | None = None) -> list[Row]:
    """The rows of a list, or those of which all values together are wanted."""
    rows = TABLES[name].rows()
    return [row for row in rows if wanted is None or wanted(" ".join(map(_cell, row.values())))]


def as_json(rows: Sequence[Row]) -> str:
    """The rows for programs: one object a line."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def as_text(name: str, rows: Sequence[Row], width: int | None = None) -> str:
    """The rows below a line of headers; `width` None leaves each whole on its line, as programs want it."""
    columns = TABLES[name].columns
    cells = [tuple(_cell(row[column]) for column in columns) for row in rows]
    table = [tuple(column.upper() for column in columns), *cells]
    wide = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    return "".join(_line(each, wide, width) for each in table)


def _line(cells: Sequence[str], wide: Sequence[int], width: int | None) -> str:
    head = "".join(f"{cell:<{most}}{_GAP}" for cell, most in zip(cells, wide, strict=False))
    if width is None:
        return f"{head}{cells[-1]}\n"
    if width - len(head) < _NARROW:
        return f"{head.rstrip()}\n    {_wrapped(cells[-1], width, 4)}\n"
    return f"{head}{_wrapped(cells[-1], width, len(head))}\n"


def _wrapped(text: str, width: int, indent: int) -> str:
    """The text in lines of at most `width` that begin at `indent`, without the indent of the first."""
    blank = " " * indent
    lines = textwrap.wrap(
        text, width, initial_indent=blank, subsequent_indent=blank, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).lstrip()


def _cell(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " ".join(value) or "-"


def _requirements() -> Iterator[Row]:
    for row in REQUIREMENTS.values():
        yield {
            "id": row.id, "level": row.level.value, "role": row.role.value, "confidence": row.confidence.value,
            "judged": when(row), "contract": row.contract, "requirement": row.sentence,
        }  # fmt: skip


def _scenarios() -> Iterator[Row]:
    for row in BY_ID.values():
        yield {"id": row.id, "role": row.role.value, "needs": tuple(sorted(requires(row))), "scenario": row.title}


def _faults(faults: Mapping[str, Fault], word: str) -> Iterator[Row]:
    for row in faults.values():
        yield {"id": row.name, "layer": row.layer, "breaks": tuple(sorted(row.breaks)), word: row.does}


def _variations() -> Iterator[Row]:
    for row in VARIATIONS.values():
        yield {"id": row.name, "layer": row.layer, "variation": row.does}


#: Every list by its name.
TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "requirements": Table(("id", "level", "role", "judged", "requirement"), _requirements),
        "scenarios": Table(("id", "role", "needs", "scenario"), _scenarios),
        "faults": Table(("id", "layer", "fault"), lambda: _faults(FAULTS, "fault")),
        "habits": Table(("id", "layer", "habit"), lambda: _faults(HABITS, "habit")),
        "variations": Table(("id", "layer", "variation"), _variations),
    }
)
