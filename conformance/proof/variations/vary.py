"""A variation of everything: a conversation is drawn, legal changes are laid on it, and it becomes a transcript."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from conformance.model import Author, Ended, Exchange, Headers, Request, Response, Transcript
from conformance.proof.variations.body_pieces import Delivery, delivered
from conformance.proof.variations.conversation import Conversation, Turn
from conformance.proof.variations.draw import Draw, Recorder, Replay, Tape
from conformance.proof.variations.drawn_conversation import played
from conformance.proof.variations.frame import Frame, data_of, framed, written
from conformance.proof.variations.registry import (
    OF_CONVERSATIONS,
    OF_DELIVERIES,
    OF_FRAMES,
    VARIATIONS,
    S,
    Variation,
    in_order,
)
from conformance.reference.objects import to_json

#: The most changes that are laid on one conversation: enough that any two meet, few enough to understand.
MOST_CHANGES = 10

#: Milliseconds between the end of one exchange and the next request.
_BETWEEN = 10


class Recipe(NamedTuple):
    """All that was drawn: of the conversation, and for each change that made a difference."""

    drawn: Tape
    changes: tuple[tuple[str, Tape], ...]


@dataclass(frozen=True, slots=True)
class Varied:
    """A legal exchange with the way it was made."""

    recipe: Recipe
    conversation: Conversation
    transcript: Transcript
    #: Its number in a series; a seed and a number give it again.
    number: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The changes that were laid on it."""
        return tuple(name for name, _ in self.recipe.changes)


def vary(draw: Draw, *, among: Sequence[str] | None = None) -> Varied:
    """Draw a legal exchange; `among` are the names of the changes that may be laid on it, else any."""
    names = tuple(VARIATIONS) if among is None else among
    first = Recorder(draw)
    conversation = played(first)
    chosen = {draw.choice(names) for _ in range(draw.integers(0, MOST_CHANGES))} if names else set()
    draws = [(change, Recorder(draw)) for change in in_order(chosen)]
    conversation, transcript, applied = _made(conversation, draws)
    changes = tuple((change.name, each.tape) for change, each in draws if change.name in applied)
    return Varied(Recipe(first.tape, changes), conversation, transcript)


def again(recipe: Recipe) -> Varied:
    """Make the exchange of a recipe."""
    draws = [(VARIATIONS[name], Replay(tape)) for name, tape in recipe.changes]
    conversation, transcript, applied = _made(played(Replay(recipe.drawn)), draws)
    kept = tuple(change for change in recipe.changes if change[0] in applied)
    return Varied(recipe._replace(changes=kept), conversation, transcript)


def variations(count: int, draw_of: Callable[[int], Draw]) -> Iterator[Varied]:
    """Draw so many legal exchanges, each from a source of its own, by its number."""
    for number in range(count):
        yield replace(vary(draw_of(number)), number=number)


def shrunk(varied: Varied, accused: Callable[[Transcript], bool]) -> Varied:
    """The same accusation with the fewest changes and the plainest conversation that this finds."""
    for name in varied.names:
        fewer = tuple(change for change in varied.recipe.changes if change[0] != name)
        varied = _plainer(varied, varied.recipe._replace(changes=fewer), accused)
    for length in range(len(varied.recipe.drawn)):
        plainer = _plainer(varied, varied.recipe._replace(drawn=varied.recipe.drawn[:length]), accused)
        if plainer is not varied:
            return plainer
    return varied


def _plainer(varied: Varied, recipe: Recipe, accused: Callable[[Transcript], bool]) -> Varied:
    made = again(recipe)
    return replace(made, number=varied.number) if accused(made.transcript) else varied


class _Laying:
    """Lays changes on a conversation, on its streams and on its answers, and keeps the names of those that mattered."""

    def __init__(self, draws: Iterable[tuple[Variation, Draw]]) -> None:
        self._draws = tuple(draws)
        self.applied: set[str] = set()

    def __call__(self, layers: Sequence[str], subject: S) -> S:
        for change, draw in self._draws:
            if change.layer in layers:
                changed: S = change.change(draw, subject)
                # Equal documents can still be written differently: 1 and 1.0, keys in another order.
                if changed != subject or change.layer == "writing":
                    self.applied.add(change.name)
                subject = changed
        return subject


def _made(
    conversation: Conversation, draws: Iterable[tuple[Variation, Draw]]
) -> tuple[Conversation, Transcript, set[str]]:
    """Lay changes on a conversation and write it down; the names are those of the changes that made a difference."""
    lay = _Laying(draws)
    conversation = lay(OF_CONVERSATIONS, conversation)
    exchanges: list[Exchange] = []
    began = 0
    for turn in conversation.turns:
        pieces = _pieces(turn, lay) if turn.streamed else [data_of(event) for event in turn.events]
        arrived = lay(OF_DELIVERIES, delivered(pieces))
        exchanges.append(_exchange(conversation, turn, arrived, began))
        began += arrived.ended_ms + _BETWEEN
    return conversation, Transcript("variation", tuple(exchanges), conversation.traits), lay.applied


def _pieces(turn: Turn, lay: _Laying) -> list[bytes]:
    frames = lay(OF_FRAMES, tuple(framed(event) for event in turn.events))
    # What comes after `done` comes with it: nothing keeps the body open.
    done = next(at for at, frame in enumerate(frames) if _is_done(frame))
    pieces = [written(frame) for frame in frames]
    return [*pieces[:done], b"".join(pieces[done:])]


def _is_done(frame: Frame) -> bool:
    return any(line.text.removeprefix(b"data:").strip() == b"[DONE]" for line in frame)


def _exchange(conversation: Conversation, turn: Turn, arrived: Delivery, began: int) -> Exchange:
    sent = b"" if turn.sent is None else turn.sent if isinstance(turn.sent, bytes) else to_json(turn.sent)
    typed: Headers = () if turn.sent is None else (("Content-Type", "application/json"),)
    target = conversation.prefix + turn.path + conversation.query
    request = Request(Author.HARNESS, turn.method, target, (*turn.credentials, *typed), sent)
    usual = "text/event-stream; charset=utf-8" if turn.streamed else "application/json"
    headers = turn.headers if _has_type(turn.headers) else (("Content-Type", usual), *turn.headers)
    response = Response(Author.IMPLEMENTATION, turn.status, headers, arrived.chunks, Ended.COMPLETE, arrived.ended_ms)
    return Exchange(turn.operation, began, request, response, None, turn.situation)


def _has_type(headers: Headers) -> bool:
    return any(name.lower() == "content-type" for name, _ in headers)
