"""The events of a stream, folded: a run of deltas is one thing to look at, however long it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.model import Moment


@dataclass(frozen=True, slots=True)
class Fold:
    """Neighbouring events that are shown as one: a run of deltas, or any other event by itself."""

    #: Index of the first of them in the stream.
    first: int
    moments: tuple[Moment, ...]

    @property
    def last(self) -> int:
        """Index of the last of them in the stream."""
        return self.first + len(self.moments) - 1

    @property
    def events(self) -> tuple[str, ...]:
        """The names of the events, each once."""
        return tuple(dict.fromkeys(moment.event for moment in self.moments))

    @property
    def lanes(self) -> tuple[str, ...]:
        """Whose events they are, each once."""
        return tuple(dict.fromkeys(moment.lane for moment in self.moments if moment.lane))


def folded(moments: Sequence[Moment], alone: int | None = None) -> Iterator[Fold]:
    """Fold a stream; the event at index `alone` stands by itself, whatever it is."""
    start = 0
    for index, moment in enumerate(moments):
        follows = index > start and is_delta(moment) and is_delta(moments[index - 1])
        if index > start and not (follows and alone not in (index, index - 1)):
            yield Fold(start, tuple(moments[start:index]))
            start = index
    if moments:
        yield Fold(start, tuple(moments[start:]))


def is_delta(moment: Moment) -> bool:
    """Whether an event carries a piece of something."""
    return moment.event.endswith(".delta")
