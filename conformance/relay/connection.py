"""One socket of the relay: what arrived waits with its time, up to a bound; what is written waits to be taken."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

#: Bytes that wait for the other side; then this side is no longer read, so that its sender has to wait, too.
HELD = 256 * 1024

#: What a piece takes in memory beside its bytes: who sends single bytes must not fill hundreds of times as much.
_OF_PIECE = 128

#: Bytes of one read: events are small, and two hundred streams have four hundred such places.
_READ = 32 * 1024

#: Linger for no time: closing then resets the connection instead of ending it.
_NO_LINGER = struct.pack("ii", 1, 0)

#: Seconds in which the kernel hands over what was written before a reset, and how often it is asked.
_HANDED_OVER = 1.0
_LOOK = 0.002


class End(Enum):
    """How the other side of a connection ended it."""

    CLOSED = "closed"
    RESET = "reset"


class Piece(NamedTuple):
    """Some bytes, and when they arrived on the clock of the event loop, in seconds."""

    at: float
    data: bytes

    @property
    def size(self) -> int:
        """What it takes in memory, in bytes."""
        return len(self.data) + _OF_PIECE


class Connection(asyncio.BufferedProtocol):
    """A connection, plain or TLS. `opened` is called once it is there, by the side that listens."""

    def __init__(self, opened: Callable[[Connection], None] | None = None) -> None:
        #: How the other side ended it; None while it may still send.
        self.ended: End | None = None
        #: Whether nothing can be written any more.
        self.lost = False
        self._opened = opened
        self._transport: asyncio.Transport | None = None
        self._clock = asyncio.get_running_loop().time
        self._buffer = bytearray(_READ)
        self._pieces: deque[Piece] = deque()
        self._size = 0
        self._paused = False
        self._full = False
        self._arrival = asyncio.Event()
        self._end = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is a stream
        self._transport = transport
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._opened is not None:
            self._opened(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - one size fits
        """Where bytes are to be read into: the same place each time, since a quarter of a megabyte for each costs."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have arrived."""
        self._put(Piece(self._clock(), bytes(memoryview(self._buffer)[:nbytes])))

    def eof_received(self) -> bool:
        """The other side sends no more; it may still read."""
        self._over(End.CLOSED)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing can be written any more."""
        self.lost = True
        self._over(End.CLOSED if exc is None else End.RESET)
        self._room.set()

    def pause_writing(self) -> None:
        """The other side takes no more at present."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._room.set()

    # What the relay calls.

    async def read(self) -> Piece | None:
        """The next bytes; None once the other side has ended and everything was read."""
        while not self._pieces:
            if self.ended is not None:
                return None
            self._arrival.clear()
            await self._arrival.wait()
        piece = self._pieces.popleft()
        self._size -= piece.size
        if self._full and self._size < HELD // 2 and self._transport is not None:
            self._full = False
            if not self.lost:
                self._transport.resume_reading()
        return piece

    def put_back(self, piece: Piece) -> None:
        """Let bytes that belong to what comes next be read once more."""
        if piece.data:
            self._pieces.appendleft(piece)
            self._size += piece.size
            self._arrival.set()

    async def readable(self) -> None:
        """Return once there is something to read, or the end."""
        while not self._pieces and self.ended is None:
            self._arrival.clear()
            await self._arrival.wait()

    async def gone(self) -> End:
        """Return once the other side has ended, however much of what it sent was not read."""
        await self._end.wait()
        assert self.ended is not None  # noqa: S101 - the event says so
        return self.ended

    async def write(self, data: bytes) -> None:
        """Send bytes, and wait while the other side takes no more. Raises ConnectionResetError where it is gone."""
        if self._transport is None or self.lost:
            raise ConnectionResetError
        self._transport.write(data)
        if not self._room.is_set():
            await self._room.wait()
        if self.lost:
            raise ConnectionResetError

    def finish(self) -> None:
        """Send no more: the other side reads the end. A TLS connection cannot be ended on one side alone."""
        if self._transport is None or self.lost or self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            with contextlib.suppress(OSError):
                self._transport.write_eof()
        else:
            self._transport.close()

    async def reset(self) -> None:
        """Reset the connection; what was written before is handed over first, within a second."""
        if self._transport is None or self.lost:
            return
        transport = self._transport
        transport.set_write_buffer_limits(high=0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HANDED_OVER):
                await self._room.wait()
                while not self.lost and self._unsent():
                    await asyncio.sleep(_LOOK)
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()

    def close(self) -> None:
        """Close it; what was written is still sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    def _put(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._size += piece.size
        if not self._full and self._size >= HELD and self._transport is not None:
            self._full = True
            self._transport.pause_reading()
        self._arrival.set()

    def _over(self, end: End) -> None:
        # A reset after an end that was read says that the other side is wholly gone.
        if self.ended is None or end is End.RESET:
            self.ended = end
        self._arrival.set()
        self._end.set()

    def _unsent(self) -> int:
        """Bytes that the kernel has not handed over; 0 where it does not say."""
        assert self._transport is not None  # noqa: S101 - it is called on a connection
        left = bytearray(4)
        try:
            fcntl.ioctl(self._transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, left)
        except OSError:
            return 0
        return int.from_bytes(left, "little")
