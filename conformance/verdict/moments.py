"""A stream as a timeline: its events with time and lane, and the states that a departure met.

The lanes are the run, each step and each message, numbered in the order in which they came. What would have been
legal is read off the same tables that judge (`contract.lifecycle`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from conformance.contract.lifecycle import MESSAGE, RUN, STEP, TABLES, WORDS, Table
from conformance.model import Moment, Response
from conformance.wire.sse import Decoder, Event
from conformance.wire.strict_json import NotJson, read_either

#: Events kept of one stream: far more than any run of a model has, and a page of them can still be opened.
MOST = 50_000

#: How the names of an entity's events begin.
_NAMES: Mapping[str, str] = {"run": "thread.run", "step": "thread.run.step", "message": "thread.message"}


def moments(response: Response) -> tuple[Moment, ...]:
    """The dispatched events of a stream, the first `MOST` of them."""
    return tuple(islice(_moments(response), MOST))


def met(before: Sequence[Moment], *, submitted: bool) -> tuple[dict[str, str], tuple[str, ...]]:
    """The state of each lane after some events, and the names of the events that may come next.

    `submitted` says that the stream answers a submission, where a step that starts with its end is an inherited one.
    """
    states = {"run": RUN.start}
    for moment in before:
        word = WORDS.get(moment.event)
        if word is None or not moment.lane:
            continue
        table = TABLES[word.entity]
        state = states.get(moment.lane, table.start)
        if submitted and table is STEP and state == STEP.start and word.word in STEP.ended:
            state = "inherited"
        move = table.moves.get((state, word.word))
        states[moment.lane] = state if move is None else move.to
    return states, tuple(_allowed(states, {moment.event for moment in before}, submitted=submitted))


def _moments(response: Response) -> Iterator[Moment]:
    decoder, lanes = Decoder(), _Lanes()
    for chunk in response.chunks:
        for event in decoder.events(chunk.data):
            yield Moment(chunk.ms, event.name, lanes.of(event), (event.start, event.end))


class _Lanes:
    """Names for the lives in a stream, given as they are met."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def of(self, event: Event) -> str:
        word = WORDS.get(event.name)
        if word is None or word.entity not in TABLES:
            return ""
        if word.entity == "run":
            return "run"
        key = (word.entity, _id(event.data))
        if key not in self._names:
            self._counts[word.entity] = self._counts.get(word.entity, 0) + 1
            self._names[key] = f"{word.entity} {self._counts[word.entity]}"
        return self._names[key]


def _id(data: bytes) -> str:
    """The id in an event's data; empty where it cannot be read."""
    try:
        document, _ = read_either(data)
    except NotJson:
        return ""
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str) else ""


def _allowed(states: Mapping[str, str], seen: set[str], *, submitted: bool) -> Iterator[str]:
    """What may come next, lane by lane; nothing after `done`, and `done` alone after the run's end or an error."""
    if "done" in seen:
        return
    if states["run"] in RUN.ended or "error" in seen:
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
