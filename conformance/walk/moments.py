"""Streams as the walk saw them, event by event: kept only of the exchanges, and at the events, that are asked for.

The lanes are the run, each step and each message, numbered in the order in which they came. The states are the walk's
own; what would have been legal is read off the tables that it moves them by (`contract.lifecycle`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from conformance.contract.lifecycle import MESSAGE, RUN, STEP, TABLES, WORDS, Table
from conformance.model import Moment, Operation
from conformance.walk.observation import Observation, Stream

#: Events kept of one stream: far more than any run of a model has, and a page of them can still be opened.
MOST = 50_000

#: How the names of an entity's events begin.
_NAMES: Mapping[str, str] = {"run": "thread.run", "step": "thread.run.step", "message": "thread.message"}


#: Lanes whose states are kept: many times those that fit a picture.
LANES = 100


class Standing(NamedTuple):
    """Where a stream stands between two events."""

    #: Lane -> its state.
    states: Mapping[str, str]
    #: The names of the events that may come next.
    allowed: tuple[str, ...]


#: Where a stream stands that was not walked, or whose states nobody is held to.
NOWHERE = Standing({}, ())


class _Timeline:
    """One stream under way."""

    def __init__(self, events: frozenset[int | None]) -> None:
        #: The events before which it is asked where the stream stands; None: at its end.
        self.events = events
        self.moments: list[Moment] = []
        self.standings: dict[int | None, Standing] = {}
        #: Entity and id -> lane.
        self.lanes: dict[tuple[str, str], str] = {}
        self.counts = {"step": 0, "message": 0}

    def lane(self, observation: Observation) -> str:
        """The lane of the event at hand; empty where it moves no entity that is known."""
        word = WORDS.get(observation.name)
        if word is not None and word.entity == "run":
            return "run"
        found = observation.step or observation.message
        if word is None or found is None:
            return ""
        key = (word.entity, found.id)
        if key not in self.lanes:
            self.counts[word.entity] += 1
            self.lanes[key] = f"{word.entity} {self.counts[word.entity]}"
        return self.lanes[key]

    def stand(self, event: int | None, stream: Stream) -> None:
        """Keep where the stream stands before an event, if that is asked for."""
        if event in self.events:
            states = {"run": stream.run_state}
            for (entity, found), lane in islice(self.lanes.items(), LANES):
                states[lane] = (stream.steps if entity == "step" else stream.messages)[found].state
            self.standings[event] = Standing(states, tuple(_allowed(states, stream)))


class Moments:
    """What a walk is to keep of its streams: `asked` are an exchange and an event, or None for the stream's end."""

    def __init__(self, asked: Iterable[tuple[int, int | None]]) -> None:
        events: dict[int, set[int | None]] = {}
        for exchange, event in asked:
            events.setdefault(exchange, set()).add(event)
        self._timelines = {exchange: _Timeline(frozenset(wanted)) for exchange, wanted in events.items()}

    def of(self, exchange: int) -> tuple[Moment, ...]:
        """The dispatched events of an exchange's stream, the first `MOST` of them; none where it walked none."""
        return tuple(self._timelines[exchange].moments) if exchange in self._timelines else ()

    def standing(self, exchange: int, event: int | None) -> Standing:
        """Where the stream stood before an event; empty where the walk never came there."""
        timeline = self._timelines.get(exchange)
        return (timeline.standings if timeline else {}).get(event, NOWHERE)

    def want(self, exchange: int) -> bool:
        """Whether the stream of an exchange is to be kept."""
        return exchange in self._timelines

    def begin(self, observation: Observation) -> None:
        """The stream at hand begins."""
        self._timelines[observation.index].stand(0, observation.stream)

    def saw(self, observation: Observation) -> None:
        """The event at hand has been taken."""
        timeline, place = self._timelines[observation.index], observation.place
        if place is None:
            return
        lane = timeline.lane(observation)
        if len(timeline.moments) < MOST:
            timeline.moments.append(Moment(place.ms, place.name, lane, place.span))
        timeline.stand(place.event + 1, observation.stream)

    def end(self, observation: Observation) -> None:
        """The stream at hand has ended."""
        self._timelines[observation.index].stand(None, observation.stream)


def _allowed(states: Mapping[str, str], stream: Stream) -> Iterator[str]:
    """What may come next, lane by lane; nothing after `done`, and `done` alone after the run's end or an error."""
    submitted = stream.operation is Operation.SUBMIT
    if stream.done is not None:
        return
    if states["run"] in RUN.ended or stream.error is not None:
        yield "done"
        return
    open_lanes = [lane for lane, state in states.items() if lane != "run" and state not in _table(lane).ended]
    for lane in open_lanes:
        yield from (f"{_NAMES[_table(lane).entity]}.{word}" for word in _table(lane).legal(states[lane]))
    if states["run"] == "in_progress":
        if not any(_table(lane) is STEP for lane in open_lanes):
            yield "thread.run.step.created"
        elif not any(_table(lane) is MESSAGE for lane in open_lanes):
            yield "thread.message.created"
    elif submitted and not any(lane.startswith("step") for lane in states):
        yield from (f"{_NAMES['step']}.{word}" for word in STEP.legal("inherited"))
    yield from (f"thread.run.{word}" for word in RUN.legal(states["run"]) if not (submitted and word == "created"))
    yield "error"


def _table(lane: str) -> Table:
    return TABLES[lane.partition(" ")[0]]
