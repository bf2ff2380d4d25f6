"""The reference as a target without a socket: for the proof, and for tests that are not about bytes on a wire.

What is sent and answered is the same as over HTTP, with one chunk for each piece of an answer, and in no time: it
passes only where the plan of an answer or a polite client waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.model import Author, Exchange, Headers, Request, Response
from conformance.reference.api import Api
from conformance.reference.behaviour import Behaviour
from conformance.targets.pace import LogicalTime, Pace
from conformance.targets.server import ServerTarget
from conformance.targets.session import Ask, Sent, Watch
from conformance.targets.settings import Settings

#: The reference asks for a key, so that the rules about keys can be shown; it opens nothing else.
_KEY = "key-of-the-reference"

#: Nobody is asked for this name.
_BASE_URL = "http://reference.invalid/v1"

_HOST = ("Host", urlsplit(_BASE_URL).netloc)

#: Methods whose requests say how long their body is, even where there is none (RFC 9110 §8.6).
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

#: Seconds that an exchange takes at least, so that no two of them begin at the same moment unless they are to.
_EXCHANGE = 0.001


class InProcess(ServerTarget):
    """The reference, or one that behaves otherwise, in this process."""

    def __init__(self, behaviour: Behaviour | None = None, *, watch: Watch | None = None) -> None:
        settings, pace = Settings(_BASE_URL, _KEY), LogicalTime()
        api = Api(_KEY, None, Behaviour() if behaviour is None else behaviour)
        super().__init__(settings, _Direct(api, settings, pace), traits=frozenset({"scripted"}), watch=watch, pace=pace)

    def describe(self) -> Mapping[str, object]:
        """Which target it is."""
        return {"kind": "mock", "name": "the reference in process"}


class _Direct:
    """Hands each request to the API itself."""

    def __init__(self, api: Api, settings: Settings, pace: Pace) -> None:
        self._api = api
        self._settings = settings
        self._pace = pace

    def send(self, ask: Ask) -> Sent:
        """The exchange as a client records it."""
        settings, body = self._settings, ask.body
        fields = settings.request_headers(ask.situation, body=body is not None, more=ask.headers)
        target = settings.target(ask.path, ask.prefix)
        request = Request(Author.HARNESS, ask.method, target, _headers(ask, fields), body or b"")
        response = self._api.respond(request)
        if response is None:
            self._pace.pause(_EXCHANGE)
            failure = "the connection was closed without an answer"
            return Sent(Exchange(ask.operation, 0, request, None, failure, ask.situation), stalled=False)
        self._pace.pause(max(_EXCHANGE, response.ended_ms / 1000))
        return Sent(Exchange(ask.operation, 0, request, _received(response), None, ask.situation), stalled=False)

    def close(self) -> None:
        """Nothing is held."""


def _headers(ask: Ask, fields: Headers) -> Headers:
    """The fields of a request with those that a connection adds, in the order in which HTTP clients send them."""
    length = (("Content-Length", str(len(ask.body or b""))),)
    if ask.body is not None:
        return (_HOST, *fields, *length)
    return (_HOST, *length, *fields) if ask.method in _WITH_BODY else (_HOST, *fields)


def _received(response: Response) -> Response:
    """A planned answer as it arrives: somebody else's, without pieces that hold nothing."""
    chunks = tuple(chunk for chunk in response.chunks if chunk.data)
    return replace(response, author=Author.IMPLEMENTATION, chunks=chunks)
