"""Redaction by allow-list: what may be kept is listed, everything else goes, and no verdict changes by it.

Credentials stay as the fact that they were sent. Ids are renamed one to one, secrets are masked in every spelling,
texts and outputs stay as they are. What went is named in the provenance, never by its value.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import quote, unquote

from conformance.model import Exchange, Headers, Request, Response, Transcript
from conformance.wire.compact_json import compact
from conformance.wire.credentials import HEADERS, is_named, of_url, scheme_and, without_scheme
from conformance.wire.identifier import Names
from conformance.wire.replaced import is_replaced
from conformance.wire.secret import REDACTED, Secrets
from conformance.wire.splice import Edit, spliced, spliced_chunks

__all__ = ["REDACTED", "leaks", "learnt", "redact"]

#: Header fields that rules, readers and diagnoses need and that say nothing about a person.
KEPT_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "allow", "cache-control", "connection", "content-encoding", "content-length",
        "content-type", "openai-beta", "openai-poll-after-ms", "openai-processing-ms", "openai-version", "retry-after",
        "retry-after-ms", "transfer-encoding", "x-should-retry",
    }
)  # fmt: skip

#: How many secrets are learnt from a transcript, and how long they may be: more than any honest one holds, and few
#: enough that a hostile one does not make the search for all of them slow. Access tokens reach 2,000 characters.
MOST_LEARNT = 32
LONGEST_LEARNT = 4096

#: Bytes of a body in which secrets are learnt by their look; wherever else they stand they show by it as well.
LOOKED_INTO = 2**20

KEPT_PARAMETERS = frozenset(
    {"after", "api-version", "before", "include", "include%5B%5D", "include[]", "limit", "order", "run_id", "stream"}
)


def redact(transcript: Transcript, secrets: Iterable[str] = ()) -> Transcript:
    """Return the transcript as it may be kept; what was redacted is listed in `provenance["redacted"]`.

    `secrets` are values to remove besides those that show by their header or their look. The result redacted again
    is the same.
    """
    return _Redaction(transcript, secrets).transcript()


def without_secrets(transcript: Transcript, secrets: Iterable[str] = ()) -> Transcript:
    """Return the transcript with its secrets masked and nothing else changed: for whoever must see what was sent."""
    known = Secrets((*secrets, *learnt(transcript)))

    def text(value: str) -> str:
        data = value.encode(errors="surrogatepass")
        return spliced(data, known.edits(data)).decode(errors="surrogatepass")

    def headers(fields: Headers) -> Headers:
        return tuple((name, text(value)) for name, value in fields)

    def request(sent: Request) -> Request:
        body = spliced(sent.body, known.edits(sent.body))
        return replace(sent, target=text(sent.target), headers=headers(sent.headers), body=body)

    def response(came: Response | None) -> Response | None:
        if came is None:
            return None
        chunks = came.chunks
        for edits in (known.edits, known.edits_of_pieces):
            chunks = spliced_chunks(chunks, edits(b"".join(chunk.data for chunk in chunks)))
        return replace(came, headers=headers(came.headers), chunks=chunks)

    def exchange(each: Exchange) -> Exchange:
        failure = each.failure and text(each.failure)
        return replace(each, request=request(each.request), response=response(each.response), failure=failure)

    return replace(transcript, exchanges=tuple(map(exchange, transcript.exchanges)))


def leaks(transcript: Transcript, secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Name the places of a transcript that still hold a secret, with its kind; the values are never shown."""
    known = Secrets(secrets)
    places = [
        f"{place}: credential"
        for place, name, value in _named_values(transcript)
        if name.lower() in HEADERS
        and without_scheme(value) not in {"", REDACTED}
        and not is_replaced(without_scheme(value))
    ]
    for place, data in _all_bytes(transcript):
        places += [f"{place}: {kind}" for kind in known.kinds(data)]
    return tuple(places)


