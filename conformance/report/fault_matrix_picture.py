"""The fault matrix as one page by itself, with the whole of it in a picture: requirements down, faults across.

It needs no script and loads nothing; every text is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Level, Requirement, Role
from conformance.proof.fault_matrix import FaultMatrix, Outcome, Row, Trial, alike, judged
from conformance.proof.faults import Fault
from conformance.report.page import page

#: Units of the picture: a fault is as wide, and a requirement as high, as can be told apart on a laptop's screen.
_WIDTH, _HEIGHT = 4, 7

#: Between one layer, or one family, and the next.
_GAP = 5

#: Where the cells begin: families stand left of them, layers above.
_LEFT, _TOP = 92, 128


_Thing = TypeVar("_Thing")


class Band(NamedTuple):
    """A layer of faults or a family of requirements: its name, where it begins, and how far it goes."""

    name: str
    start: int
    size: int


class Cell(NamedTuple):
    """One fault reported, or not, as one requirement: where in the picture, where it leads, and what is to be said."""

    x: int
    y: int
    level: Level
    outcome: Outcome
    fault: str
    says: str


class Picture(NamedTuple):
    """The whole matrix, placed."""

    width: int
    height: int
    layers: tuple[Band, ...]
    families: tuple[Band, ...]
    cells: tuple[Cell, ...]
    cell: tuple[int, int] = (_WIDTH, _HEIGHT)
    left: int = _LEFT
    top: int = _TOP


def picture(matrix: FaultMatrix) -> Picture:
    """Place every fault that breaks something, every requirement that is judged, and what became of each pair."""
    layers, columns = _placed(matrix.breaking, lambda fault: fault.name, lambda fault: fault.layer, _LEFT, _WIDTH)
    families, lines = _placed(judged(matrix.role), lambda row: row.id, lambda row: row.family, _TOP, _HEIGHT)
    cells = tuple(
        Cell(
            columns[row.fault],
            lines[row.requirement],
            REQUIREMENTS[row.requirement].level,
            row.outcome,
            row.fault,
            says(row),
        )
        for row in matrix.rows
        if row.fault in columns and row.requirement in lines
    )
    width, height = (bands[-1].start + bands[-1].size if bands else 0 for bands in (layers, families))
    return Picture(width, height, layers, families, cells)


def _placed(
    things: Sequence[_Thing], name: Callable[[_Thing], str], band: Callable[[_Thing], str], start: int, size: int
) -> tuple[tuple[Band, ...], dict[str, int]]:
    """Where each thing stands, and the bands that they stand in."""
    bands: list[Band] = []
    places: dict[str, int] = {}
    for title, members in groupby(things, band):
        first = start
        for member in members:
            places[name(member)] = start
            start += size
        bands.append(Band(title.replace("_", " "), first, start - first))
        start += _GAP
    return tuple(bands), places


def says(row: Row) -> str:
    """What became of a fault under a requirement, in a sentence."""
    scenarios = f" in {len(row.scenarios)} scenario{'s' * (len(row.scenarios) != 1)}" if row.scenarios else ""
    told = {
        Outcome.CAUGHT: f"{row.fault} is caught by {row.requirement}{scenarios}",
        Outcome.SURVIVED: f"{row.fault} survives {row.requirement}",
        Outcome.WRONG_RULE: f"{row.fault} is reported as {row.requirement}{scenarios}, which it does not break",
    }
    return told.get(row.outcome, f"{row.fault}: {row.outcome.words}{scenarios}")


#: Role -> what its part is called, and what stands in it.
_TITLES = {
    Role.SERVER: ("Servers", "faults"),
    Role.CLIENT: ("Clients", "bad habits"),
    Role.GATEWAY: ("Gateways", "bad habits"),
}


def document(sides: Sequence[FaultMatrix], trials: Iterable[Trial]) -> str:
    """The page: servers first, then the others in the same way."""
    faults = [fault for side in sides for fault in side.faults]
    rows = {
        fault.name: tuple(row for side in sides for row in side.rows if row.fault == fault.name) for fault in faults
    }
    return page(
        "fault_matrix.html",
        style="fault_matrix.css",
        sides=tuple(
            Side(side, picture(side), tuple(_covered(side)), _families(side), _layers(side), *_TITLES[side.role])
            for side in sides
        ),
        width=max(picture(side).width for side in sides),
        holds=all(side.holds for side in sides),
        legal=tuple(fault for fault in faults if fault.equivalent),
        excluded=tuple(row for row in REQUIREMENTS.values() if row.excluded),
        rows=rows,
        alike=alike(trials),
        says=says,
    )


class Side(NamedTuple):
    """Whose faults they are: all that the page shows of servers, of clients or of gateways."""

    matrix: FaultMatrix
    picture: Picture
    covered: tuple[Covered, ...]
    families: tuple[tuple[str, tuple[Requirement, ...]], ...]
    layers: tuple[tuple[str, tuple[Fault, ...]], ...]
    title: str
    plural: str


def _families(matrix: FaultMatrix) -> tuple[tuple[str, tuple[Requirement, ...]], ...]:
    return tuple((name, tuple(rows)) for name, rows in groupby(judged(matrix.role), lambda row: row.family))


def _layers(matrix: FaultMatrix) -> tuple[tuple[str, tuple[Fault, ...]], ...]:
    named = groupby(matrix.breaking, lambda fault: fault.layer)
    return tuple((name.replace("_", " "), tuple(faults)) for name, faults in named)


class Covered(NamedTuple):
    """How many requirements of a level a fault was seen to break."""

    level: Level
    covered: int
    of: int


def _covered(matrix: FaultMatrix) -> Iterator[Covered]:
    missing = set(matrix.uncovered())
    for level in (Level.MUST, Level.SHOULD):
        of_level = [requirement for requirement in judged(matrix.role) if requirement.level is level]
        yield Covered(level, len([row for row in of_level if row not in missing]), len(of_level))
