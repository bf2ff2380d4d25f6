"""Where the chance of a proof comes from: a seed that is printed, so that everything drawn can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Seeded:
    """Draws from a generator of the standard library; the same seed gives the same values."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - nothing here is a secret

    def integers(self, lowest: int, highest: int) -> int:
        """A whole number from `lowest` to `highest`, both included."""
        return self._random.randint(lowest, highest)

    def choice(self, values: Sequence[T]) -> T:
        """One of the values."""
        return self._random.choice(values)
