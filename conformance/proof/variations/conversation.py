"""A whole legal conversation as documents, before it is put into bytes.

It is what variations of content work on; every answer is a sequence of events, a plain one a single event without a
name. Nothing here is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from conformance.model import Headers, Operation
from conformance.reference.events import Event
from conformance.reference.objects import Document

#: Where nothing else is said: OpenAI's own.
PREFIX = "/v1"
KEY = "key"
CREDENTIALS: Headers = (("Authorization", f"Bearer {KEY}"), ("OpenAI-Beta", "assistants=v2"))


@dataclass(frozen=True, slots=True)
class Turn:
    """One request and its answer."""

    operation: Operation
    method: str
    #: Below the prefix.
    path: str
    #: The body: a document, or bytes that are none; None where there is no body.
    sent: Document | bytes | None
    #: The events of a stream, or one event without a name: the document of a plain answer.
    events: tuple[Event, ...]
    streamed: bool = False
    status: int = 200
    #: Every status that the contract allows here, where it leaves one open.
    statuses: tuple[int, ...] = ()
    #: Runs as they stand later that a plain answer may show as well.
    later: tuple[Document, ...] = ()
    credentials: Headers = CREDENTIALS
    headers: Headers = ()
    situation: frozenset[str] = frozenset()

    @property
    def document(self) -> Document:
        """The document of a plain answer."""
        return document_of(self.events[0])

    @property
    def body(self) -> Document:
        """The document that was sent; empty where it is none."""
        return self.sent if isinstance(self.sent, dict) else {}

    @property
    def served(self) -> bool:
        """Whether it was answered with a 200."""
        return self.status == 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation about one run."""

    turns: tuple[Turn, ...]
    prefix: str = PREFIX
    #: Appended to every path.
    query: str = ""
    traits: frozenset[str] = frozenset()


def document_of(event: Event) -> Document:
    """The document of an event; empty where its data is text."""
    return event.data if isinstance(event.data, dict) else {}


def plain(document: Document) -> tuple[Event, ...]:
    """The one event of a plain answer."""
    return (Event("", document),)


def with_turns(
    conversation: Conversation, change: Callable[[Turn], Turn], *, where: Callable[[Turn], bool]
) -> Conversation:
    """The conversation with some of its turns changed."""
    return replace(conversation, turns=tuple(change(turn) if where(turn) else turn for turn in conversation.turns))


def with_streams(conversation: Conversation, change: Callable[[tuple[Event, ...]], Iterable[Event]]) -> Conversation:
    """The conversation with the events of its streams changed."""
    return with_turns(
        conversation, lambda turn: replace(turn, events=tuple(change(turn.events))), where=lambda turn: turn.streamed
    )


def with_documents(conversation: Conversation, change: Callable[[str, Document], Document]) -> Conversation:
    """The conversation with every document of a served answer changed, by the name of its event; those in lists too."""

    def changed(event: Event) -> Event:
        if not isinstance(event.data, dict):
            return event
        if event.data.get("object") == "list":
            return event._replace(data={**event.data, "data": [change("", entry) for entry in event.data["data"]]})
        return event._replace(data=change(event.name, event.data))

    return with_turns(
        conversation,
        lambda turn: replace(turn, events=tuple(map(changed, turn.events))),
        where=lambda turn: turn.served,
    )


def documents(conversation: Conversation) -> Iterator[tuple[str, Document]]:
    """Every document of the streams with the name of its event."""
    for turn in conversation.turns:
        for event in turn.events:
            if turn.streamed and isinstance(event.data, dict):
                yield event.name, event.data
