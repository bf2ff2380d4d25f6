"""What the server heard and what it really answered, written down while it happens."""

from __future__ import annotations

from collections.abc import Iterator
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


#: Requests after which a log sums up what it holds.
_OFTEN = 500

#: Bytes of a log before looks that show nothing new are let go.
LOG_BYTES = 32 * 1024 * 1024

#: Bytes of a log at the most: sixteen of the longest bodies that are taken (`http_reader.BODY_LIMIT`).
MOST_BYTES = 256 * 1024 * 1024

#: What a log spends on a request beside its bytes: the objects, their times and header fields.
_OVERHEAD = 2_000


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

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        answer = self.played.response
        return _OVERHEAD + len(self.request.body) + (0 if answer is None else len(_body(answer)))

    def repeats(self, before: Recorded) -> bool:
        """Whether this is the look before once more, with the same answer."""
        asked = (self.request.method, self.request.target)
        if self.request.method != "GET" or asked != (before.request.method, before.request.target):
            return False
        answers = before.played.response, self.played.response
        first, second = ((each.status, _body(each)) if each is not None else None for each in answers)
        return first is not None and first == second


def _body(response: Response) -> bytes:
    return b"".join(chunk.data for chunk in response.chunks)


class Log:
    """The requests of a server, oldest first: up to `most` bytes, none is let go that shows something.

    What would be more is only counted. Beyond `limit` bytes a look that repeats the one before it and is repeated by
    the one after it goes, but for the first and the last `kept` in a row: they differ from those in nothing but their
    number.
    """

    def __init__(self, limit: int = LOG_BYTES, kept: int = 1_000, most: int = MOST_BYTES) -> None:
        #: How many requests were not recorded.
        self.unrecorded = 0
        self._recorded: list[Recorded] = []
        self._most = most
        #: Bytes at the last count, and of the requests that came since.
        self._size = self._new = 0
        self._limit = self._next = limit
        self._kept = kept
        self._since = 0

    def add(self, recorded: Recorded) -> None:
        """Keep one more."""
        if self._size + self._new + recorded.size > self._most:
            self.unrecorded += 1
            return
        self._recorded.append(recorded)
        self._since += 1
        self._new += recorded.size
        # Sizes are known once answers were played, so they are summed up now and then: no size costs more than this.
        if self._since >= _OFTEN or self._new > LOG_BYTES:
            self._since = self._new = 0
            self._prune()

    def __iter__(self) -> Iterator[Recorded]:
        return iter(tuple(self._recorded))

    def _prune(self) -> None:
        self._size = sum(each.size for each in self._recorded)
        if self._size < self._next:
            return
        self._recorded = list(self._telling())
        self._size = sum(each.size for each in self._recorded)
        self._next = max(self._limit, 2 * self._size)

    def _telling(self) -> Iterator[Recorded]:
        """What is kept: of looks that repeat each other those at both ends of their row."""
        row: list[Recorded] = []
        for each in self._recorded:
            if row and not each.repeats(row[-1]):
                yield from self._ends(row)
                row = []
            row.append(each)
        yield from self._ends(row)

    def _ends(self, row: list[Recorded]) -> list[Recorded]:
        return row if len(row) <= 2 * self._kept else row[: self._kept] + row[-self._kept :]
