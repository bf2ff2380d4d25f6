"""A client as the target: in each scenario it meets a mock of its own, and everything it sends is recorded."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.files import write_atomically
from conformance.mock.server import Mock
from conformance.mock.waiting_run import WaitingRun, waiting_run
from conformance.model import Outcome, Role, Scenario, Transcript
from conformance.targets import process
from conformance.targets.given import API_KEY, Given, environment
from conformance.targets.outcome_file import BadOutcome, read
from conformance.wire.secret import edits_by_look
from conformance.wire.splice import spliced

#: What holds in every scenario: what was asked of the client, its heads and its key are known.
CLIENT_ENVIRONMENT = frozenset({"state", "key", "asked", "head", "wanted"})

#: Seconds a command may take for one scenario: ten to start, and some for its retries.
TIMEOUT = 30.0

#: Seconds in which connections of a client that has ended are seen to end; only one that the scenario leaves open
#: takes so long.
_SETTLING = 0.25

#: Characters of the last line that a command printed which are told: errors of clients say what matters first.
_SAID = 300


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of a client: its outcome, and in words how it ended where it did not end well."""

    outcome: Outcome
    ending: str = ""
    #: Why the outcome cannot be known, where that is not the client's fault but its driver's.
    unknown: str | None = None


#: Lets a client do what it is told and returns when it has ended.
Drive = Callable[[Given], Driven]


def played(scenario: Scenario, drive: Drive, traits: frozenset[str] = frozenset()) -> Transcript:
    """Let a client meet a mock in a scenario; the transcript of what both sent."""
    with Mock(scenario=scenario.id) as mock:
        waiting = waiting_run(mock.ask, scenario, API_KEY)
        driven = drive(Given.of(scenario, mock.origin, waiting))
        mock.settle(_SETTLING)
        return transcript(scenario, mock, waiting, driven, traits)


def transcript(
    scenario: Scenario, mock: Mock, waiting: WaitingRun, driven: Driven, traits: frozenset[str]
) -> Transcript:
    """What a mock has heard and answered, after the run that the harness brought about."""
    heard = tuple(recorded.exchange for recorded in mock.requests)
    outcome = driven.outcome
    untestable = driven.unknown
    if not heard and outcome.exit_code != 0:
        untestable = f"the client sent no request: it {driven.ending}"
    return Transcript(
        scenario.id,
        (*waiting.exchanges, *heard),
        traits=traits | ({"outcome"} if outcome.document is not None else frozenset()),
        untestable=untestable,
        outcome=outcome,
        provenance={"kind": "client"},
    )


class ClientTarget:
    """A command that uses the client under test, run once in each scenario; scenarios may run at the same time.

    `timeout` is in seconds, for one scenario. `artifacts` is the folder that gets what the command prints, and
    `traced` hears every transcript. Raises UsageError where there is no such command.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        timeout: float = TIMEOUT,
        azure: bool = False,
        artifacts: Path | None = None,
        traced: Callable[[Transcript], None] | None = None,
    ) -> None:
        if shutil.which(command[0]) is None:
            raise UsageError(f"there is no command {command[0]!r}", "Name a program of PATH, or give its path.")
        self._command = tuple(command)
        self._timeout = timeout
        self._azure = azure
        self._artifacts = artifacts
        self._traced = traced
        self._interrupted = threading.Event()

    @property
    def traits(self) -> frozenset[str]:
        """What holds in every scenario."""
        return CLIENT_ENVIRONMENT | ({"azure"} if self._azure else frozenset())

    @property
    def secrets(self) -> tuple[str, ...]:
        """None: the key opens nothing."""
        return ()

    def describe(self) -> Mapping[str, object]:
        """The command, without what looks like a secret in it."""
        return {"kind": "client", "name": shown(shlex.join(self._command))}

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario is one for clients."""
        return scenario.role is Role.CLIENT

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How often the command runs."""
        return {"runs": len(scenarios)}

    def exchange(self, scenario: Scenario) -> Transcript:
        """Run the command in a scenario and record what it sends."""
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            met = played(scenario, lambda given: self._driven(given, Path(folder, "outcome.json")), self.traits)
        if self._traced is not None:
            self._traced(met)
        return met

    def interrupt(self) -> None:
        """End every command that runs."""
        self._interrupted.set()

    def close(self) -> tuple[str, ...]:
        """Nothing is left behind: every mock and every command ended with its scenario."""
        return ()

    def _driven(self, given: Given, outcome: Path) -> Driven:
        variables = {**given.variables(azure=self._azure), "CONFORMANCE_OUTCOME": str(outcome)}
        try:
            finished = process.run(self._command, environment(os.environ, variables), self._timeout, self._interrupted)
        except OSError as problem:
            return Driven(Outcome(None), unknown=f"{self._command[0]} cannot be run: {problem.strerror}")
        if self._artifacts is not None:
            output = shown(finished.output.decode("utf-8", "replace"))
            write_atomically(self._artifacts / f"{given.scenario}.txt", output)
        ending = _ending(finished, self._timeout)
        try:
            document = read(outcome)
        except BadOutcome as problem:
            return Driven(Outcome(finished.exit_code), ending, f"CONFORMANCE_OUTCOME: {problem}")
        return Driven(Outcome(finished.exit_code, document), ending)


def shown(text: str) -> str:
    """Text as it may be kept: what looks like a secret in it is masked."""
    data = text.encode(errors="replace")
    return spliced(data, edits_by_look(data)).decode(errors="replace")


def _ending(finished: process.Finished, timeout: float) -> str:
    if finished.exit_code is None:
        return f"did not end within {timeout:g} s"
    said = finished.output.decode("utf-8", "replace").strip().rpartition("\n")[2]
    code = finished.exit_code
    ended = f"ended with {code}" if code >= 0 else f"ended by signal {-code}"
    return f"{ended}, saying: {shown(said[:_SAID])}" if said else ended
