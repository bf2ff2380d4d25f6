"""A server under test, reached over HTTP; the only module that knows the HTTP client.

Every exchange goes over a connection of its own: a server may close an idle one at any moment, and a request that is
lost to that would be held against it. No redirect is followed, so a key never goes to another host; no cookie is
kept, and no proxy or credential is taken from the environment.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence

import httpcore
import httpx

from conformance.contract.scenarios import requires
from conformance.errors import ConformanceError, UsageError
from conformance.model import Author, Chunk, Ended, Exchange, Request, Response, Scenario, Transcript
from conformance.targets.acts import Play, play
from conformance.targets.contact import make_contact
from conformance.targets.cost import cost
from conformance.targets.deadline import Allowance, BoundedBackend, OverBudget
from conformance.targets.provision import Provisioner
from conformance.targets.sending import Ask, GivenUp, NoConnection, Sent, Session, Untestable, Watch
from conformance.targets.settings import Settings
from conformance.wire.coding import DamagedCoding, decoder

#: A line that ends the stream, wherever the pieces of the body are cut.
_DONE = re.compile(rb"[\r\n]data: ?\[DONE\]")

#: What must be kept of earlier bytes to see such a line: one less than its longest form.
_DONE_TAIL = len(b"\ndata: [DONE]") - 1


#: The statuses that HTTP has (RFC 9110 §15).
_STATUSES = range(100, 600)


class HttpTarget:
    """A server that offers the operation over HTTP.

    `traits` adds what only the caller knows, such as `scripted` for the reference server. `exchange` raises
    UnreachableTarget or NotThisApi at first contact and BudgetReached at the limit of requests; whatever else goes
    wrong is told in the transcript.
    """

    def __init__(self, settings: Settings, *, traits: frozenset[str] = frozenset(), watch: Watch | None = None) -> None:
        self.settings = settings
        own = {"key"} if settings.keyed else set()
        if settings.provision != "static":
            own.add("state")
        if settings.provision == "run":
            own.add("others")
        self.traits = traits | own
        self._wire = Wire(settings)
        self._session = Session(settings, self._wire.send, watch)
        self._provisioner = Provisioner(self._session)
        self._contacted = False

    def describe(self) -> Mapping[str, object]:
        """Which target it is, without anything secret."""
        return self.settings.describe()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that neither a report nor a cassette may hold."""
        return self.settings.secrets

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario can be brought about here."""
        return self.why_not(scenario) is None

    def why_not(self, scenario: Scenario) -> str | None:
        """Why the scenario cannot be brought about here; None where it can."""
        missing = requires(scenario) - self.traits
        if missing:
            return f"needs what this target does not have: {', '.join(sorted(missing))}"
        return self._provisioner.why_not(scenario)

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How many `runs` and, at most, `requests` the scenarios take; see `cost.cost`."""
        return cost(scenarios, self.settings)

    def exchange(self, scenario: Scenario) -> Transcript:
        """Bring the scenario about and record its bytes."""
        self._make_contact()
        self._session.begin()
        playing = Play(scenario, self._session, self._provisioner)
        untestable = slip = None
        try:
            play(playing)
        except GivenUp as reason:
            untestable = None if playing.judgeable else str(reason)
        except Untestable as reason:
            untestable = str(reason)
        except ConformanceError:
            raise
        except Exception as reason:  # our own slip must not end the run, nor be held against the target
            slip = self.settings.scrub(f"{type(reason).__name__}: {reason}")
        finally:
            self._provisioner.give_back(scenario, playing.run, reusable=playing.still_waits)
        return Transcript(
            scenario=scenario.id,
            exchanges=tuple(playing.exchanges),
            traits=scenario.traits | self.traits,
            untestable=untestable,
            slip=slip,
            provenance={"target": dict(self.describe())},
        )

    def close(self) -> tuple[str, ...]:
        """Remove everything that was created; what could not be removed is returned, one line each."""
        self._session.lift_limit()
        try:
            return self._provisioner.ledger.clear(self._session)
        finally:
            self._wire.close()

    def _make_contact(self) -> None:
        if not self._contacted:
            make_contact(self._session, self._provisioner)
            self._contacted = True


