"""Where the chance of tests comes from: seeds, and Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from conformance.proof.variations import Draw
from conformance.run.chance import Seeded

T = TypeVar("T")


class Drawn:
    """Draws from Hypothesis, which shrinks towards the lowest values."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def integers(self, lowest: int, highest: int) -> int:
        return self._data.draw(st.integers(lowest, highest))

    def choice(self, values: Sequence[T]) -> T:
        return values[self.integers(0, len(values) - 1)]


def seeded(seed: str, number: int) -> Draw:
    """The source of one variation of a series."""
    return Seeded(f"{seed}/{number}")
