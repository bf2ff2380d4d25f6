"""Both ends of a relay as plain sockets: what one side writes byte by byte, and what the other one gets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conformance.relay.habit import Habit
from conformance.relay.head import Upstream
from conformance.relay.passed import Passed, Room
from conformance.relay.relay import Relay
from conformance.tests.pace import limit

#: Closing then resets.
NO_LINGER = struct.pack("ii", 1, 0)

GET = b"GET /v1/threads/thread_1/runs/run_1 HTTP/1.1\r\nHost: relay\r\n\r\n"


def received(connection: socket.socket, until: bytes | None = None) -> bytes:
    """What comes until some bytes are there, or until the other side ends it. Raises ConnectionResetError."""
    data = b""
    while until is None or until not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    return data


@contextmanager
def connected(relay: Relay) -> Iterator[socket.socket]:
    """A client's connection to a relay."""
    host, _, port = relay.origin.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=limit()) as client:
        yield client


@contextmanager
def relayed(
    serve: Callable[[socket.socket], None], habit: Habit | None = None, room: Room | None = None
) -> Iterator[tuple[Relay, list[Passed]]]:
    """A relay before a server that does what `serve` does with each of its connections, one after the other."""
    listener = socket.create_server(("127.0.0.1", 0))
    passed: list[Passed] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(limit())
                with connection, contextlib.suppress(OSError):
                    serve(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with Relay(Upstream.at(url), habit=habit, keeps=lambda *_: True, passed=passed.append, room=room) as relay:
            yield relay, passed
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(limit())
        assert not thread.is_alive()
