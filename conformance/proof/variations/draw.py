"""Chance as an argument: what draws, and the small things that are drawn again and again.

The lowest value is always the plainest one, so that a tape that breaks off goes on plainly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")

#: What was drawn, in order: how far each value lay above the lowest.
Tape = tuple[int, ...]


class Draw(Protocol):
    """A source of chance."""

    def integers(self, lowest: int, highest: int) -> int:
        """Return one of the integers from the lowest to the highest, both included."""
        ...

    def choice(self, values: Sequence[T]) -> T:
        """Return one of the values, of which there is at least one."""
        ...


class Recorder:
    """Draws from another source and keeps what came."""

    def __init__(self, source: Draw) -> None:
        self._source = source
        self._drawn: list[int] = []

    @property
    def tape(self) -> Tape:
        """What was drawn so far."""
        return tuple(self._drawn)

    def integers(self, lowest: int, highest: int) -> int:
        """Draw an integer and keep it."""
        value = self._source.integers(lowest, highest)
        self._drawn.append(value - lowest)
        return value

    def choice(self, values: Sequence[T]) -> T:
        """Draw one of the values by its index."""
        return values[self.integers(0, len(values) - 1)]


class Replay:
    """Draws from a tape, as near to it as the bounds allow; the lowest value once it is over."""

    def __init__(self, tape: Tape) -> None:
        self._left = list(reversed(tape))

    def integers(self, lowest: int, highest: int) -> int:
        """Return the next value of the tape."""
        return lowest + min(self._left.pop() if self._left else 0, highest - lowest)

    def choice(self, values: Sequence[T]) -> T:
        """Return the value at the next index of the tape."""
        return values[self.integers(0, len(values) - 1)]


def chance(draw: Draw, one_in: int) -> bool:
    """Whether something happens that does so once in so many times."""
    return draw.integers(1, one_in) == one_in


def some(draw: Draw, values: Sequence[T]) -> tuple[T, ...]:
    """Any of the values, in their order."""
    return tuple(value for value in values if chance(draw, 2))


def shuffled(draw: Draw, values: Sequence[T]) -> tuple[T, ...]:
    """All of the values, in any order."""
    left = list(values)
    return tuple(left.pop(draw.integers(0, len(left) - 1)) for _ in values)


def cut(draw: Draw, whole: str, most: int) -> tuple[str, ...]:
    """A text in one to `most` pieces, cut anywhere; some may be empty."""
    ends = sorted(draw.integers(0, len(whole)) for _ in range(draw.integers(0, most - 1)))
    return tuple(whole[start:end] for start, end in zip([0, *ends], [*ends, len(whole)], strict=True))
