"""What passed as an exchange: each side is kept as its author wrote it, content codings undone."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Author, Chunk, Ended, Exchange, Request, Response
from conformance.relay.passed import EXCHANGE_LIMIT, Passed
from conformance.walk.http_response import is_event_stream
from conformance.wire.coding import DamagedCoding, decoder
from conformance.wire.recordings.operation import of_target

#: Codings that can be undone here, and the absence of one.
_KNOWN = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})

#: Why there is no answer where the client did not wait for all of it.
_LEFT = "the client left before all of the answer had come"


class Unreadable(Exception):
    """What passed cannot be judged, and why: it was too large to keep, or it is coded in a way nobody here undoes."""


def exchange(passed: Passed) -> Exchange:
    """One exchange that is over, as it passed. Raises Unreadable."""
    if passed.dropped:
        raise Unreadable(f"{passed.method} {passed.target.partition('?')[0]} was too large to keep")
    request = Request(Author.IMPLEMENTATION, passed.method, passed.target, passed.headers, bytes(passed.body))
    response = None if passed.status is None else _response(passed, passed.status)
    failure = passed.failure
    if response is not None and response.ended is Ended.ABORTED and not is_event_stream(response):
        response, failure = None, _LEFT  # half a document says nothing
    return Exchange(of_target(passed.method, passed.target), round(passed.began), request, response, failure)


def _response(passed: Passed, status: int) -> Response:
    codings = ", ".join(value for name, value in passed.answer_headers if name.lower() == "content-encoding")
    if codings.strip().lower() not in _KNOWN:
        raise Unreadable(f"an answer is in the content coding {codings!r}, which cannot be undone here")
    chunks: list[Chunk] = []
    ended = passed.ended or Ended.ABORTED
    try:
        chunks.extend(_decoded(passed, codings))
    except DamagedCoding:
        ended = Ended.SHORT if ended is Ended.COMPLETE else ended
    headers, ended_ms = passed.answer_headers, round(passed.ended_ms)
    return Response(Author.IMPLEMENTATION, status, headers, tuple(chunks), ended, ended_ms)


def _decoded(passed: Passed, codings: str) -> Iterator[Chunk]:
    coding, size = decoder(codings), 0
    for piece in passed.pieces:
        data = b"".join(coding.feed(bytes(piece.data)))
        size += len(data)
        if size > EXCHANGE_LIMIT:
            raise Unreadable(f"an answer is longer than {EXCHANGE_LIMIT} bytes once it is decoded")
        if data:
            yield Chunk(piece.came_ms, data)
    if passed.ended is Ended.COMPLETE and passed.pieces:
        coding.close()
