"""A habit sees whole requests, asks the upstream as it likes, and answers piece by piece."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from conformance.model import Ended
from conformance.relay.habit import Answer, Asked, Broken, Send, plainly
from conformance.tests.pace import limit
from conformance.tests.relay.sockets import GET, connected, received, relayed
from conformance.tests.relay.test_passing import CHUNKED, PLAIN, answering, asked, reset

TWO = CHUNKED + b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def test_without_anything_to_do_pieces_go_on_as_they_come() -> None:
    seen = threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        assert seen.wait(limit())
        connection.sendall(b"3\r\ntwo\r\n0\r\n\r\n")

    with relayed(serve, plainly) as (relay, _), connected(relay) as client:
        client.sendall(GET)
        received(client, b"one\r\n")
        seen.set()
        assert received(client, b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"


def test_a_habit_changes_heads_and_pieces() -> None:
    got = []

    def serve(connection: socket.socket) -> None:
        got.append(received(connection, b"{}"))
        connection.sendall(TWO)

    async def shouts(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            yield piece.upper()

    async def habit(asked: Asked, send: Send) -> Answer:
        answer = await send(replace(asked, headers=(*asked.headers, ("X-Mine", "1"))))
        return Answer(203, (*answer.headers, ("X-Yours", "2")), shouts(answer.pieces))

    with relayed(serve, habit) as (relay, _), connected(relay) as client:
        client.sendall(b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
        answer = received(client, b"0\r\n\r\n")
    assert b"X-Mine: 1" in got[0]
    assert answer.startswith(b"HTTP/1.1 203 ")
    assert b"X-Yours: 2" in answer
    assert body_of(answer) == b"6\r\nONETWO\r\n0\r\n\r\n"  # they came at once


def test_a_habit_may_ask_twice() -> None:
    count = []

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        count.append(1)
        connection.sendall(PLAIN)

    async def twice(asked: Asked, send: Send) -> Answer:
        async for _ in (await send(asked)).pieces:
            pass
        return await send(asked)

    with relayed(serve, twice) as (relay, _), connected(relay) as client:
        client.sendall(GET)
        received(client, b"0\r\n\r\n")
    assert len(count) == 2


def test_a_break_passes_unless_a_habit_hides_it() -> None:
    async def hiding(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for piece in pieces:
                yield piece
        except Broken as broken:
            assert broken.ended is Ended.SHORT

    async def habit(asked: Asked, send: Send) -> Answer:
        answer = await send(asked)
        return replace(answer, pieces=hiding(answer.pieces))

    cut = CHUNKED + b"3\r\none\r\n"
    with relayed(answering(cut), plainly) as (relay, _):
        assert body_of(asked(relay)) == b"3\r\none\r\n"
    with relayed(answering(cut), habit) as (relay, _), connected(relay) as client:
        client.sendall(GET)
        assert body_of(received(client, b"0\r\n\r\n")) == b"3\r\none\r\n0\r\n\r\n"


def test_a_reset_passes_without_bytes() -> None:
    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        reset(connection)

    with relayed(serve, plainly) as (relay, _), connected(relay) as client:
        client.sendall(GET)
        with pytest.raises(ConnectionResetError):
            received(client)


def test_an_answer_of_http_1_0_ends_with_its_connection() -> None:
    async def old(asked: Asked, send: Send) -> Answer:
        return replace(await send(asked), version="1.0")

    with relayed(answering(TWO), old) as (relay, _):
        answer = asked(relay)
    assert answer.startswith(b"HTTP/1.0 200 ")
    assert body_of(answer) == b"onetwo"


def test_a_client_that_leaves_is_seen_upstream_and_by_the_habit() -> None:
    saw, cancelled = threading.Event(), threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        try:
            gone = not connection.recv(1)
        except ConnectionResetError:
            gone = True
        if gone:
            saw.set()

    async def habit(asked: Asked, send: Send) -> Answer:
        answer = await send(asked)

        async def pieces() -> AsyncIterator[bytes]:
            try:
                async for piece in answer.pieces:
                    yield piece
            except asyncio.CancelledError:
                cancelled.set()
                raise

        return replace(answer, pieces=pieces())

    with relayed(serve, habit) as (relay, _):
        with connected(relay) as client:
            client.sendall(GET)
            received(client, b"one\r\n")
        assert saw.wait(limit())
        assert cancelled.wait(limit())
