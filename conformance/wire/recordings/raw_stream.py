"""A raw `.sse` file: the body of a 200 `text/event-stream`, even where it is empty or HTML."""

from __future__ import annotations

from conformance.model import Author, Chunk, Ended, Response, Transcript
from conformance.wire.recordings.beside import Beside
from conformance.wire.recordings.response_only import answered

#: What the body of a raw stream is taken to have come with.
_HEADERS = (("content-type", "text/event-stream"),)


def read(name: str, content: bytes, beside: Beside, kind: str = "raw stream") -> tuple[Transcript, ...]:
    """Read a stream's body; when it came is unknown, so all times are zero."""
    chunks = (Chunk(0, content),) if content else ()
    response = Response(Author.IMPLEMENTATION, 200, _HEADERS, chunks, Ended.COMPLETE, 0)
    return (answered(name, kind, beside.request, response),)
