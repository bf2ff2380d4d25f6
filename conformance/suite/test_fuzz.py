"""Bodies that nobody thought of are accepted or refused as any other; opt-in with `--conformance-fuzz N`."""

from collections.abc import Callable


def test_fuzz(search: Callable[[], None]) -> None:
    """As many bodies of one kind as were asked for."""
    search()
