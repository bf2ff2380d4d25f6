"""How else the same JSON may be written: numbers, escapes, spaces, the order of keys, over several lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.proof.variations.conversation import Conversation, document_of, with_documents, with_turns
from conformance.proof.variations.draw import Draw, chance, shuffled
from conformance.proof.variations.registry import variation
from conformance.reference.events import Event
from conformance.reference.objects import Document

#: Integers that a binary fraction of 64 bits holds exactly.
_EXACT = 2**53


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _changed(entry, change) for key, entry in value.items()}
    return [_changed(entry, change) for entry in value] if isinstance(value, list) else change(value)


@variation("integers-as-fractions")
def integers_as_fractions(draw: Draw, conversation: Conversation) -> Conversation:
    """Integers are written with a fraction of zero: 1.0 is an integer to JSON Schema."""
    one_in = draw.integers(1, 4)

    def fraction(value: Any) -> Any:  # noqa: ANN401
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _EXACT
        return float(value) if whole and chance(draw, one_in) else value

    def change(_name: str, document: Document) -> Document:
        changed: Document = _changed(document, fraction)
        return changed

    return with_documents(conversation, change)


@variation("keys-in-another-order")
def keys_in_another_order(draw: Draw, conversation: Conversation) -> Conversation:
    """The keys of objects come in another order."""

    def change(_name: str, document: Document) -> Document:
        return {key: document[key] for key in shuffled(draw, list(document))}

    return _written(conversation, lambda event: event._replace(data=change(event.name, document_of(event))))


def _written(conversation: Conversation, write: Callable[[Event], Event]) -> Conversation:
    """The conversation with its documents written in some way; what is text already stays."""

    def changed(event: Event) -> Event:
        return write(event) if isinstance(event.data, dict) else event

    return with_turns(
        conversation, lambda turn: replace(turn, events=tuple(map(changed, turn.events))), where=lambda _turn: True
    )


def _as(text: Callable[[Document], str]) -> Callable[[Event], Event]:
    return lambda event: event._replace(data=text(document_of(event)))


@variation("escapes")
def escapes(_draw: Draw, conversation: Conversation) -> Conversation:
    """Every character beyond ASCII is written as an escape."""
    return _written(conversation, _as(lambda document: json.dumps(document, separators=(",", ":"))))


@variation("spaces")
def spaces(draw: Draw, conversation: Conversation) -> Conversation:
    """There is space around and within JSON."""
    before, after = draw.choice(["", " ", "\t "]), draw.choice(["", " ", " \t"])
    separators = draw.choice([(",", ": "), (", ", ":"), (" ,\t", " : ")])

    def text(document: Document) -> str:
        return before + json.dumps(document, ensure_ascii=False, separators=separators) + after

    return _written(conversation, _as(text))


@variation("over-several-lines")
def over_several_lines(draw: Draw, conversation: Conversation) -> Conversation:
    """JSON is written over several lines, each a data line in a stream (SSE-MULTI)."""
    indents: list[int | str] = [0, 2, "\t"]
    indent = draw.choice(indents)
    edge = draw.choice(["", "\n"])

    def text(document: Document) -> str:
        return edge + json.dumps(document, ensure_ascii=False, indent=indent) + edge

    return _written(conversation, _as(text))
