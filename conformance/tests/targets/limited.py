"""Servers that give little: the reference with one habit of servers in the wild, in this process or on a socket."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

from conformance.model import Author, Request, Response
from conformance.reference import responses
from conformance.reference.api import Api, Model, refusal
from conformance.reference.behaviour import Behaviour
from conformance.reference.objects import Document
from conformance.reference.refusals import Refused
from conformance.reference.scripts import SCRIPTS, Call, Round
from conformance.targets.in_process import _BASE_URL, _KEY, _Direct
from conformance.targets.pace import LogicalTime
from conformance.targets.server import ServerTarget
from conformance.targets.settings import Settings

_SUBMISSION = re.compile(r".*/threads/([^/]+)/runs/([^/]+)/submit_tool_outputs")
_RUN = re.compile(r".*/threads/([^/]+)/runs/([^/]+)")
_TEXT = SCRIPTS["text"]

_NO_TENANT = {
    "message": "Missing required header: X-Tenant",
    "type": "invalid_request_error",
    "param": None,
    "code": None,
}

#: The key that is sent in this process.
KEY = _KEY

#: Fields that say how a body ends; on a socket it is sent in one piece.
_LENGTHS = frozenset({"content-length", "transfer-encoding"})


def at_once(_run: Document) -> tuple[Round, ...]:
    """A model that answers without calling anything."""
    return (Round(_TEXT),)


def one_at_a_time(run: Document) -> tuple[Round, ...]:
    """A model that calls one function, then the next, and answers when it has heard of all."""
    functions = [tool["function"]["name"] for tool in run["tools"] if tool["type"] == "function"]
    return (*(Round(_TEXT, (Call(name, ('{"place":"Köln"}',)),)) for name in functions), Round(_TEXT))


class Limited(Api):
    """The reference with a model of its own, and `instead`: answers that it gives in the place of its own."""

    def __init__(
        self,
        key: str | None = None,
        *,
        behaviour: Behaviour | None = None,
        model: Model | None = None,
        instead: Callable[[Api, Request], Response | None] = lambda _api, _request: None,
    ) -> None:
        super().__init__(key, None, behaviour or Behaviour(), model)
        self._instead = instead

    def answer(self, request: Request) -> Response:
        return self._instead(self, request) or super().answer(request)

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        """Answer a request that `RawServer` has read."""
        head, _, body = request.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = line.split(" ")
        headers = tuple((name, value.strip()) for name, _, value in (field.partition(":") for field in lines))
        reply = self.respond(Request(Author.IMPLEMENTATION, method, path, headers, body))
        assert reply is not None
        content = b"".join(chunk.data for chunk in reply.chunks)
        fields = [f"{name}: {value}" for name, value in reply.headers if name.lower() not in _LENGTHS]
        head = "\r\n".join([f"HTTP/1.1 {reply.status} Status", *fields, f"Content-Length: {len(content)}"]).encode()
        connection.sendall(head + b"\r\n\r\n" + content)


def _accepts_anything(api: Api, request: Request) -> Response | None:
    """Whatever is submitted, wherever to, by whomever: accepted, and nothing happens."""
    named = _SUBMISSION.fullmatch(request.target.partition("?")[0])
    if named is None:
        return None
    thread_id, run_id = named.groups()
    runs = [run for thread in api.state.threads.values() for run in thread.runs.values()]
    document = next((run.document for run in runs if run.document["id"] == run_id), runs[-1].document)
    return responses.as_json({**document, "id": run_id, "thread_id": thread_id})


def checks_nothing(key: str | None = None) -> Limited:
    """Completes every run at once and accepts whatever is submitted."""
    return Limited(key, model=at_once, instead=_accepts_anything)


def completes_at_once(key: str | None = None) -> Limited:
    """Completes every run at once, and refuses what is submitted to it as is right."""
    return Limited(key, model=at_once)


def refuses_whatever_comes(key: str | None = None) -> Limited:
    """Completes every run at once, looks at its state alone, and refuses whatever is submitted."""

    def refusing(_api: Api, request: Request) -> Response | None:
        submits = _SUBMISSION.fullmatch(request.target.partition("?")[0])
        return refusal(Refused("status", status="completed")) if submits else None

    return Limited(key, model=at_once, instead=refusing)


def calls_one_at_a_time(key: str | None = None) -> Limited:
    """Keeps all the rules with a model that makes one call at a time."""
    return Limited(key, model=one_at_a_time)


def wants_a_header(key: str | None = None) -> Limited:
    """Refuses with 400 who does not name a tenant."""

    def asking(_api: Api, request: Request) -> Response | None:
        named = any(name.lower() == "x-tenant" for name, _ in request.headers)
        return None if named else responses.as_json({"error": _NO_TENANT}, status=400)

    return Limited(key, instead=asking)


def never_moves(key: str | None = None) -> Limited:
    """Leaves every run queued."""
    return stops_working(key, after=0)


def stops_working(key: str | None = None, *, after: int) -> Limited:
    """Leaves every run queued but the first few."""

    def queued(api: Api, request: Request) -> Response | None:
        named = _RUN.fullmatch(request.target.partition("?")[0])
        runs = [run for thread in api.state.threads.values() for run in thread.runs]
        if request.method != "GET" or named is None or named[2] in runs[:after]:
            return None
        document = api.state.run(*named.groups()).document
        return responses.as_json({**document, "status": "queued", "required_action": None})

    return Limited(key, instead=queued)


def in_process(api: Limited) -> ServerTarget:
    """The server as a target, without a socket; its key is the one that is sent."""
    settings, pace = Settings(_BASE_URL, _KEY), LogicalTime()
    return ServerTarget(settings, _Direct(api, settings, pace), pace=pace)
