"""Recordings of nock with `output_objects`: a JSON list of requests and responses.

JSON bodies are kept parsed, other texts as they are, packed bodies as a list of hexadecimal pieces. Request headers
are there where they were asked for. Nothing is kept of times and how a body ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.model import Exchange, Headers, Transcript
from conformance.wire.recordings import foreign
from conformance.wire.recordings.body import Body, coding_of, from_hex, stored
from conformance.wire.recordings.entry import Entry

TITLE = "a recording of nock (JSON)"

_HINT = "It should be a list of objects with scope, method, path, body, status, response and rawHeaders."


def fits(document: object) -> bool:
    """Whether a document has the shape of such a recording."""
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, Mapping) and {"scope", "method", "path"} <= first.keys()


def read(name: str, document: object) -> tuple[Transcript, ...]:
    """Read a recording; raises UnreadableInput, with the place, where it is none."""
    return foreign.transcript(name, "nock", _exchanges(Entry(document, name, _HINT)))


def _exchanges(recording: Entry) -> Iterator[Exchange]:
    for call in recording.each():
        received = foreign.headers(call.get("rawHeaders", "headers"))
        status = call.get("status").status() if call.get("status").value is not None else 200
        yield foreign.exchange(
            call.get("method").text(), foreign.target_of(call.get("path")), foreign.headers(call.get("reqheaders")),
            stored(call.get("body")), foreign.Answer(status, received, _body(call, received)),
        )  # fmt: skip


def _body(call: Entry, received: Headers) -> Body:
    response = call.get("response")
    binary = call.get("responseIsBinary").value is True
    if isinstance(response.value, list) and (binary or coding_of(received)):
        return Body(b"".join(from_hex(piece) for piece in response.each()))
    if binary:
        return Body(from_hex(response))
    if response.value is None and "response" in call.members() and _says_json(received):
        return Body(b"null", reconstructed=True)
    return stored(response)


def _says_json(fields: Headers) -> bool:
    return any(name.lower() == "content-type" and "json" in value.lower() for name, value in fields)
