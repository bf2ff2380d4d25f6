"""The API without its sockets: from a request to the plan of its answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import parse_qsl

from conformance.model import Headers, Request, Response
from conformance.reference import handlers, responses, routes
from conformance.reference.behaviour import Behaviour
from conformance.reference.handlers import Asked
from conformance.reference.refusals import Refused
from conformance.reference.state import State

#: How long a client should wait between two looks at a run. A look moves the run on, so waiting gains nothing;
#: 1 ms is the shortest that the integer can say and still be taken for true.
_POLL: Headers = (("openai-poll-after-ms", "1"),)

_BETA = "assistants=v2"

_log = logging.getLogger(__name__)


class Api:
    """Answers one request after the other; each is answered whole before the next, so nothing can interleave.

    `api_key`: where it is given, requests must carry it. `scenario`: what runs play that name none themselves.
    """

    def __init__(self, api_key: str | None, scenario: str | None, behaviour: Behaviour) -> None:
        self.state = State(behaviour, scenario)
        self._api_key = api_key

    def answer(self, request: Request) -> Response:
        """Plan the answer to a request; a slip of ours is a 500 and is logged."""
        self.state.clock.tick()
        ours: Headers = (("x-request-id", self.state.clock.new_id("req")), ("openai-version", "2020-10-01"))
        try:
            response = self._served(request, ours)
        except Refused as refused:
            response = refusal(refused, ours)
        except Exception:
            # The query may hold a key.
            _log.exception("the mock failed on %s %r", request.method, request.target.partition("?")[0])
            response = refusal(Refused("fault"), ours)
        return responses.without_body(response) if request.method == "HEAD" else response

    def respond(self, request: Request) -> Response | None:
        """What is sent in answer to a request: what was planned, or what the behaviour makes of it."""
        return self.state.behaviour.respond(request, self.answer(request))

    def _served(self, request: Request, ours: Headers) -> Response:
        path, _, query_text = request.target.partition("?")
        query = dict(parse_qsl(query_text, keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers}
        self.state.behaviour.key(self._api_key, headers)
        handler, ids = routes.find(request.method, path)
        _check_beta(path, query, headers)
        answer = handler(self.state, Asked(ids, query, request.body))
        if isinstance(answer, tuple):
            return responses.as_stream(answer, headers=ours)
        polled = handler in {handlers.get_run, handlers.list_runs}
        return responses.as_json(answer, headers=ours + _POLL if polled else ours)


def refusal(refused: Refused, headers: Headers = ()) -> Response:
    """Plan the answer to a request that is refused."""
    return responses.as_json(refused.document, status=refused.status, headers=(*refused.headers, *headers))


def _check_beta(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """The header is asked of everybody but Azure's clients, which never send it (ERR-BETA, REQ-BETA-MISSING)."""
    is_azure = path.startswith("/openai/") or "api-version" in query
    if not is_azure and _BETA not in headers.get("openai-beta", ""):
        raise Refused("no-beta")
