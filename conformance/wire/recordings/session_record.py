"""Session records of `System.ClientModel` clients: a JSON file with every exchange of a session in `Entries`.

JSON bodies are stored parsed, so they come back reconstructed. Texts such as streams are stored as lists of lines
that keep their line ends, blank lines included: joined they are the body, byte for byte. Credentials are replaced by
`Sanitized` when such a record is made.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import jsonschema_rs

from conformance.errors import UnreadableInput
from conformance.model import Author, Chunk, Ended, Exchange, Headers, Request, Response, Transcript
from conformance.wire import strict_json
from conformance.wire.compact_json import compact
from conformance.wire.json_schema import mismatch
from conformance.wire.recordings.operation import of_target

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


def read(name: str, content: bytes, request: bytes | None) -> tuple[Transcript, ...]:  # noqa: ARG001 - the record holds its own requests
    """Read a whole session as one transcript, so that pending calls are learnt from its earlier exchanges.

    Raises UnreadableInput, with the entry, where it is not such a record.
    """
    try:
        document: Any = strict_json.read(content.removeprefix(b"\xef\xbb\xbf"))
    except strict_json.NotJson as error:
        raise UnreadableInput(f"{name}: not JSON: {error.reason}", _HINT) from None
    if found := mismatch(_validator(), document):
        pointer, keyword = found
        raise UnreadableInput(f"{name}: no session record: {pointer or 'the document'} breaks `{keyword}`", _HINT)
    exchanges = tuple(_exchange(entry, f"{name}: /Entries/{at}") for at, entry in enumerate(document["Entries"]))
    return (Transcript(name, exchanges, provenance={"kind": "session record"}),)


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_SCHEMA)


def _exchange(entry: dict[str, Any], place: str) -> Exchange:
    target = _target(entry["RequestUri"], place)
    method = entry["RequestMethod"]
    sent, received = _headers(entry.get("RequestHeaders")), _headers(entry.get("ResponseHeaders"))
    asked, answer = _body(entry.get("RequestBody"), sent), _body(entry.get("ResponseBody"), received)
    request = Request(Author.HARNESS, method, target, sent, asked.data, asked.reconstructed)
    chunks = (Chunk(0, answer.data),) if answer.data else ()
    response = Response(
        Author.IMPLEMENTATION, entry["StatusCode"], received, chunks, Ended.COMPLETE, 0, answer.reconstructed
    )
    return Exchange(of_target(method, target), 0, request, response)


def _target(uri: str, place: str) -> str:
    """Return path and query of a URI; raises UnreadableInput for what is none, such as a host in half a bracket."""
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise UnreadableInput(f"{place}/RequestUri: no URI: {error}", _HINT) from None
    return parts.path + (f"?{parts.query}" if parts.query else "")


#: The value of a header field: a number where whoever wrote the record took it for one, as Content-Length.
_Value = str | int | float


def _headers(fields: dict[str, _Value | list[_Value]] | None) -> Headers:
    return tuple(
        (name, str(value))
        for name, values in (fields or {}).items()
        for value in (values if isinstance(values, list) else [values])
    )


class _Body(NamedTuple):
    data: bytes
    reconstructed: bool


def _body(stored: object, headers: Headers) -> _Body:
    """Return the bytes of a stored body: a text as it was, parsed JSON written again without white space."""
    media_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    if stored is None:
        return _Body(b"", reconstructed=False)
    if isinstance(stored, str):
        return _Body(stored.encode(errors="surrogatepass"), reconstructed=False)
    if isinstance(stored, list) and "json" not in media_type.lower() and all(isinstance(one, str) for one in stored):
        separator = "" if any("\n" in line for line in stored) else "\n"
        return _Body(separator.join(stored).encode(errors="surrogatepass"), reconstructed=False)
    return _Body(compact(stored).encode(), reconstructed=True)
