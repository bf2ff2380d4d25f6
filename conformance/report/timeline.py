"""The picture of a stream: where each event stood in the life of its run, step or message. Numbers only, no markup.

Left to right is half order and half time. By time alone a burst would be one blot, and bursts are where order breaks;
by order alone nobody would see where a stream waited. The picture has no more marks than it has room for, however
many events there are: runs of deltas are folded, and what falls on one spot is one mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log2

from conformance.model import Exhibit, Moment
from conformance.report.folds import Fold, folded
from conformance.report.marks import Mark, binned, drawn, milliseconds, short, worded

#: The measures of the picture, in the units of its view box. The left margin holds the names of the lanes.
WIDTH = 880
LEFT = 148
RIGHT = 28
TOP = 56
LANE = 50

#: Times closer than this would be written over each other.
_TICKS = 84.0

#: Lanes that fit a screen; the life of what comes later shares the last one.
_LANES = 12

#: Longest name that fits the left margin, and longest name of an event that fits above the picture.
_NAME = 17
_EVENT = 44

#: What a lane is the life of, from above; what belongs to none of them is the stream's.
_ENTITIES = ("run", "step", "message", "stream")


@dataclass(frozen=True, slots=True)
class Lane:
    """The life of a run, a step or a message; or what belongs to the stream itself."""

    name: str
    #: `run`, `step`, `message` or `stream`.
    entity: str
    y: float
    #: The state it was in before the event that departs; empty where that is not known.
    state: str
    marks: tuple[Mark, ...]

    @property
    def ends(self) -> float:
        """How far its marks reach."""
        return max(mark.x + mark.width for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Tick:
    """A time below a place in the picture."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A stream as a picture."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    #: Where the event that departs stands, and its number and name; None where no event does.
    violation: Tick | None
    summary: str

    @property
    def height(self) -> int:
        """The height of the picture, in the units of its view box."""
        return TOP + LANE * len(self.lanes) + 30


def timeline(exhibit: Exhibit) -> Timeline | None:
    """The picture of an exhibit; None where it shows no stream."""
    moments = exhibit.moments
    if not moments:
        return None
    event = violating(exhibit)
    folds = tuple(folded(moments, event))
    places = _places(moments, folds)
    names = _lanes(moments, event)
    rows = _rows(moments, names, folds, places, event)
    lanes = tuple(
        Lane(
            short(name or "stream", _NAME),
            _entity(name),
            TOP + LANE * (row + 0.5),
            exhibit.states.get(name, ""),
            marks,
        )
        for row, (name, marks) in enumerate(rows.items())
    )
    violation = (
        None
        if event is None
        else Tick(places[event], f"event {event} · {short(moments[event].event or 'no name', _EVENT)}")
    )
    return Timeline(lanes, tuple(_ticks(moments, folds, places)), violation, _summary(moments, lanes, event))


def violating(exhibit: Exhibit) -> int | None:
    """The index of the event that departs; None where no event does."""
    event = exhibit.event
    return event if event is not None and event < len(exhibit.moments) else None


def _places(moments: Sequence[Moment], folds: Sequence[Fold]) -> list[float]:
    """Where each event stands: half way by its time, half by its place in the order."""
    times = list(accumulate((moment.ms for moment in moments), max))
    span = times[-1]
    weights = [1 + log2(len(fold.moments)) for fold in folds]
    whole, before = sum(weights), accumulate(weights, initial=0.5)
    orders = [
        (start + (weight - 1) * number / max(len(fold.moments) - 1, 1)) / whole
        for fold, weight, start in zip(folds, weights, before, strict=False)
        for number in range(len(fold.moments))
    ]
    room = WIDTH - LEFT - RIGHT
    return [
        round(LEFT + room * ((order + time / span) / 2 if span else order), 1)
        for order, time in zip(orders, times, strict=True)
    ]


def _lanes(moments: Sequence[Moment], event: int | None) -> dict[str, str]:
    """Lane of an event -> name of the lane it is shown in, in the order of the picture."""
    met = sorted(dict.fromkeys(moment.lane for moment in moments), key=lambda name: _ENTITIES.index(_entity(name)))
    if len(met) <= _LANES:
        return {name: name for name in met}
    kept = set(met[: _LANES - 2]) | ({moments[event].lane} if event is not None else set())
    rest = f"{len(met) - len(kept)} more"
    return {name: name for name in met if name in kept} | {name: rest for name in met if name not in kept}


def _rows(
    moments: Sequence[Moment],
    names: Mapping[str, str],
    folds: Iterable[Fold],
    places: Sequence[float],
    event: int | None,
) -> dict[str, tuple[Mark, ...]]:
    rows: dict[str, list[Mark]] = {name: [] for name in names.values()}
    for fold in folds:
        for name, indices in _by_lane(fold, names).items():
            rows[name].append(drawn(moments, indices, places, violating=fold.first == event))
    return {name: tuple(worded(binned(marks), WIDTH)) for name, marks in rows.items()}


def _by_lane(fold: Fold, names: Mapping[str, str]) -> dict[str, list[int]]:
    indices: dict[str, list[int]] = {}
    for index, moment in enumerate(fold.moments, fold.first):
        indices.setdefault(names[moment.lane], []).append(index)
    return indices


def _ticks(moments: Sequence[Moment], folds: Iterable[Fold], places: Sequence[float]) -> Iterator[Tick]:
    reached = -_TICKS
    told = None
    for fold in folds:
        x, label = places[fold.first], f"+{milliseconds(moments[fold.first].ms)}"
        if x - reached >= _TICKS and label != told:
            yield Tick(x, label)
            reached, told = x, label


def _summary(moments: Sequence[Moment], lanes: Sequence[Lane], event: int | None) -> str:
    """The picture in a sentence, for whoever cannot see it."""
    departs = "" if event is None else f"; event {event}, {moments[event].event or 'without a name'}, departs"
    events, rows = _many(len(moments), "event"), _many(len(lanes), "lane")
    return f"{events} in {rows} over {milliseconds(moments[-1].ms)}{departs}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _entity(lane: str) -> str:
    word = lane.partition(" ")[0]
    return word if word in _ENTITIES else "stream"
