"""An allowance for one exchange, absolute in time and size, enforced at the socket.

The timeouts of HTTP clients bound each read, so dripped header bytes or endless interim responses run for ever. Here
every wait on the network lasts at most what is left of the exchange, and every byte that arrives is counted.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpcore

#: What one write hands to the socket: fits its buffer, so that it is a single wait.
_WRITE_BYTES = 16 * 1024


class OverBudget(Exception):
    """More bytes came than an exchange may take."""


class Allowance:
    """The time and the bytes that are left for one exchange; the clock starts at once."""

    def __init__(self, seconds: float, max_bytes: int) -> None:
        self.began = time.perf_counter()
        #: The peer closed its side.
        self.closed = False
        self._until = self.began + seconds
        self._end = self._until
        self._bytes = max_bytes
        self._decoded = max_bytes

    def ms(self) -> int:
        """Milliseconds since the exchange began."""
        return int((time.perf_counter() - self.began) * 1000)

    def left(self) -> float:
        """Seconds that are left; raises httpcore.ReadTimeout when there are none."""
        left = self._until - time.perf_counter()
        if left <= 0:
            raise httpcore.ReadTimeout("the time of the exchange is over")
        return left

    def shorten(self, seconds: float) -> None:
        """Allow at most `seconds` from now, and never more than at the start."""
        self._until = min(self._end, time.perf_counter() + seconds)

    def received(self, count: int) -> None:
        """Count bytes as they came from the network; raises OverBudget."""
        self._bytes -= count
        if self._bytes < 0:
            raise OverBudget

    def decoded(self, count: int) -> None:
        """Count bytes of the body after its content coding; raises OverBudget."""
        self._decoded -= count
        if self._decoded < 0:
            raise OverBudget

    @contextmanager
    def spent_here(self) -> Iterator[Allowance]:
        """Charge everything that this thread does on the network to this allowance."""
        token = _CURRENT.set(self)
        try:
            yield self
        finally:
            _CURRENT.reset(token)


_CURRENT: ContextVar[Allowance] = ContextVar("allowance")


class BoundedStream(httpcore.NetworkStream):
    """A connection whose every wait and byte is charged to the current allowance."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 the allowance decides
        """Read what has come, at most `max_bytes`."""
        allowance = _CURRENT.get()
        data = self._inner.read(max_bytes, allowance.left())
        allowance.closed = not data
        allowance.received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Write all of `buffer`."""
        allowance = _CURRENT.get()
        for start in range(0, len(buffer), _WRITE_BYTES):
            self._inner.write(buffer[start : start + _WRITE_BYTES], allowance.left())

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Go on encrypted."""
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, _CURRENT.get().left()))

    def get_extra_info(self, info: str) -> object:
        """Facts about the connection, as httpcore names them."""
        return self._inner.get_extra_info(info)


class BoundedBackend(httpcore.NetworkBackend):
    """Opens connections within the current allowance."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        left = _CURRENT.get().left()
        return BoundedStream(self._inner.connect_tcp(host, port, left, local_address, socket_options))
