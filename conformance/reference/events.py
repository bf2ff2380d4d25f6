"""The events of a stream, and their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from conformance.contract.lifecycle import STREAM_TERMINAL
from conformance.reference.objects import Document, to_json
from conformance.wire import sse


class Event(NamedTuple):
    """One event of a stream; `data` is text only in `done`."""

    name: str
    data: Document | str


#: What happens up to and including one change of a run's status; a look at the run reveals one of them.
Transition = tuple[Event, ...]

DONE = Event("done", "[DONE]")

#: Events that end a stream: `done` follows them (ORD-DONE-AFTER-TERMINAL, ORD-ERROR-END).
ENDINGS = frozenset({*(f"thread.run.{word}" for word in STREAM_TERMINAL), "error"})

#: Events that end a transition: the run moves on, or the stream breaks. `thread.run.created` is none: the run is
#: created and queued at once.
TRANSITIONS = ENDINGS | {"thread.run.queued", "thread.run.in_progress", "thread.run.cancelling"}


def ends_stream(transition: Transition) -> bool:
    """Whether nothing but `done` can follow the transition in its stream."""
    return bool(transition) and transition[-1].name in ENDINGS


def stream(transitions: Iterable[Transition]) -> Iterator[Event]:
    """The events of one stream: every transition up to the first that ends it, then `done`."""
    for transition in transitions:
        yield from transition
        if ends_stream(transition):
            break
    yield DONE


def encode(event: Event) -> bytes:
    """One event as the bytes of a stream, its blank line included."""
    data = event.data.encode() if isinstance(event.data, str) else to_json(event.data)
    return sse.encode(event.name, data)
