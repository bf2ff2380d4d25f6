"""The mock as the upstream of a gateway: one server for all scenarios, which answers as the one at hand wants it.

A gateway keeps its connections to one address, so that the server must not change: what changes is how it behaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from types import MappingProxyType

from conformance.contract.gateway_scenarios import PATIENCE_MS, PAUSE_MS
from conformance.mock import stream_forms as forms
from conformance.mock.replies import REPLIES
from conformance.model import Ended, Operation, Request, Response
from conformance.proof.faults.pieces import Piece, Pieces, changed, inserted, piece
from conformance.proof.faults.responses import is_stream
from conformance.reference.behaviour import Behaviour, needs_its_key, needs_no_beta
from conformance.reference.objects import message_delta
from conformance.reference.runs import Run
from conformance.reference.state import State
from conformance.reference.submission import Submission
from conformance.wire.recordings.operation import of_target

#: Milliseconds for which an upstream is silent that waits to see whether its reader has left.
WAITING_MS = 5_000

_DELTA = "thread.message.delta"

#: A member that is another one where numbers become floats, escapes are resolved or written, and spaces tidied.
_EXACT = (
    b'"exact" : {"big":9007199254740993,"one":1.0,"thousand":1E3,"small":1e-07,"spaced" : [ 1 , 2 ],'
    + rb'"escaped":"\u00e9\/\ud83d\ude00\u003cb\u003e","plain":"'
    + "é/\U0001f600<b>".encode()
    + b'"},'
)

_MILLION = 1_000_000

#: Pieces of text and the length of each, in a stream that is more than the buffers between two programs hold.
_BULK = (200, 10_000)


def _million(pieces: Pieces) -> Pieces:
    """The first event has a member of a million bytes."""
    return (changed(pieces[0], {**pieces[0].document, "padding": "x" * _MILLION}), *pieces[1:])


def _exact(one: Piece) -> bytes:
    return one.raw.replace(b"data: {", b"data: {" + _EXACT, 1)


def _bulk(pieces: Pieces) -> Pieces:
    """Many long pieces of text behind the first one."""
    at = next(index for index, one in enumerate(pieces) if one.name == _DELTA)
    message = pieces[at].document["id"]
    count, size = _BULK
    more = (
        piece(_DELTA, message_delta(message, f"{number:06d} ".ljust(size, "."), first=False)) for number in range(count)
    )
    return inserted(pieces, at + 1, *more)


def _late(ms: int) -> Callable[[Pieces], Pieces]:
    """The second half of the events comes later."""

    def change(pieces: Pieces) -> Pieces:
        half = len(pieces) // 2
        return (*pieces[:half], *(one._replace(ms=one.ms + ms) for one in pieces[half:]))

    return change


def _silent(ended: Ended, ms: int) -> forms.Form:
    """After the first half of the events nothing comes for a while, and then the end."""
    half = forms.of_events(lambda pieces: pieces[: len(pieces) // 2])
    return lambda response: replace(half(response), ended=ended, ended_ms=ms) if is_stream(response) else response


def _as_it_is(response: Response) -> Response:
    return response


#: The form of a stream for each of the contract's answers to a gateway's submissions.
_FORMS: Mapping[str, forms.Form] = MappingProxyType(
    {
        "exact": forms.of_bytes(_exact),
        "million": forms.of_events(_million),
        "paced": _as_it_is,
        "pause": forms.of_events(_late(PAUSE_MS)),
        "stall": _silent(Ended.TIMEOUT, 0),
        "waiting": _silent(Ended.SHORT, WAITING_MS),
        "bulk": forms.of_events(_bulk),
        "cut-short": forms.broken_off(forms.within_event, Ended.SHORT),
    }
)


def _behaviour(answer: str) -> Behaviour:
    """How submissions are answered: as the table for clients says, or by a form of ours."""
    form = _FORMS.get(answer)
    if form is None:
        return REPLIES[answer]

    def respond(request: Request, planned: Response) -> Response:
        return form(planned) if of_target(request.method, request.target) is Operation.SUBMIT else planned

    return Behaviour(respond=respond)


class Switch:
    """How the upstream behaves now; `keyed` is whether it asks for its key."""

    def __init__(self, *, keyed: bool) -> None:
        self._now = Behaviour()
        key = needs_its_key if keyed else _lets_everybody_in
        self.behaviour = Behaviour(
            key=key, beta=needs_no_beta, find=self._find, rules=(self._rule,), respond=self._respond
        )

    def to(self, answer: str) -> None:
        """From now on answer so: a row of the contract's tables of answers."""
        self._now = _behaviour(answer)

    def _find(self, state: State, thread_id: str, run_id: str) -> Run:
        return self._now.find(state, thread_id, run_id)

    def _rule(self, status: str, pending: Sequence[str], submission: Submission) -> None:
        for rule in self._now.rules:
            rule(status, pending, submission)

    def _respond(self, request: Request, planned: Response) -> Response | None:
        return self._now.respond(request, planned)


def _lets_everybody_in(_key: str | None, _headers: Mapping[str, str]) -> None:
    """The gateway has a key of its own, which nobody else knows."""


class Gate:
    """Lets an upstream wait until its client has what was sent, or its patience ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen = 0
        self._shut = False
        #: How many events the stream at hand has.
        self.events = 0
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def begin(self, answer: str) -> None:
        """A stream begins; it is waited for where its answer is `paced`."""
        with self._lock:
            self._seen, self._shut, self._waiting = 0, answer == "paced", None
            self.events = 0

    def saw(self, events: int) -> None:
        """The client has so many events; called from any thread."""
        with self._lock:
            self._seen = events
            if self._waiting is not None:
                loop, arrived = self._waiting
                loop.call_soon_threadsafe(arrived.set)

    async def hold(self, response: Response, index: int) -> None:
        """Wait before the second piece of a stream and before its last event: the pieces are events."""
        if is_stream(response):
            self.events = len(response.chunks)
        if not self._shut or not is_stream(response) or index not in (1, len(response.chunks) - 2):
            return
        began = asyncio.get_running_loop().time()
        while (left := began + PATIENCE_MS / 1000 - asyncio.get_running_loop().time()) > 0:
            with self._lock:
                if self._seen >= index:
                    return
                arrived = asyncio.Event()
                self._waiting = asyncio.get_running_loop(), arrived
            try:
                async with asyncio.timeout(left):
                    await arrived.wait()
            except TimeoutError:
                return
