"""The reference server on a real socket: in the background for a program, in the foreground for a person."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from collections.abc import Callable, Collection, Coroutine, Iterator
from types import TracebackType
from typing import Self, TypeVar

from conformance.contract.scenarios import BY_ID
from conformance.errors import OwnError, UsageError
from conformance.mock.http_player import Hold, play
from conformance.mock.http_reader import RequestReader
from conformance.mock.own_hosts import OwnHosts
from conformance.mock.recorded import Log, Recorded
from conformance.mock.replies import REPLIES
from conformance.model import Request, Response
from conformance.proof.faults.applied import behaviour_with
from conformance.reference.api import Api, refusal
from conformance.reference.behaviour import Behaviour
from conformance.reference.refusals import Refused

#: Connections at once. A client opens a handful; the suite's own tests open a hundred on purpose.
CONNECTION_LIMIT = 256

#: Seconds after which an idle connection makes room for another: whoever has just connected is about to ask.
IDLE_ENOUGH = 1.0

#: Characters of a strange host that are shown.
_SHOWN = 100

#: Seconds to wait for the thread to start or to end; both take milliseconds.
_PATIENCE = 10.0

#: Bytes and seconds spent on what a refused sender still sends: closing at once would reset the connection and take
#: the answer with it.
_LEFTOVER_BYTES = 64 * 1024 * 1024
_LEFTOVER_SECONDS = 2.0

#: Seconds in which connections that were made are accepted: one turn of the loop.
_ACCEPTANCE = 0.005

_Result = TypeVar("_Result")


class Mock:
    """The reference server in a thread of its own, from its construction until `close`; usable in a with statement.

    `api_key`: where it is given, requests must carry it. `scenario`: what runs play that name none in their metadata.
    `port` 0 takes any free one. `names`: what the mock is called beside localhost and its address; requests for any
    other host are refused, unless it is None. `fault`: the name of a fault that is played wherever it applies. `hold`
    is awaited before each piece of an answer. Raises UsageError where the address cannot be had, or there is no such
    fault.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        scenario: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        behaviour: Behaviour | None = None,
        names: Collection[str] | None = (),
        fault: str | None = None,
        hold: Hold | None = None,
    ) -> None:
        played = _behaviour(scenario, fault) if behaviour is None else behaviour
        self._service = _Service(api_key, scenario, played, host=host, port=port, names=names, hold=hold)
        self._thread = threading.Thread(target=self._service.run, name="conformance-mock", daemon=True)
        self._thread.start()
        self._service.wait_until_ready()
        #: Where clients find the API; ends in /v1.
        self.base_url = f"{self._service.origin}/v1"

    @property
    def origin(self) -> str:
        """Scheme, host and port, for path forms other than /v1."""
        return self._service.origin

    @property
    def began(self) -> float:
        """When it began to listen, on the clock `time.monotonic`, in seconds: what its records count from."""
        return self._service.began

    @property
    def unrecorded(self) -> int:
        """How many requests arrived that are not among those, since they would have been too much to remember."""
        return 0 if self._service.recorded is None else self._service.recorded.unrecorded

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """The requests that have arrived, oldest first, each with what was played of its answer so far."""
        return tuple(self._service.recorded or ())

    def idle_looks(self) -> int:
        """How often a run was looked at after its end had been shown, of all runs the most."""
        return self._service.idle_looks()

    def ask(self, request: Request) -> Response:
        """Answer a request that comes over no socket and is not recorded; nothing special is played to it."""
        return self._service.ask(request)

    def settle(self, seconds: float) -> None:
        """Wait, at most so long, until nobody is connected any more and all that was sent has been recorded."""
        self._service.settle(seconds)

    def finish(self, seconds: float) -> None:
        """Wait, at most so long, until every answer that was begun has ended; connections may stay open."""
        self._service.finish(seconds)

    def close(self) -> None:
        """Stop serving, break off what is under way, and leave no thread, task or socket behind."""
        self._service.stop()
        self._thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def serve(
    ready: Callable[[str], None],
    *,
    api_key: str | None = None,
    scenario: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    names: Collection[str] = (),
    fault: str | None = None,
) -> None:
    """Serve in the foreground until interrupted; `ready` is called with the base URL. Raises UsageError as `Mock`."""
    behaviour = _behaviour(scenario, fault)
    service = _Service(api_key, scenario, behaviour, host=host, port=port, names=names, ready=ready)
    with contextlib.suppress(KeyboardInterrupt):
        service.run()
    service.wait_until_ready()


def _behaviour(scenario: str | None, fault: str | None) -> Behaviour:
    """How a server behaves that has a fault, or else as the scenario wants it for a client."""
    if fault is not None:
        return behaviour_with(fault)
    played = None if scenario is None else BY_ID.get(scenario)
    return REPLIES["plainly" if played is None else played.answer]


