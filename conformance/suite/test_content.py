"""The pieces add up, and the outputs come back as they were submitted."""

from collections.abc import Callable


def test_content(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
