"""What luck brought along, such as a 429 or an error event, is as it must be."""

from collections.abc import Callable


def test_joined(hold: Callable[[], None]) -> None:
    """One test a scenario, for all requirements that joined it."""
    hold()
