"""The events of a stream as a list: those around the one that departs, and the rest behind it, never without end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.model import Exhibit
from conformance.report.folds import Fold, folded
from conformance.report.timeline import violating

#: Folds shown on either side of the event that departs: a reader looks a few lines back.
_AROUND = 6

#: Folds listed beyond those on either side: more than anybody reads; report.json has more of them.
_MOST = 300


@dataclass(frozen=True, slots=True)
class EventList:
    """Folded events in order: `before` and `after` are what is only shown to whoever asks for it."""

    before: tuple[Fold, ...]
    shown: tuple[Fold, ...]
    after: tuple[Fold, ...]
    #: How many events are listed nowhere, before and after.
    left_out: tuple[int, int]
    #: Index of the event that departs; None where no event does.
    violating: int | None


def event_list(exhibit: Exhibit) -> EventList:
    """The list of an exhibit; where no event departs, its last events are shown: a stream breaks at its end."""
    event = violating(exhibit)
    folds = tuple(folded(exhibit.moments, event))
    middle = len(folds) if event is None else next(i for i, fold in enumerate(folds) if fold.first == event)
    start, end = max(middle - _AROUND - (event is None) * _AROUND, 0), min(middle + _AROUND + 1, len(folds))
    first, last = max(start - _MOST, 0), min(end + _MOST, len(folds))
    return EventList(
        folds[first:start], folds[start:end], folds[end:last], (_count(folds[:first]), _count(folds[last:])), event
    )  # fmt: skip


def _count(folds: Sequence[Fold]) -> int:
    return sum(len(fold.moments) for fold in folds)
