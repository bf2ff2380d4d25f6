"""The events of a stream: each of them, once, in order, as it was sent, to whom it was meant for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from conformance.checks.relay.passed import (
    Slip,
    around_difference,
    found_at,
    judged,
    shown_data,
    submissions,
)
from conformance.model import Finding
from conformance.walk.documents import shown
from conformance.walk.event_differences import Differences, Seen
from conformance.walk.http_response import is_event_stream, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.passages import Passage
from conformance.walk.registry import check


def _streams(observation: Observation, slips: Callable[[Differences], Iterable[Slip]]) -> Iterable[Finding] | None:
    """Findings on streams that the upstream ended properly, by how what came differs from what was sent."""
    whole = [each for each in submissions(observation) if each.streams is not None and _is_stream(each)]
    return judged(observation, whole, lambda passage: slips(passage.streams) if passage.streams else ())


def _is_stream(passage: Passage) -> bool:
    """Whether what came is a stream, or was to be one: another answer is reported by its status and its type."""
    front = passage.front.response
    return front is not None and served(front) and is_event_stream(front)


def _count(events: Sequence[object], of: int) -> str:
    return f"{len(events)} of {of} event{'s' * (of != 1)}"


@check("relay.events-arrive", on=[CLOSE])
def events_arrive(observation: Observation) -> Iterable[Finding] | None:
    """Every event arrives, and by itself."""
    return _streams(observation, _lost)


def _lost(found: Differences) -> Iterator[Slip]:
    if found.missing:
        first = found.missing[0]
        yield Slip("lost", f"{_count(found.missing, found.sent)} did not arrive", f"event {first.place.event}: "
                    f"{shown(first.name)}", "nothing", details=(first.name,))  # fmt: skip
    if found.joined:
        pair = found.joined[0]
        yield Slip("joined", f"{_count(found.joined, found.sent)} arrived as part of another one",
                    f"event {pair.sent.place.event}: {shown(pair.sent.name)} by itself", shown(pair.came.name),
                    pair.came)  # fmt: skip


@check("relay.events-once", on=[CLOSE])
def events_once(observation: Observation) -> Iterable[Finding] | None:
    """Nothing comes that was not sent, nor more often."""
    return _streams(observation, _surplus)


def _surplus(found: Differences) -> Iterator[Slip]:
    if found.repeated:
        first = found.repeated[0]
        yield Slip("repeated", f"{_count(found.repeated, found.sent)} came again", "each event once",
                    shown(first.name), first, details=(first.name,))  # fmt: skip
    if found.added:
        first = found.added[0]
        yield Slip("added", "an event came that the upstream did not send", "the events of the upstream",
                    f"{shown(first.name or 'no name')}: {shown_data(first.data)}", first)  # fmt: skip


@check("relay.events-order", on=[CLOSE])
def events_order(observation: Observation) -> Iterable[Finding] | None:
    """Events come in their order."""
    return _streams(observation, _moved)


def _moved(found: Differences) -> Iterator[Slip]:
    if found.moved:
        pair = found.moved[0]
        yield Slip("moved", f"{_count(found.moved, found.sent)} came elsewhere in the stream",
                    f"event {pair.sent.place.event}: {shown(pair.sent.name)}", f"event {pair.came.place.event}",
                    pair.came)  # fmt: skip


@check("relay.event-names", on=[CLOSE])
def event_names(observation: Observation) -> Iterable[Finding] | None:
    """Every event has the name that it was given."""
    return _streams(observation, _renamed)


def _renamed(found: Differences) -> Iterator[Slip]:
    if found.renamed:
        pair = found.renamed[0]
        kind = "another-name" if pair.came.name else "nameless"
        yield Slip(kind, f"{_count(found.renamed, found.sent)} came under another name", shown(pair.sent.name),
                    shown(pair.came.name) if pair.came.name else "no name", pair.came)  # fmt: skip


@check("relay.event-data", on=[CLOSE])
def event_data(observation: Observation) -> Iterable[Finding] | None:
    """The data of every event is the same JSON, or the same text."""
    return _streams(observation, partial(_changed, "another-data", "came with other data"))


@check("relay.event-bytes", on=[CLOSE])
def event_bytes(observation: Observation) -> Iterable[Finding] | None:
    """The data of every event comes byte for byte."""
    return _streams(observation, partial(_changed, "rewritten", "was rewritten"))


def _changed(kind: str, message: str, found: Differences) -> Iterator[Slip]:
    pairs = found.rewritten if kind == "rewritten" else found.changed
    if pairs:
        before, after = around_difference(pairs[0].sent.data, pairs[0].came.data)
        yield Slip(kind, f"the data of {_count(pairs, found.sent)} {message}", before, after, pairs[0].came)


@check("relay.done", on=[CLOSE])
def done(observation: Observation) -> Iterable[Finding] | None:
    """`[DONE]` comes as often as it was sent, and nothing behind it."""
    return _streams(observation, _end)


def _end(found: Differences) -> Iterator[Slip]:
    if found.dones_sent != found.dones_came:
        kind = "lost" if found.dones_came < found.dones_sent else "repeated"
        yield Slip(kind, "[DONE] did not come as often as it was sent", f"{found.dones_sent} times",
                    f"{found.dones_came} times")  # fmt: skip
    if found.behind_done:
        first = found.behind_done[0]
        yield Slip("more-behind", "something came behind [DONE] that was not sent there", "nothing",
                    shown_data(first.data) or "a line", first)  # fmt: skip


@check("relay.apart", on=[CLOSE])
def apart(observation: Observation) -> Iterable[Finding] | None:
    """What belongs to one run reaches no other one."""
    whole = [each for each in submissions(observation) if each.source is not None and each.source.events]
    if len(whole) < 2:
        return None
    homes = {event.key: each for each in whole if each.source for event in each.source.events if not event.is_done}
    return [
        found_at(observation, each.front, Slip(
            "mixed", "an event of another run came", "the events of its own run",
            f"one of exchange {homes[stranger.key].front.index}: {shown(stranger.name)}", stranger,
        ))
        for each in whole
        for stranger in _strangers(each, homes)
    ]  # fmt: skip


def _strangers(passage: Passage, homes: dict[tuple[str, bytes], Passage]) -> list[Seen]:
    """The first event in front that is one of another passage and none of its own."""
    own = {event.key for event in passage.source.events} if passage.source else set()
    found = (event for event in passage.front.events if event.key not in own and event.key in homes)
    return list(found)[:1]
