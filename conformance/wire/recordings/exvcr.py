"""Cassettes of exvcr: a JSON list of requests and responses. PHP-VCR writes a list of the same shape, also as YAML.

A body that is no text is kept as base64 of Erlang's external term format, with `binary: true`. Nothing is kept of
times, pieces and how a body ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.model import Exchange, Transcript
from conformance.wire.recordings import foreign
from conformance.wire.recordings.body import Body, from_base64, stored
from conformance.wire.recordings.entry import Entry

TITLE = "an exvcr or PHP-VCR cassette (JSON or YAML)"

_HINT = "It should be a list of objects, each with a request (method, url, headers, body) and a response."

#: What a binary begins with in Erlang's external term format; four bytes of length follow.
_TERM = b"\x83m"
_TERM_HEAD = 6


def fits(document: object) -> bool:
    """Whether a document has the shape of such a cassette."""
    first = document[0] if isinstance(document, list) and document else None
    if not isinstance(first, Mapping):
        return False
    request = first.get("request")
    return "response" in first and isinstance(request, Mapping) and "url" in request


def read(name: str, document: object) -> tuple[Transcript, ...]:
    """Read a cassette; raises UnreadableInput, with the place, where it is none."""
    return foreign.transcript(name, "exvcr", _exchanges(Entry(document, name, _HINT)))


def _exchanges(cassette: Entry) -> Iterator[Exchange]:
    for pair in cassette.each():
        request = pair.get("request")
        asked = request.get("body", "request_body")
        if asked.value == "":
            asked = request.get("request_body")
        yield foreign.exchange(
            request.get("method").text() if request.get("method").value is not None else "GET",
            foreign.target_of(request.get("url")), foreign.headers(request.get("headers")), stored(asked),
            _answer(pair.get("response")),
        )  # fmt: skip


def _answer(response: Entry) -> foreign.Answer | str:
    if response.value is None or response.get("type").value == "error":
        return "no answer: the request ended with an error"
    status = response.get("status_code", "status")
    if isinstance(status.value, Mapping):
        status = status.get("code")
    return foreign.Answer(status.status(), foreign.headers(response.get("headers")), _body(response))


def _body(response: Entry) -> Body:
    body = response.get("body")
    if response.get("binary").value is not True:
        return stored(body)
    data = from_base64(body)
    return Body(data[_TERM_HEAD:] if data.startswith(_TERM) else data)
