"""Is what must be accepted accepted, and what must be refused refused without harm?"""

from collections.abc import Callable


def test_submission(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
