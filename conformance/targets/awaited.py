"""A server that has to be started, or waited for, before the first request: `--serve`, `--app` and `--wait`.

What is asked while waiting is no part of any transcript and is not counted against `--max-requests`.
"""

from __future__ import annotations

from conformance.errors import UnreachableTarget, UsageError
from conformance.model import Operation
from conformance.targets.pace import Pace
from conformance.targets.served import STARTING, ServedProgram, wait_for
from conformance.targets.session import Ask, NoConnection, Sent, Transport
from conformance.targets.settings import Settings

#: What something in front of a server answers while the server itself is not there yet.
_NOT_YET = frozenset({502, 503, 504})


class Awaited:
    """A transport that sends nothing before its server answers, and ends a server that it started.

    `seconds` is how long the server is waited for; None for what is usual: not at all, or `STARTING` with a program.
    """

    def __init__(
        self,
        transport: Transport,
        settings: Settings,
        seconds: float | None = None,
        program: ServedProgram | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._transport = transport
        self._settings = settings
        self._program = program
        self._seconds = seconds if seconds is not None else 0.0 if program is None else STARTING
        self._pace = pace
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
            if self._program is not None:
                self._program.end()

    def _await(self) -> None:
        if self._program is not None:
            self._refuse_another(self._program)
            self._program.start()
        missing = wait_for(self._missing, self._seconds, self._program, self._pace)
        if missing is not None:
            raise UnreachableTarget(
                f"nothing answers at {self._settings.origin} after {self._seconds:g} s: {missing}",
                "Does the server listen on this host and port? Wait longer with --wait SECONDS.",
            )

    def _refuse_another(self, program: ServedProgram) -> None:
        """Raise UsageError where somebody answers already: it would be judged in the place of what is started."""
        if self._missing() is None:
            raise UsageError(
                f"a server answers at {self._settings.origin} already, before {program.name} was started",
                "End that server, or name it with --base-url alone to judge it.",
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
