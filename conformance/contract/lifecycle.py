"""Run, step and message as state tables: what may follow what within one stream, and nothing else.

A table maps (state, word) to a `Move`. The word is the last part of an event's name. A move that the contract does
not allow names the requirement it breaks and still leads on, so that one slip is told once and the walk goes on.
The tables are published as JSON and as diagrams in docs/lifecycle.md, written from these very rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Move(NamedTuple):
    """Where a word leads, and which requirement that breaks; `breaks` is None for a legal move."""

    to: str
    breaks: str | None = None


class Table(NamedTuple):
    """One entity's states over one stream."""

    entity: str
    start: str
    moves: Mapping[tuple[str, str], Move]
    #: States in which the entity is over.
    ended: frozenset[str]

    def legal(self, state: str) -> tuple[str, ...]:
        """The words that may come in `state`, in the order of the table."""
        return tuple(word for (at, word), move in self.moves.items() if at == state and move.breaks is None)

    def states(self) -> tuple[str, ...]:
        """All states, in the order in which the table names them."""
        return tuple(dict.fromkeys(at for at, _ in self.moves))


def _rows(states: str, words: str, to: str | None = None, breaks: str | None = None) -> Iterable[
    tuple[tuple[str, str], Move]
]:  # fmt: skip
    """Rows for every pair of the two lists; without `to`, a word leads to the state of its own name."""
    for state in states.split():
        for word in words.split():
            yield (state, word), Move(to or word, breaks)


def _table(entity: str, start: str, ended: str, *rows: Iterable[tuple[tuple[str, str], Move]]) -> Table:
    moves: dict[tuple[str, str], Move] = {}
    for group in rows:
        for key, move in group:
            if key in moves:
                message = f"{entity}: two rows for {key}"
                raise ValueError(message)
            moves[key] = move
    return Table(entity, start, MappingProxyType(moves), frozenset(ended.split()))


_GOES_ON = "completed incomplete requires_action"
_BREAKS_OFF = "failed cancelled expired"

#: Words of run events after which nothing but `done` may come (contract §3): the run's own ends and the next round.
STREAM_TERMINAL = frozenset(f"{_GOES_ON} {_BREAKS_OFF}".split())

#: Statuses of a run that was broken off.
BROKEN_OFF = frozenset(_BREAKS_OFF.split())

#: Statuses that a run never leaves: it never waits for outputs again (contract §3).
FINAL = STREAM_TERMINAL - {"requires_action"}

#: Those of them that nobody takes for a success.
UNSUCCESSFUL = FINAL - {"completed"}

#: ORD-RUN-STATUS-PATH, ORD-RUN-QUEUED, ORD-RUN-INPROG, ORD-RUN-CANCEL. `waiting` is the run before its first event:
#: in requires_action on a submit, not yet there on a create. Rules of the ending report what follows an end.
RUN = _table(
    "run",
    "waiting",
    f"{_GOES_ON} {_BREAKS_OFF}",
    _rows("waiting", "created queued in_progress"),
    _rows("created", "queued in_progress"),
    _rows("queued", "in_progress"),
    _rows("waiting created queued in_progress", f"cancelling {_BREAKS_OFF}"),
    _rows("in_progress", _GOES_ON),
    _rows("cancelling", "completed incomplete failed cancelled expired"),
    _rows("waiting created queued", _GOES_ON, breaks="order.run-started"),
    _rows("created", "created", breaks="order.run-path"),
    _rows("queued", "created queued", "queued", "order.run-path"),
    _rows("in_progress", "created queued in_progress", "in_progress", "order.run-path"),
    _rows("cancelling", "created queued in_progress cancelling", "cancelling", "order.run-path"),
    _rows("cancelling", "requires_action", "cancelling", "order.run-cancel"),
    *(
        _rows(state, f"created queued in_progress cancelling {_GOES_ON} {_BREAKS_OFF}", state, None)
        for state in f"{_GOES_ON} {_BREAKS_OFF}".split()
    ),
)

