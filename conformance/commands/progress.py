"""How far a run is: a live line on a terminal, now and then a line elsewhere, every scenario and exchange with `-v`.

Everything goes to standard error, so that standard output holds verdicts alone.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread

from conformance.model import JUDGED, Exchange, Scenario, Status, Subject
from conformance.report.document import verdict_of
from conformance.report.plain import safe
from conformance.report.tally import counted
from conformance.report.text import MOCKED, plan_line
from conformance.run.known_secrets import known_secrets
from conformance.run.plan import Plan
from conformance.targets.session import Ask
from conformance.verdict.without_ids import without_ids
from conformance.wire.secret import secrets_of

#: Seconds between two looks at the clock: often enough to be seen moving, seldom enough to cost nothing.
_TICK = 0.2

#: Seconds between two lines where nobody watches: a log stays short, and a CI system sees that the job is alive.
_REPORT = 30.0


class Progress:
    """Listens to a run: says what is planned and how far it is.

    `wait` waits for the end of the run, at most so many seconds, and returns whether it has come.
    """

    def __init__(
        self, verbose: bool, *, quiet: bool, mocked: bool, wait: Callable[[Event, float], bool] = Event.wait
    ) -> None:
        self._total = 0
        self._verbose = verbose
        self._quiet = quiet
        self._mocked = mocked
        self._line = None if verbose or not sys.stderr.isatty() else _Line()
        self._log = None if verbose or quiet or self._line is not None else _Log(self._standing, wait)
        self._under_way: dict[str, None] = {}
        self._done = self._judged = self._failed = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Take the live line away and say nothing more; what follows is the report, or an error."""
        if self._line is not None:
            self._line.clear()
        if self._log is not None:
            self._log.close()

    def planned(self, plan: Plan) -> None:
        """Say what is going to be asked, and where nobody's server is."""
        self._total = len(plan.scenarios)
        if self._mocked:
            print(f"conformance: {MOCKED}", file=sys.stderr)
        if not self._quiet:
            print(f"conformance: plan: {plan_line(plan.counts())}", file=sys.stderr, flush=True)
        if self._log is not None:
            self._log.start()

    def begun(self, scenario: Scenario) -> None:
        """Say which scenario it is at."""
        self._under_way[scenario.id] = None
        if self._line is not None:
            self._line.waits_for(scenario.id, "")
            self._line.show(self._counts())

    def watch(self, ask: Ask, exchange: Exchange | None) -> None:
        """Say which request is under way; with `-v`, what came of it."""
        if self._line is not None:
            self._line.waits_for("", _hidden(_asked(ask.method, ask.path)) if exchange is None else "")
        if self._verbose and exchange is not None:
            print(f"    {safe(_hidden(_exchange_line(exchange)))}", file=sys.stderr, flush=True)

    def judged(self, subject: Subject) -> None:
        """Say how far it is."""
        self._under_way.pop(subject.name, None)
        self._done += 1
        self._judged += sum(verdict.status in JUDGED for verdict in subject.verdicts)
        self._failed += sum(verdict.status is Status.FAIL and counted(verdict) for verdict in subject.verdicts)
        if self._verbose:
            print(f"{self._done}/{self._total}  {verdict_of(subject):5}  {subject.name}", file=sys.stderr, flush=True)
        elif self._line is not None:
            self._line.over(subject.name)
            self._line.show(self._counts())

    def _standing(self) -> str:
        return " · ".join((self._counts(), *tuple(self._under_way)))

    def _counts(self) -> str:
        return f"{self._done}/{self._total} scenarios · {self._judged} judged · {self._failed} failed"


class _Log:
    """A line every half minute that says how far a run is, for logs."""

    def __init__(self, standing: Callable[[], str], wait: Callable[[Event, float], bool]) -> None:
        self._standing = standing
        self._wait = wait
        self._over = Event()

    def start(self) -> None:
        """Begin to write."""
        Thread(target=self._report, name="conformance-progress", daemon=True).start()

    def close(self) -> None:
        """Write nothing more."""
        self._over.set()

    def _report(self) -> None:
        while not self._wait(self._over, _REPORT):
            with suppress(OSError):  # nobody reads the log any more
                print(f"conformance: {safe(self._standing())}", file=sys.stderr, flush=True)


class _Line:
    """One line that is written over: counts, elapsed seconds, and what is waited for."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._counts = ""
        self._scenarios: dict[str, None] = {}
        self._request = ""
        self._writing = Lock()
        self._over = Event()
        Thread(target=self._tick, name="conformance-progress", daemon=True).start()

    def waits_for(self, scenario: str, request: str) -> None:
        """What the run is at, from now on."""
        with self._writing:
            self._request = request
            if scenario:
                self._scenarios[scenario] = None

    def over(self, scenario: str) -> None:
        """A scenario is no longer waited for."""
        with self._writing:
            self._scenarios.pop(scenario, None)

    def show(self, counts: str) -> None:
        """Write the line with new counts."""
        self._counts = counts
        self._write()

    def clear(self) -> None:
        """Write nothing more, and leave the line empty."""
        with self._writing:
            if not self._over.is_set():
                self._over.set()
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _tick(self) -> None:
        while not self._over.wait(_TICK):
            self._write()

    def _write(self) -> None:
        with self._writing:
            if self._over.is_set() or not self._counts:
                return
            waits = " · ".join(filter(None, (", ".join(self._scenarios), self._request)))
            said = f"{self._counts} · {time.monotonic() - self._began:.1f} s · {waits}"
            width = shutil.get_terminal_size((80, 24)).columns - 1
            print(f"\r\x1b[K{safe(said, width)}", end="", file=sys.stderr, flush=True)


def _hidden(text: str) -> str:
    """What is said while the run goes on, without secrets: the path of a base URL may hold one."""
    return secrets_of(known_secrets()).hidden(text)


def _exchange_line(exchange: Exchange) -> str:
    """One exchange on one line."""
    asked = _asked(exchange.request.method, exchange.request.target)
    if exchange.response is None:
        return f"{asked}  {exchange.failure}"
    response = exchange.response
    size = sum(len(chunk.data) for chunk in response.chunks)
    return f"{asked}  {response.status}, {size} bytes, {response.ended} after {response.ended_ms} ms"


def _asked(method: str, target: str) -> str:
    """A request in short, without its query, which may hold a credential."""
    return f"{method} {without_ids(target.partition('?')[0])}"
