"""Plans an answer: its status, headers and the pieces of its body, each with the time it is due.

The plan is a `Response`, the same noun that a recording holds: what changes recorded answers can change planned ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.model import Author, Chunk, Ended, Headers, Response
from conformance.reference.events import Event, encode
from conformance.reference.objects import Document, to_json


def as_json(document: Document, *, status: int = 200, headers: Headers = ()) -> Response:
    """Plan a JSON answer."""
    body = to_json(document)
    framing = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
    return _planned(status, (*framing, *headers), (body,))


def as_stream(events: Iterable[Event], *, headers: Headers = ()) -> Response:
    """Plan a stream with one piece for each event."""
    framing = (
        ("Content-Type", "text/event-stream; charset=utf-8"),
        ("Transfer-Encoding", "chunked"),
        ("Cache-Control", "no-cache"),
    )
    return _planned(200, (*framing, *headers), (encode(event) for event in events))


def without_body(response: Response) -> Response:
    """The same answer to somebody who asked with HEAD."""
    return Response(response.author, response.status, response.headers, (), response.ended, response.ended_ms)


def _planned(status: int, headers: Headers, pieces: Iterable[bytes]) -> Response:
    chunks = tuple(Chunk(0, piece) for piece in pieces)
    return Response(Author.HARNESS, status, headers, chunks, Ended.COMPLETE, 0)
