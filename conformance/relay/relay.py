"""The relay: listens in a thread of its own, and passes what clients send on to one upstream.

Each connection in front has one behind, and both live and end together: a client sees of its connection what it would
see of the upstream's. HTTP/1.1 and 1.0; upgrades are refused with 501, HTTP/2 is not understood.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import h11

from conformance.errors import OwnError, UsageError
from conformance.model import Ended
from conformance.relay.connection import Connection, End, Piece
from conformance.relay.habit import Answer, Asked, Habit, handled, sent, until_gone
from conformance.relay.head import Upstream, moved, rewritten
from conformance.relay.message import RequestCopy, headers_of
from conformance.relay.passed import Passed, Room
from conformance.relay.passing import Passing

#: Connections in front at once: 200 streams and as many polls; each takes two descriptors, of 1,024 as a rule.
CONNECTION_LIMIT = 450

#: Bytes of a request that a habit reads whole.
_BODY_LIMIT = 64 * 1024 * 1024

#: Seconds to wait for the thread to start or to end; both take milliseconds.
_PATIENCE = 10.0

#: Seconds in which a client closes its side once it has read the end of the upstream's.
_FAREWELL = 2.0


#: Turns of the event loop after which a handshake that failed has closed its socket, with some to spare.
_TURNS = 10


class _Refused(Exception):
    """The relay answers by itself."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Relay:
    """A relay in front of an upstream, from its construction until `close`; usable in a with statement.

    `base` is the path under which clients reach it, that of the upstream unless it is said. `context` is how an
    upstream is trusted that speaks TLS. `habit` has its way with every exchange; without one bytes pass as they come.
    `keeps` says of a method and a target whether the exchange is kept: it is handed to `passed` once it is over, in
    the thread of the relay; `room` is what may be kept at once. Raises UsageError where the address cannot be had.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        base: str | None = None,
        context: ssl.SSLContext | None = None,
        habit: Habit | None = None,
        keeps: Callable[[str, str], bool] = lambda _method, _target: False,
        passed: Callable[[Passed], None] = lambda _: None,
        room: Room | None = None,
    ) -> None:
        self._upstream = upstream
        self._base = upstream.prefix if base is None else base
        self._context = context
        self._habit = habit
        self._keeps = keeps
        self._passed = passed
        self._room = room or Room(256 * 1024 * 1024)
        self._host = host
        self._port = port
        #: Exchanges that were passed on, and requests that found no upstream.
        self.exchanges = self.unreached = 0
        self._under_way: dict[int, Passed] = {}
        self._problem: OSError | None = None
        self._ready = threading.Event()
        self._began = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        #: Those whose sockets may be open.
        self._connections: set[Connection] = set()
        self._thread = threading.Thread(target=self._run, name="conformance-relay", daemon=True)
        self._thread.start()
        if not self._ready.wait(_PATIENCE):
            raise OwnError("The relay did not start.", f"Its thread was not ready within {_PATIENCE:g} s.")
        if self._problem is not None:
            raise UsageError(f"The relay cannot listen on {host}:{port}: {self._problem}", "Try port 0.")
        #: Where clients find what the base URL of the upstream names.
        self.base_url = f"{self.origin}{self._base}"

    def targets_under_way(self) -> tuple[str, ...]:
        """The targets of the exchanges under way that are kept."""
        return tuple(passed.target for passed in list(self._under_way.values()))

    def close(self) -> None:
        """Stop listening, break off what is under way, and leave no thread, task or socket behind."""
        with contextlib.suppress(RuntimeError):  # the loop may have ended
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(
                lambda: Connection(self._opened), self._host, self._port, backlog=512
            )
        except OSError as problem:
            self._problem = problem
            return
        host, port = server.sockets[0].getsockname()[:2]
        #: Scheme, host and port.
        self.origin = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._began = self._loop.time()
        self._ready.set()
        try:
            await self._stopping.wait()
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._closed()

    async def _closed(self) -> None:
        """Close every socket at once, and wait until it is closed: transports do it in one of the next turns."""
        for connection in self._connections:
            connection.abort()
        until = self._loop.time() + _PATIENCE
        while any(not each.lost for each in self._connections) and self._loop.time() < until:
            await asyncio.sleep(0)
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def _keep(self, connection: Connection) -> None:
        """Remember a connection until its socket is closed."""
        self._connections = {each for each in self._connections if not each.lost} | {connection}

    def _opened(self, front: Connection) -> None:
        self._keep(front)
        task = self._loop.create_task(self._converse(front))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, front: Connection) -> None:
        """Serve one connection until it ends; whatever either side does harms nobody else."""
        behind: Connection | None = None
        try:
            if len(self._tasks) > CONNECTION_LIMIT:
                raise _Refused(503, f"more than {CONNECTION_LIMIT} connections at once")
            while (arrived := await self._next(front)) is not None:
                request, began = arrived
                if self._habit is not None:
                    goes_on = await self._handled(front, request, self._habit)
                else:
                    behind = behind or await self._dial()
                    goes_on = await self._exchange(front, behind, request, began)
                if not goes_on or (behind is not None and await self._over(front, behind)):
                    break
            await self._leave(front, behind)
        except _Refused as refused:
            with contextlib.suppress(ConnectionResetError):
                await front.write(_refusal(refused))
            await self._leave(front, behind)
        except (OSError, asyncio.CancelledError):
            front.abort()
        finally:
            front.close()
            if behind is not None:
                behind.close()

    async def _next(self, front: Connection) -> tuple[RequestCopy, float] | None:
        """The head of the next request, and when it began to arrive; None where there is none. Raises _Refused."""
        request, began = RequestCopy(), 0.0
        while (piece := await front.read()) is not None:
            # Empty lines before a request say nothing (RFC 9112, 2.2); old clients send one behind a body.
            data = piece.data if began else piece.data.lstrip(b"\r\n")
            if not data:
                continue
            began = began or piece.at
            try:
                request.feed_head(data)
            except h11.RemoteProtocolError as problem:
                raise _Refused(problem.error_status_hint, str(problem)) from None
            if request.head is None:
                continue
            front.put_back(Piece(piece.at, request.after_head))
            if request.head.http_version >= b"2":
                raise _Refused(505, "HTTP/2 is not understood here; HTTP/1.1 is")
            if _upgrades(request.head):
                raise _Refused(501, "upgrades of the connection are not passed on")
            return request, began
        return None

    async def _exchange(self, front: Connection, behind: Connection, request: RequestCopy, began: float) -> bool:
        """Pass one exchange on byte by byte, and keep what is to be kept."""
        assert request.head is not None  # noqa: S101 - it has arrived
        method, target = request.head.method.decode("ascii"), request.head.target.decode("latin-1")
        passed = None
        if self._keeps(method, target):
            ms = (began - self._began) * 1000
            passed = Passed(ms, method, target, headers_of(request.head), self._room)
            self._under_way[id(passed)] = passed
        self.exchanges += 1
        try:
            return await Passing(front, behind, request, began, passed).through(
                rewritten(request.head_bytes, self._base, self._upstream)
            )
        finally:
            if passed is not None:
                passed.end(Ended.ABORTED, (self._loop.time() - began) * 1000, "the relay was closed")
                del self._under_way[id(passed)]
                self._passed(passed)

    async def _handled(self, front: Connection, request: RequestCopy, habit: Habit) -> bool:
        """Read one request whole, and let a habit have its way with it."""
        assert request.head is not None  # noqa: S101 - it has arrived
        body = bytearray()
        if any(name == b"expect" for name, _ in request.head.headers):
            await front.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not request.complete:
            piece = await front.read()
            if piece is None:
                return False
            told = request.feed(piece.data)
            body += told.body
            front.put_back(Piece(piece.at, piece.data[told.used :]))
            if len(body) > _BODY_LIMIT:
                raise _Refused(413, f"the request is longer than {_BODY_LIMIT} bytes")
        method, target = request.head.method.decode("ascii"), request.head.target.decode("latin-1")
        asked = Asked(method, target, headers_of(request.head), bytes(body))
        knows_chunks = request.head.http_version >= b"1.1"
        self.exchanges += 1
        return await until_gone(front, handled(front, asked, habit, self._send, knows_chunks=knows_chunks))

    async def _send(self, asked: Asked) -> Answer:
        """Ask the upstream, on a connection of its own."""
        behind = await self._dial()
        target = moved(asked.target.encode("latin-1"), self._base, self._upstream).decode("latin-1")
        try:
            return await sent(behind, asked, target, self._upstream.authority)
        except BaseException:
            behind.abort()
            raise

    async def _dial(self) -> Connection:
        """A connection to the upstream. Raises _Refused where there is none."""
        upstream = self._upstream
        tls: dict[str, Any] = {}
        if self._upstream.tls:
            tls = {"ssl": self._context or ssl.create_default_context(), "server_hostname": upstream.host}
        try:
            _, behind = await self._loop.create_connection(Connection, upstream.host, upstream.port, **tls)
        except OSError as problem:
            self.unreached += 1
            raise _Refused(502, f"the upstream cannot be reached: {problem}") from None
        self._keep(behind)
        return behind

    async def _over(self, front: Connection, behind: Connection) -> bool:
        """Wait for what comes after an exchange: another request, or the end of either connection."""
        waiting = {asyncio.ensure_future(front.readable()), asyncio.ensure_future(behind.gone())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        return behind.ended is not None

    async def _leave(self, front: Connection, behind: Connection | None) -> None:
        """End both connections, each as the other one ended, and let the client read what was sent."""
        if behind is not None:
            if behind.ended is End.CLOSED:
                with contextlib.suppress(ConnectionResetError):
                    while (piece := await behind.read()) is not None:  # such as a 408 to a connection that was idle
                        await front.write(piece.data)
            if behind.ended is End.RESET:
                await front.reset()
            if front.ended is End.RESET:
                await behind.reset()
            behind.finish()
        front.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                while await front.read() is not None:
                    pass


def _upgrades(head: h11.Request) -> bool:
    """Whether a request makes sense only where it turns the connection into something else.

    An offer of HTTP/2 over plain TCP, which Java's client makes with every first request, may be ignored.
    """
    offers = {value.strip().lower() for name, value in head.headers if name == b"upgrade"}
    return head.method == b"CONNECT" or bool(offers - {b"h2c"})


def _refusal(refused: _Refused) -> bytes:
    """The answer of the relay itself, which says that it is its own."""
    message = f"conformance proxy: {refused.message}"
    body = json.dumps({"error": {"message": message, "type": "proxy_error", "param": None, "code": None}}).encode()
    reason = HTTPStatus(refused.status).phrase
    head = f"HTTP/1.1 {refused.status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
