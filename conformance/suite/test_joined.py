"""Is what luck brought along (a 429, a 5xx, an error event, a rare ending) as it must be?"""

from collections.abc import Callable


def test_joined(hold: Callable[[], None]) -> None:
    """One test a scenario, for all requirements that joined it."""
    hold()
