"""The end of the stream is said, once and last."""

from collections.abc import Callable


def test_done(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
