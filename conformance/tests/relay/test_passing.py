"""Bytes pass as they are and as they come, and each side sees how the other one ends."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from conformance.model import Ended
from conformance.relay.connection import HELD, Connection
from conformance.relay.passed import Room
from conformance.tests.pace import limit
from conformance.tests.relay.sockets import GET, NO_LINGER, connected, received, relayed

CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-TYPE:  text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answering(*pieces: bytes):
    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        for piece in pieces:
            connection.sendall(piece)

    return serve


def asked(relay, request: bytes = GET) -> bytes:
    with connected(relay) as client:
        client.sendall(request)
        return received(client)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    connection.close()


def test_an_answer_passes_byte_for_byte() -> None:
    odd = CHUNKED + b'3;ext="x"\r\nabc\r\n000002\r\nde\r\n0\r\nTrailer: yes\r\n\r\n'
    with relayed(answering(odd)) as (relay, passed):
        assert asked(relay) == odd
    (only,) = passed
    assert b"".join(piece.data for piece in only.pieces) == b"abcde"
    assert (only.status, only.ended, only.method) == (200, Ended.COMPLETE, "GET")
    assert ("content-TYPE", "text/event-stream") in only.answer_headers


def test_a_piece_passes_before_the_next_one_is_sent() -> None:
    seen = threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        assert seen.wait(limit())
        connection.sendall(b"3\r\ntwo\r\n0\r\n\r\n")

    with relayed(serve) as (relay, passed), connected(relay) as client:
        client.sendall(GET)
        assert received(client, b"one\r\n").endswith(b"one\r\n")
        seen.set()
        assert received(client, b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"
    assert all(piece.taken_ms >= piece.came_ms for piece in passed[0].pieces)


def test_an_upload_passes_byte_for_byte_but_for_its_head() -> None:
    got = []

    def serve(connection: socket.socket) -> None:
        got.append(received(connection, b"0\r\nSum: 1\r\n\r\n"))
        connection.sendall(PLAIN)

    body = b"5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nSum: 1\r\n\r\n"
    request = (
        b"POST /v1/files?a=%20 HTTP/1.1\r\nHOST: me\r\nX-Odd:   two  words\r\ntransfer-encoding: chunked\r\n\r\n" + body
    )
    with relayed(serve) as (relay, passed), connected(relay) as client:
        for at in range(0, len(request), 7):
            client.sendall(request[at : at + 7])
        assert received(client, b"ok") == PLAIN
    head, _, rest = got[0].partition(b"\r\n\r\n")
    assert rest == body
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /v1/files?a=%20 HTTP/1.1"
    assert lines[1].startswith(b"Host: 127.0.0.1:")
    assert lines[2:] == [b"X-Odd:   two  words", b"transfer-encoding: chunked"]
    assert passed[0].body == b"hello!"


@pytest.mark.parametrize(
    "cut", [CHUNKED + b"9\r\nbroken", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbroken", CHUNKED]
)
def test_a_short_body_stays_short(cut: bytes) -> None:
    with relayed(answering(cut)) as (relay, passed):
        assert asked(relay) == cut
    assert passed[0].ended is Ended.SHORT


def test_a_body_that_ends_with_its_connection_is_whole() -> None:
    with relayed(answering(b"HTTP/1.0 200 OK\r\n\r\nall of it")) as (relay, passed):
        assert asked(relay) == b"HTTP/1.0 200 OK\r\n\r\nall of it"
    assert passed[0].ended is Ended.COMPLETE


@pytest.mark.parametrize("before", [b"", CHUNKED, CHUNKED + b"5\r\nhello\r\n"])
def test_a_reset_stays_a_reset(before: bytes) -> None:
    taken = threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(before)
        assert not before or taken.wait(limit())
        reset(connection)

    with relayed(serve) as (relay, passed), connected(relay) as client:
        client.sendall(GET)
        if before:
            assert received(client, before) == before
            taken.set()
        with pytest.raises(ConnectionResetError):
            received(client)
    assert (passed[0].ended, passed[0].status) == (Ended.RESET, 200 if before else None)
    assert bool(passed[0].failure) is not bool(before)


def test_a_client_that_closes_is_seen_upstream() -> None:
    saw = threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        if not connection.recv(1):
            saw.set()

    with relayed(serve) as (relay, passed):
        with connected(relay) as client:
            client.sendall(GET)
            received(client, b"one\r\n")
        assert saw.wait(limit())
    assert passed[0].ended is Ended.ABORTED


def test_a_client_that_resets_is_seen_upstream() -> None:
    saw = threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        try:
            connection.recv(1)
        except ConnectionResetError:
            saw.set()

    with relayed(serve) as (relay, passed):
        with connected(relay) as client:
            client.sendall(GET)
            received(client, b"one\r\n")
            reset(client)
        assert saw.wait(limit())
    assert passed[0].ended is Ended.ABORTED


def test_a_client_that_has_said_everything_may_still_read() -> None:
    def serve(connection: socket.socket) -> None:
        received(connection)
        connection.sendall(PLAIN)

    with relayed(serve) as (relay, passed), connected(relay) as client:
        client.sendall(GET)
        client.shutdown(socket.SHUT_WR)
        assert received(client) == PLAIN
    assert passed[0].ended is Ended.COMPLETE


def test_requests_that_are_sent_ahead_are_answered_in_order() -> None:
    def serve(connection: socket.socket) -> None:
        for number in range(3):
            request = received(connection, b"\r\n\r\n")
            assert request.count(b"HTTP/1.1\r\n") == 1
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)

    with relayed(serve) as (relay, passed), connected(relay) as client:
        client.sendall(GET * 3)
        got = received(client)
    assert [got[at - 1 : at] for at in (39, 78, 117)] == [b"0", b"1", b"2"]
    assert len(passed) == 3


def test_interim_answers_pass_and_let_the_body_come() -> None:
    def serve(connection: socket.socket) -> None:
        assert b"Expect: 100-continue" in received(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        assert received(connection, b"body") == b"body"
        connection.sendall(PLAIN)

    with relayed(serve) as (relay, passed), connected(relay) as client:
        client.sendall(b"POST /v1/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert received(client, b"Continue\r\n\r\n").startswith(b"HTTP/1.1 103")
        client.sendall(b"body")
        assert received(client, b"ok") == PLAIN
    assert (passed[0].status, bytes(passed[0].body)) == (200, b"body")


def test_an_early_refusal_of_an_upload_passes() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with relayed(answering(refusal)) as (relay, passed), connected(relay) as client:
        client.sendall(b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\nbegin")
        assert received(client, b"\r\n\r\n") == refusal
    assert passed[0].status == 413


@pytest.mark.parametrize("reset_after", [False, True])
@pytest.mark.parametrize("body", [b"", b"begin"])
def test_an_upstream_that_ends_before_it_has_the_whole_upload_is_seen(body: bytes, reset_after: bool) -> None:
    taken = threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n" + body)
        connection.sendall(PLAIN)
        assert taken.wait(limit())
        if reset_after:
            reset(connection)

    with relayed(serve) as (relay, passed), connected(relay) as client:
        head = b"POST /v1/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 400000\r\n\r\n"
        client.sendall(head + body)
        assert received(client, b"ok") == PLAIN
        taken.set()
        if reset_after:
            with pytest.raises(ConnectionResetError):
                received(client)
        else:
            assert received(client) == b""
    assert (passed[0].status, passed[0].ended) == (200, Ended.COMPLETE)


def test_an_empty_line_before_a_request_is_passed_over() -> None:
    def serve(connection: socket.socket) -> None:
        for _ in range(2):
            assert received(connection, b"\r\n\r\n").startswith(b"GET ")
            connection.sendall(PLAIN)

    with relayed(serve) as (relay, passed), connected(relay) as client:
        for before in (b"", b"\r\n"):
            client.sendall(before + GET)
            assert received(client, b"ok") == PLAIN
    assert len(passed) == 2


def test_what_an_upstream_says_before_it_ends_an_idle_connection_passes() -> None:
    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    idle = threading.Event()

    def serve(connection: socket.socket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(PLAIN)
        assert idle.wait(limit())
        connection.sendall(late)

    with relayed(serve) as (relay, _), connected(relay) as client:
        client.sendall(GET)
        assert received(client, b"ok") == PLAIN
        idle.set()
        assert received(client) == late


def test_who_sends_single_bytes_waits_long_before_as_many_are_held() -> None:
    class Sender(asyncio.Transport):
        paused = False

        def pause_reading(self) -> None:
            self.paused = True

    async def filled() -> int:
        sender = Sender()
        connection = Connection()
        connection._transport = sender
        count = 0
        while not sender.paused:
            connection.get_buffer(1)[:1] = b"x"
            connection.buffer_updated(1)
            count += 1
        return count

    assert asyncio.run(filled()) < HELD / 100


def test_an_answer_to_head_has_no_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        for _ in range(2):
            received(connection, b"\r\n\r\n")
            connection.sendall(head)

    with relayed(serve) as (relay, passed), connected(relay) as client:
        for _ in range(2):
            client.sendall(GET.replace(b"GET", b"HEAD"))
            assert received(client, b"\r\n\r\n") == head
    assert [each.ended for each in passed] == [Ended.COMPLETE] * 2


@pytest.mark.parametrize(
    "broken",
    [CHUNKED + b"zz\r\nno chunk\r\n", b"HTP/1.1 200 OK\r\n\r\nnonsense", PLAIN + b"and more than the answer"],
)
def test_what_is_no_http_passes_all_the_same(broken: bytes) -> None:
    with relayed(answering(broken)) as (relay, _):
        assert asked(relay) == broken


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), b"501"),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", b"501"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"505"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000, b"431"),
    ],
)
def test_what_cannot_be_passed_on_is_refused_by_name(request_bytes: bytes, status: bytes) -> None:
    with relayed(answering(PLAIN)) as (relay, passed):
        got = asked(relay, request_bytes)
    assert got.startswith(b"HTTP/1.1 " + status)
    assert b"conformance proxy: " in got
    assert not passed


def test_an_offer_of_http_2_is_not_taken_up() -> None:
    offer = b"\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEA\r\n\r\n"
    got = []

    def serve(connection: socket.socket) -> None:
        got.append(received(connection, b"\r\n\r\n"))
        connection.sendall(PLAIN)

    with relayed(serve) as (relay, _):
        assert asked(relay, GET.replace(b"\r\n\r\n", offer)) == PLAIN
    assert b"pgrade" not in got[0]
    assert b"HTTP2" not in got[0]


def test_nobody_upstream_is_said_by_the_relay() -> None:
    with relayed(answering()) as (relay, passed):
        relay._upstream = relay._upstream._replace(port=1)
        got = asked(relay)
    assert got.startswith(b"HTTP/1.1 502 ")
    assert (relay.unreached, passed) == (1, [])


def test_a_client_that_does_not_read_stalls_its_upstream_and_nobody_else() -> None:
    stalled, piece = threading.Event(), bytes(65536)

    def flood(connection: socket.socket) -> None:
        connection.settimeout(0.2)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        with connection:
            try:
                for _ in range(4000):
                    connection.sendall(b"10000\r\n" + piece + b"\r\n")
            except TimeoutError:
                stalled.set()

    def serve(connection: socket.socket) -> None:
        if b"/flood" in received(connection, b"\r\n\r\n"):
            connection.sendall(CHUNKED)
            flooding = threading.Thread(target=flood, args=(connection.dup(),))
            flooding.start()
            threads.append(flooding)
        else:
            connection.sendall(PLAIN)

    threads: list[threading.Thread] = []
    room = Room(1024 * 1024)
    with relayed(serve, room=room) as (relay, passed), connected(relay) as greedy:
        greedy.sendall(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        assert stalled.wait(limit())
        with connected(relay) as other:
            other.sendall(GET)
            assert received(other, b"ok") == PLAIN
    for thread in threads:
        thread.join(limit())
    assert [each.dropped for each in passed if b"flood" in each.target.encode()] == [True]
    assert room.taken == 0 + sum(each.size for each in passed)
