"""The API without its sockets: from a request to the plan of its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qsl

from conformance.model import Headers, Request, Response
from conformance.reference import handlers, responses, routes
from conformance.reference.behaviour import Behaviour
from conformance.reference.handlers import Answer, Asked
from conformance.reference.objects import Document
from conformance.reference.refusals import Refused
from conformance.reference.scripted_model import rounds
from conformance.reference.scripts import Round
from conformance.reference.state import State

#: How long a client should wait between two looks at a run. A look moves the run on, so waiting gains nothing;
#: 1 ms is the shortest that the integer can say and still be taken for true.
_POLL: Headers = (("openai-poll-after-ms", "1"),)

#: Says what is done in each round of a run that was created.
Model = Callable[[Document], tuple[Round, ...]]

_log = logging.getLogger(__name__)


class Reply(NamedTuple):
    """An answer before it is written: a document is JSON, events are a stream."""

    status: int
    headers: Headers
    content: Answer

    def written(self) -> Response:
        """The answer with its bytes."""
        if isinstance(self.content, tuple):
            return responses.as_stream(self.content, headers=self.headers)
        return responses.as_json(self.content, status=self.status, headers=self.headers)


class Api:
    """Answers one request after the other; each is answered whole before the next, so nothing can interleave.

    `api_key`: where it is given, requests must carry it. `scenario`: what runs play that name none themselves.
    `model`: what is done in each round of a run, in the place of the scripted model and its scenarios.
    """

    def __init__(
        self, api_key: str | None, scenario: str | None, behaviour: Behaviour, model: Model | None = None
    ) -> None:
        self.state = State(behaviour.acceptance, partial(rounds, fallback=scenario) if model is None else model)
        self._behaviour = behaviour
        self._api_key = api_key

    def answer(self, request: Request) -> Response:
        """Plan the answer to a request."""
        response = self.reply(request).written()
        return responses.without_body(response) if request.method == "HEAD" else response

    def reply(self, request: Request) -> Reply:
        """What answers a request; an internal error is a 500 and is logged."""
        self.state.clock.tick()
        ours: Headers = (("x-request-id", self.state.clock.new_id("req")), ("openai-version", "2020-10-01"))
        try:
            return self._served(request, ours)
        except Refused as refused:
            return _refused(refused, ours)
        except Exception:
            # The query may hold a key.
            _log.exception("the mock failed on %s %r", request.method, request.target.partition("?")[0])
            return _refused(Refused("fault"), ours)

    def respond(self, request: Request) -> Response | None:
        """What is sent in answer to a request: what was planned, or what the behaviour makes of it."""
        return self._behaviour.respond(request, self.answer(request))

    def _served(self, request: Request, ours: Headers) -> Reply:
        path, _, query_text = request.target.partition("?")
        query = dict(parse_qsl(query_text, keep_blank_values=True))
        headers, behaviour = _by_name(request.headers), self._behaviour
        behaviour.key(self._api_key, headers)
        handler, ids = routes.find(request.method, path, behaviour.prefixes)
        behaviour.beta(path, query, headers)
        answer = handler(self.state, Asked(ids, query, request.body, behaviour))
        if request.method == "POST":
            self.state.took(len(request.body))
        polled = handler in {handlers.get_run, handlers.list_runs}
        return Reply(200, ours + _POLL if polled else ours, answer)


def refusal(refused: Refused, headers: Headers = ()) -> Response:
    """Plan the answer to a request that is refused."""
    return _refused(refused, headers).written()


def _refused(refused: Refused, headers: Headers) -> Reply:
    return Reply(refused.status, (*refused.headers, *headers), refused.document)


def _by_name(headers: Headers) -> Mapping[str, str]:
    """Header fields by their names in lower case; several of one name are one list (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for name, value in headers:
        known = found.get(name.lower())
        found[name.lower()] = value if known is None else f"{known}, {value}"
    return found
