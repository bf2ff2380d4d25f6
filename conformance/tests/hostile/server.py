"""The reference server on a raw socket, with one hostility: what it matches is damaged, all else is as it should be."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from threading import Lock
from urllib.parse import quote

from conformance.model import Author, Request, Response
from conformance.reference.api import Api
from conformance.reference.behaviour import Behaviour
from conformance.tests.targets.servers import RawServer

KEY = "sk-canary-4d5e6f7a8b9c"

#: What is done in the place of a plain answer.
Damage = Callable[[socket.socket, Response], None]

_ID = re.compile(rb'"((?:asst|thread|run|call|step|msg)_\d\w*)"')


class HostileServer(RawServer):
    """Answers as the mock does; where `METHOD path` fits `at`, `damage` answers, from the `after`-th fit on.

    `prefix` is put before every id that goes out, and taken off again where it comes back.
    """

    def __init__(self, at: str, damage: Damage, *, after: int = 0, prefix: str = "") -> None:
        super().__init__(self._answer)
        self._at, self._damage, self._after, self._prefix = re.compile(at), damage, after, prefix
        self._api = Api(KEY, None, Behaviour())
        self._lock = Lock()

    def _answer(self, connection: socket.socket, raw: bytes) -> None:
        request = parsed(raw, self._prefix)
        with self._lock:
            answer = self._api.answer(request)
            hostile = self._at.fullmatch(f"{request.method} {request.target}") is not None
            self._after -= hostile
        if self._prefix:
            connection.sendall(plain(answer, _ID.sub(self._disguised, body_of(answer))))
        elif hostile and self._after < 0:
            self._damage(connection, answer)
        else:
            connection.sendall(plain(answer))

    def _disguised(self, found: re.Match[bytes]) -> bytes:
        return json.dumps(self._prefix + found[1].decode()).encode()


def parsed(raw: bytes, prefix: str = "") -> Request:
    """A request as it came, with the prefix of ids taken off."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (field.partition(":") for field in fields))
    if prefix:
        target = target.replace(quote(prefix, safe="", errors="surrogatepass"), "")
        body = body.replace(json.dumps(prefix, ensure_ascii=False)[1:-1].encode(errors="surrogatepass"), b"")
    return Request(Author.IMPLEMENTATION, method, target.removeprefix("/v1"), headers, body)


def body_of(answer: Response) -> bytes:
    """The whole body of a planned answer."""
    return b"".join(chunk.data for chunk in answer.chunks)


def head_of(answer: Response, *more: str, status: int | None = None, version: str = "1.1") -> bytes:
    """Status line and the content type, then more fields; no word of how long the body is."""
    kind = next(value for name, value in answer.headers if name.lower() == "content-type")
    lines = (f"HTTP/{version} {status or answer.status} Status", f"Content-Type: {kind}", *more, "", "")
    return "\r\n".join(lines).encode("latin-1")


def plain(answer: Response, body: bytes | None = None, *more: str, status: int | None = None) -> bytes:
    """A whole, well-framed answer."""
    content = body_of(answer) if body is None else body
    return head_of(answer, f"Content-Length: {len(content)}", *more, status=status) + content
