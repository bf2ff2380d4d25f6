"""What passed of one exchange, written down while it does: each side's own bytes, with their times on one clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from conformance.model import Ended, Headers

#: Bytes that are kept of one exchange: the longest answer that is judged anywhere else, and a large upload.
EXCHANGE_LIMIT = 64 * 1024 * 1024

#: What a piece takes in memory beside its bytes.
_OVERHEAD = 200


class Room:
    """How many bytes may be kept at once, whoever holds them; taken and given back by several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Take so much, unless there is not so much left."""
        with self._lock:
            if self.taken + size > self.limit:
                return False
            self.taken += size
            return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self.taken -= size


@dataclass(slots=True)
class KeptPiece:
    """Bytes of a body, and when they came and were taken by the other side, in milliseconds since the request began."""

    came_ms: int
    data: bytearray
    taken_ms: int | None = None


@dataclass(slots=True)
class Passed:
    """One exchange, as it stands. Times are milliseconds; `began_ms` counts since the relay began to listen."""

    began_ms: int
    method: str
    target: str
    headers: Headers
    room: Room
    body: bytearray = field(default_factory=bytearray)
    #: None where no status line has come.
    status: int | None = None
    answer_headers: Headers = ()
    pieces: list[KeptPiece] = field(default_factory=list)
    #: None while it is under way.
    ended: Ended | None = None
    ended_ms: int = 0
    #: Why no answer came, or why nothing more was read of it; None where one did.
    failure: str | None = None
    #: Whether it was let go because there was no room for it.
    dropped: bool = False
    #: Bytes taken of the room.
    size: int = 0

    def asked(self, data: bytes) -> None:
        """Bytes of the request's body came."""
        if data and self._holds(len(data)):
            self.body += data

    def answered(self, data: bytes, ms: int) -> KeptPiece | None:
        """Bytes of the answer's body came; returns where it is to be noted when they were taken."""
        if not data:
            return None
        last = self.pieces[-1] if self.pieces else None
        if last is not None and last.came_ms == ms:
            if not self._holds(len(data)):
                return None
            last.data += data
            return last
        if not self._holds(len(data) + _OVERHEAD):
            return None
        self.pieces.append(KeptPiece(ms, bytearray(data)))
        return self.pieces[-1]

    def end(self, ended: Ended, ms: int, failure: str | None = None) -> None:
        """It is over; what ended it first counts."""
        if self.ended is None:
            self.ended, self.ended_ms, self.failure = ended, ms, failure

    def let_go(self) -> None:
        """Hold nothing of it any more."""
        self.room.give(self.size)
        self.size = 0
        self.body.clear()
        self.pieces.clear()

    def _holds(self, size: int) -> bool:
        if self.dropped:
            return False
        if self.size + size > EXCHANGE_LIMIT or not self.room.take(size):
            self.dropped = True
            self.let_go()
            return False
        self.size += size
        return True
