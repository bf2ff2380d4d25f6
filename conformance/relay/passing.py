"""One exchange passed on byte by byte, in both directions at once; each side sees how the other one ends.

Where the copy of a message cannot be read, its bytes pass all the same, until one of both sides ends the connection.
"""

from __future__ import annotations

import asyncio
import contextlib

import h11

from conformance.model import Ended
from conformance.relay.connection import Connection, End, Piece
from conformance.relay.message import RequestCopy, ResponseCopy, headers_of
from conformance.relay.passed import Passed

_UNANSWERED = "the connection was closed without an answer"


class Passing:
    """One exchange under way between a connection in front and one behind; `passed` keeps it, where it is kept.

    `began` is when the request began to arrive, on the clock of the event loop.
    """

    def __init__(
        self, front: Connection, behind: Connection, request: RequestCopy, began: float, passed: Passed | None
    ) -> None:
        assert request.head is not None  # noqa: S101 - it has arrived
        self._front = front
        self._behind = behind
        self._request = request
        self._response = ResponseCopy(request.head.method.decode("ascii"))
        self._began = began
        self._passed = passed
        #: Whether the copies could be read so far.
        self._readable = True
        #: Set once nothing more of the request is passed on.
        self._sent = asyncio.Event()

    async def through(self, head: bytes) -> bool:
        """Pass the exchange on, beginning with this head; whether another one may follow on these connections."""
        watching = asyncio.ensure_future(self._watch())
        try:
            await asyncio.gather(self._up(head), self._down())
        finally:
            watching.cancel()
        return self._readable and self._request.complete and self._response.complete

    async def _up(self, head: bytes) -> None:
        """Pass the request on; where the upstream takes no more of it, its answer says why."""
        try:
            await self._behind.write(head)
            while not (self._request.complete and self._readable):
                piece = await self._front.read()
                if piece is None:
                    break
                await self._behind.write(self._of_request(piece))
        except ConnectionResetError:
            pass
        finally:
            self._sent.set()

    async def _watch(self) -> None:
        """Let the upstream see that the client leaves, once it has got what the client sent before."""
        if await self._front.gone() is End.RESET:
            await self._behind.reset()
            return
        await self._sent.wait()
        self._behind.finish()

    async def _down(self) -> None:
        """Pass the answer on until its end, or until that of the connection."""
        while not (self._response.complete and self._readable):
            piece = await self._behind.read()
            if piece is None:
                await self._pass_end()
                return
            try:
                await self._front.write(piece.data)
            except ConnectionResetError:
                self._of_response(piece)
                self._end(Ended.ABORTED)
                await self._behind.reset()
                return
            # The copy is read once the bytes are on their way: nobody waits for it.
            self._of_response(piece)
        await self._pass_early_end()

    async def _pass_end(self) -> None:
        """The upstream has ended the connection: the client sees it end the same way."""
        if self._behind.ended is End.RESET:
            self._end(Ended.ABORTED if self._front.ended else Ended.RESET)
            await self._front.reset()
            return
        if self._readable and not self._response.complete:
            with contextlib.suppress(h11.RemoteProtocolError):
                self._response.feed(b"")
        left = Ended.ABORTED if self._front.ended else Ended.SHORT
        self._end(Ended.COMPLETE if self._response.complete else left)
        self._readable = False  # nothing can follow on this connection
        self._front.finish()

    async def _pass_early_end(self) -> None:
        """Where all of the answer came before all of the request: let the client see that the upstream takes no more.

        A client that waits for leave to send its body, or for the end of the connection, would wait for ever.
        """
        waiting = {asyncio.ensure_future(self._sent.wait()), asyncio.ensure_future(self._behind.gone())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        if self._sent.is_set():
            return
        if self._behind.ended is End.RESET:
            await self._front.reset()
        else:
            self._front.finish()

    def _of_request(self, piece: Piece) -> bytes:
        """What of these bytes belongs to the request; what follows it waits for its turn."""
        if not self._readable:
            return piece.data
        try:
            told = self._request.feed(piece.data)
        except h11.RemoteProtocolError:
            self._readable = False
            return piece.data
        if self._passed is not None:
            self._passed.asked(told.body)
        self._front.put_back(Piece(piece.at, piece.data[told.used :]))
        return piece.data[: told.used]

    def _of_response(self, piece: Piece) -> None:
        """Note what these bytes say."""
        if not self._readable:
            return
        body, problem = b"", None
        try:
            told = self._response.feed(piece.data)
            # More than the answer passes as well, and whose it is nobody knows.
            body, self._readable = told.body, told.used == len(piece.data)
        except h11.RemoteProtocolError as unreadable:
            problem, self._readable = unreadable, False
        if self._passed is None:
            return
        if self._passed.status is None and self._response.head is not None:
            head = self._response.head
            self._passed.head(head.status_code, headers_of(head), self._ms(piece.at))
        self._passed.answered(body, self._ms(piece.at), self._ms(asyncio.get_running_loop().time()))
        if problem is not None:
            self._end(Ended.SHORT, piece.at, f"the answer is not HTTP: {problem}")
        elif self._response.complete:
            self._end(Ended.COMPLETE, piece.at)

    def _end(self, ended: Ended, at: float | None = None, failure: str = _UNANSWERED) -> None:
        if self._passed is not None:
            ms = self._ms(asyncio.get_running_loop().time() if at is None else at)
            self._passed.end(ended, ms, failure)

    def _ms(self, at: float) -> float:
        return (at - self._began) * 1000
