"""What happens on the sockets: framing, keeping alive, hostile requests, and what closing leaves behind."""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import socket
import struct
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import httpx
import pytest

from conformance.errors import UsageError
from conformance.mock import http_reader, server
from conformance.mock.http_reader import BODY_LIMIT, HEAD_LIMIT
from conformance.mock.own_hosts import OwnHosts
from conformance.mock.server import Mock, serve
from conformance.tests.mock.conftest import BETA, Client
from conformance.tests.pace import limit

GET = b"GET /v1/assistants HTTP/1.1\r\nHost: localhost\r\nOpenAI-Beta: assistants=v2\r\n\r\n"


def address(mock: Mock) -> tuple[str, int]:
    host, port = mock.origin.removeprefix("http://").split(":")
    return host, int(port)


@contextlib.contextmanager
def connected(mock: Mock) -> Iterator[socket.socket]:
    with socket.create_connection(address(mock), timeout=limit()) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """All bytes until the other side ends, a reset counted as an end."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(65536):
            received += data
    return received


def one_answer(connection: socket.socket) -> bytes:
    """The head and body of the next answer of a known length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0] or b"0")
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def still_serves(mock: Mock) -> bool:
    return httpx.post(f"{mock.base_url}/threads", json={}, headers=BETA, verify=False).status_code == 200


def test_every_event_is_one_chunk(client: Client) -> None:
    client.wait()
    with Mock() as mock:
        made = Client(mock.base_url)
        run = made.wait()
        made.http.close()
        ids = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
        body = json.dumps({"stream": True, "tool_outputs": [{"tool_call_id": id_, "output": "x"} for id_ in ids]})
        head = f"POST /v1{made.path}/submit_tool_outputs HTTP/1.1\r\nHost: localhost\r\nOpenAI-Beta: assistants=v2\r\n"
        with connected(mock) as connection:
            request = f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            connection.sendall(request.encode())
            _, _, rest = everything(connection).partition(b"\r\n\r\n")
    chunks = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        chunks.append(rest[: int(size, 16)])
        assert rest[int(size, 16) :][:2] == b"\r\n"
        rest = rest[int(size, 16) + 2 :]
    assert chunks[-1] == b""
    assert all(chunk.startswith(b"event: ") and chunk.endswith(b"\n\n") for chunk in chunks[:-1])
    assert len(chunks) > 20


def test_a_client_of_http_1_0_gets_a_stream_that_ends_with_the_connection(mock: Mock, client: Client) -> None:
    assistant = client.post("/assistants", {"model": "m"})["id"]
    body = json.dumps({"assistant_id": assistant, "stream": True})
    head = f"POST /v1/threads/runs HTTP/1.0\r\nOpenAI-Beta: assistants=v2\r\nContent-Length: {len(body)}\r\n\r\n"
    with connected(mock) as connection:
        connection.sendall((head + body).encode())
        answer = everything(connection)
    assert b"Transfer-Encoding" not in answer
    assert b"\r\n\r\nevent: thread.created\n" in answer
    assert answer.endswith(b"event: done\ndata: [DONE]\n\n")


def test_a_connection_serves_request_after_request_also_pipelined_and_byte_by_byte(mock: Mock) -> None:
    with connected(mock) as connection:
        connection.sendall(GET * 3)
        for byte in GET:
            connection.sendall(bytes([byte]))
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection).count(b"HTTP/1.1 200 OK") == 4
    assert len(mock.requests) == 4


