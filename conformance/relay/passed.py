"""What passed of one exchange, written down while it does: each side's own bytes, with their times on one clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from conformance.model import Ended, Headers

#: Bytes that are kept of one exchange: the longest answer that is judged anywhere else, and a large upload.
EXCHANGE_LIMIT = 64 * 1024 * 1024

#: What a piece takes in memory beside its bytes, and what an exchange does: objects, times, header fields.
_OF_PIECE = 200
_OF_EXCHANGE = 2000


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
    taken_ms: int
    data: bytearray


@dataclass(slots=True)
class Passed:
    """One exchange, as it stands. `began` counts since the relay began to listen, all times in milliseconds."""

    began: float
    method: str
    target: str
    headers: Headers
    room: Room
    body: bytearray = field(default_factory=bytearray)
    #: None where no status line has come.
    status: int | None = None
    answer_headers: Headers = ()
    pieces: list[KeptPiece] = field(default_factory=list)
    #: When the head of the answer came, and when it was over, since the request began.
    answered_ms: float | None = None
    ended_ms: float = 0.0
    #: None while it is under way.
    ended: Ended | None = None
    #: Why no answer came; None where one did.
    failure: str | None = None
    #: Whether it was let go because there was no room for it.
    dropped: bool = False
    #: Bytes taken of the room.
    size: int = 0

    def __post_init__(self) -> None:
        self._holds(_OF_EXCHANGE)

    def asked(self, data: bytes) -> None:
        """Bytes of the request's body came."""
        if data and self._holds(len(data)):
            self.body += data

    def head(self, status: int, headers: Headers, ms: float) -> None:
        """The head of the answer came."""
        self.status, self.answer_headers, self.answered_ms = status, headers, ms

    def answered(self, data: bytes, came: float, taken: float) -> None:
        """Bytes of the answer's body came, and were taken by the client."""
        came_ms, taken_ms = round(came), round(taken)
        last = self.pieces[-1] if self.pieces else None
        if not data:
            return
        if last is not None and last.came_ms == came_ms:
            if self._holds(len(data)):
                last.data += data
                last.taken_ms = taken_ms
        elif self._holds(len(data) + _OF_PIECE):
            self.pieces.append(KeptPiece(came_ms, taken_ms, bytearray(data)))

    def end(self, ended: Ended, ms: float, failure: str | None = None) -> None:
        """It is over; what ended it first counts."""
        if self.ended is None:
            self.ended, self.ended_ms = ended, ms
            self.failure = failure if self.status is None else None

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
