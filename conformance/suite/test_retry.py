"""A client sends again what it may, and nothing else."""

from collections.abc import Callable


def test_retry(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
