"""What passed, put together to one transcript for each run of a thread, whoever asked for what, and in what order.

A run is over once its end was told and nobody has asked for it for a while; then its transcript is handed out and let
go. Nothing here judges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from conformance.contract.lifecycle import FINAL
from conformance.model import Exchange, Operation, Response, Transcript
from conformance.relay.exchanges import Unreadable, exchange
from conformance.relay.passed import Passed, Room
from conformance.walk.http_response import body_of, header, is_event_stream, served
from conformance.wire.sse import Decoder

#: The medium of these transcripts; see `contract/media.py`.
MEDIUM = "proxy"

#: Seconds in which clients look once more at a run that has ended: its messages and its steps.
QUIET = 2.0

#: Seconds after which nothing more is expected of a run that waits: it expires after ten minutes.
ABANDONED = 660.0

#: Runs that are put together at once; of more than that the one that was quiet longest is let go.
MOST = 1000

#: The part of the room from which on runs are let go, so that those under way have the rest.
_PRESSED = 0.75

#: Bytes of a stream within which it says which run it is about: it begins with the thread and the run.
_BEGINNING = 1024 * 1024

_IDS = re.compile(r"/threads/([^/?]+)(?:/runs/([^/?]+))?")

#: The end of a run, as an event or in a document.
_ENDING = re.compile(rb"(?m)^event: ?thread\.run\.(%s)\r?$" % b"|".join(sorted(word.encode() for word in FINAL)))

#: Operations that only look.
_LOOKS = frozenset({Operation.GET_RUN, Operation.LIST_RUNS, Operation.LIST_STEPS, Operation.LIST_MESSAGES})

#: Operations whose answers show the run that they are about.
_SHOW_RUN = frozenset({Operation.CREATE_RUN, Operation.SUBMIT, Operation.GET_RUN})

#: Operations by which a run is judged.
JUDGED = frozenset({Operation.SUBMIT, Operation.CREATE_RUN})


def of_threads(method: str, target: str) -> bool:
    """Whether an exchange is kept: one about a thread, a run or what they hold."""
    return method in ("GET", "POST", "DELETE") and "/threads/" in target.partition("?")[0]


@dataclass(slots=True)
class _Part:
    """One exchange of a run, and when it began, was answered and was over, in milliseconds on one clock."""

    exchange: Exchange
    began: float
    answered: float
    ended: float
    #: Bytes that it holds.
    size: int


@dataclass(slots=True)
class Run:
    """One run as it was put together so far."""

    #: What it is called; see `name_of`.
    name: str
    id: str
    #: Its thread: as the run itself says or, until it has, as it was asked for.
    thread: str | None
    #: Whether the run itself has said so.
    told: bool = False
    parts: list[_Part] = field(default_factory=list)
    #: Why it cannot be judged; None where it can.
    unreadable: str | None = None
    over: bool = False
    #: When something of it passed last, in seconds.
    touched: float = 0.0

    def transcript(self, traits: frozenset[str] = frozenset()) -> Transcript:
        """Everything so far, in the order in which it began; looks that crossed another exchange are left out."""
        parts = _sequential(sorted(self.parts, key=lambda part: part.began))
        start = parts[0].exchange.began_ms if parts else 0
        exchanges = tuple(replace(part.exchange, began_ms=part.exchange.began_ms - start) for part in parts)
        exchanges = tuple(_known(self, exchanges))
        keyed = any(map(_key, exchanges)) and not any("wrong-key" in each.situation for each in exchanges)
        return Transcript(
            self.name,
            exchanges,
            traits=traits | (frozenset({"key"}) if keyed else frozenset()),
            untestable=self.unreadable,
            provenance={"kind": MEDIUM},
        )

    @property
    def judgeable(self) -> bool:
        """Whether something in it is judged."""
        return any(part.exchange.operation in JUDGED for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return sum(part.size for part in self.parts)


class Runs:
    """Puts together what passes. `room` is where its bytes were taken from, and where they are given back to."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._runs: dict[str, Run] = {}
        self._count = 0
        #: Exchanges about threads that belong to no run that was seen.
        self.stray = 0

    def add(self, passed: Passed, now: float) -> tuple[Run, ...]:
        """Take one exchange; returns the runs that it is part of."""
        try:
            came = exchange(passed)
            unreadable = None
        except Unreadable as reason:
            came, unreadable = None, str(reason)
        answered = passed.ended_ms if passed.answered_ms is None else passed.answered_ms
        found = self._runs_of(passed, came)
        size = passed.size
        passed.let_go()
        for run in found:
            run.touched = now
            if came is None:
                run.unreadable = run.unreadable or unreadable
            elif not self._room.take(size):
                run.unreadable = run.unreadable or "more of it passed than could be kept"
            else:
                if all(_repeats(came, part.exchange) for part in run.parts[-2:]) and len(run.parts) > 1:
                    self._room.give(run.parts.pop().size)
                began = passed.began
                run.parts.append(_Part(came, began, began + answered, began + passed.ended_ms, size))
                run.over = _ends(came, run.id) or (run.over and came.operation in _LOOKS)
        self.stray += not found
        return found

    def finished(self, now: float, under_way: frozenset[str] = frozenset()) -> Iterator[Run]:
        """The runs that are over, and those that must make room; none of the threads with an exchange under way."""
        for run in list(self._runs.values()):
            quiet = now - run.touched
            if (quiet >= QUIET and run.over and run.thread not in under_way) or quiet >= ABANDONED:
                yield self._let_go(run)
        while self._runs and (len(self._runs) > MOST or self._room.taken > _PRESSED * self._room.limit):
            yield self._let_go(min(self._runs.values(), key=lambda run: run.touched))

    def rest(self) -> Iterator[Run]:
        """All runs that are left, over or not."""
        for run in list(self._runs.values()):
            yield self._let_go(run)

    def _let_go(self, run: Run) -> Run:
        del self._runs[run.id]
        self._room.give(run.size)
        return run

    def _runs_of(self, passed: Passed, came: Exchange | None) -> tuple[Run, ...]:
        thread, run_id = ids_of(passed.target)
        says = None
        if came is not None and came.operation in _SHOW_RUN:
            shown_id, says = _shown(came.response)
            if came.operation is Operation.CREATE_RUN:
                run_id = shown_id
                if run_id is None:
                    return ()
            elif shown_id != run_id:
                says = None
        if run_id is not None:
            return (self._run(run_id, thread, says),)
        return tuple(run for run in self._runs.values() if thread is not None and run.thread == thread)

    def _run(self, run_id: str, thread: str | None, says: str | None) -> Run:
        """The run of an id, which was asked for in a thread and `says` in which it is."""
        if run_id not in self._runs:
            self._count += 1
            self._runs[run_id] = Run(name_of(self._count), run_id, thread)
        run = self._runs[run_id]
        if says is not None:
            run.thread, run.told = says, True
        return run


