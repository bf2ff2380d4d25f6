"""The answer is an event stream that any reader can take apart."""

from collections.abc import Callable


def test_framing(hold: Callable[[], None]) -> None:
    """Every planned cell of the family."""
    hold()
