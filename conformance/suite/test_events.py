"""Every event is what its name says."""

from collections.abc import Callable


def test_events(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
