"""A client makes of an answer what it is."""

from collections.abc import Callable


def test_outcome(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
