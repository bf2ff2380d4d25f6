"""What the server heard and what it really answered, written down while it happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.model import Author, Chunk, Ended, Exchange, Headers, Request, Response
from conformance.wire.recordings.operation import of_target

#: Why there is no answer.
_UNANSWERED = "the connection ended before a status line was sent"


class Played:
    """As much of an answer as was really played; times are milliseconds since the request arrived."""

    def __init__(self) -> None:
        self._head: tuple[int, Headers] | None = None
        self._chunks: list[Chunk] = []
        #: Where nobody says how the body ended, the other side left.
        self._end = (Ended.ABORTED, 0)

    def begin(self, planned: Response) -> None:
        """The status line and the headers are on their way."""
        self._head = planned.status, planned.headers

    def add(self, data: bytes, ms: int) -> None:
        """A piece of the body was written."""
        self._chunks.append(Chunk(ms, data))
        self._end = Ended.ABORTED, ms

    def end(self, ended: Ended, ms: int) -> None:
        """The body has ended."""
        self._end = ended, ms

    @property
    def response(self) -> Response | None:
        """The answer as it stands now; None where no status line was sent."""
        if self._head is None:
            return None
        status, headers = self._head
        ended, ended_ms = self._end
        return Response(Author.HARNESS, status, headers, tuple(self._chunks), ended, ended_ms)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it arrived, `ms` milliseconds after the server started; recorded before it is answered."""

    ms: int
    request: Request
    played: Played = field(default_factory=Played, compare=False)

    @property
    def exchange(self) -> Exchange:
        """Request and answer as they stand now."""
        operation, response = of_target(self.request.method, self.request.target), self.played.response
        failure = _UNANSWERED if response is None else None
        return Exchange(operation, self.ms, self.request, response, failure)
