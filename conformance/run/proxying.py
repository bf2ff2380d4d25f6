"""One session of `conformance proxy`: the relay, the command that uses it, and the judging of what passes."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from conformance.errors import ConformanceError, UsageError
from conformance.files import prepare_folder
from conformance.model import Headers, Report, Role
from conformance.relay.head import Upstream
from conformance.relay.passed import Passed, Room
from conformance.relay.relay import Relay
from conformance.relay.runs import Runs, ids_of, of_threads
from conformance.report import folder
from conformance.report.exhibits import Exhibitor
from conformance.report.result import exit_code, worst
from conformance.report.tally import Tally
from conformance.report.writers import CASSETTES
from conformance.run import repeat_command, saving, target_options, verdict_options
from conformance.run.known_secrets import known_secrets
from conformance.run.options import Given
from conformance.run.proxied import MOST_SUBJECTS, Cassettes, Proxied, Side, Told
from conformance.run.reporting import Reporting
from conformance.run.saving import Kept
from conformance.run.selection import Selection
from conformance.targets.drivers import shown
from conformance.targets.http import verification
from conformance.targets.interruption import INTERRUPTED
from conformance.targets.process import ProcessTree
from conformance.targets.program_environment import environment
from conformance.targets.settings import Settings, check_url
from conformance.verdict import known
from conformance.wire.credentials import of_words

#: Bytes of exchanges under way and of runs that are not over.
ROOM = 256 * 1024 * 1024

#: Seconds between two looks whether something is over.
_LOOK = 0.1

#: Seconds that one thread of Python keeps the others waiting. While what passed is judged, the relay waits so long
#: after each of the three system calls that an event takes; the usual five milliseconds would be felt.
_SWITCH = 0.00005

#: What a client is given as a key where the proxy sends the real one.
_NO_KEY = "the-proxy-has-the-key"


@dataclass(frozen=True, slots=True)
class Done:
    """What a session came to."""

    kept: tuple[Kept, ...]
    exit_code: int
    #: What is to be said beside the reports, a sentence each.
    notes: tuple[str, ...] = ()
    #: Folders that were written.
    written: tuple[str, ...] = ()


class Session:
    """A relay before an upstream, listening within a with statement, and what is judged of what passes through it.

    Without a `command` it stands there for `seconds`, or until interrupted. Raises UsageError for what cannot be
    meant, such as a base URL that is none.
    """

    def __init__(
        self,
        said: Given,
        *,
        upstream: str,
        port: int,
        command: Sequence[str],
        seconds: float | None,
        wanted: Selection | None,
        selection: str | None,
        shows: bool,
        told: Told,
        failed: Callable[[ConformanceError], None],
    ) -> None:
        if command and shutil.which(command[0]) is None:
            raise UsageError(f"there is no command {command[0]!r}", "Name a program of PATH, or give its path.")
        check_url(upstream, "--upstream")
        self._settings = target_options.settings({**_reaching(said), "base_url": upstream}, os.environ)
        self._secrets = known_secrets((*self._settings.secrets, *of_words(command)))
        self._context = verification(self._settings)
        self._said = said
        self._failed = failed
        self._port = port
        self._command = tuple(command)
        self._seconds = seconds
        self._out = said.get("out")
        cassettes = None
        if self._out is not None:
            prepare_folder(Path(self._out))
            # It may be refused, and then the reports of an earlier session stay.
            cassettes = Cassettes(Path(self._out, CASSETTES), self._secrets)
            for role in (Role.SERVER, Role.CLIENT):
                folder.begin(Path(self._out, role.value))
        self._cassettes = cassettes
        self._room = Room(ROOM)
        self._runs = Runs(self._room)
        self._passed: SimpleQueue[Passed] = SimpleQueue()
        self._relay: Relay | None = None
        #: That of the command; None where it had to be ended.
        self._exit_code: int | None = None
        self._interrupted: str | None = None
        #: When it is looked next which runs are over.
        self._next = 0.0
        sides = tuple(self._side(role, selection, wanted, shows=shows) for role in (Role.SERVER, Role.CLIENT))
        self._proxied = Proxied(
            (sides[0], sides[1]), cassettes=cassettes, secrets=self._secrets, told=told, failed=failed
        )

    @property
    def base_url(self) -> str:
        """What clients are to use in place of the upstream's."""
        assert self._relay is not None  # noqa: S101 - it listens
        return self._relay.base_url

    def __enter__(self) -> Self:
        upstream = Upstream.at(
            self._settings.origin + self._settings.prefix, _headers(self._settings), _query(self._settings)
        )
        self._switch = sys.getswitchinterval()
        self._relay = Relay(
            upstream, port=self._port, context=self._context, keeps=of_threads, passed=self._passed.put, room=self._room
        )
        sys.setswitchinterval(_SWITCH)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sys.setswitchinterval(self._switch)
        if self._relay is not None:
            self._relay.close()

    def stand_between(self, heard: Callable[[bytes], object]) -> None:
        """Judge what passes until the command has ended, the time is over, or an interrupt. `heard` gets its output.

        Raises UsageError where the command cannot be started.
        """
        until = float("inf") if self._seconds is None else time.monotonic() + self._seconds
        try:
            with self._commanded(heard) as tree:
                while time.monotonic() < until and (tree is None or tree.exit_code is None):
                    self._take(_LOOK)
                self._exit_code = None if tree is None else tree.exit_code
        except KeyboardInterrupt as interrupt:
            if self._command:  # without one, an interrupt is the end that was waited for
                self._interrupted = str(interrupt) or INTERRUPTED

    @contextmanager
    def _commanded(self, heard: Callable[[bytes], object]) -> Iterator[ProcessTree | None]:
        """The command while it runs; whatever it started has ended in the end."""
        if not self._command:
            yield None
            return
        try:
            tree = ProcessTree(self._command, environment(os.environ, self._variables()), heard=heard)
        except OSError as problem:
            raise UsageError(f"{self._command[0]} cannot be run: {problem.strerror}") from None
        with tree:
            yield tree

    def finished(self) -> Done:
        """Judge what is left, once nothing passes any more, and report."""
        while not self._passed.empty():
            self._take(0)
        for run in self._runs.rest():
            self._proxied.over(run)
        if self._cassettes is not None:
            try:
                self._cassettes.finish()
            except ConformanceError as problem:
                self._failed(problem)
        reports = [side.report(self._why_unfinished()) for side in self._proxied.sides]
        kept = tuple(
            saving.kept(report, self._said if self._out is None else {**self._said, "out": f"{self._out}/{role}"})
            for report, role in zip(reports, (Role.SERVER, Role.CLIENT), strict=True)
        )
        return Done(kept, self._code(reports), tuple(self._notes()), self._written())

    def _take(self, seconds: float) -> None:
        """Take one exchange that has passed, within so many seconds, and now and then judge what is over."""
        assert self._relay is not None  # noqa: S101 - it listened
        try:
            passed = self._passed.get(timeout=seconds) if seconds else self._passed.get_nowait()
        except Empty:
            pass
        else:
            for run in self._runs.add(passed, time.monotonic()):
                self._proxied.look(run)
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _LOOK
            under_way = frozenset(thread for thread, _ in map(ids_of, self._relay.targets_under_way()) if thread)
            for run in self._runs.finished(now, under_way):
                self._proxied.over(run)

    def _variables(self) -> dict[str, str]:
        """Where the clients of the command find the API: in the official form, in its older one, and in Azure's."""
        base = self.base_url
        parts = urlsplit(base)
        said = {
            "OPENAI_BASE_URL": base,
            "OPENAI_API_BASE": base,
            "AZURE_OPENAI_ENDPOINT": f"{parts.scheme}://{parts.netloc}{parts.path.partition('/openai')[0]}",
        }
        if self._settings.keyed:
            said |= {name: _NO_KEY for name in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY") if name not in os.environ}
        return said

    def _side(self, role: Role, selection: str | None, wanted: Selection | None, *, shows: bool) -> Side:
        server = role is Role.SERVER
        name = shown(self._command) or "the clients of the proxy"
        target: dict[str, object] = {"kind": "recordings", "medium": "proxy"}
        target |= {"base_url": self._settings.describe()["base_url"]} if server else {"name": name}
        rows = known.holding(verdict_options.known_failures(self._said), target, role)
        reporting = Reporting(
            verdict_options.profile(self._said, role, selection),
            rows,
            self._again(role),
            Exhibitor(secrets=self._secrets) if shows else None,
            secrets=lambda: self._secrets,
        )
        return Side(role, target, reporting, wanted)

    def _again(self, role: Role) -> str:
        """The command that judges the same once more: its cassettes, or the same traffic where none are kept."""
        if self._out is not None:
            return repeat_command.again_judge(self._said, role=None if role is Role.SERVER else role.value)
        return repeat_command.again_proxy(self._said, self._settings.base_url, self._command)

    def _why_unfinished(self) -> str | None:
        if self._interrupted is not None:
            return self._interrupted
        if self._command and self._exit_code is None:
            return f"the command did not end within {self._seconds:g} s"
        return None

    def _code(self, reports: Sequence[Report]) -> int:
        """The exit code of both sides; one that nothing was judged of says nothing beside one that was."""
        judged = [report for report in reports if Tally.of(report.subjects).judged]
        codes = [exit_code(report) for report in judged or reports]
        failed = self._command and self._exit_code != 0
        return worst(*codes, *([2] if failed and judged else []))

    def _notes(self) -> Iterator[str]:
        """What is to be said beside the reports."""
        assert self._relay is not None  # noqa: S101 - it listened
        server, client = self._proxied.sides
        judged = max(len(side.subjects) + side.let_go for side in (server, client))
        yield f"{_counted(self._relay.exchanges, 'exchange')} passed on · {_counted(judged, 'run')} judged"
        if not (self._relay.exchanges or self._relay.unreached or self._relay.refused):
            yield "no request came to the proxy: does the client read OPENAI_BASE_URL?"
        let_go, unjudged = max(server.let_go, client.let_go), self._proxied.unjudged
        if unjudged:
            yield f"{_counted(unjudged, 'run')} not judged: neither submitted tool outputs nor streamed"
        if self._relay.unreached:
            yield f"{_counted(self._relay.unreached, 'request')} answered with 502: the upstream cannot be reached"
        if self._relay.refused:
            yield f"{_counted(self._relay.refused, 'request')} refused by the proxy: an upgrade, or not valid HTTP/1.1"
        if self._proxied.unanswered:
            yield (
                f"{_counted(self._proxied.unanswered, 'submission')} without an answer, or with one that is not HTTP: "
                "not judged, see NOTES"
            )
        if let_go:
            yield f"{_counted(let_go, 'run')} without a failure not listed: a report holds {MOST_SUBJECTS}"
        if self._cassettes is not None and self._cassettes.left_out:
            yield f"{_counted(self._cassettes.left_out, 'run')} without a cassette: {self._cassettes.written} written"
        if self._command:
            yield f"the command {_ending(self._exit_code)}"

    def _written(self) -> tuple[str, ...]:
        if self._out is None:
            return ()
        return tuple(f"{self._out}/{name}/" for name in (Role.SERVER.value, Role.CLIENT.value, CASSETTES))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _ending(code: int | None) -> str:
    """How a command ended, in words."""
    if code is None:
        return "was ended"
    return f"exited with {code}" if code >= 0 else f"was ended by signal {-code}"


def _reaching(said: Given) -> Given:
    return {key: said[key] for key in ("api_key_env", "header", "param", "ca_file") if key in said}


def _headers(settings: Settings) -> Headers:
    """The header fields that are set in every request: the key and those of `--header`."""
    key = (("Authorization", f"Bearer {settings.api_key}"),) if settings.api_key is not None else ()
    return (*key, *((header.name, header.value) for header in settings.headers))


def _query(settings: Settings) -> str:
    return settings.target("").partition("?")[2]
