"""Records of Azure's test proxy and session records of `System.ClientModel` clients, which are the same.

A JSON file with every exchange of a session in `Entries`.

JSON bodies are stored parsed, so they come back reconstructed. Texts such as streams are stored as lists of lines
that keep their line ends, blank lines included: joined they are the body, byte for byte. Credentials are replaced by
`Sanitized` when such a record is made.
"""

from __future__ import annotations

from functools import cache

import jsonschema_rs

from conformance.errors import UnreadableInput
from conformance.model import Exchange, Headers, Transcript
from conformance.wire.compact_json import compact
from conformance.wire.json_schema import mismatch
from conformance.wire.recordings import foreign
from conformance.wire.recordings.body import Body
from conformance.wire.recordings.entry import Entry

TITLE = "a record of Azure's test proxy or of System.ClientModel (.json)"

_HEADERS = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "number", "array"], "items": {"type": ["string", "number"]}},
}
_SCHEMA = {
    "type": "object",
    "required": ["Entries"],
    "properties": {
        "Entries": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["RequestUri", "RequestMethod", "StatusCode"],
                "properties": {
                    "RequestUri": {"type": "string"},
                    "RequestMethod": {"type": "string"},
                    "RequestHeaders": _HEADERS,
                    "StatusCode": {"type": "integer", "minimum": 100, "maximum": 999},
                    "ResponseHeaders": _HEADERS,
                },
            },
        }
    },
}

_HINT = (
    "It should be a JSON object whose Entries hold RequestUri, RequestMethod, RequestBody, StatusCode, ResponseBody."
)


def fits(document: object) -> bool:
    """Whether a document has the shape of a record."""
    return isinstance(document, dict) and "Entries" in document


def read(name: str, document: object) -> tuple[Transcript, ...]:
    """Read a whole session as one transcript, so that pending calls are learnt from its earlier exchanges.

    Raises UnreadableInput, with the entry, where it is not such a record.
    """
    if found := mismatch(_validator(), document):
        pointer, problem = found
        raise UnreadableInput(f"{name}: not a session record: {pointer or 'the document'} {problem}", _HINT)
    entries = Entry(document, name, _HINT).get("Entries")
    return foreign.transcript(name, "session record", map(_exchange, entries.each()))


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_SCHEMA)


def _exchange(entry: Entry) -> Exchange:
    sent, received = (foreign.headers(entry.get(fields)) for fields in ("RequestHeaders", "ResponseHeaders"))
    answer = foreign.Answer(
        entry.get("StatusCode").status(), received, _body(entry.get("ResponseBody").value, received)
    )
    return foreign.exchange(
        entry.get("RequestMethod").text(), foreign.target_of(entry.get("RequestUri")), sent,
        _body(entry.get("RequestBody").value, sent), answer,
    )  # fmt: skip


def _body(stored: object, headers: Headers) -> Body:
    """Return the bytes of a stored body: a text as it was, parsed JSON written again without white space."""
    media_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    if stored is None:
        return Body(b"")
    if isinstance(stored, str):
        return Body(stored.encode(errors="surrogatepass"))
    if isinstance(stored, list) and "json" not in media_type.lower() and all(isinstance(one, str) for one in stored):
        separator = "" if any("\n" in line for line in stored) else "\n"
        return Body(separator.join(stored).encode(errors="surrogatepass"))
    return Body(compact(stored).encode(), reconstructed=True)