class Wire:
    """One pool of connections that turns an `Ask` into an exchange, within an absolute allowance."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # The client around it would read redirects and cookies, and fails on those that are malformed.
        self._transport = _Transport(settings)

    def send(self, ask: Ask) -> Sent:
        """Send one request and record what comes back. Raises NoConnection when none could be opened."""
        settings = self._settings
        headers = settings.request_headers(ask.situation, body=ask.body is not None)
        url = settings.origin + settings.target(ask.path, ask.prefix)
        outgoing = httpx.Request(ask.method, url, headers=headers, content=ask.body)
        target = outgoing.url.raw_path.decode("ascii")
        sent = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in outgoing.headers.raw)
        request = Request(Author.HARNESS, ask.method, target, sent, ask.body or b"")
        response, failure, stalled = None, None, False
        with Allowance(settings.timeout, settings.max_bytes).spent_here() as allowance:
            try:
                incoming = self._transport.handle_request(outgoing)
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
                if incoming.status_code in _STATUSES:
                    response, stalled = self._receive(incoming, allowance)
                else:
                    incoming.close()
                    failure = f"what came is no HTTP answer: its status is {incoming.status_code}"
        return Sent(Exchange(ask.operation, 0, request, response, failure, ask.situation), stalled)

    def close(self) -> None:
        """Close the pool of connections."""
        self._transport.close()

    def _receive(self, incoming: httpx.Response, allowance: Allowance) -> tuple[Response, bool]:
        body = _Body(incoming, allowance, self._settings.linger)
        try:
            ended = body.read()
        finally:
            incoming.close()
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in incoming.headers.raw)
        response = Response(
            Author.IMPLEMENTATION, incoming.status_code, headers, body.chunks(), ended, ended_ms=allowance.ms()
        )
        return response, ended is Ended.TIMEOUT and not body.done

    def _failure(self, reason: Exception, allowance: Allowance) -> str:
        if isinstance(reason, httpcore.TimeoutException):
            return f"no answer within {self._settings.timeout:g} s"
        if isinstance(reason, OverBudget):
            return f"no answer within {self._settings.max_bytes} bytes"
        if allowance.closed:
            return "the connection was closed without an answer"
        return self._settings.scrub(f"what came is no HTTP answer: {reason}")


class _Body:
    """A body as it arrives: decoded, in one chunk for each millisecond, watched for its `[DONE]`."""

    def __init__(self, incoming: httpx.Response, allowance: Allowance, linger: float) -> None:
        self.done = False
        self._incoming = incoming
        self._allowance = allowance
        self._linger = linger
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
        coding = decoder(self._incoming.headers.get("content-encoding", ""))
        for raw in self._incoming.iter_raw():
            yield from coding.feed(raw)
        coding.close()

    def _watch(self, piece: bytes) -> None:
        """After the last `[DONE]` the body is given a little time to end, and no more."""
        seen = self._tail + piece
        if _DONE.search(seen):
            self.done = True
            self._allowance.shorten(self._linger)
        self._tail = seen[-_DONE_TAIL:]


class _Transport(httpx.BaseTransport):
    """httpx over a pool whose connections obey the current allowance."""

    def __init__(self, settings: Settings) -> None:
        backend, verify = BoundedBackend(), _verification(settings)
        if settings.proxy is None:
            self._pool = httpcore.ConnectionPool(verify, max_keepalive_connections=0, network_backend=backend)
        else:
            proxy = httpx.Proxy(settings.proxy)
            self._pool = httpcore.HTTPProxy(
                str(proxy.url),
                proxy_auth=proxy.raw_auth,
                ssl_context=verify,
                max_keepalive_connections=0,
                network_backend=backend,
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; exceptions are those of httpcore."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        outgoing = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        incoming = self._pool.handle_request(outgoing)
        return httpx.Response(incoming.status, headers=incoming.headers, stream=_Stream(incoming))

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, incoming: httpcore.Response) -> None:
        self._incoming = incoming

    def __iter__(self) -> Iterator[bytes]:
        return self._incoming.iter_stream()

    def close(self) -> None:
        """Give the connection back."""
        self._incoming.close()


def _verification(settings: Settings) -> ssl.SSLContext | None:
    if settings.ca_file is None:
        return httpx.create_ssl_context() if settings.origin.startswith("https:") else None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as reason:
        hint = "It must be a file of certificates in PEM form."
        raise UsageError(f"the CA file {settings.ca_file} cannot be used: {reason.strerror or reason}", hint) from None
