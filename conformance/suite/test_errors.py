"""A refusal is reported so that a program can act on it."""

from collections.abc import Callable


def test_errors(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
