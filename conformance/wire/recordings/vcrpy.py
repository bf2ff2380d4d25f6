"""Cassettes of vcrpy (also through pytest-recording), in YAML or JSON, and of go-vcr, whose entries are alike.

The body of an answer is `body: {string: …}`, bytes or text, packed as it came or not; with older stubs for httpx it
is `content`. Nothing is kept of times, pieces and how a body ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.model import Exchange, Transcript
from conformance.wire.recordings import foreign
from conformance.wire.recordings.body import Body, from_base64, in_pieces, stored
from conformance.wire.recordings.entry import Entry

TITLE = "a vcrpy or go-vcr cassette (YAML or JSON)"

_HINT = "It should hold `interactions`, each with a request (method, uri, headers, body) and a response."


def fits(document: object) -> bool:
    """Whether a document has the shape of such a cassette."""
    if not isinstance(document, Mapping):
        return False
    interactions = document.get("interactions")
    return isinstance(interactions, list) and not any(key in document for key in ("consumer", "provider"))


def read(name: str, document: object) -> tuple[Transcript, ...]:
    """Read a cassette; raises UnreadableInput, with the place, where it is none."""
    return foreign.transcript(name, "vcrpy", _exchanges(Entry(document, name, _HINT)))


def _exchanges(cassette: Entry) -> Iterator[Exchange]:
    for interaction in cassette.get("interactions").each():
        request, response = interaction.get("request"), interaction.get("response")
        status = response.get("status_code", "code", "status")
        if isinstance(status.value, Mapping):
            status = status.get("code", "status_code")
        answer = foreign.Answer(status.status(), foreign.headers(response.get("headers")), _body(response))
        yield foreign.exchange(
            request.get("method").text(), foreign.target_of(request.get("uri", "url")),
            foreign.headers(request.get("headers")), _body(request), answer,
        )  # fmt: skip


def _body(side: Entry) -> Body:
    body = side.get("body", "content")
    if not isinstance(body.value, Mapping):
        return stored(body)
    if body.get("base64_string").value is not None:
        return Body(from_base64(body.get("base64_string")))
    return in_pieces(body.get("string")) if "string" in body.members() else stored(body)
