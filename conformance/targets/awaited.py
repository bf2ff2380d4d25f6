"""A server that has to be started, or waited for, before the first request: `--serve` and `--wait`.

What is asked while waiting is no part of any transcript and is not counted against `--max-requests`.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from threading import Event, Thread

from conformance.errors import UnreachableTarget, UsageError
from conformance.model import Operation
from conformance.targets import process
from conformance.targets.pace import Pace, RealTime
from conformance.targets.session import Ask, NoConnection, Sent, Transport
from conformance.targets.settings import Settings

#: Seconds in which a server that was started is expected to answer: one that loads a model takes most of a minute.
STARTING = 60.0

#: Seconds between two looks: short beside the start of any server, and few requests even over a minute.
_LOOK = 0.2

#: What something in front of a server answers while the server itself is not there yet.
_NOT_YET = frozenset({502, 503, 504})

#: Characters of a server's last line that are quoted.
_LINE = 400


class Served:
    """A command that serves until it is told to end, with everything it started."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._enough = Event()
        self._ended: process.Finished | OSError | None = None
        self._thread = Thread(target=self._run, name="conformance-serve", daemon=True)

    def start(self) -> None:
        """Start it; what goes wrong then is for `failure` to say."""
        self._thread.start()

    def failure(self) -> str | None:
        """Why it no longer runs; None while it does."""
        if self._ended is None:
            return None
        if isinstance(self._ended, OSError):
            return f"the command of --serve cannot be started: {shlex.join(self._command)}: {self._ended.strerror}"
        said = self._ended.output.decode("utf-8", "replace").strip().splitlines()
        last = f": {said[-1][:_LINE]}" if said else " and printed nothing"
        return f"the command of --serve ended with exit code {self._ended.exit_code} before the server answered{last}"

    def end(self) -> None:
        """End it, and wait until nothing that it started is left."""
        self._enough.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._ended = process.run(self._command, os.environ, float("inf"), self._enough.is_set)
        except OSError as error:
            self._ended = error


class Awaited:
    """A transport that sends nothing before its server answers, and ends a server that it started.

    `seconds` is how long the server is waited for; None for what is usual: not at all, or `STARTING` with `command`.
    """

    def __init__(
        self,
        transport: Transport,
        settings: Settings,
        seconds: float | None = None,
        command: Sequence[str] = (),
        pace: Pace | None = None,
    ) -> None:
        self._transport = transport
        self._settings = settings
        self._served = Served(command) if command else None
        self._seconds = seconds if seconds is not None else STARTING if command else 0.0
        self._pace = RealTime() if pace is None else pace
        self._ready = False

    def send(self, ask: Ask) -> Sent:
        """Send one request, the first once the server answers. Raises UnreachableTarget where it never does."""
        if not self._ready:
            self._await()
            self._ready = True
        return self._transport.send(ask)

    def close(self) -> None:
        """Let go of the connections, and end the server."""
        try:
            self._transport.close()
        finally:
            if self._served is not None:
                self._served.end()

    def _await(self) -> None:
        if self._served is not None:
            self._refuse_another()
            self._served.start()
        until = self._pace.now() + self._seconds
        while (missing := self._missing()) is not None:
            failure = None if self._served is None else self._served.failure()
            if failure is not None:
                raise UnreachableTarget(
                    self._settings.scrub(failure), "Run the command by itself to see all it prints."
                )
            if self._pace.now() >= until:
                raise UnreachableTarget(
                    f"nothing answers at {self._settings.origin} after {self._seconds:g} s: {missing}",
                    "Does the server listen on this host and port? Wait longer with --wait SECONDS.",
                )
            self._pace.pause(_LOOK)

    def _refuse_another(self) -> None:
        """Raise UsageError where somebody answers already: it would be judged in the place of what is started."""
        if self._missing() is None:
            raise UsageError(
                f"a server answers at {self._settings.origin} already, before --serve has started one",
                "End that server, or leave --serve out to judge it.",
            )

    def _missing(self) -> str | None:
        """Why the server cannot be asked yet; None where it answers."""
        try:
            exchange = self._transport.send(Ask(Operation.OTHER, "GET", "/")).exchange
        except NoConnection as reason:
            return str(reason)
        if exchange.response is None:
            return exchange.failure or "no HTTP answer"
        status = exchange.response.status
        return f"it answers {status}" if status in _NOT_YET else None
