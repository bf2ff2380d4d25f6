"""Reading an answer: its head, its body as a document, what kind of body it is."""

from __future__ import annotations

import re

from conformance.model import Headers, Response
from conformance.walk.documents import Document, member, shown, text
from conformance.wire.strict_json import NotJson, read

#: The first bytes of a stream: a byte order mark, blank lines, a comment or one of the fields of WHATWG 9.2.6.
_STREAM_START = re.compile(rb"\A(\xef\xbb\xbf)?[\r\n]*(:|(event|data|id|retry)[:\r\n])")


def header(headers: Headers, name: str) -> str | None:
    """The first field of that name, names compared without case."""
    return next((value for key, value in headers if key.lower() == name), None)


def listed(headers: Headers, name: str) -> str | None:
    """All fields of that name as one list, as several lines of one field are to be read (RFC 9110, 5.3)."""
    found = [value for key, value in headers if key.lower() == name]
    return ", ".join(found) if found else None


def media_type(response: Response) -> str | None:
    """The media type without parameters, in lower case; None without a Content-Type."""
    value = header(response.headers, "content-type")
    return None if value is None else value.partition(";")[0].strip().lower()


def is_event_stream(response: Response) -> bool:
    """Whether the answer says that it is a stream."""
    return media_type(response) == "text/event-stream"


def looks_like_stream(response: Response) -> bool:
    """Whether the body begins as a stream does, whatever the answer says."""
    start = b""
    for chunk in response.chunks:
        start += chunk.data
        if len(start) >= 16:
            break
    return _STREAM_START.match(start) is not None


def served(response: Response) -> bool:
    """Whether the status is 2xx."""
    return 200 <= response.status < 300


def got_status(response: Response | None) -> str:
    """The status of an answer as people read it."""
    if response is None:
        return "no answer"
    kind = media_type(response)
    return f"{response.status} {kind}" if kind else str(response.status)


def got_refusal(response: Response) -> str:
    """The status of a refusal with its own words, where it has any."""
    said = text(error_of(response), "message")
    return f"{got_status(response)}: {shown(said)}" if said else got_status(response)


def body_of(response: Response) -> bytes:
    """The whole body."""
    return b"".join(chunk.data for chunk in response.chunks)


def document_of(response: Response) -> tuple[object, NotJson | None]:
    """The body as JSON, or why it is none."""
    try:
        return read(body_of(response)), None
    except NotJson as refused:
        # Its traceback would keep the whole text alive.
        return None, refused.with_traceback(None)


def error_of(response: Response) -> Document | None:
    """The `error` object of an error body, where there is one."""
    document, _ = document_of(response)
    return member(document, "error")
