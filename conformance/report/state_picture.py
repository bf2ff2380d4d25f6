"""The states of a run, a step or a message as a picture: each state at its place, and the legal moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conformance.contract.lifecycle import Table

#: Units of the picture: a state's box, and the distances of two.
_WIDTH, _HEIGHT, _ACROSS, _DOWN = 118, 30, 168, 46

#: Entity -> state -> column and row. Ends stand in the last column.
_PLACES: Mapping[str, Mapping[str, tuple[int, float]]] = {
    "run": {
        "waiting": (0, 2.5),
        "created": (1, 1),
        "queued": (1, 2.5),
        "in_progress": (2, 2.5),
        "cancelling": (2, 5),
        "completed": (3, 0),
        "incomplete": (3, 1),
        "requires_action": (3, 2),
        "failed": (3, 3),
        "cancelled": (3, 4),
        "expired": (3, 5),
    },
    "step": {
        "unseen": (0, 1),
        "inherited": (0, 2),
        "created": (1, 1),
        "in_progress": (2, 1),
        "completed": (3, 0),
        "failed": (3, 1),
        "cancelled": (3, 2),
        "expired": (3, 3),
    },
    "message": {
        "unseen": (0, 0.5),
        "created": (1, 0.5),
        "in_progress": (2, 0.5),
        "completed": (3, 0),
        "incomplete": (3, 1),
    },
}


class Box(NamedTuple):
    """A state at its place."""

    state: str
    x: float
    y: float
    ended: bool


class Arrow(NamedTuple):
    """The moves from one state to another: where the arrow goes, and the words that move it."""

    path: str
    says: str


class Picture(NamedTuple):
    """All states and legal moves of an entity, placed."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    box: tuple[int, int] = (_WIDTH, _HEIGHT)


def picture(table: Table) -> Picture:
    """Place the states of an entity and draw an arrow for every legal move between two of them."""
    places = _PLACES[table.entity]
    boxes = {state: Box(state, *_corner(places[state]), state in table.ended) for state in table.states()}
    words: dict[tuple[str, str], list[str]] = {}
    for (state, word), move in table.moves.items():
        if move.breaks is None and state not in table.ended and move.to != state:
            words.setdefault((state, move.to), []).append(word)
    arrows = tuple(
        Arrow(_path(boxes[at], boxes[to]), f"{at} to {to}: {', '.join(moved)}") for (at, to), moved in words.items()
    )
    width = max(box.x for box in boxes.values()) + _WIDTH + 2
    height = max(box.y for box in boxes.values()) + _HEIGHT + 2
    return Picture(width, height, tuple(boxes.values()), arrows)


def _corner(place: tuple[int, float]) -> tuple[float, float]:
    column, row = place
    return 2.0 + column * _ACROSS, 2.0 + row * _DOWN


def _path(at: Box, to: Box) -> str:
    """From the right side of one box to the left side of the other; within a column, down or up."""
    if at.x == to.x:
        down = to.y > at.y
        start, end = (at.y + _HEIGHT, to.y - 6) if down else (at.y, to.y + _HEIGHT + 6)
        return f"M{at.x + _WIDTH / 2:g} {start:g}V{end:g}"
    x1, y1, x2, y2 = at.x + _WIDTH, at.y + _HEIGHT / 2, to.x - 6, to.y + _HEIGHT / 2
    bend = (x2 - x1) / 2
    return f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
