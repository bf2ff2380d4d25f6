"""A correct submission is understood, however it is written."""

from collections.abc import Callable


def test_request(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
