"""The reference as applications that other servers serve: one of WSGI, one of ASGI, and what is none."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from conformance.model import Author, Headers, Request, Response
from conformance.reference.api import Api
from conformance.reference.behaviour import Behaviour

_API = Api(None, None, Behaviour())
_ANSWERING = threading.Lock()

#: What is no application.
PAGES = "index.html"


def make() -> Callable[..., Iterator[bytes]]:
    """Makes an application, and is none."""
    return wsgi


def wsgi(environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterator[bytes]:
    """The reference by PEP 3333, piece by piece."""
    fields = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    target = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}".removesuffix("?")
    headers = (*fields.items(), ("Content-Type", environ.get("CONTENT_TYPE", "")))
    response = _answer(environ["REQUEST_METHOD"], target, headers, environ["wsgi.input"].read())
    start_response(f"{response.status} As Planned", list(response.headers))
    for chunk in response.chunks:
        yield chunk.data


async def asgi(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """The reference by ASGI 3, piece by piece."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    target = f"{scope['path']}?{scope['query_string'].decode()}".removesuffix("?")
    response = _answer(scope["method"], target, headers, body)
    fields = [(name.lower().encode(), value.encode()) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    for chunk in response.chunks:
        await send({"type": "http.response.body", "body": chunk.data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _answer(method: str, target: str, headers: Headers, body: bytes) -> Response:
    with _ANSWERING:
        return _API.answer(Request(Author.HARNESS, method, target, headers, body))
