"""How much a server remembers of what it was sent; what nobody has asked for the longest is forgotten first."""

from __future__ import annotations

from collections.abc import Iterator

#: Bytes that are remembered. A client has a handful of threads, with outputs of half a megabyte in each round of a run.
MOST = 256 * 1024 * 1024

#: What a request that creates or changes something leaves behind beside its bytes: a run with its steps and messages.
_OVERHEAD = 16 * 1024


class Remembered:
    """Bytes by the id of what they are kept with, the longest untouched first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._sizes: dict[str, int] = {}
        self._total = 0

    def touch(self, name: str) -> None:
        """Something is created, or asked for."""
        self._sizes[name] = self._sizes.pop(name, 0)

    def forget(self, name: str) -> None:
        """Something is gone."""
        self._total -= self._sizes.pop(name, 0)

    def took(self, size: int) -> Iterator[str]:
        """What was touched last has grown by a request; yields what is to be forgotten for that."""
        if not self._sizes:
            return
        latest = next(reversed(self._sizes))
        self._sizes[latest] += size + _OVERHEAD
        self._total += size + _OVERHEAD
        while self._total > self._most:
            oldest = next(iter(self._sizes))
            self.forget(oldest)
            yield oldest
