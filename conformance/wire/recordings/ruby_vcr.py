"""Cassettes of Ruby's VCR, and of Betamax and the vcr of R, which write the same: YAML or JSON, `http_interactions`.

Methods are in lower case, in older files as symbols (`:post`). A body is a `string`, or a `base64_string` where its
exact bytes were to be preserved. Nothing is kept of times, pieces and how a body ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.model import Exchange, Transcript
from conformance.wire.recordings import foreign
from conformance.wire.recordings.body import Body, from_base64, in_pieces, stored
from conformance.wire.recordings.entry import Entry

TITLE = "a cassette of Ruby's VCR (YAML or JSON)"

#: What Betamax takes for the encoding of a text whose charset is not named; it has read the body so.
_LATIN_1 = ("ISO-8859-1", "iso-8859-1", "latin-1")

_HINT = "It should hold `http_interactions`, each with a request (method, uri, body, headers) and a response."


def fits(document: object) -> bool:
    """Whether a document has the shape of such a cassette."""
    return isinstance(document, Mapping) and "http_interactions" in document


def read(name: str, document: object) -> tuple[Transcript, ...]:
    """Read a cassette; raises UnreadableInput, with the place, where it is none."""
    return foreign.transcript(name, "Ruby VCR", _exchanges(Entry(document, name, _HINT)))


def _exchanges(cassette: Entry) -> Iterator[Exchange]:
    for interaction in cassette.get("http_interactions").each():
        request, response = interaction.get("request"), interaction.get("response")
        status = response.get("status")
        if isinstance(status.value, Mapping):
            status = status.get("code", "status_code")
        answer = foreign.Answer(status.status(), foreign.headers(response.get("headers")), _body(response.get("body")))
        yield foreign.exchange(
            request.get("method").text().removeprefix(":"), foreign.target_of(request.get("uri")),
            foreign.headers(request.get("headers")), _body(request.get("body")), answer,
        )  # fmt: skip


def _body(body: Entry) -> Body:
    if not isinstance(body.value, Mapping):
        return stored(body)
    if body.get("base64_string").value is not None:
        return Body(from_base64(body.get("base64_string")))
    string = body.get("string")
    if isinstance(string.value, str) and body.get("encoding").value in _LATIN_1:
        try:
            return Body(string.value.encode("latin-1"))
        except UnicodeEncodeError:
            pass
    return in_pieces(string)
