"""A server under test, reached over HTTP; the only module that knows the HTTP client.

Every exchange goes over a connection of its own: a server may close an idle one at any moment, and a request that is
lost to that would be held against it. No redirect is followed, so a key never goes to another host; no cookie is
kept, and no proxy or credential is taken from the environment.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpcore

from conformance.errors import UsageError
from conformance.model import Author, Chunk, Ended, Exchange, Request, Response
from conformance.targets.awaited import Awaited
from conformance.targets.deadline import Allowance, BoundedBackend, OverBudget
from conformance.targets.served import ServedProgram
from conformance.targets.server import ServerTarget
from conformance.targets.session import Ask, NoConnection, Sent, Watch
from conformance.targets.settings import Settings
from conformance.wire.coding import DamagedCoding, decoder

#: A line that ends the stream, wherever the pieces of the body are cut.
_DONE = re.compile(rb"[\r\n]data: ?\[DONE\]")

#: What must be kept of earlier bytes to see such a line: one less than its longest form.
_DONE_TAIL = len(b"\ndata: [DONE]") - 1


#: A loopback address as a server in tests has it, and a target that no reader of URLs changes: no dot segments, nothing
#: to be escaped.
_PLAIN_ORIGIN = re.compile(r"http://(?P<host>127\.0\.0\.1|localhost):(?P<port>[1-9][0-9]{2,4})")
_PLAIN_TARGET = re.compile(r"/(?:(?!(?<=/)\.)[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*", re.ASCII)

#: Methods whose requests say that they have no content.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

#: Hears of a piece of a body, and says whether its reader goes on.
GoesOn = Callable[[bytes], bool]

#: The statuses that HTTP has (RFC 9110 §15).
_STATUSES = range(100, 600)


class HttpTarget(ServerTarget):
    """A server that offers the operation over HTTP; `wait` and `program` are as in `Awaited`."""

    def __init__(
        self,
        settings: Settings,
        *,
        traits: frozenset[str] = frozenset(),
        watch: Watch | None = None,
        wait: float | None = None,
        program: ServedProgram | None = None,
    ) -> None:
        wire = Wire(settings)
        awaited = wire if wait is None and program is None else Awaited(wire, settings, wait, program)
        super().__init__(settings, awaited, traits=traits, watch=watch)


class Wire:
    """One pool of connections that turns an `Ask` into an exchange, within an absolute allowance."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # The client around it would read redirects and cookies, and fails on those that are malformed.
        self._pool = _pool(settings)
        # Its own lock is taken by a method of Python, which an interrupt can leave between taking and holding it: the
        # requests that then remove what was created would wait for ever.
        self._pool._optional_thread_lock = threading.RLock()  # type: ignore[assignment]

    def send(self, ask: Ask, goes_on: GoesOn | None = None) -> Sent:
        """Send one request and record what comes back. Raises NoConnection when none could be opened.

        `goes_on` hears of every piece of the body in the thread that calls; where it says no the reader leaves.
        """
        settings = self._settings
        headers = settings.request_headers(ask.situation, body=ask.body is not None, more=ask.headers)
        address = _address(settings.origin, settings.target(ask.path, ask.prefix))
        length = [("Content-Length", str(len(ask.body or b"")))] if ask.body or ask.method in _WITH_BODY else []
        before, behind = ([], length) if ask.body else (length, [])
        sent = (("Host", address.host), *before, *headers, *behind)
        request = Request(Author.HARNESS, ask.method, address.url.target.decode("ascii"), sent, ask.body or b"")
        outgoing = httpcore.Request(
            ask.method, address.url, headers=[(name.encode(), value.encode()) for name, value in sent], content=ask.body
        )
        response, failure, stalled = None, None, False
        with Allowance(settings.timeout, settings.max_bytes).spent_here() as allowance:
            try:
                incoming = self._pool.handle_request(outgoing)
            except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as reason:
                raise NoConnection(settings.scrub(str(reason)) or "no connection within the time") from None
            except (
                httpcore.NetworkError,
                httpcore.TimeoutException,
                httpcore.RemoteProtocolError,
                OverBudget,
            ) as reason:
                failure, stalled = self._failure(reason, allowance), isinstance(reason, httpcore.TimeoutException)
            else:
                if incoming.status in _STATUSES:
                    response, stalled = self._receive(incoming, allowance, goes_on)
                else:
                    incoming.close()
                    failure = f"the answer is not HTTP: its status is {incoming.status}"
        return Sent(Exchange(ask.operation, 0, request, response, failure, ask.situation), stalled)

    def close(self) -> None:
        """Close the pool of connections."""
        self._pool.close()

    def _receive(
        self, incoming: httpcore.Response, allowance: Allowance, goes_on: GoesOn | None
    ) -> tuple[Response, bool]:
        body = _Body(incoming, allowance, self._settings.linger, goes_on)
        try:
            ended = body.read()
        finally:
            incoming.close()
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in incoming.headers)
        response = Response(
            Author.IMPLEMENTATION, incoming.status, headers, body.chunks(), ended, ended_ms=allowance.ms()
        )
        return response, ended is Ended.TIMEOUT and not body.done

    def _failure(self, reason: Exception, allowance: Allowance) -> str:
        if isinstance(reason, httpcore.TimeoutException):
            return f"no answer within {self._settings.timeout:g} s"
        if isinstance(reason, OverBudget):
            return f"no answer within {self._settings.max_bytes} bytes"
        if allowance.closed:
            return "the connection was closed without an answer"
        return self._settings.scrub(f"the answer is not HTTP: {reason}")