#: ORD-STEP-LIFE, ORD-STEP-DELTA-AFTER. `inherited` is a step of an earlier stream that ends in this one: its first
#: word here is its end. A step may be cut short before it is in progress, but not completed.
STEP = _table(
    "step",
    "unseen",
    "completed failed cancelled expired",
    _rows("unseen", "created"),
    _rows("created", "in_progress"),
    _rows("in_progress", "delta", "in_progress"),
    _rows("created in_progress", "failed cancelled expired"),
    _rows("in_progress", "completed"),
    _rows("inherited", "completed failed cancelled expired"),
    _rows("unseen", "in_progress", breaks="order.step-life"),
    _rows("unseen", "delta", "in_progress", "order.step-delta-after-created"),
    _rows("unseen", "completed failed cancelled expired", breaks="order.step-life"),
    _rows("created", "created", breaks="order.step-life"),
    _rows("created", "delta", "in_progress", "order.step-life"),
    _rows("created", "completed", breaks="order.step-life"),
    _rows("in_progress", "created in_progress", "in_progress", "order.step-life"),
    *(
        _rows(state, "created in_progress delta completed failed cancelled expired", state, "order.step-life")
        for state in ["completed", "failed", "cancelled", "expired"]
    ),
)

#: ORD-MSG-LIFE, ORD-MSG-CREATED-FIRST. A message may be cut short before it is in progress, but not completed.
MESSAGE = _table(
    "message",
    "unseen",
    "completed incomplete",
    _rows("unseen", "created"),
    _rows("created", "in_progress"),
    _rows("in_progress", "delta", "in_progress"),
    _rows("created in_progress", "incomplete"),
    _rows("in_progress", "completed"),
    _rows("unseen", "delta", "in_progress", "order.message-created-first"),
    _rows("unseen", "in_progress completed incomplete", breaks="order.message-life"),
    _rows("created", "created", breaks="order.message-life"),
    _rows("created", "delta", "in_progress", "order.message-life"),
    _rows("created", "completed", breaks="order.message-life"),
    _rows("in_progress", "created in_progress", "in_progress", "order.message-life"),
    *(
        _rows(state, "created in_progress delta completed incomplete", state, "order.message-life")
        for state in ("completed", "incomplete")
    ),
)

TABLES = MappingProxyType({table.entity: table for table in (RUN, STEP, MESSAGE)})


class Word(NamedTuple):
    """What an event name says: which entity moves, by which word, and the status its document must show."""

    entity: str
    word: str
    statuses: tuple[str, ...] = ()


def _words() -> Iterable[tuple[str, Word]]:
    yield "thread.created", Word("thread", "created")
    yield "thread.run.created", Word("run", "created", ("queued",))
    for word in ("queued", "in_progress", "requires_action", "incomplete", "failed", "cancelling", "cancelled",
                 "expired"):  # fmt: skip
        yield f"thread.run.{word}", Word("run", word, (word,))
    # Before the event thread.run.incomplete existed, a run cut short ended in thread.run.completed (EVT-STATUS).
    yield "thread.run.completed", Word("run", "completed", ("completed", "incomplete"))
    for entity, name, ends in (
        ("step", "thread.run.step", ("completed", "failed", "cancelled", "expired")),
        ("message", "thread.message", ("completed", "incomplete")),
    ):
        yield f"{name}.created", Word(entity, "created", ("in_progress",))
        yield f"{name}.in_progress", Word(entity, "in_progress", ("in_progress",))
        yield f"{name}.delta", Word(entity, "delta")
        for word in ends:
            yield f"{name}.{word}", Word(entity, word, (word,))
    yield "error", Word("stream", "error")
    yield "done", Word("stream", "done")


#: The 25 event names of the vocabulary (contract §3). Others are legal and listed in the report, never judged.
WORDS: Mapping[str, Word] = MappingProxyType(dict(_words()))


def as_json() -> dict[str, object]:
    """The tables as plain JSON, for publication: entity -> start, ended, moves."""
    return {
        table.entity: {
            "start": table.start,
            "ended": sorted(table.ended),
            "moves": [
                {"in": at, "event": word, "to": move.to, "breaks": move.breaks}
                for (at, word), move in table.moves.items()
            ],
        }
        for table in TABLES.values()
    }