def learnt(transcript: Transcript) -> tuple[str, ...]:
    """The secrets that a transcript shows by its headers, its parameters, the addresses in them, and by their look."""
    seen: dict[str, None] = {}
    for value in chain(_told(transcript), _looking(transcript)):
        if len(seen) == MOST_LEARNT:
            break
        if value and REDACTED not in value and len(value) <= LONGEST_LEARNT:
            seen[value] = None
    return tuple(seen)


def _told(transcript: Transcript) -> Iterator[str]:
    for _, name, value in _named_values(transcript):
        if is_named(name):
            yield without_scheme(value)
            if value.lower().startswith("basic "):
                yield from _name_and_password(without_scheme(value))
        if name.lower() in ("cookie", "set-cookie"):
            yield from (pair.partition("=")[2] for pair in value.split(";"))
        if "://" in value:
            yield from of_url(value)


def _looking(transcript: Transcript) -> Iterator[str]:
    """What looks like a secret, in the order in which it is met."""
    nothing_known = Secrets()
    for _, data in _all_bytes(transcript):
        yield from (place.says.decode(errors="replace") for place in nothing_known.places(data[:LOOKED_INTO]))


def _name_and_password(encoded: str) -> Iterator[str]:
    """What the credential of the scheme Basic says."""
    try:
        said = base64.b64decode(encoded).decode()
    except ValueError:
        return
    yield said
    yield said.partition(":")[2]


def _named_values(transcript: Transcript) -> Iterator[tuple[str, str, str]]:
    """Yield every header and query parameter with its place."""
    for number, exchange in enumerate(transcript.exchanges):
        for name, value in exchange.request.headers:
            yield f"exchange {number}, request header {name}", name, value
        for name, text in _parameters(exchange.request.target.partition("?")[2]):
            yield f"exchange {number}, query", name, unquote(text or "")
        for name, value in exchange.response.headers if exchange.response else ():
            yield f"exchange {number}, response header {name}", name, value


def _parameters(query: str) -> list[tuple[str, str | None]]:
    pairs = (pair.partition("=") for pair in query.split("&")) if query else ()
    return [(name, value if equals else None) for name, equals, value in pairs]


def _all_bytes(transcript: Transcript) -> Iterator[tuple[str, bytes]]:
    """Yield everything a transcript holds, each body in one piece: a border must not hide a secret."""
    outcome = None if transcript.outcome is None else transcript.outcome.document
    said = (transcript.scenario, transcript.untestable, transcript.slip, sorted(transcript.traits))
    about = [*said, outcome, transcript.provenance]
    yield "header and outcome", _packed(about)
    for number, exchange in enumerate(transcript.exchanges):
        request, response = exchange.request, exchange.response
        yield (
            f"exchange {number}, request line and headers",
            _packed([request.method, request.target, request.headers, sorted(exchange.situation)]),
        )
        yield f"exchange {number}, request body", request.body
        if response is not None:
            yield f"exchange {number}, response headers", _packed([response.headers])
            yield f"exchange {number}, response body", b"".join(chunk.data for chunk in response.chunks)
        if exchange.failure is not None:
            yield f"exchange {number}, failure", exchange.failure.encode(errors="surrogatepass")


def _packed(document: object) -> bytes:
    return compact(document).encode()


