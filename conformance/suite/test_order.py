"""Runs, steps and messages live in the order of their lives."""

from collections.abc import Callable


def test_order(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
