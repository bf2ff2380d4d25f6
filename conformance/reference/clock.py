"""Logical time: it moves with the requests, never with the day, so that the same requests get the same bytes."""

from __future__ import annotations

from conformance.reference.story import Ids

#: Where the clock starts: 15 June 2025, so that times look like times.
EPOCH = 1_750_000_000


class Clock:
    """Seconds and ids: each request takes a second, a story may take some more, and no id comes twice."""

    def __init__(self) -> None:
        self.now = EPOCH
        self.new_id = Ids()

    def tick(self) -> None:
        """Let one second pass."""
        self.now += 1

    def reach(self, second: int) -> None:
        """Move on to a second, never back."""
        self.now = max(self.now, second)
