"""What `curl -i` prints: status line and headers of every answer on the way, then the body of the last."""

from __future__ import annotations

import re

from conformance.errors import UnreadableInput
from conformance.model import Author, Chunk, Ended, Headers, Response, Transcript
from conformance.wire.recordings.response_only import answered

_HEAD_END = re.compile(rb"\r?\n\r?\n")
STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})\b")


def read(name: str, content: bytes, request: bytes | None) -> tuple[Transcript, ...]:
    """Read the last answer; those before it (interim, of a proxy, redirects) are passed over.

    Raises UnreadableInput where the headers never end.
    """
    at = 0
    while status := STATUS_LINE.match(content, at):
        end = _HEAD_END.search(content, at)
        if end is None:
            raise UnreadableInput(
                f"{name}: the headers never end: this is no whole output of curl -i", "Record it once more."
            )
        head, code, at = content[at : end.start()], int(status[1]), end.end()
    headers, body = _headers(head), content[at:]
    chunks = (Chunk(0, body),) if body else ()
    response = Response(Author.IMPLEMENTATION, code, headers, chunks, _ended(headers, body), 0)
    return (answered(name, "curl -i", request, response),)


def _headers(head: bytes) -> Headers:
    """HTTP field values are bytes; Latin-1 shows each as one character."""
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\n")[1:])
    return tuple((field.strip(), value.strip()) for field, colon, value in pairs if colon)


def _ended(headers: Headers, body: bytes) -> Ended:
    """What is printed is what came, also where more was declared (of a body that is not coded)."""
    fields = {field.lower(): value for field, value in headers}
    declared = fields.get("content-length", "")
    if "content-encoding" not in fields and declared.isascii() and declared.isdigit() and len(body) < int(declared):
        return Ended.SHORT
    return Ended.COMPLETE
