"""What a client that reads a stream as it is documented ends with, whatever the stream holds.

It reads events up to `done`, passes over those whose names it does not know, joins the text of messages, and reports an
error where the run did not succeed or the stream did not show its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.contract.lifecycle import STREAM_TERMINAL, UNSUCCESSFUL, WORDS
from conformance.model import Ended
from conformance.walk.documents import Document, find, members, text
from conformance.wire.sse import Event
from conformance.wire.strict_json import NotJson, read

#: Why a right client reports an error, and what each word means.
ERRORS = {
    "error-event": "an `error` event came",
    "not-ended": "the stream ended, and no event had the status of the run",
    "unreadable": "the data of a documented event is not a JSON object",
    "unsuccessful": "the run ended without completing",
}


@dataclass(slots=True)
class _Reader:
    """One client while it reads."""

    status: str | None = None
    error: str | None = None
    #: Message -> content index -> its text so far.
    texts: dict[str, dict[int, str]] = field(default_factory=dict)

    def take(self, event: Event) -> bool:
        """Take an event; whether more may follow."""
        word = WORDS.get(event.name)
        if event.name in ("done", "error") or event.data == b"[DONE]":
            self.error = "error-event" if event.name == "error" else None
            return False
        if word is None:
            return True
        document = _document(event)
        if document is None:
            self.error = "unreadable"
            return False
        if word.entity == "message":
            self._message(document, delta=word.word == "delta")
        elif word.entity == "run":
            self.status = text(document, "status") or self.status
        return True

    def _message(self, document: Document, *, delta: bool) -> None:
        texts = self.texts.setdefault(text(document, "id") or "", {})
        parts = members(find(document, "delta"), "content") if delta else members(document, "content")
        for number, part in enumerate(parts):
            index = find(part, "index") if delta else number
            value = text(find(part, "text"), "value")
            if value is not None and isinstance(index, int):
                texts[index] = texts.get(index, "") + value if delta else value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a right client reports to its user."""

    #: The status of the run that was shown last; None where none was.
    status: str | None
    #: The text of every message, in the order in which they were first seen.
    texts: tuple[str, ...]
    #: A word of `ERRORS`; None where all is well.
    error: str | None


def outcome(events: Iterable[Event], ended: Ended) -> Outcome:
    """The outcome of a stream of these events whose body ended so."""
    reader = _Reader()
    done = not all(reader.take(event) for event in events)
    error = reader.error
    if error is None and (reader.status not in STREAM_TERMINAL or (ended is Ended.RESET and not done)):
        error = "not-ended"
    elif error is None and reader.status in UNSUCCESSFUL:
        error = "unsuccessful"
    texts = ("".join(parts[index] for index in sorted(parts)) for parts in reader.texts.values())
    return Outcome(reader.status, tuple(texts), error)


def _document(event: Event) -> Document | None:
    try:
        document = read(event.data)
    except NotJson:
        return None
    return document if isinstance(document, dict) else None
