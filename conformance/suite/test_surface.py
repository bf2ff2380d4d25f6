"""Run, steps and messages say afterwards what the stream said."""

from collections.abc import Callable


def test_surface(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