def name_of(number: int) -> str:
    """What the run of a number is called, counted from 1."""
    return f"run-{number:04}"


def ids_of(target: str) -> tuple[str | None, str | None]:
    """The thread and the run that a target names."""
    found = _IDS.search(target)
    thread, run = found.groups() if found else (None, None)
    return (None if thread in (None, "runs") else unquote(thread)), (None if run is None else unquote(run))


def _sequential(parts: Sequence[_Part]) -> list[_Part]:
    """Parts in order, without looks that crossed another exchange: nobody knows what came first.

    Of submissions that were under way at once each is marked as such.
    """
    changes = [part for part in parts if part.exchange.operation not in _LOOKS]
    submissions = [part for part in changes if part.exchange.operation is Operation.SUBMIT]
    kept: list[_Part] = []
    for part in parts:
        if part.exchange.operation in _LOOKS:
            if not any(_crossed(part, other) for other in (*changes, *kept[-1:])):
                kept.append(part)
        elif part in submissions and any(_at_once(part, other) for other in submissions if other is not part):
            kept.append(replace(part, exchange=replace(part.exchange, situation=frozenset({"concurrent"}))))
        else:
            kept.append(part)
    return kept


def _repeats(look: Exchange, before: Exchange) -> bool:
    """Whether a look asks and is told what one before was: of a row of such the first and the last say everything."""
    if look.operation not in _LOOKS or look.request.target != before.request.target:
        return False
    answers = [each.response for each in (look, before)]
    first, second = ((each.status, body_of(each)) if each is not None else None for each in answers)
    return first is not None and first == second


def _crossed(one: _Part, other: _Part) -> bool:
    return one.began < other.ended and other.began < one.ended


def _at_once(one: _Part, other: _Part) -> bool:
    return one.began < other.answered and other.began < one.answered


def _known(run: Run, exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
    """The exchanges with what their senders may not know: a thread that is not the run's, a key that opened nothing.

    What is refused with 401 or 403 may be refused for its key, unless the same key was taken for this run.
    """
    taken = {_key(each) for each in exchanges if each.response is not None and served(each.response)}
    for each in exchanges:
        if each.operation is not Operation.SUBMIT:
            yield each
            continue
        situation, key = set(each.situation), _key(each)
        if run.told and ids_of(each.request.target)[0] != run.thread:
            situation.add("other-thread")
        if each.response is not None and each.response.status in (401, 403) and key and key not in taken:
            situation.add("wrong-key")
        yield replace(each, situation=frozenset(situation))


def _key(exchange: Exchange) -> str:
    """The credential that a request carries; empty for none."""
    headers = exchange.request.headers
    return header(headers, "authorization") or header(headers, "api-key") or ""


def _shown(response: Response | None) -> tuple[str | None, str | None]:
    """The first run that an answer shows, and its thread."""
    if response is None or not served(response):
        return None, None
    body = body_of(response)
    told = (event.data for event in Decoder().feed(body[:_BEGINNING])) if is_event_stream(response) else iter((body,))
    for document in map(_parsed, told):
        if isinstance(document, dict) and document.get("object") == "thread.run":
            run_id, thread = document.get("id"), document.get("thread_id")
            return (run_id if isinstance(run_id, str) else None), (thread if isinstance(thread, str) else None)
    return None, None


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _ends(came: Exchange, run_id: str) -> bool:
    """Whether an exchange tells the end of a run."""
    response = came.response
    if response is None or not served(response):
        return False
    body = body_of(response)
    if is_event_stream(response):
        return _ENDING.search(body) is not None
    if came.operation in (Operation.LIST_STEPS, Operation.LIST_MESSAGES, Operation.LIST_RUNS):
        return False
    document = _parsed(body)
    return isinstance(document, dict) and document.get("id") == run_id and document.get("status") in FINAL
