"""How a client comes to act in a scenario: a command that is run, a person's own process, a function of a test."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.errors import UsageError
from conformance.model import Outcome
from conformance.targets import process
from conformance.targets.assignment import Assignment
from conformance.targets.client import Driven
from conformance.targets.outcome_file import BadOutcome, check, read
from conformance.targets.program_environment import environment
from conformance.wire.credentials import of_environment, of_words
from conformance.wire.secret import secrets_of

#: Seconds a command may take for one scenario: ten to start, and some for its retries.
TIMEOUT = 30.0

#: The variable that names the file which a command may write.
OUTCOME = "CONFORMANCE_OUTCOME"

#: Characters of its last line that tell how it ended: errors of clients say what matters first.
_SAID = 300


class Command:
    """A command, run once in each scenario; scenarios may run at the same time.

    `timeout` is in seconds, for one scenario. Raises UsageError where there is no such command.
    """

    def __init__(self, command: Sequence[str], *, timeout: float = TIMEOUT) -> None:
        self._command = checked(command)
        self.secrets = told(command)
        self.name = shown(command)
        self._timeout = timeout
        self._interrupted = threading.Event()

    def __call__(self, given: Assignment, enough: Callable[[], bool]) -> Driven:
        """Run it to its end, or until its time is over or there is enough of it."""
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            outcome = Path(folder, "outcome.json")
            variables = environment(os.environ, {**given.variables(), OUTCOME: str(outcome)})
            try:
                finished = process.run(
                    self._command, variables, self._timeout, lambda: self._interrupted.is_set() or enough()
                )
            except OSError as problem:
                return Driven(Outcome(None), unknown=f"{self._command[0]} cannot be run: {problem.strerror}")
            driven = _driven(outcome, finished.exit_code, ending(finished, self._timeout, self.secrets))
            return replace(driven, seconds=finished.seconds, limit=self._timeout, printed=finished.output)

    def interrupt(self) -> None:
        """End every run of it."""
        self._interrupted.set()

    def close(self) -> None:
        """Nothing of it is left running."""


class Attached:
    """Somebody's own process, in a debugger perhaps: it is told what to do, and waited for.

    `announce` gets the variables to export. Whoever debugs interrupts from the keyboard once the client has done.
    """

    name = "an attached client"
    secrets: tuple[str, ...] = ()

    def __init__(self, announce: Callable[[Mapping[str, str]], None]) -> None:
        self._announce = announce
        self._over = threading.Event()

    def __call__(self, given: Assignment, enough: Callable[[], bool]) -> Driven:  # noqa: ARG002 - whoever debugs may look
        """Wait until interrupted; how the client ended is known only where it wrote that down."""
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            outcome = Path(folder, "outcome.json")
            try:
                self._announce({**given.variables(), OUTCOME: str(outcome)})
                self._over.wait()
            except KeyboardInterrupt:
                pass
            driven = _driven(outcome, None, "was not seen")
        document = driven.outcome.document if driven.outcome is not None else None
        if document is None:
            return Driven(None, driven.ending, driven.unknown)
        return Driven(Outcome(1 if document.get("error") else 0, document), driven.ending)

    def interrupt(self) -> None:
        """Wait no longer."""
        self._over.set()

    def close(self) -> None:
        """It is somebody's own."""


class Function:
    """A function that uses the client in this process: what it raises is a reported failure.

    It may return what a command would write down: `status`, `text`, `error`.
    """

    secrets: tuple[str, ...] = ()

    def __init__(self, function: Callable[[Assignment], Mapping[str, object] | None]) -> None:
        self.name = getattr(function, "__qualname__", repr(function))
        self._function = function

    def __call__(self, given: Assignment, enough: Callable[[], bool]) -> Driven:  # noqa: ARG002 - it cannot be ended
        """Call it."""
        try:
            said = self._function(given)
        except Exception as failure:
            raised = f"{type(failure).__name__}: {failure}"
            return Driven(Outcome(1), f"raised {raised}", printed=raised.encode(errors="replace"))
        if said is None:
            return Driven(Outcome(0), "returned")
        try:
            check(dict(said))
        except BadOutcome as problem:
            return Driven(Outcome(0), "returned", f"what {self.name} returned: {problem}")
        return Driven(Outcome(0, dict(said)), "returned")

    def interrupt(self) -> None:
        """A function cannot be ended from outside."""

    def close(self) -> None:
        """Nothing of it is held."""


def checked(command: Sequence[str]) -> tuple[str, ...]:
    """The words of a command that can be started. Raises UsageError."""
    if shutil.which(command[0]) is None:
        raise UsageError(f"there is no command {command[0]!r}", "Name a program of PATH, or give its path.")
    return tuple(command)


def told(command: Sequence[str]) -> tuple[str, ...]:
    """What a command is told in its words, and what its environment holds, that nobody else may see."""
    return (*of_words(command), *of_environment(os.environ))


def shown(command: Sequence[str]) -> str:
    """A command as it may be kept: without the secrets in its words."""
    return secrets_of(tuple(of_words(command))).hidden(shlex.join(command))


def _driven(outcome: Path, exit_code: int | None, ending: str) -> Driven:
    try:
        return Driven(Outcome(exit_code, read(outcome)), ending)
    except BadOutcome as problem:
        return Driven(Outcome(exit_code), ending, f"{OUTCOME}: {problem}")


def ending(finished: process.Finished, timeout: float, secrets: tuple[str, ...]) -> str:
    """How a command ended, in words, with the last line that it printed, without the secrets in it."""
    code = finished.exit_code
    said = finished.output.decode("utf-8", "replace").strip().rpartition("\n")[2]
    if code is None:
        ended = f"did not end within {timeout:g} s" if finished.seconds >= timeout else "did not end by itself"
    else:
        ended = f"exited with code {code}" if code >= 0 else f"ended by signal {-code}"
    return f"{ended}, saying: {secrets_of(secrets).hidden(said)[:_SAID]}" if said else ended