def test_a_chunked_request_and_one_that_waits_for_a_go_ahead_are_read(mock: Mock) -> None:
    head = b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nOpenAI-Beta: assistants=v2\r\n"
    with connected(mock) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
        assert one_answer(connection).startswith(b"HTTP/1.1 200 OK")
        connection.sendall(head + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert one_answer(connection) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert one_answer(connection).startswith(b"HTTP/1.1 200 OK")
    assert [recorded.request.body for recorded in mock.requests] == [b"{}", b"{}"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / FTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /v1/threads HTTP/1.1\r\n\r\n", 400),
        (b"GET /v1/th\x00reads HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 3 * HEAD_LIMIT + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * (HEAD_LIMIT // 2) + b"\r\n", 431),
        (b"GET /" + b"a" * 3 * HEAD_LIMIT, 431),
        (
            b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
            + b"x" * (BODY_LIMIT + 1),
            413,
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_read_is_refused_as_json_and_the_mock_goes_on(mock: Mock, sent: bytes, status: int) -> None:
    with connected(mock) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        head, _, body = everything(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in head
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert still_serves(mock)


@pytest.mark.parametrize("sent", [b"", b"GET /v1", GET], ids=["nothing", "half a line", "a request"])
@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_goes_away_is_no_error(mock: Mock, sent: bytes, reset: bool) -> None:
    for _ in range(5):
        with connected(mock) as connection:
            connection.sendall(sent)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert still_serves(mock)


def test_a_client_that_reads_nothing_holds_up_nobody(mock: Mock, client: Client) -> None:
    client.start()
    with connected(mock) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with contextlib.suppress(TimeoutError):
            connection.settimeout(0.2)
            connection.sendall(GET * 5000)
        assert still_serves(mock)
        assert client.settle()["status"] == "requires_action"


def test_a_request_that_dribbles_in_is_given_up(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_reader, "ARRIVAL_LIMIT", 0.05)
    monkeypatch.setattr(server, "_LEFTOVER_SECONDS", 0.05)
    with connected(mock) as connection:
        connection.sendall(b"GET /v1")
        assert everything(connection).startswith(b"HTTP/1.1 408 ")
    assert still_serves(mock)


def test_an_idle_connection_is_ended_in_the_end(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_reader, "IDLE_LIMIT", 0.05)
    with connected(mock) as connection:
        assert everything(connection) == b""


def test_more_connections_than_allowed_are_told_so(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTION_LIMIT", 3)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            connection = stack.enter_context(connected(mock))
            connection.sendall(GET)
            assert one_answer(connection).startswith(b"HTTP/1.1 200 OK")
        extra = stack.enter_context(connected(mock))
        extra.shutdown(socket.SHUT_WR)
        assert everything(extra).startswith(b"HTTP/1.1 503 ")
    assert still_serves(mock)


def test_an_idle_connection_makes_room_before_another_is_refused(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTION_LIMIT", 2)
    monkeypatch.setattr(server, "IDLE_ENOUGH", 0.0)
    with connected(mock) as idle, connected(mock) as half:
        for connection in (idle, half):
            connection.sendall(GET)
            assert one_answer(connection).startswith(b"HTTP/1.1 200 OK")
        half.sendall(b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        with connected(mock) as extra:
            extra.sendall(GET)
            assert one_answer(extra).startswith(b"HTTP/1.1 200 OK")
        assert everything(idle) == b""
        half.sendall(b"        ")
        assert one_answer(half).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:1", 200), ("api.localhost", 200), ("127.0.0.1:80", 200), ("[::1]:80", 200),
        ("mock.test:80", 200), ("evil.example", 421), ("evil.example:80", 421), ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421), ("10.0.0.7", 421), ("", 421), ("[::1].evil.example", 421),
    ],
)  # fmt: skip
def test_only_hosts_of_its_own_are_served(host: str, status: int) -> None:
    with Mock(names=["mock.test"]) as mock, connected(mock) as connection:
        connection.sendall(GET.replace(b"localhost", host.encode()))
        assert one_answer(connection).startswith(b"HTTP/1.1 %d " % status)
        assert len(mock.requests) == 1


def test_a_mock_that_listens_everywhere_is_asked_by_any_address_and_by_no_name() -> None:
    everywhere = OwnHosts("0.0.0.0")
    assert everywhere.stranger((("Host", "192.168.0.7:8080"),)) is None
    assert everywhere.stranger((("Host", "[fe80::1]"),)) is None
    assert everywhere.stranger((("host", "evil.example"),)) == "evil.example"
    assert everywhere.stranger(()) is None


def test_a_mock_ends_at_once_and_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mock = Mock()
        with connected(mock) as idle, connected(mock) as half:
            half.sendall(b"POST /v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
            assert still_serves(mock)
            mock.close()
            assert everything(idle) == b""
            assert everything(half) == b""
        mock.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address(mock), timeout=limit())
        gc.collect()
    assert set(threading.enumerate()) == before


def test_a_slip_of_the_mock_is_a_500_and_does_not_end_it(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def slips(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("conformance.reference.api.routes.find", slips)
    answer = httpx.post(f"{mock.base_url}/threads", json={}, headers=BETA, verify=False)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    assert still_serves(mock)


def test_an_address_that_is_taken_is_told_in_one_message(mock: Mock) -> None:
    _, port = address(mock)
    before = set(threading.enumerate())
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
        Mock(port=port)
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
        serve(print, port=port)
    assert set(threading.enumerate()) == before


def test_the_foreground_serves_until_it_is_interrupted() -> None:
    program = "from conformance.mock.server import serve; serve(lambda url: print(url, flush=True))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        url = process.stdout.readline().decode().strip()
        assert httpx.post(f"{url}/threads", json={}, headers=BETA, verify=False).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(limit()) == 0
        assert process.stderr.read() == b""


def test_many_mocks_live_side_by_side() -> None:
    with contextlib.ExitStack() as stack:
        mocks = [stack.enter_context(Mock()) for _ in range(5)]
        assert len({mock.base_url for mock in mocks}) == 5
        assert all(mock.base_url.endswith("/v1") and still_serves(mock) for mock in mocks)
