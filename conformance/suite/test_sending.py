"""A client submits every output, in one request, in the right shape."""

from collections.abc import Callable


def test_sending(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
