"""Whatever a server does, an exchange ends: in time, in size, and with what happened told."""

from __future__ import annotations

import gzip
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from conformance.model import Chunk, Ended, Operation
from conformance.targets.http import Wire
from conformance.targets.session import Ask, NoConnection, Sent
from conformance.targets.settings import Settings
from conformance.tests.pace import limit, short
from conformance.tests.targets.servers import RawServer, answer

SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = SSE + b"Transfer-Encoding: chunked\r\n\r\n"
SILENT = f"no answer within {short():g} s"
ASK = Ask(Operation.SUBMIT, "POST", "/threads/t/runs/r/submit_tool_outputs", b"{}", streamed=True)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def exchanged(handler: Callable[[socket.socket, bytes], None], **settings: float) -> Sent:
    limits = {"timeout": limit(), "linger": short(), "max_bytes": 100_000} | settings
    with RawServer(handler) as server:
        wire = Wire(Settings(server.base_url, **limits))  # type: ignore[arg-type]
        try:
            return wire.send(ASK)
        finally:
            wire.close()


def drip(start: bytes, piece: bytes, pause: float) -> Callable[[socket.socket, bytes], None]:
    """Send `start`, then `piece` for ever, or until the other side has gone."""

    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(start)
        with suppress(OSError):
            for _ in range(100_000):
                connection.sendall(piece)
                time.sleep(pause)

    return handler


def once(data: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, request: connection.sendall(data)


def reset(data: bytes) -> Callable[[socket.socket, bytes], None]:
    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return handler


def then_wait(data: bytes) -> Callable[[socket.socket, bytes], None]:
    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        connection.recv(1)

    return handler


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        pytest.param(then_wait(b""), SILENT, id="silence"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX: ", b"a", 0.02), SILENT, id="dripped headers"),
        pytest.param(drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", short() / 100), SILENT, id="slow 1xx"),
        pytest.param(drip(b"", b"HTTP/1.1 103 Hints\r\n\r\n", 0), "no answer within 10000 bytes", id="flood of 1xx"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100, 0), "no answer within 10000 bytes", id="headers"),
        pytest.param(once(b""), "the connection was closed without an answer", id="closed"),
        pytest.param(once(b"SSH-2.0-OpenSSH\r\n\r\n"), "the answer is not HTTP", id="another protocol"),
    ],
)
def test_without_a_status_line_there_is_no_response_but_a_reason(
    handler: Callable[[socket.socket, bytes], None], failure: str
) -> None:
    timed = failure == SILENT
    sent = exchanged(handler, max_bytes=10_000, timeout=short() if timed else limit())
    assert sent.exchange.response is None
    assert failure in str(sent.exchange.failure)
    assert sent.stalled == timed


@pytest.mark.parametrize(
    ("handler", "ended", "stalled"),
    [
        pytest.param(drip(CHUNKED, chunk(b":\n\n"), 0.02), Ended.TIMEOUT, True, id="dripped chunks"),
        pytest.param(drip(CHUNKED, chunk(b": " + b"x" * 1000), 0), Ended.ABORTED, False, id="flood of chunks"),
        pytest.param(drip(SSE + b"\r\n", b"x" * 4096, 0), Ended.ABORTED, False, id="one endless line"),
        pytest.param(then_wait(CHUNKED + chunk(b"data: x\n\n")), Ended.TIMEOUT, True, id="left open"),
        pytest.param(once(CHUNKED + chunk(b"data: x\n\n")), Ended.SHORT, False, id="last chunk missing"),
        pytest.param(once(SSE + b"Content-Length: 99\r\n\r\ndata"), Ended.SHORT, False, id="short content-length"),
        pytest.param(once(CHUNKED + b"zz\r\nno hex\r\n"), Ended.RESET, False, id="wrong chunking"),
        pytest.param(reset(CHUNKED + chunk(b"data: x\n\n")), Ended.RESET, False, id="reset"),
        pytest.param(once(CHUNKED + chunk(b"data: x\n\n") + b"0\r\n\r\n"), Ended.COMPLETE, False, id="complete"),
        pytest.param(once(SSE + b"\r\ndata: x\n\n"), Ended.COMPLETE, False, id="ended by closing"),
    ],
)
def test_how_a_body_ended_is_told_apart(
    handler: Callable[[socket.socket, bytes], None], ended: Ended, stalled: bool
) -> None:
    sent = exchanged(handler, timeout=short() if stalled else limit())
    assert sent.exchange.response is not None
    assert (sent.exchange.response.ended, sent.stalled) == (ended, stalled)


