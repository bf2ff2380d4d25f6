"""How time passes while a target is met: as it does, or only where somebody waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Protocol, TypeVar

T = TypeVar("T")


class Pace(Protocol):
    """A clock, waiting by it, and what happens at the same moment."""

    def now(self) -> float:
        """Seconds since some moment."""
        ...

    def pause(self, seconds: float) -> None:
        """Let so much time pass."""
        ...

    def at_once(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do several things at the same moment; what came of them, in the order in which they ended."""
        ...


class RealTime:
    """Time as it passes; what happens at the same moment happens in threads."""

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.perf_counter()

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def at_once(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do each in a thread of its own."""
        results: list[T] = []
        threads = [Thread(target=lambda work=work: results.append(work()), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results


class LogicalTime:
    """Time that passes only in `pause`, so that nothing has to be waited for and everything happens alike again."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Seconds since it was made."""
        return self._now

    def pause(self, seconds: float) -> None:
        """Move on."""
        self._now += seconds

    def at_once(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do one after the other, each as if it began now; it is as late then as it is for the last of them."""
        began, ends, results = self._now, [self._now], []
        for work in works:
            self._now = began
            results.append(work())
            ends.append(self._now)
        self._now = max(ends)
        return results
