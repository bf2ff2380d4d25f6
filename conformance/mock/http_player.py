"""Plays a planned answer on a connection: every piece when it is due, and the ending the plan asks for."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus

from conformance.mock.recorded import Played
from conformance.model import Ended, Headers, Response

#: Awaited before a piece of an answer, by its index.
Hold = Callable[[Response, int], Awaitable[None]]

#: Linger for no time: closing then resets the connection instead of ending it.
_NO_LINGER = struct.pack("ii", 1, 0)

#: Seconds in which the other side must take what was written; who stops reading for longer is gone.
TAKING_LIMIT = 60.0


async def play(
    response: Response,
    writer: asyncio.StreamWriter,
    *,
    began: float,
    in_chunks: bool,
    last: bool,
    left: Callable[[], Awaitable[object]],
    played: Played | None = None,
    hold: Hold | None = None,
) -> bool:
    """Write an answer and return whether the connection can go on.

    `began` is when the request arrived, on the loop's clock: pieces are due so many milliseconds after it. `in_chunks`
    is whether the other side knows chunked coding; without it the end of the connection ends the body. `last` asks for
    the connection to be closed. `left` returns once the other side has ended its half of it; that is asked only where
    nothing remains but to wait. `played` is told of every piece once it is written. `hold` is awaited before each
    piece. Raises OSError where the other side is gone.
    """
    chunked = in_chunks and _is_chunked(response.headers)
    closes = last or (_is_chunked(response.headers) and not chunked)
    writer.write(_head(response, chunked=chunked, closes=closes))
    told = Played() if played is None else played
    told.begin(response if chunked else replace(response, headers=unchunked(response.headers)))
    for index, chunk in enumerate(response.chunks):
        await _until(began, chunk.ms)
        if hold is not None:
            await hold(response, index)
        writer.write(_framed(chunk.data) if chunked else chunk.data)
        await _taken(writer)
        told.add(chunk.data, _ms_since(began))
    if await _gone_before(began, response.ended_ms, left):
        told.end(Ended.ABORTED, _ms_since(began))
        return False
    told.end(response.ended, _ms_since(began))
    match response.ended:
        case Ended.COMPLETE:
            if chunked:
                writer.write(b"0\r\n\r\n")
            await _taken(writer)
            return not closes
        case Ended.SHORT:
            return False
        case Ended.RESET:
            # What lies in the buffer would be lost with the reset, so the kernel gets it first.
            writer.transport.set_write_buffer_limits(high=0)
            await _taken(writer)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            writer.transport.abort()
            return False
        case Ended.TIMEOUT | Ended.ABORTED:
            # Silence until the other side has had enough, or the server is closed.
            await left()
            return False


def _ms_since(began: float) -> int:
    return round((asyncio.get_running_loop().time() - began) * 1000)


def _head(response: Response, *, chunked: bool, closes: bool) -> bytes:
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = ""
    headers = list(response.headers if chunked else unchunked(response.headers))
    headers.append(("Connection", "close" if closes else "keep-alive"))
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def unchunked(headers: Headers) -> Headers:
    """The fields of an answer whose body is not sent in chunks."""
    return tuple((name, value) for name, value in headers if name.lower() != "transfer-encoding")


def _is_chunked(headers: Headers) -> bool:
    return any(name.lower() == "transfer-encoding" and value.lower() == "chunked" for name, value in headers)


def _framed(piece: bytes) -> bytes:
    # An empty chunk would end the body.
    return b"%x\r\n%s\r\n" % (len(piece), piece) if piece else b""


async def _taken(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.get_write_buffer_size() and not writer.transport.is_closing():
        return
    async with asyncio.timeout(TAKING_LIMIT):
        await writer.drain()


async def _gone_before(began: float, ms: int, left: Callable[[], Awaitable[object]]) -> bool:
    """Wait until an end is due; whether the other side left before."""
    remaining = began + ms / 1000 - asyncio.get_running_loop().time()
    if not ms or remaining <= 0:
        return False
    try:
        async with asyncio.timeout(remaining):
            await left()
    except TimeoutError:
        return False
    return True


async def _until(began: float, ms: int) -> None:
    left = began + ms / 1000 - asyncio.get_running_loop().time()
    if ms and left > 0:
        await asyncio.sleep(left)
