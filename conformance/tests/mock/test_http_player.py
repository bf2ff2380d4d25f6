"""A planned answer is played piece by piece, when it is due, and ends as planned."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from conformance.mock.http_player import play
from conformance.model import Author, Chunk, Ended, Response

CHUNKED = (("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked"))
SIZED = (("Content-Length", "6"),)
PLAN = Response(Author.HARNESS, 200, CHUNKED, (Chunk(0, b"one"), Chunk(0, b"two")), Ended.COMPLETE, 0)


def played(plan: Response, *, patience: float = 5.0) -> tuple[bytes, list[float], str]:
    """Play to a client on loopback; return what it got, the seconds at which it came, and how it ended."""

    async def main() -> tuple[bytes, list[float], str]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            now = asyncio.get_running_loop().time()
            await play(plan, writer, began=now, in_chunks=True, last=False, left=reader.read)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        received, times, end = b"", [], "closed"
        try:
            async with asyncio.timeout(patience):
                while data := await reader.read(65536):
                    received += data
                    times.append(time.perf_counter() - began)
        except ConnectionResetError:
            end = "reset"
        except TimeoutError:
            end = "open"
        writer.close()
        server.close()
        await asyncio.sleep(0.01)
        return received, times, end

    return asyncio.run(main())


def body(received: bytes) -> bytes:
    return received.partition(b"\r\n\r\n")[2]


def test_a_complete_body_is_chunked_and_ended() -> None:
    received, _, end = played(PLAN)
    assert received.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n")
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", "closed")


def test_without_chunked_coding_the_pieces_are_the_body() -> None:
    received, _, _ = played(replace(PLAN, headers=SIZED))
    assert body(received) == b"onetwo"


def test_an_empty_piece_does_not_end_the_body() -> None:
    received, _, _ = played(replace(PLAN, chunks=(Chunk(0, b""), Chunk(0, b"x"))))
    assert body(received) == b"1\r\nx\r\n0\r\n\r\n"


def test_a_status_without_a_name_is_played_too() -> None:
    assert played(replace(PLAN, status=799))[0].startswith(b"HTTP/1.1 799 \r\n")


def test_a_short_body_lacks_its_end() -> None:
    received, _, end = played(replace(PLAN, ended=Ended.SHORT))
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n", "closed")


def test_a_reset_comes_after_what_was_said() -> None:
    received, _, end = played(replace(PLAN, ended=Ended.RESET, ended_ms=30))
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n", "reset")


@pytest.mark.parametrize("ended", [Ended.TIMEOUT, Ended.ABORTED])
def test_silence_lasts_until_the_other_side_has_had_enough(ended: Ended) -> None:
    received, _, end = played(replace(PLAN, ended=ended), patience=0.1)
    assert (body(received), end) == (b"3\r\none\r\n3\r\ntwo\r\n", "open")


def test_pieces_come_when_they_are_due() -> None:
    received, times, _ = played(replace(PLAN, chunks=(Chunk(40, b"one"), Chunk(90, b"two")), ended_ms=90))
    assert body(received).startswith(b"3\r\none\r\n")
    assert times[0] < 0.035
    assert 0.04 <= times[1] < 0.085
    assert times[2] >= 0.09