class _Service:
    """The event loop, its listening socket and its connections."""

    def __init__(
        self,
        api_key: str | None,
        scenario: str | None,
        behaviour: Behaviour,
        *,
        host: str,
        port: int,
        names: Collection[str] | None = (),
        ready: Callable[[str], None] | None = None,
        hold: Hold | None = None,
    ) -> None:
        self.origin = ""
        #: What has arrived; None in the foreground, where nobody asks for it and days may pass.
        self.recorded = Log() if ready is None else None
        self._api = Api(api_key, scenario, behaviour)
        #: Held for the moment in which one request is answered: the next finds what that left.
        self._answering = threading.Lock()
        self._host = host
        self._own = OwnHosts(host, names)
        self._port = port
        self._ready = ready
        self._hold = hold
        self._settled = threading.Event()
        self._problem: OSError | None = None
        #: When it began to listen, on the clock of its loop.
        self.began = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._conversations: set[asyncio.Task[None]] = set()
        #: One for each answer that was begun and has not ended.
        self._answers: set[asyncio.Future[None]] = set()
        #: The readers of those connections, the oldest first.
        self._readers: list[RequestReader] = []

    def run(self) -> None:
        """Serve until `stop`, in the thread that calls."""
        try:
            asyncio.run(self._serve())
        finally:
            self._settled.set()

    def wait_until_ready(self) -> None:
        """Return once requests can come; raise UsageError where the address cannot be had."""
        if not self._settled.wait(_PATIENCE):
            raise OwnError("The mock did not start.", f"Its thread was not ready within {_PATIENCE:g} s.")
        if self._problem is not None:
            raise UsageError(f"The mock cannot listen on {self._host}:{self._port}: {self._problem}", "Try port 0.")

    def stop(self) -> None:
        """End `run` from another thread; does nothing where it has ended."""
        if self._loop is not None and self._stopping is not None:
            # The loop may close between these two lines.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)

    def ask(self, request: Request) -> Response:
        """Answer a request in the thread that calls; nothing can come between."""
        with self._answering:
            return self._api.answer(request)

    def idle_looks(self) -> int:
        """How often a run was looked at after its end had been shown, of all runs the most."""
        with self._answering:
            return self._api.state.idle_looks()

    def settle(self, seconds: float) -> None:
        """Wait until every conversation has ended, those that wait to be accepted too."""

        async def settled() -> None:
            await asyncio.sleep(_ACCEPTANCE)
            if self._conversations:
                await asyncio.wait(self._conversations, timeout=seconds)

        self._called(settled(), seconds + _PATIENCE)

    def finish(self, seconds: float) -> None:
        """Wait until every answer has ended."""

        async def finished() -> None:
            await asyncio.sleep(_ACCEPTANCE)
            if self._answers:
                await asyncio.wait(self._answers, timeout=seconds)

        self._called(finished(), seconds + _PATIENCE)

    def _called(self, work: Coroutine[object, object, _Result], seconds: float) -> _Result:
        assert self._loop is not None  # noqa: S101 - it serves
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._converse, self._host, self._port)
        except OSError as problem:
            self._problem = problem
            return
        try:
            host, port = server.sockets[0].getsockname()[:2]
            self.origin = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            self.began = self._loop.time()
            self._settled.set()
            if self._ready is not None:
                self._ready(f"{self.origin}/v1")
            await self._stopping.wait()
        finally:
            server.close()
            for conversation in self._conversations:
                conversation.cancel()
            await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends; whatever the other side does harms nobody else."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._conversations.add(task)
        try:
            await self._answer_all(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._conversations.discard(task)
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = RequestReader(reader, writer)
        self._readers.append(requests)
        try:
            if len(self._conversations) > CONNECTION_LIMIT and not self._shed():
                raise Refused("full")
            while (arrived := await requests.next()) is not None:
                began = asyncio.get_running_loop().time()
                recorded = Recorded(round((began - self.began) * 1000), arrived.request)
                if self.recorded is not None:
                    self.recorded.add(recorded)
                response = self._response(arrived.request)
                if response is None:
                    return
                with self._answer_under_way():
                    goes_on = await play(
                        response,
                        writer,
                        began=began,
                        in_chunks=arrived.knows_chunks,
                        last=not arrived.keeps_alive,
                        left=requests.left,
                        played=recorded.played,
                        hold=self._hold,
                    )
                if not goes_on:
                    return
                # Requests that were sent ahead need no waiting: between two of them it is the others' turn.
                await asyncio.sleep(0)
        except Refused as refused:
            await play(refusal(refused), writer, began=0, in_chunks=True, last=True, left=reader.read)
            await _let_go(reader, writer)
        finally:
            self._readers.remove(requests)

    def _response(self, request: Request) -> Response | None:
        stranger = self._own.stranger(request.headers)
        if stranger is not None:
            return refusal(Refused("another-host", host=stranger[:_SHOWN]))
        with self._answering:
            return self._api.respond(request)

    def _shed(self) -> bool:
        """End the connection that has been idle for longest; False where none has been for long enough."""
        now = asyncio.get_running_loop().time()
        idle = min((each for each in self._readers if each.idle_since is not None), key=_idle_since, default=None)
        if idle is None or now - _idle_since(idle) < IDLE_ENOUGH:
            return False
        idle.end()
        return True

    @contextlib.contextmanager
    def _answer_under_way(self) -> Iterator[None]:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers.add(answer)
        try:
            yield
        finally:
            self._answers.discard(answer)
            answer.set_result(None)


def _idle_since(reader: RequestReader) -> float:
    return math.inf if reader.idle_since is None else reader.idle_since


async def _let_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End our side, and read for a while what the other side is still sending."""
    if writer.can_write_eof():
        writer.write_eof()
    left = _LEFTOVER_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LEFTOVER_SECONDS):
            while left > 0 and (data := await reader.read(64 * 1024)):
                left -= len(data)