class _Redaction:
    """One redaction: the masks it knows before it starts, the names it gives, the list of what went."""

    def __init__(self, transcript: Transcript, secrets: Iterable[str]) -> None:
        self._original = transcript
        self._secrets = Secrets((*secrets, *learnt(transcript)))
        self._names = Names()
        self._redacted = set(_texts(transcript.provenance.get("redacted")))

    def transcript(self) -> Transcript:
        old = self._original
        exchanges = tuple(self._exchange(exchange) for exchange in old.exchanges)
        outcome = old.outcome
        if outcome is not None and outcome.document is not None:
            outcome = replace(outcome, document=self._document(outcome.document))
        provenance = self._document({key: value for key, value in old.provenance.items() if key != "redacted"})
        if self._names.any_changed:
            self._redacted.add("ids")
        return replace(
            old,
            scenario=self._text(old.scenario),
            traits=frozenset(map(self._masked, old.traits)),
            exchanges=exchanges,
            untestable=None if old.untestable is None else self._text(old.untestable),
            slip=None if old.slip is None else self._text(old.slip),
            outcome=outcome,
            provenance={**provenance, "redacted": sorted(self._redacted)},
        )

    def _exchange(self, exchange: Exchange) -> Exchange:
        return replace(
            exchange,
            request=self._request(exchange.request),
            response=None if exchange.response is None else self._response(exchange.response),
            failure=None if exchange.failure is None else self._text(exchange.failure),
            situation=frozenset(map(self._masked, exchange.situation)),
        )

    def _request(self, request: Request) -> Request:
        target = self._target(request.target)
        body = self._body(request.body)
        headers = self._headers(request.headers, len(body) - len(request.body))
        return replace(request, method=self._masked(request.method), target=target, headers=headers, body=body)

    def _response(self, response: Response) -> Response:
        chunks, length = response.chunks, sum(len(chunk.data) for chunk in response.chunks)
        for edits in self._passes(quotes_all=response.status >= 400):
            chunks = spliced_chunks(chunks, edits(b"".join(chunk.data for chunk in chunks)))
        grown = sum(len(chunk.data) for chunk in chunks) - length
        return replace(response, headers=self._headers(response.headers, grown), chunks=chunks)

    def _body(self, data: bytes) -> bytes:
        for edits in self._passes(quotes_all=False):
            data = spliced(data, edits(data))
        return data

    def _passes(self, *, quotes_all: bool) -> tuple[Callable[[bytes], Iterator[Edit]], ...]:
        """Return the passes over a body, in order: ids first, so that those which hold secrets stay apart."""
        quotations = partial(self._names.edits_of_quotations, whole=quotes_all)
        masking = (self._secrets.edits, self._secrets.edits_of_pieces)
        return self._names.edits, quotations, *(self._noted(edits) for edits in masking)

    def _noted(self, masking: Callable[[bytes], Iterator[Edit]]) -> Callable[[bytes], Iterator[Edit]]:
        def edits(data: bytes) -> Iterator[Edit]:
            for edit in masking(data):
                self._redacted.add("secrets")
                yield edit

        return edits

    def _document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = json.loads(self._body(_packed(document)))
        return changed

    def _text(self, text: str) -> str:
        return self._masked(self._names.text(text))

    def _masked(self, text: str) -> str:
        data = text.encode(errors="surrogatepass")
        return spliced(data, self._noted(self._secrets.edits)(data)).decode(errors="surrogatepass")

    def _target(self, target: str) -> str:
        path, question, query = target.partition("?")
        # A secret may hold an ampersand, and must not be taken for two parameters.
        pairs = [self._parameter(name, value) for name, value in _parameters(self._masked(query))]
        return self._masked(self._names.path(path) + question + "&".join(pairs))

    def _parameter(self, name: str, value: str | None) -> str:
        if value is None:
            return name
        if name in KEPT_PARAMETERS:
            return f"{name}={self._names.parameter(name, value)}"
        self._redacted.add(f"query.{self._masked(unquote(name))}")
        return f"{name}={quote(REDACTED)}"

    def _headers(self, headers: Headers, grown: int) -> Headers:
        """Keep what is allowed; a declared length goes with the body, so that a wrong one stays as wrong as it was."""
        encoded = any(name.lower() == "content-encoding" for name, _ in headers)
        return tuple(
            (name, kept)
            for name, value in headers
            if (kept := self._header(name.lower(), value, 0 if encoded else grown)) is not None
        )

    def _header(self, name: str, value: str, grown: int) -> str | None:
        if name == "content-length" and value.isascii() and value.isdigit():
            return str(max(0, int(value) + grown))
        if name in KEPT_HEADERS:
            return self._text(value)
        self._redacted.add(f"headers.{self._masked(name)}")
        if name in HEADERS:
            return scheme_and(value, REDACTED)
        return None


def _texts(value: object) -> Iterator[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else iter(())
