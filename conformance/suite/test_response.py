"""A plain answer is the run, gone on."""

from collections.abc import Callable


def test_response(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
