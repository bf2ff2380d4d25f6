"""Reads requests from a connection: h11 parses them, their bytes are kept as they arrived."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import h11

from conformance.model import Author, Request
from conformance.reference.refusals import Refused

#: Bytes of one read; h11 copies what it is fed, larger reads save nothing.
_READ = 64 * 1024

#: Bytes of a request's head, and one read more. Servers allow 8 to 16 KiB; a client should not fail here that works
#: there.
HEAD_LIMIT = 64 * 1024

#: Bytes of a body. One output may have 1,048,576 characters before it is refused for its length, and each may be
#: written as an escape of six bytes, or of twelve: longer bodies cannot hold anything the server would tell apart.
BODY_LIMIT = 16 * 1024 * 1024

#: Seconds in which a request must have arrived once it has begun; on loopback it takes milliseconds.
ARRIVAL_LIMIT = 30.0

#: Seconds a connection may lie idle. Clients keep connections open while their tools work, which may take minutes.
IDLE_LIMIT = 300.0


class Arrived(NamedTuple):
    """A request, and what its sender understands of HTTP."""

    request: Request
    #: Whether it may be answered in chunks: HTTP/1.0 knows none.
    knows_chunks: bool
    #: Whether it wants to go on using the connection.
    keeps_alive: bool


class RequestReader:
    """The requests of one connection, one after the other; pipelined ones wait their turn."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""
        #: Since when, on the loop's clock, nothing was asked on this connection; None while something is.
        self.idle_since: float | None = None

    def end(self) -> None:
        """Take it that the other side has nothing more to say."""
        self.idle_since = None
        self._reader.feed_eof()

    async def next(self) -> Arrived | None:
        """Return the next request; None where the other side has nothing more to say.

        Raises Refused for what is no HTTP, is too large or takes too long.
        """
        if not self._rest:
            self.idle_since = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(IDLE_LIMIT):
                    self._rest = await self._reader.read(_READ)
            except TimeoutError:
                return None
            finally:
                self.idle_since = None
        if not self._rest:
            return None
        try:
            async with asyncio.timeout(ARRIVAL_LIMIT):
                return await self._parse()
        except TimeoutError:
            raise Refused("slow", limit=f"{ARRIVAL_LIMIT:g}") from None
        except h11.RemoteProtocolError as problem:
            if problem.error_status_hint == 431:
                raise Refused("big-head", limit=HEAD_LIMIT) from None
            raise Refused("bad-http", reason=str(problem)) from None

    async def left(self) -> None:
        """Return once the other side has ended its half of the connection; what it still sends is kept."""
        while data := await self._reader.read(_READ):
            self._rest += data
            if len(self._rest) > BODY_LIMIT:
                raise ConnectionAbortedError(f"more than {BODY_LIMIT} bytes were sent ahead")

    async def _parse(self) -> Arrived:
        # Answers are written raw, so h11 never learns of them: each request gets a parser of its own.
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        parser.receive_data(self._rest)
        head: h11.Request | None = None
        body = bytearray()
        while True:
            match parser.next_event():
                case h11.NEED_DATA:
                    if parser.they_are_waiting_for_100_continue:
                        go_ahead = parser.send(
                            h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                        )
                        self._writer.write(go_ahead or b"")
                    # The end of the connection is passed to h11 as empty bytes: it knows what was cut short.
                    parser.receive_data(await self._reader.read(_READ))
                case h11.Request() as head:
                    pass
                case h11.Data(data=data):
                    body += data
                    if len(body) > BODY_LIMIT:
                        raise Refused("big-body", limit=BODY_LIMIT)
                case _:
                    break
        self._rest = parser.trailing_data[0]
        if head is None:
            raise Refused("bad-http", reason="it ends before its first line")
        return Arrived(
            _request(head, bytes(body)),
            knows_chunks=head.http_version >= b"1.1",
            keeps_alive=parser.their_state is not h11.MUST_CLOSE,
        )


def _request(head: h11.Request, body: bytes) -> Request:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items())
    return Request(Author.IMPLEMENTATION, head.method.decode("ascii"), head.target.decode("latin-1"), headers, body)
