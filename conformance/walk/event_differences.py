"""How the events of a stream differ from those that it was made of: which are missing, added, moved or changed.

Events are compared by name and data. `[DONE]` and what comes behind it are counted apart.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple, TypedDict

from conformance.model import Response
from conformance.walk.place import DONE, Place
from conformance.wire.sse import Decoder, Event
from conformance.wire.strict_json import NotJson, read

#: Events between the first and the last difference, and pairs of them that may belong together, up to which it is
#: looked for the least difference: more than any stream of the scenarios has. It takes time in proportion to both.
_ALIGNED = 4_000
_POSSIBLE = 100_000

#: Integers below it are floats without loss.
_EXACT = 2**53


class Seen(NamedTuple):
    """An event, and where it stood."""

    name: str
    data: bytes
    place: Place

    @property
    def key(self) -> tuple[str, bytes]:
        """What makes it this event and no other."""
        return self.name, self.data

    @property
    def is_done(self) -> bool:
        """Whether it is the marker of the end."""
        return self.data.strip() == DONE


class Pair(NamedTuple):
    """An event as it was sent, and as it came."""

    sent: Seen
    came: Seen


#: What an event is recognised by.
_Mark = Callable[[Seen], Hashable]


def _key(event: Seen) -> Hashable:
    return event.key


@dataclass(frozen=True, slots=True)
class Differences:
    """What became of the events that were sent."""

    #: How many were sent, and how many `[DONE]` among them.
    sent: int
    dones_sent: int
    dones_came: int
    missing: tuple[Seen, ...] = ()
    #: Events that were joined to one, each with that one.
    joined: tuple[Pair, ...] = ()
    #: Came more often than it was sent, or was not sent at all.
    repeated: tuple[Seen, ...] = ()
    added: tuple[Seen, ...] = ()
    moved: tuple[Pair, ...] = ()
    renamed: tuple[Pair, ...] = ()
    #: The data is another one, or the same JSON in other bytes.
    changed: tuple[Pair, ...] = ()
    rewritten: tuple[Pair, ...] = ()
    #: What came behind `[DONE]` that was not sent there.
    behind_done: tuple[Seen, ...] = ()


def seen(response: Response) -> tuple[Seen, ...]:
    """The events of a stream with the time at which each was there; a rest behind `[DONE]` counts as one."""
    decoder = Decoder()
    found: list[Seen] = []
    for chunk in response.chunks:
        found += (_seen(event, len(found) + at, chunk.ms) for at, event in enumerate(decoder.feed(chunk.data)))
    decoder.close()
    if decoder.unterminated is not None and found and found[-1].is_done:
        # Bytes behind the end: no event, and yet nothing that belongs there.
        found.append(_seen(decoder.unterminated, len(found), response.ended_ms))
    return tuple(found)


def _seen(event: Event, index: int, ms: int) -> Seen:
    return Seen(event.name, event.data, Place(event.name, index, (event.start, event.end), ms))


def differences(sent: Sequence[Seen], came: Sequence[Seen]) -> Differences:
    """Compare what was sent with what came."""
    dones = sum(each.is_done for each in sent), sum(each.is_done for each in came)
    sent_events, sent_behind = _parted(sent)
    came_events, came_behind = _parted(came)
    left = Counter(each.key for each in sent_behind)
    surplus = tuple(each for each in came_behind if not _taken(left, each))
    facts = _Facts()
    facts.align(sent_events, came_events)
    return Differences(len(sent), *dones, behind_done=surplus, **facts.sorted_out(sent_events))


def _parted(events: Sequence[Seen]) -> tuple[list[Seen], list[Seen]]:
    """The events before the first `[DONE]`, and those behind it but for other ones."""
    at = next((index for index, each in enumerate(events) if each.is_done), len(events))
    return list(events[:at]), [each for each in events[at:] if not each.is_done]


def _taken(left: Counter[tuple[str, bytes]], event: Seen) -> bool:
    if not left[event.key]:
        return False
    left[event.key] -= 1
    return True


class _Sorted(TypedDict):
    missing: tuple[Seen, ...]
    joined: tuple[Pair, ...]
    repeated: tuple[Seen, ...]
    added: tuple[Seen, ...]
    moved: tuple[Pair, ...]
    renamed: tuple[Pair, ...]
    changed: tuple[Pair, ...]
    rewritten: tuple[Pair, ...]


class _Facts:
    """What is found while two rows of events are compared."""

    def __init__(self) -> None:
        self._missing: list[Seen] = []
        self._added: list[Seen] = []
        self._joined: list[Pair] = []
        self._renamed: list[Pair] = []
        self._changed: list[Pair] = []
        self._rewritten: list[Pair] = []
        #: What an event is recognised by, the surest first, and where the pairs go that only this tells.
        self._marks: tuple[tuple[_Mark, list[Pair]], ...] = (
            (_key, []),
            (lambda one: (one.name, of_json(one.data)), self._rewritten),
            (lambda one: of_json(one.data), self._renamed),
            (lambda one: one.name, self._changed),
        )

    def align(self, sent: Sequence[Seen], came: Sequence[Seen], step: int = 0) -> None:
        """Pair what was sent with what came by one mark, and what is left between by the next."""
        if not sent or not came or step == len(self._marks):
            self._missing += sent
            self._added += came
            return
        mark, pairs = self._marks[step]
        if step == len(self._marks) - 1:
            sent, came = self._without_joined(list(sent), list(came))
        ours, theirs = list(map(mark, sent)), list(map(mark, came))
        for equal, i1, i2, j1, j2 in _matched(ours, theirs):
            if equal:
                pairs += map(Pair, sent[i1:i2], came[j1:j2])
            else:
                self.align(sent[i1:i2], came[j1:j2], step + 1)

    def sorted_out(self, sent: Sequence[Seen]) -> _Sorted:
        """The facts; what is missing in one place and added in another was moved."""
        surplus: dict[tuple[str, bytes], deque[Seen]] = {}
        for each in self._added:
            surplus.setdefault(each.key, deque()).append(each)
        missing, moved = [], []
        for each in self._missing:
            others = surplus.get(each.key)
            if others:
                moved.append(Pair(each, others.popleft()))
            else:
                missing.append(each)
        found = {each.came.place for each in moved}
        added = [each for each in self._added if each.place not in found]
        keys = {each.key for each in sent}
        return {
            "missing": tuple(missing),
            "joined": tuple(self._joined),
            "repeated": tuple(each for each in added if each.key in keys),
            "added": tuple(each for each in added if each.key not in keys),
            "moved": tuple(moved),
            "renamed": tuple(self._renamed),
            "changed": tuple(self._changed),
            "rewritten": tuple(self._rewritten),
        }

    def _without_joined(self, sent: list[Seen], came: list[Seen]) -> tuple[list[Seen], list[Seen]]:
        """Take out the events of which one was made, and that one."""
        for one in tuple(came):
            if run := _joined(sent, one) if b"\n" in one.data else ():
                self._joined += (Pair(each, one) for each in run)
                came.remove(one)
                sent = [each for each in sent if each not in run]
        return sent, came


#: Which parts of two rows belong together: whether they are equal, and from where to where in each.
_Match = tuple[bool, int, int, int, int]


def _matched(ours: list[Hashable], theirs: list[Hashable]) -> Iterator[_Match]:
    """Two rows in parts that are equal and parts that are not; the ends first, since most rows differ in little."""
    shorter = min(len(ours), len(theirs))
    first = next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)
    last = next((at for at in range(shorter - first) if ours[-1 - at] != theirs[-1 - at]), shorter - first)
    yield True, 0, first, 0, first
    yield from _between(ours[first : len(ours) - last], theirs[first : len(theirs) - last], first)
    yield True, len(ours) - last, len(ours), len(theirs) - last, len(theirs)


def _between(ours: list[Hashable], theirs: list[Hashable], start: int) -> Iterator[_Match]:
    """The same of what differs at both ends; where it is too much for that it is one part."""
    counts = Counter(theirs)
    if max(len(ours), len(theirs)) > _ALIGNED or sum(counts[each] for each in ours) > _POSSIBLE:
        yield False, start, start + len(ours), start, start + len(theirs)
        return
    for word, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        yield word == "equal", start + i1, start + i2, start + j1, start + j2


def _joined(missing: Sequence[Seen], one: Seen) -> tuple[Seen, ...]:
    """The missing events in a row of which one was made, as a reader does where the blank line is lost."""
    for start in range(len(missing)):
        data = b""
        for end in range(start, len(missing)):
            data = missing[end].data if end == start else data + b"\n" + missing[end].data
            if not one.data.startswith(data):
                break
            if end > start and data == one.data:
                return tuple(missing[start : end + 1])
    return ()


def of_json(data: bytes) -> Hashable:
    """What a text says: its JSON, whatever its spaces, escapes and the order of its members; else the text itself."""
    try:
        return json.dumps(_plain(read(data)), sort_keys=True)
    except NotJson:
        return data


def _plain(document: object) -> object:
    """A document in which equal numbers are written alike."""
    if isinstance(document, dict):
        return {key: _plain(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_plain(value) for value in document]
    whole = isinstance(document, float) and document.is_integer() and abs(document) < _EXACT
    return int(document) if isinstance(document, float) and whole else document