def test_after_the_last_done_the_body_gets_little_time_to_end_and_what_comes_is_kept() -> None:
    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(CHUNKED)
        for piece in (b"event: done\ndata: [DO", b"NE]\n\n", b": after\n\n", b"event: done\ndata: [DONE]\n\n"):
            connection.sendall(chunk(piece))
            time.sleep(0.05)
        connection.recv(1)

    sent = exchanged(handler)
    assert sent.exchange.response is not None
    assert sent.exchange.response.ended is Ended.TIMEOUT
    assert not sent.stalled
    assert body(sent).count(b"[DONE]") == 2


def test_a_done_that_is_quoted_inside_an_event_ends_nothing() -> None:
    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(CHUNKED + chunk(b'data: {"text": "say\\ndata: [DONE]"}\n\n'))
        time.sleep(0.2)
        connection.sendall(chunk(b"data: more\n\n") + b"0\r\n\r\n")

    sent = exchanged(handler, linger=0.05)
    assert sent.exchange.response is not None
    assert sent.exchange.response.ended is Ended.COMPLETE
    assert body(sent).endswith(b"data: more\n\n")


def test_a_status_that_http_does_not_have_is_no_answer() -> None:
    sent = exchanged(once(answer(600, b"")))
    assert (sent.exchange.response, sent.exchange.failure) == (None, "the answer is not HTTP: its status is 600")
    kept = exchanged(once(answer(599, b""))).exchange.response
    assert kept is not None
    assert kept.status == 599


def test_a_gzip_body_is_decoded_and_a_bomb_is_cut() -> None:
    small, bomb = gzip.compress(b'{"id":"run_1"}'), gzip.compress(b"a" * 50_000_000)
    kept = exchanged(once(answer(200, small, "Content-Encoding: gzip")))
    assert body(kept) == b'{"id":"run_1"}'
    cut = exchanged(once(answer(200, bomb, "Content-Encoding: gzip")))
    assert cut.exchange.response is not None
    assert cut.exchange.response.ended is Ended.ABORTED
    assert len(body(cut)) <= 100_000
    torn = exchanged(once(answer(200, small[:-9], "Content-Encoding: gzip")))
    assert torn.exchange.response is not None
    assert torn.exchange.response.ended is Ended.SHORT


def test_chunks_carry_their_time_and_tiny_ones_do_not_pile_up() -> None:
    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(CHUNKED + b"".join(chunk(b"x") for _ in range(5000)))
        time.sleep(short())
        connection.sendall(chunk(b"late") + b"0\r\n\r\n")

    sent = exchanged(handler)
    assert sent.exchange.response is not None
    chunks = sent.exchange.response.chunks
    assert b"".join(c.data for c in chunks) == b"x" * 5000 + b"late"
    assert len(chunks) < 500
    assert chunks[-1].data == b"late"
    assert chunks[-1].ms - chunks[0].ms >= 100
    assert [c.ms for c in chunks] == sorted(c.ms for c in chunks)
    assert sent.exchange.response.ended_ms >= chunks[-1].ms


def test_a_redirect_is_recorded_and_the_key_stays() -> None:
    with RawServer(once(answer(200, {}))) as other:
        location = f"Location: {other.base_url}/elsewhere"
        with RawServer(once(answer(307, b"", location))) as server:
            wire = Wire(Settings(server.base_url, api_key="sk-canary-key", timeout=limit()))
            sent = wire.send(ASK)
            wire.close()
    assert sent.exchange.response is not None
    assert sent.exchange.response.status == 307
    assert b"sk-canary-key" in server.requests[0]
    assert other.connections == 0


def test_a_port_where_nobody_listens_is_no_exchange() -> None:
    with RawServer(once(b"")) as server:
        url = server.base_url
    wire = Wire(Settings(url, timeout=limit()))
    with pytest.raises(NoConnection, match="refused"):
        wire.send(ASK)
    wire.close()


def test_a_body_that_nobody_reads_does_not_hold_us_up() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    port = listener.getsockname()[1]
    wire = Wire(Settings(f"http://127.0.0.1:{port}", timeout=short()))
    sent = wire.send(Ask(Operation.SUBMIT, "POST", "/x", b"x" * 20_000_000))
    wire.close()
    listener.close()
    assert sent.exchange.response is None
    assert sent.stalled


def body(sent: Sent) -> bytes:
    chunks: tuple[Chunk, ...] = sent.exchange.response.chunks if sent.exchange.response else ()
    return b"".join(c.data for c in chunks)