class _Body:
    """A body as it arrives: decoded, in one chunk for each millisecond, watched for its `[DONE]`."""

    def __init__(
        self, incoming: httpcore.Response, allowance: Allowance, linger: float, goes_on: GoesOn | None
    ) -> None:
        self.done = False
        self._incoming = incoming
        self._allowance = allowance
        self._linger = linger
        self._goes_on = goes_on
        #: Pieces of the same millisecond belong together: a million tiny pieces stay small in memory.
        self._pieces: dict[int, list[bytes]] = {}
        self._tail = b"\n"

    def read(self) -> Ended:
        """Read to the end, whatever that is."""
        try:
            for piece in self._decoded():
                self._allowance.decoded(len(piece))
                self._pieces.setdefault(self._allowance.ms(), []).append(piece)
                self._watch(piece)
                if self._goes_on is not None and not self._goes_on(piece):
                    return Ended.ABORTED
        except OverBudget:
            return Ended.ABORTED
        except httpcore.TimeoutException:
            return Ended.TIMEOUT
        except DamagedCoding:
            return Ended.SHORT
        except (httpcore.NetworkError, httpcore.RemoteProtocolError):
            return Ended.SHORT if self._allowance.closed else Ended.RESET
        return Ended.COMPLETE

    def chunks(self) -> tuple[Chunk, ...]:
        """What arrived so far."""
        return tuple(Chunk(ms, b"".join(pieces)) for ms, pieces in self._pieces.items())

    def _decoded(self) -> Iterator[bytes]:
        codings = (value for name, value in self._incoming.headers if name.lower() == b"content-encoding")
        coding = decoder(b", ".join(codings).decode("latin-1"))
        for raw in self._incoming.iter_stream():
            yield from coding.feed(raw)
        coding.close()

    def _watch(self, piece: bytes) -> None:
        """After the last `[DONE]` the body is given a little time to end, and no more."""
        seen = self._tail + piece
        if _DONE.search(seen):
            self.done = True
            self._allowance.shorten(self._linger)
        self._tail = seen[-_DONE_TAIL:]


class _Address(NamedTuple):
    """Where a request goes, and what its `Host` says."""

    url: httpcore.URL
    host: str


def _address(origin: str, target: str) -> _Address:
    """Read an address as httpx does: it escapes what a URL cannot hold, and knows hosts in any script.

    Most addresses are sent as they stand. httpx takes longer to load than a whole run over loopback to send, so it is
    asked only for what it would change.
    """
    plain = _PLAIN_ORIGIN.fullmatch(origin)
    if plain and _PLAIN_TARGET.fullmatch(target):
        host, port = plain["host"], plain["port"]
        url = httpcore.URL(scheme=b"http", host=host.encode(), port=int(port), target=target.encode())
        return _Address(url, f"{host}:{port}")
    import httpx  # noqa: PLC0415 - see above

    read = httpx.URL(origin + target)
    url = httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path)
    return _Address(url, read.netloc.decode("ascii"))


def _pool(settings: Settings) -> httpcore.ConnectionPool:
    """Connections that obey the current allowance, each for one exchange."""
    backend, verify = BoundedBackend(), verification(settings)
    if settings.proxy is None:
        return httpcore.ConnectionPool(verify, max_keepalive_connections=0, network_backend=backend)
    import httpx  # noqa: PLC0415 - see `_address`

    proxy = httpx.Proxy(settings.proxy)
    return httpcore.HTTPProxy(
        str(proxy.url),
        proxy_auth=proxy.raw_auth,
        ssl_context=verify,
        max_keepalive_connections=0,
        network_backend=backend,
    )


def verification(settings: Settings) -> ssl.SSLContext | None:
    """How a target is trusted that speaks TLS; None where it does not. Raises UsageError for a CA file that is none."""
    if settings.ca_file is None:
        if not settings.origin.startswith("https:"):
            return None
        import httpx  # noqa: PLC0415 - see `_address`

        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as reason:
        hint = "It must be a file of certificates in PEM form."
        raise UsageError(f"the CA file {settings.ca_file} cannot be used: {reason.strerror or reason}", hint) from None
