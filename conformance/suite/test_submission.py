"""What must be accepted is accepted, and what must be refused is refused without harm."""

from collections.abc import Callable


def test_submission(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
