"""An upstream that speaks TLS: bytes and ends pass as over a plain socket, and only a certificate that is trusted."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.model import Ended
from conformance.relay.head import Upstream
from conformance.relay.passed import Passed
from conformance.relay.relay import Relay
from conformance.tests.pace import limit
from conformance.tests.relay.sockets import GET, NO_LINGER, connected, received
from conformance.tests.relay.test_passing import CHUNKED

OPENSSL = shutil.which("openssl")

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl makes the certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 and its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    assert OPENSSL is not None
    subprocess.run([OPENSSL, *words.split(), *files], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


@contextmanager
def relayed(
    certificate: Path, serve: Callable[[ssl.SSLSocket], None], *, trusts: bool = True
) -> Iterator[tuple[Relay, list[Passed]]]:
    """A relay before a server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    passed: list[Passed] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            raw, _ = listener.accept()
            raw.settimeout(limit())
            with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as connection:
                serve(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        upstream = Upstream.at(f"https://127.0.0.1:{listener.getsockname()[1]}/v1")
        trusted = ssl.create_default_context(cafile=str(certificate) if trusts else None)
        with Relay(upstream, context=trusted, keeps=lambda *_: True, passed=passed.append) as relay:
            yield relay, passed
    finally:
        listener.close()
        thread.join(limit())
        assert not thread.is_alive()


def test_pieces_pass_as_they_come(certificate: Path) -> None:
    seen = threading.Event()

    def serve(connection: ssl.SSLSocket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        assert seen.wait(limit())
        connection.sendall(b"3\r\ntwo\r\n0\r\n\r\n")

    with relayed(certificate, serve) as (relay, passed), connected(relay) as client:
        client.sendall(GET)
        received(client, b"one\r\n")
        seen.set()
        assert received(client, b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"
    assert passed[0].ended is Ended.COMPLETE


@pytest.mark.parametrize("proper", [True, False])
def test_a_short_body_stays_short(certificate: Path, proper: bool) -> None:
    def serve(connection: ssl.SSLSocket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        if proper:
            connection.unwrap()

    with relayed(certificate, serve) as (relay, passed), connected(relay) as client:
        client.sendall(GET)
        assert received(client).endswith(b"one\r\n")
    assert passed[0].ended is Ended.SHORT


def test_a_reset_stays_a_reset(certificate: Path) -> None:
    taken = threading.Event()

    def serve(connection: ssl.SSLSocket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        assert taken.wait(limit())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)

    with relayed(certificate, serve) as (relay, passed), connected(relay) as client:
        client.sendall(GET)
        received(client, b"one\r\n")
        taken.set()
        with pytest.raises(ConnectionResetError):
            received(client)
    assert passed[0].ended is Ended.RESET


def test_a_client_that_leaves_is_seen_upstream(certificate: Path) -> None:
    saw = threading.Event()

    def serve(connection: ssl.SSLSocket) -> None:
        received(connection, b"\r\n\r\n")
        connection.sendall(CHUNKED + b"3\r\none\r\n")
        with contextlib.suppress(OSError):
            assert not connection.recv(1)
        saw.set()

    with relayed(certificate, serve) as (relay, passed):
        with connected(relay) as client:
            client.sendall(GET)
            received(client, b"one\r\n")
        assert saw.wait(limit())
    assert passed[0].ended is Ended.ABORTED


def test_a_certificate_that_is_not_trusted_is_no_upstream(certificate: Path) -> None:
    with relayed(certificate, lambda _: None, trusts=False) as (relay, passed), connected(relay) as client:
        client.sendall(GET)
        answer = received(client)
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"certificate" in answer.lower()
    assert not passed
