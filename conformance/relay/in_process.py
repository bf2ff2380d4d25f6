"""A gateway without a socket: the reference behind, a client in front, and between them something with a habit.

What happens is what happens over HTTP, in time that passes only where somebody waits: for the proof, and for tests
that are not about bytes on a wire.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace

from conformance.mock.http_player import unchunked
from conformance.mock.recorded import Recorded
from conformance.mock.upstream import Gate, Switch
from conformance.model import Author, Chunk, Ended, Exchange, Request, Response, Side
from conformance.reference.api import Api
from conformance.relay.habit import Answer, Asked, Broken, Habit
from conformance.targets.gateway import API_KEY, SETTLING, Reader
from conformance.targets.pace import LogicalTime
from conformance.targets.session import Ask, Sent, Session
from conformance.targets.settings import Settings
from conformance.wire.coding import DamagedCoding, decoder

#: Nobody is asked for this name.
_BASE_URL = "http://gateway.invalid/v1"

#: Milliseconds that a request takes to the next side.
_HOP_MS = 1

#: Fields about one connection alone; an answer in front is framed anew.
_FRAMING = frozenset({"transfer-encoding", "content-length", "connection"})


class _Instant(selectors.DefaultSelector):
    """Waits for nothing: time passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout:
            self.now += timeout
        return found


class LogicalLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only where everybody waits."""

    def __init__(self) -> None:
        self._instant = _Instant()
        super().__init__(self._instant)

    def time(self) -> float:
        """Seconds since it was made."""
        return self._instant.now


class InProcessEnds:
    """Both ends in this process, with a habit between them."""

    def __init__(self, habit: Habit, *, keyed: bool = True, timeout: float = 60.0) -> None:
        self.settings = Settings(_BASE_URL, API_KEY, timeout=timeout)
        self._habit = habit
        self._gate, self._switch = Gate(), Switch(keyed=keyed)
        self._api = Api(API_KEY if keyed else None, None, self._switch.behaviour)
        self._loop = LogicalLoop()
        self._epoch = 0.0
        self._answer = "plainly"
        self._heard: list[tuple[float, Recorded]] = []
        pace = LogicalTime()
        self.session = Session(self.settings, self._sent_through, pace=pace)
        self.around = Session(self.settings, self._sent_around, pace=pace)

    def answer(self, word: str) -> None:
        """Let the upstream answer so from now on."""
        self._answer = word
        self._switch.to(word)

    def begin(self) -> None:
        """Start the clock of a transcript."""
        self._epoch = self._loop.time()
        self._heard.clear()

    def asked(self, asks: Sequence[Ask], *, direct: bool) -> list[Exchange]:
        """Send requests at once."""
        self._gate.begin(self._answer)

        async def together() -> list[Exchange]:
            return list(await asyncio.gather(*(self._exchange(ask, direct=direct) for ask in asks)))

        return self._loop.run_until_complete(together())

    def heard(self) -> Iterable[Exchange]:
        """What arrived behind."""

        async def settled() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others:
                await asyncio.wait(others, timeout=SETTLING)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._loop.run_until_complete(settled())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        for at, recorded in self._heard:
            yield replace(recorded.exchange, began_ms=self._ms(at), side=Side.BEHIND)

    def close(self) -> None:
        """Close the loop."""
        self._loop.close()

    def _ms(self, at: float) -> int:
        return round((at - self._epoch) * 1000)

    def _sent_through(self, ask: Ask) -> Sent:
        return Sent(self._loop.run_until_complete(self._exchange(ask, direct=False)), stalled=False)

    def _sent_around(self, ask: Ask) -> Sent:
        return Sent(self._loop.run_until_complete(self._exchange(ask, direct=True)), stalled=False)

    async def _exchange(self, ask: Ask, *, direct: bool) -> Exchange:
        """One exchange as the client in front records it."""
        settings, began = self.settings, self._loop.time()
        headers = settings.request_headers(ask.situation, body=ask.body is not None)
        asked = Asked(ask.method, settings.target(ask.path), headers, ask.body or b"")
        request = Request(Author.HARNESS, asked.method, asked.target, headers, asked.body)
        response = failure = None
        try:
            async with asyncio.timeout(settings.timeout):
                await asyncio.sleep(_HOP_MS / 1000)
                answer = await (self._send(asked) if direct else self._habit(asked, self._send))
            response = await self._read(answer, ask, began)
        except Broken:
            failure = "the connection was closed without an answer"
        except TimeoutError:
            failure = f"no answer within {settings.timeout:g} s"
        return Exchange(ask.operation, self._ms(began), request, response, failure, ask.situation)

    async def _read(self, answer: Answer, ask: Ask, began: float) -> Response:
        """Read the body of an answer as a client does, with the time at which each piece came."""
        pieces: dict[int, bytearray] = {}
        pauses: list[float] = []
        reader = Reader(ask, self._gate, pauses.append)
        coding = decoder(", ".join(value for name, value in answer.headers if name.lower() == "content-encoding"))
        ended = Ended.COMPLETE
        now = began
        try:
            async with asyncio.timeout_at(began + self.settings.timeout):
                async for raw in answer.pieces:
                    now = self._loop.time() + _HOP_MS / 1000
                    at = round((now - began) * 1000)
                    for data in coding.feed(raw):
                        pieces.setdefault(at, bytearray()).extend(data)
                        if not reader(data):
                            ended = Ended.ABORTED
                    if ended is Ended.ABORTED:
                        break
                    while pauses:
                        await asyncio.sleep(pauses.pop())
                else:
                    coding.close()
        except Broken as broken:
            # The end of a body without a length is the end of its connection, whatever that was.
            ended = Ended.COMPLETE if answer.version == "1.0" and broken.ended is Ended.SHORT else broken.ended
        except DamagedCoding:
            ended = Ended.SHORT
        except TimeoutError:
            ended = Ended.TIMEOUT
        finally:
            await _closed(answer.pieces)
        headers = tuple((name, value) for name, value in answer.headers if name.lower() not in _FRAMING)
        chunks = tuple(Chunk(at, bytes(data)) for at, data in pieces.items() if data)
        ended_ms = max(round((max(now, self._loop.time()) - began) * 1000), chunks[-1].ms if chunks else 0)
        return Response(Author.IMPLEMENTATION, answer.status, headers, chunks, ended, ended_ms)

    async def _send(self, asked: Asked) -> Answer:
        """Ask the reference behind. Raises Broken where it does not answer."""
        await asyncio.sleep(_HOP_MS / 1000)
        began = self._loop.time()
        request = Request(Author.IMPLEMENTATION, asked.method, asked.target, asked.headers, asked.body)
        recorded = Recorded(0, request)
        self._heard.append((began, recorded))
        planned = self._api.respond(request)
        if planned is None:
            raise Broken(Ended.SHORT)
        if asked.version == "1.0":
            planned = replace(planned, headers=unchunked(planned.headers))
        recorded.played.begin(planned)
        pieces = self._played(planned, recorded, began)
        return Answer(planned.status, planned.headers, _unended(pieces) if asked.version == "1.0" else pieces)

    async def _played(self, planned: Response, recorded: Recorded, began: float) -> AsyncIterator[bytes]:
        """The body as it is due, which ends as it was planned."""
        played = recorded.played

        def ms() -> int:
            return round((self._loop.time() - began) * 1000)

        played.end(Ended.ABORTED, ms())
        for index, chunk in enumerate(planned.chunks):
            await asyncio.sleep(max(0.0, began + chunk.ms / 1000 - self._loop.time()))
            await self._gate.hold(planned, index)
            played.add(chunk.data, ms())
            yield chunk.data
        await asyncio.sleep(max(0.0, began + planned.ended_ms / 1000 - self._loop.time()))
        played.end(planned.ended, ms())
        if planned.ended is Ended.TIMEOUT:
            await asyncio.Event().wait()
        if planned.ended is not Ended.COMPLETE:
            raise Broken(planned.ended)


async def _unended(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A body that ends with its connection: nobody can tell that it was cut short."""
    try:
        async for piece in pieces:
            yield piece
    except Broken as broken:
        if broken.ended is not Ended.SHORT:
            raise
    finally:
        await _closed(pieces)


async def _closed(pieces: AsyncIterator[bytes]) -> None:
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
