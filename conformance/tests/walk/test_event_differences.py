"""What became of the events of a stream on their way: each difference is told as what it is, and as nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import pytest

from conformance.model import Author, Chunk, Ended, Response
from conformance.walk.event_differences import Differences, Seen, differences, of_json, seen
from conformance.wire.sse import encode

SENT = [(f"thread.{name}", b'{"n":%d}' % number) for number, name in enumerate("abcdef")]
DONE = ("done", b"[DONE]")


def stream(*events: tuple[str, bytes], rest: bytes = b"") -> tuple[Seen, ...]:
    chunks = [Chunk(number, encode(*event)) for number, event in enumerate(events)]
    headers = (("content-type", "text/event-stream"),)
    body = (*chunks, Chunk(len(chunks), rest)) if rest else tuple(chunks)
    return seen(Response(Author.IMPLEMENTATION, 200, headers, body, Ended.COMPLETE, len(chunks)))


def told(came: Sequence[tuple[str, bytes]], rest: bytes = b"") -> dict[str, int]:
    """How many differences of each kind there are; none are left out."""
    found = differences(stream(*SENT, DONE), stream(*came, rest=rest))
    counts = {name: len(value) for name, value in asdict(found).items() if isinstance(value, tuple) and value}
    return counts | ({"dones": found.dones_came - found.dones_sent} if found.dones_came != found.dones_sent else {})


Change = Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]
CHANGES: dict[str, tuple[Change, dict[str, int]]] = {
    "nothing": (lambda events: events, {}),
    "one lost": (lambda events: events[:2] + events[3:], {"missing": 1}),
    "the first lost": (lambda events: events[1:], {"missing": 1}),
    "all but one lost": (lambda events: events[3:4], {"missing": 5}),
    "one twice": (lambda events: events[:3] + events[2:], {"repeated": 1}),
    "one added": (lambda events: [*events[:2], ("x", b"{}"), *events[2:]], {"added": 1}),
    "two swapped": (lambda events: [events[1], events[0], *events[2:]], {"moved": 1}),
    "one to the end": (lambda events: [*events[1:], events[0]], {"moved": 1}),
    "one renamed": (lambda events: [("x", events[0][1]), *events[1:]], {"renamed": 1}),
    "all nameless": (lambda events: [("", data) for _, data in events], {"renamed": 6}),
    "one changed": (lambda events: [*events[:3], (events[3][0], b"{}"), *events[4:]], {"changed": 1}),
    "all written anew": (lambda events: [(n, d.replace(b":", b" : ")) for n, d in events], {"rewritten": 6}),
    "one lost, others written anew": (
        lambda events: [(n, d.replace(b":", b": ")) for n, d in events[1:]],
        {"missing": 1, "rewritten": 5},
    ),
    "two joined": (
        lambda events: [*events[:1], (events[2][0], events[1][1] + b"\n" + events[2][1]), *events[3:]],
        {"joined": 2},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_is_told_as_what_it_is(change: str) -> None:
    changed, expected = CHANGES[change]
    assert told([*changed(list(SENT)), DONE]) == expected


def test_the_marker_of_the_end_is_counted_apart() -> None:
    assert told(SENT) == {"dones": -1}
    assert told([*SENT, DONE, DONE]) == {"dones": 1}
    assert told([*SENT, DONE, ("x", b"{}")]) == {"behind_done": 1}
    assert told([*SENT, DONE], rest=b"OK\n") == {"behind_done": 1}
    assert told([*SENT, DONE], rest=b": a comment\n") == {}


def test_of_long_streams_what_differs_is_found_without_comparing_each_with_each() -> None:
    many = [("thread.message.delta", b'{"n":%d}' % number) for number in range(30_000)]
    found = differences(stream(*many, DONE), stream(*many[:20_000], *many[20_001:], DONE))
    assert [event.place.event for event in found.missing] == [20_000]
    reverse = differences(stream(*many, DONE), stream(*reversed(many), DONE))
    assert isinstance(reverse, Differences)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (b'{"a":1,"b":2}', b'{ "b" : 2.0, "a" : 1 }', True),
        (b'{"a":"\\u00e9\\/"}', '{"a":"é/"}'.encode(), True),
        (b'{"a":9007199254740993}', b'{"a":9007199254740992}', False),
        (b'{"a":true}', b'{"a":1}', False),
        (b'{"a":null}', b"{}", False),
        (b"[DONE]", b"[DONE] ", False),
    ],
)
def test_documents_are_compared_by_what_they_say(one: bytes, other: bytes, alike: bool) -> None:
    assert (of_json(one) == of_json(other)) is alike
