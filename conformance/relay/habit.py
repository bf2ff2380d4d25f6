"""A gateway with a habit: it reads whole requests, and may do with them and with their answers what it likes.

A habit is one function. It gets a request as the client sent it and `send`, which asks the upstream as often as it is
called; what it returns is written to the client, piece by piece as it comes, each piece as one chunk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import h11

from conformance.model import Ended, Headers
from conformance.relay.connection import Connection, End
from conformance.relay.message import ResponseCopy, headers_of

#: Fields about one connection alone, and about how long a body is: what is written says both anew.
_OF_ONE_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "te", "trailer", "expect"}
)

#: Statuses whose answers have no body.
_WITHOUT_BODY = frozenset({204, 304})


class Broken(Exception):
    """A body did not end properly: SHORT or RESET. Raised by the pieces of an answer, in both directions."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.value)
        self.ended = ended


@dataclass(frozen=True, slots=True)
class Asked:
    """A whole request; `target` is path and query, `version` that of HTTP: one of 1.0 is not answered in chunks."""

    method: str
    target: str
    headers: Headers
    body: bytes
    version: str = "1.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body comes in pieces, which raise `Broken` where it does not end as it should.

    `version` is that of HTTP: an answer of 1.0 knows no chunks and ends with its connection.
    """

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]
    version: str = "1.1"


#: Asks the upstream; the answer is there with its head.
Send = Callable[[Asked], Awaitable[Answer]]

#: What is done with one exchange. An object that keeps something may do it with several.
Habit = Callable[[Asked, Send], Awaitable[Answer]]


async def plainly(asked: Asked, send: Send) -> Answer:
    """Do nothing: every piece goes on as it comes."""
    return await send(asked)


async def sent(behind: Connection, asked: Asked, target: str, authority: str) -> Answer:
    """Send a request on a connection of its own, which the end of the pieces closes. Raises `Broken` without a head."""
    fields = [(name, value) for name, value in asked.headers if name.lower() not in _OF_ONE_HOP | {"host"}]
    length = (
        [("Content-Length", str(len(asked.body)))] if asked.body or asked.method in ("POST", "PUT", "PATCH") else []
    )
    head = [f"{asked.method} {target} HTTP/{asked.version}", f"Host: {authority}"]
    head += [f"{name}: {value}" for name, value in (*fields, *length, ("Connection", "close"))]
    copy = ResponseCopy(asked.method)
    try:
        await behind.write("\r\n".join((*head, "", "")).encode("latin-1") + asked.body)
    except ConnectionResetError:
        raise Broken(Ended.RESET) from None
    pieces = _pieces(behind, copy)
    try:
        first = await anext(pieces)  # empty: the head has come
    except BaseException:
        behind.abort()
        raise
    assert copy.head is not None and not first  # noqa: S101 - see above
    return Answer(copy.head.status_code, headers_of(copy.head), pieces)


async def _pieces(behind: Connection, copy: ResponseCopy) -> AsyncIterator[bytes]:
    """Nothing once the head has come, then the body as it comes."""
    begun = False
    try:
        while not copy.complete:
            piece = await behind.read()
            if piece is None and behind.ended is End.RESET:
                raise Broken(Ended.RESET)
            try:
                told = copy.feed(b"" if piece is None else piece.data)
            except h11.RemoteProtocolError:
                raise Broken(Ended.SHORT) from None
            if copy.head is not None and not begun:
                begun = True
                yield b""
            if told.body:
                yield told.body
    finally:
        behind.abort()


async def write(front: Connection, asked: Asked, answer: Answer, *, knows_chunks: bool) -> bool:
    """Write an answer as its pieces come; whether the connection can go on. Raises ConnectionResetError, `Broken`."""
    bare = asked.method == "HEAD" or answer.status in _WITHOUT_BODY
    chunked = not bare and knows_chunks and answer.version == "1.1"
    closes = not bare and not chunked
    fields = [(name, value) for name, value in answer.headers if name.lower() not in _OF_ONE_HOP]
    fields += [("Transfer-Encoding", "chunked")] if chunked else []
    fields += [("Connection", "close")] if closes else []
    lines = [f"HTTP/{answer.version} {answer.status} {_reason(answer.status)}", *(f"{n}: {v}" for n, v in fields)]
    await front.write("\r\n".join((*lines, "", "")).encode("latin-1"))
    async for piece in answer.pieces:
        if piece and not bare:
            await front.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
    if chunked:
        await front.write(b"0\r\n\r\n")
    return not closes


async def handled(front: Connection, asked: Asked, habit: Habit, send: Send, *, knows_chunks: bool) -> bool:
    """Let a habit have its way with one exchange; whether the connection can go on. It ends where the client leaves."""
    try:
        answer = await habit(asked, send)
        return await write(front, asked, answer, knows_chunks=knows_chunks)
    except Broken as broken:
        if broken.ended is Ended.RESET:
            await front.reset()
        else:
            front.finish()
    except ConnectionResetError:
        pass
    return False


async def until_gone(front: Connection, exchange: Awaitable[bool]) -> bool:
    """An exchange, ended where the client leaves before it is over."""
    under_way, leaving = asyncio.ensure_future(exchange), asyncio.ensure_future(front.gone())
    try:
        await asyncio.wait({under_way, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return under_way.result() if under_way.done() else False
    finally:
        under_way.cancel()
        leaving.cancel()
        await asyncio.gather(under_way, leaving, return_exceptions=True)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
