"""Redaction by allow-list: what may be kept is listed, everything else goes, and no verdict changes by it.

Credentials stay as the fact that they were sent. Ids are renamed one to one, secrets are masked in every spelling,
texts and outputs stay as they are. What went is named in the provenance, never by its value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Any
from urllib.parse import quote, unquote

from conformance.model import Exchange, Headers, Request, Response, Transcript
from conformance.wire.compact_json import compact
from conformance.wire.identifier import Names
from conformance.wire.replaced import is_replaced
from conformance.wire.secret import REDACTED, Masks, edits_by_look, look_like_secrets, masks, secrets_in
from conformance.wire.splice import Edit, spliced, spliced_chunks

__all__ = ["REDACTED", "leaks", "redact", "secrets_in"]

#: Header fields that rules, readers and diagnoses need and that say nothing about a person.
KEPT_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "allow", "cache-control", "connection", "content-encoding", "content-length",
        "content-type", "openai-beta", "openai-poll-after-ms", "openai-processing-ms", "openai-version", "retry-after",
        "retry-after-ms", "transfer-encoding", "x-should-retry",
    }
)  # fmt: skip

#: Header fields whose presence is a fact and whose value is a secret.
CREDENTIALS = frozenset({"api-key", "authorization", "proxy-authorization", "x-api-key"})

#: How many secrets are learnt from a transcript, and how long they may be: more than any honest one holds, and few
#: enough that a hostile one does not make the search for all of them slow. Access tokens reach 2,000 characters.
MOST_LEARNT = 32
LONGEST_LEARNT = 4096

KEPT_PARAMETERS = frozenset(
    {"after", "api-version", "before", "include", "include%5B%5D", "include[]", "limit", "order", "run_id", "stream"}
)

#: Names whose values are secrets, wherever else they turn up. Counts of tokens are none.
_SENSITIVE = re.compile(
    r"(?:^|.*[-_])(?:auth|authorization|cookie|key|password|secret|session|sig|signature|token)", re.I
)
_CREDENTIAL = re.compile(r"\s*((?:[A-Za-z]+\s+)?)(\S.*)", re.DOTALL)


def redact(transcript: Transcript, secrets: Iterable[str] = ()) -> Transcript:
    """Return the transcript as it may be kept; what was redacted is listed in `provenance["redacted"]`.

    `secrets` are values to remove besides those that show by their header or their look. The result redacted again
    is the same.
    """
    return _Redaction(transcript, secrets).transcript()


def without_secrets(transcript: Transcript, secrets: Iterable[str]) -> Transcript:
    """Return the transcript with these secrets masked in every answer, each by as many asterisks as it has characters.

    What a server quotes of a key is then nowhere, however a message is cut afterwards; nothing else changes.
    """
    found = masks(tuple(secrets))

    def plain(value: str) -> str:
        data = value.encode(errors="surrogatepass")
        return spliced(data, found.edits(data)).decode(errors="surrogatepass")

    def masked(response: Response) -> Response:
        headers = tuple((name, plain(value)) for name, value in response.headers)
        body = b"".join(chunk.data for chunk in response.chunks)
        return replace(response, headers=headers, chunks=spliced_chunks(response.chunks, found.edits(body)))

    exchanges = tuple(
        exchange if exchange.response is None else replace(exchange, response=masked(exchange.response))
        for exchange in transcript.exchanges
    )
    return replace(transcript, exchanges=exchanges)


def leaks(transcript: Transcript, secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Name the places of a transcript that still hold a secret, with its kind; the values are never told."""
    secrets = tuple(secrets)
    places = [
        f"{place}: credential"
        for place, name, value in _named_values(transcript)
        if name.lower() in CREDENTIALS
        and _credential(value) not in {"", REDACTED}
        and not is_replaced(_credential(value))
    ]
    for place, data in _all_bytes(transcript):
        places += [f"{place}: {kind}" for kind in secrets_in(data, secrets)]
    return tuple(places)


def _credential(value: str) -> str:
    """Return what a credential's header holds besides the scheme."""
    match = _CREDENTIAL.fullmatch(value)
    return match[2] if match else ""


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
    about = [transcript.scenario, transcript.untestable, transcript.slip, outcome, transcript.provenance]
    yield "header and outcome", _packed(about)
    for number, exchange in enumerate(transcript.exchanges):
        request, response = exchange.request, exchange.response
        yield f"exchange {number}, request line and headers", _packed([request.target, request.headers])
        yield f"exchange {number}, request body", request.body
        if response is not None:
            yield f"exchange {number}, response headers", _packed([response.headers])
            yield f"exchange {number}, response body", b"".join(chunk.data for chunk in response.chunks)
        if exchange.failure is not None:
            yield f"exchange {number}, failure", exchange.failure.encode(errors="surrogatepass")


def _learnt(transcript: Transcript) -> Iterator[str]:
    """Yield the secrets a transcript tells by its headers, its parameters and their look, each once."""
    seen: set[str] = set()
    named = (both for _, name, value in _named_values(transcript) if _SENSITIVE.fullmatch(name)
             for both in (value, _credential(value)))  # fmt: skip
    looking = (value for _, data in _all_bytes(transcript) for value in look_like_secrets(data))
    for value in chain(named, looking):
        if value not in seen and len(value) <= LONGEST_LEARNT:
            seen.add(value)
            yield value


def _packed(document: object) -> bytes:
    return compact(document).encode()


class _Redaction:
    """One redaction: the masks it knows before it starts, the names it gives, the list of what went."""

    def __init__(self, transcript: Transcript, secrets: Iterable[str]) -> None:
        known = (*secrets, *islice(_learnt(transcript), MOST_LEARNT))
        self._original = transcript
        self._masks = Masks(one for one in known if REDACTED not in one)
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
        )

    def _request(self, request: Request) -> Request:
        target = self._target(request.target)
        body = self._body(request.body)
        headers = self._headers(request.headers, len(body) - len(request.body))
        return replace(request, target=target, headers=headers, body=body)

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
        """Return the passes over a body, in order."""
        quotations = partial(self._names.edits_of_quotations, whole=quotes_all)
        masking = (self._masks.edits, self._masks.edits_of_pieces, edits_by_look)
        return *(self._noted(edits) for edits in masking), self._names.edits, quotations

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
        return self._names.text(self._masked(text))

    def _masked(self, text: str) -> str:
        data = text.encode(errors="surrogatepass")
        for edits in (self._masks.edits, edits_by_look):
            data = spliced(data, self._noted(edits)(data))
        return data.decode(errors="surrogatepass")

    def _target(self, target: str) -> str:
        path, question, query = self._masked(target).partition("?")
        pairs = [self._parameter(name, value) for name, value in _parameters(query)]
        return self._names.path(path) + question + "&".join(pairs)

    def _parameter(self, name: str, value: str | None) -> str:
        if value is None:
            return name
        if name in KEPT_PARAMETERS:
            return f"{name}={self._names.parameter(name, value)}"
        self._redacted.add(f"query.{unquote(name)}")
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
        self._redacted.add(f"headers.{name}")
        if name in CREDENTIALS:
            return _CREDENTIAL.sub(lambda match: match[1] + REDACTED, value)
        return None


def _texts(value: object) -> Iterator[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else iter(())
