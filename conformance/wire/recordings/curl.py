"""What `curl -i` prints: status line and headers of every answer on the way, then the body of the last."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.errors import UnreadableInput
from conformance.model import Author, Chunk, Ended, Headers, Response, Transcript
from conformance.wire.recordings.beside import Beside
from conformance.wire.recordings.body import coding_of, unpacked
from conformance.wire.recordings.response_only import answered

TITLE = "the output of curl -i"

_HEAD_END = re.compile(rb"\r?\n\r?\n")
STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})\b")


def read(name: str, content: bytes, beside: Beside) -> tuple[Transcript, ...]:
    """Read the last answer; those before it (interim, of a proxy, redirects) are passed over.

    Raises UnreadableInput where the headers never end.
    """
    at = 0
    while status := STATUS_LINE.match(content, at):
        end = _HEAD_END.search(content, at)
        if end is None:
            raise UnreadableInput(
                f"{name}: the headers never end: this is not the complete output of curl -i", "Record it once more."
            )
        head, code, at = content[at : end.start()], int(status[1]), end.end()
    headers, printed = _headers(head), content[at:]
    fields = {field.lower(): value for field, value in headers}
    body = unpacked(coding_of(headers), printed)
    if body.problem:
        raise UnreadableInput(f"{name}: the body cannot be read: {body.problem}", "`curl --compressed` unpacks it too.")
    chunks = (Chunk(0, body.data),) if body.data else ()
    ended = Ended.SHORT if not body.whole or _is_short(fields, printed) else Ended.COMPLETE
    response = Response(Author.IMPLEMENTATION, code, headers, chunks, ended, 0)
    counted = "content-length" in fields or "chunked" in fields.get("transfer-encoding", "").lower()
    return (answered(name, "curl -i" if counted else "curl -i without a length", beside.request, response),)


def without_heads(printed: bytes) -> bytes:
    """The body of what `-i` prints: what stands behind the last head; what begins with no head is all body."""
    at = 0
    while STATUS_LINE.match(printed, at) and (end := _HEAD_END.search(printed, at)) is not None:
        at = end.end()
    return printed[at:]


def _headers(head: bytes) -> Headers:
    """HTTP field values are bytes; Latin-1 shows each as one character."""
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\n")[1:])
    return tuple((field.strip(), value.strip()) for field, colon, value in pairs if colon)


def _is_short(fields: Mapping[str, str], printed: bytes) -> bool:
    """Whether more was declared than is printed (of a body that is not coded)."""
    declared = fields.get("content-length", "")
    known = "content-encoding" not in fields and declared.isascii() and declared.isdigit()
    return known and len(printed) < int(declared)
