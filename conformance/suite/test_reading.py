"""A client reads every legal form of an event stream."""

from collections.abc import Callable


def test_reading(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
