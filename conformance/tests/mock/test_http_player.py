"""A planned answer is played piece by piece, when it is due, and ends as planned."""

from __future__ import annotations

import asyncio
import selectors
from contextlib import closing
from dataclasses import replace

import pytest

from conformance.mock.http_player import play
from conformance.model import Author, Chunk, Ended, Response
from conformance.tests.pace import limit, short

CHUNKED = (("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked"))
SIZED = (("Content-Length", "6"),)
PLAN = Response(Author.HARNESS, 200, CHUNKED, (Chunk(0, b"one"), Chunk(0, b"two")), Ended.COMPLETE, 0)


def played(plan: Response, *, patience: float | None = None) -> tuple[bytes, str]:
    """Play to a client on loopback; return what it got and how it ended."""

    async def main() -> tuple[bytes, str]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            now = asyncio.get_running_loop().time()
            await play(plan, writer, began=now, in_chunks=True, last=False, left=reader.read)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        received, end = b"", "closed"
        try:
            async with asyncio.timeout(patience or limit()):
                while data := await reader.read(65536):
                    received += data
        except ConnectionResetError:
            end = "reset"
        except TimeoutError:
            end = "open"
        writer.close()
        server.close()
        await asyncio.sleep(0.01)
        return received, end

    return asyncio.run(main())


def body(received: bytes) -> bytes:
    return received.partition(b"\r\n\r\n")[2]


def test_a_complete_body_is_chunked_and_ended() -> None:
    received, end = played(PLAN)
    assert received.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n")
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", "closed")


def test_without_chunked_coding_the_pieces_are_the_body() -> None:
    received, _ = played(replace(PLAN, headers=SIZED))
    assert body(received) == b"onetwo"


def test_an_empty_piece_does_not_end_the_body() -> None:
    received, _ = played(replace(PLAN, chunks=(Chunk(0, b""), Chunk(0, b"x"))))
    assert body(received) == b"1\r\nx\r\n0\r\n\r\n"


def test_a_status_without_a_name_is_played_too() -> None:
    assert played(replace(PLAN, status=799))[0].startswith(b"HTTP/1.1 799 \r\n")


def test_a_short_body_lacks_its_end() -> None:
    received, end = played(replace(PLAN, ended=Ended.SHORT))
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n", "closed")


def test_a_reset_comes_after_what_was_said() -> None:
    received, end = played(replace(PLAN, ended=Ended.RESET, ended_ms=30))
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n", "reset")


@pytest.mark.parametrize("ended", [Ended.TIMEOUT, Ended.ABORTED])
def test_silence_lasts_until_the_other_side_has_had_enough(ended: Ended) -> None:
    received, end = played(replace(PLAN, ended=ended), patience=short())
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n", "open")


class Jump(selectors.DefaultSelector):
    """Does not wait for a time to come: moves the clock there."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class Written(list[tuple[int, bytes]]):
    """Takes the place of a connection and of its transport: what was written, and at which millisecond."""

    @property
    def transport(self) -> Written:
        return self

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.append((round(asyncio.get_running_loop().time() * 1000), data))

    async def drain(self) -> None:
        """Everything is taken at once."""


def test_pieces_come_when_they_are_due() -> None:
    plan = replace(PLAN, chunks=(Chunk(40, b"one"), Chunk(90, b"two")), ended_ms=90)
    selector, written = Jump(), Written()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    with closing(loop):
        loop.run_until_complete(
            play(plan, written, began=0, in_chunks=True, last=False, left=asyncio.Event().wait)  # type: ignore[arg-type]
        )
    assert [(ms, data[:6]) for ms, data in written] == [
        (0, b"HTTP/1"),
        (40, b"3\r\none"),
        (90, b"3\r\ntwo"),
        (90, b"0\r\n\r\n"),
    ]
