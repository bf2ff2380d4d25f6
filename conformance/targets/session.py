"""What goes between a scenario and the wire: one request as it is asked for, and how much the target is borne with.

`Session` counts requests against the budget, waits politely when a target says 429, and stops asking a target that is
dead or lets everything run into the timeout, so that this is told once and not in every scenario.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Protocol

from conformance.errors import BudgetReached
from conformance.model import Ended, Exchange, Operation
from conformance.targets.pace import Pace, RealTime
from conformance.targets.settings import Header, Settings

#: One timeout may be chance and a second one bad luck; the third in a row is how the target is.
_STRIKES = 3

#: Times one request is sent while the answer is 429: one more than the official clients send it.
_TRIES = 4

#: Seconds that are waited at most for one 429. A target that asks for more is not going to answer within this run.
_LONGEST_WAIT = 30.0

#: Seconds before the next try where 429 came without a usable Retry-After; doubled each time.
_FIRST_WAIT = 1.0


class Untestable(Exception):
    """The situation of a scenario cannot be brought about; the text says why."""


class GivenUp(Untestable):
    """The target has stopped answering; nothing more is asked of it."""


class NoConnection(Exception):
    """No connection came about, so nothing was sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to be sent. `path` begins behind the base URL, or behind `prefix`, and may carry a query."""

    operation: Operation
    method: str
    path: str
    body: bytes | None = None
    situation: frozenset[str] = frozenset()
    #: The body asks for a stream.
    streamed: bool = False
    #: Path that is tried in place of the base URL's.
    prefix: str | None = None
    #: Fields beside those of the settings.
    headers: tuple[Header, ...] = ()

    @property
    def kind(self) -> tuple[str, bool]:
        """What is counted together when answers fail to come."""
        return (self.operation.value, self.streamed)


class Sent(NamedTuple):
    """An exchange, and whether it ran into the timeout."""

    exchange: Exchange
    stalled: bool


class Transport(Protocol):
    """Whatever carries a request to the target and its answer back."""

    def send(self, ask: Ask) -> Sent:
        """Send one request and record what comes back. Raises NoConnection where nothing could be sent."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


#: Hears of every request twice: before it is sent, with None, and with the exchange once that has ended.
Watch = Callable[[Ask, Exchange | None], None]


class Session:
    """Everything sent to one target in one run; `pace` is how time passes meanwhile."""

    def __init__(
        self, settings: Settings, send: Callable[[Ask], Sent], watch: Watch | None = None, pace: Pace | None = None
    ) -> None:
        self.settings = settings
        self.pace: Pace = RealTime() if pace is None else pace
        #: Why nothing more is asked; None while the target answers.
        self.given_up: str | None = None
        #: Fields that the run under way asks for beside those of the settings.
        self.headers: tuple[Header, ...] = ()
        self._send = send
        self._watch = watch
        self._requests = 0
        self._limit = settings.max_requests
        self._epoch = self.pace.now()
        self._stalls: Counter[tuple[str, bool]] = Counter()
        self._silences = 0

    def begin(self) -> None:
        """Start the clock of a transcript."""
        self._epoch = self.pace.now()

    def lift_limit(self) -> None:
        """Count no longer: what was created is removed whatever that takes."""
        self._limit = None

    def ask(self, ask: Ask) -> Exchange:
        """Send once. Raises GivenUp when the target no longer answers, BudgetReached at the limit."""
        self._admit(ask, 1)
        return self._settled(ask, self._try(ask))

    def ask_politely(self, ask: Ask) -> Iterator[Exchange]:
        """Send, and again while the answer is 429, as late as it asks for; every try is yielded as it ends."""
        for tries in range(1, _TRIES + 1):
            exchange = self.ask(ask)
            yield exchange
            wait = _wait(exchange, tries)
            if wait is None or tries == _TRIES:
                return
            self.pace.pause(wait)

    def ask_twice_at_once(self, ask: Ask) -> tuple[Exchange, ...]:
        """Send the same request twice at the same moment, each over its own connection."""
        self._admit(ask, 2)
        exchanges = [self._settled(ask, result) for result in self.pace.at_once([lambda: self._try(ask)] * 2)]
        return tuple(sorted(exchanges, key=lambda exchange: exchange.began_ms))

    def _admit(self, ask: Ask, count: int) -> None:
        if self.given_up is not None:
            raise GivenUp(self.given_up)
        if self._stalls[ask.kind] >= _STRIKES:
            what = f"{'streamed ' if ask.streamed else ''}{ask.operation.value}"
            raise GivenUp(f"{_STRIKES} times in a row, {what} ran into the timeout of {self.settings.timeout:g} s")
        if self._limit is not None and self._requests + count > self._limit:
            raise BudgetReached(f"the limit of {self._limit} requests is reached", "Raise --max-requests to go on.")
        self._requests += count

    def _try(self, ask: Ask) -> Sent | NoConnection:
        began = self.pace.now()
        if self._watch:
            self._watch(ask, None)
        try:
            sent = self._send(replace(ask, headers=self.headers) if self.headers else ask)
        except NoConnection as reason:
            return reason
        if self._watch:
            self._watch(ask, sent.exchange)
        return sent._replace(exchange=replace(sent.exchange, began_ms=int((began - self._epoch) * 1000)))

    def _settled(self, ask: Ask, result: Sent | NoConnection) -> Exchange:
        if isinstance(result, NoConnection):
            self.given_up = f"the target can no longer be reached: {result}"
            raise GivenUp(self.given_up) from result
        silent = result.stalled and result.exchange.response is None
        self._stalls[ask.kind] = self._stalls[ask.kind] + 1 if result.stalled else 0
        self._silences = self._silences + 1 if silent else 0
        if self._silences >= _STRIKES:
            self.given_up = f"{_STRIKES} requests in a row got no answer within {self.settings.timeout:g} s"
        return result.exchange


def succeeded(exchange: Exchange) -> bool:
    """Whether the answer is a complete 200 or 201: creating something may be answered by either."""
    response = exchange.response
    return response is not None and response.status in (200, 201) and response.ended is Ended.COMPLETE


def body_of(exchange: Exchange) -> bytes:
    """The body of the answer, empty where there is none."""
    return b"".join(chunk.data for chunk in exchange.response.chunks) if exchange.response else b""


def header_of(exchange: Exchange, name: str) -> str | None:
    """The first header field of that name in the answer."""
    fields = exchange.response.headers if exchange.response else ()
    return next((value for field, value in fields if field.lower() == name), None)


def _wait(exchange: Exchange, tries: int) -> float | None:
    """Seconds to wait before the same request is sent again; None where that is no use."""
    if exchange.response is None or exchange.response.status != 429:
        return None
    asked = _seconds(header_of(exchange, "retry-after") or "")
    wait = _FIRST_WAIT * 2 ** (tries - 1) if asked is None else asked
    return wait if wait <= _LONGEST_WAIT else None


def _seconds(retry_after: str) -> float | None:
    """Retry-After as seconds from now: a number, or a date (RFC 9110 §10.2.3)."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
