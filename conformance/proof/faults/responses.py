"""A plain answer: its body, its document and its head, and the same answer with another one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from conformance.model import Chunk, Request, Response
from conformance.reference.objects import Document, to_json
from conformance.wire import strict_json

#: Fields that say where a body ends: they go with it.
_FRAMING = frozenset({"content-length", "transfer-encoding"})

_SAID = {None: "null", True: "true", False: "false"}


def is_stream(response: Response) -> bool:
    """Whether the answer says that it is a stream."""
    return (header(response, "content-type") or "").startswith("text/event-stream")


def header(response: Response, name: str) -> str | None:
    """The first field of a name, given in lower case."""
    return next((value for key, value in response.headers if key.lower() == name), None)


def with_header(response: Response, name: str, value: str | None) -> Response:
    """The answer with another value of a field, or without the field."""
    kept = tuple((key, old) for key, old in response.headers if key.lower() != name.lower())
    return replace(response, headers=kept if value is None else ((name, value), *kept))


def body_of(response: Response) -> bytes:
    """The whole body."""
    return b"".join(chunk.data for chunk in response.chunks)


def with_body(response: Response, body: bytes, media_type: str) -> Response:
    """The answer with a whole body of known length."""
    at = response.chunks[-1].ms if response.chunks else response.ended_ms
    kept = tuple((key, old) for key, old in response.headers if key.lower() not in _FRAMING | {"content-type"})
    headers = (("Content-Type", media_type), ("Content-Length", str(len(body))), *kept)
    return replace(response, headers=headers, chunks=(Chunk(at, body),) if body else ())


def as_stream(response: Response, events: Iterable[bytes]) -> Response:
    """The answer with the bytes of a stream in the place of its body."""
    at = response.chunks[-1].ms if response.chunks else response.ended_ms
    kept = tuple((key, old) for key, old in response.headers if key.lower() not in _FRAMING | {"content-type"})
    headers = (("Content-Type", "text/event-stream; charset=utf-8"), ("Transfer-Encoding", "chunked"), *kept)
    return replace(response, headers=headers, chunks=tuple(Chunk(at, event) for event in events))


def document_of(response: Response) -> Document:
    """The body as a JSON object."""
    found: Any = strict_json.read(body_of(response))
    return dict(found)


def with_document(response: Response, document: object) -> Response:
    """The answer with another JSON body."""
    return with_body(response, to_json(document), "application/json")


def submitted(request: Request) -> Document:
    """The body of a submission as a JSON object; empty where it is none."""
    try:
        found = strict_json.read(request.body)
    except strict_json.NotJson:
        return {}
    return found if isinstance(found, dict) else {}


def asked_stream(request: Request) -> str:
    """How a request said `stream`: `absent`, `null`, `true`, `false` or `other`."""
    document = submitted(request)
    if "stream" not in document:
        return "absent"
    value = document["stream"]
    return _SAID[value] if value is None or isinstance(value, bool) else "other"
