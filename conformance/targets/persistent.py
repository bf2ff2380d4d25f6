"""A client that is started once and plays scenario after scenario: one JSON line in, one JSON line out.

A scenario is a line on its standard input, an object of the variables that `Command` would set in the environment. Its
outcome is a line on its standard output, an object with `exit` and with what an outcome file may hold. Whatever else it
prints is kept. For programs that take seconds to start.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from conformance.model import Outcome
from conformance.targets.assignment import Assignment
from conformance.targets.client import Driven
from conformance.targets.drivers import checked, ending, secrets_given, shown
from conformance.targets.outcome_file import BadOutcome, check
from conformance.targets.outcome_lines import OutcomeLines
from conformance.targets.process import Finished, ProcessTree
from conformance.targets.program_environment import environment

#: Says to a program that it is to read scenarios from its standard input.
PERSISTENT = "CONFORMANCE_PERSISTENT"

#: Seconds between two looks whether the program has ended or there is enough of it.
_LOOK = 0.02

#: Said where outcomes came while none was awaited. Not their text: it may hold secrets of another scenario.
_EARLY = b"[an outcome line came before this scenario was given, a second one perhaps; it was dropped]\n"

#: Seconds a program has to end by itself once it saw the end of its input: it may have connections to close.
_FAREWELL = 2.0


class Persistent:
    """A command that is started once for all scenarios that are played one after another.

    Scenarios may be played at the same time, each by a program of its own. `timeout` is in seconds, for one scenario.
    A program that does not answer in time, ends or is interrupted is ended, and the next scenario starts another.
    Raises UsageError where there is no such command.
    """

    def __init__(self, command: Sequence[str], *, timeout: float) -> None:
        self._command = checked(command)
        self.secrets = secrets_given(command)
        self.name = shown(command)
        self._timeout = timeout
        self._interrupted = threading.Event()
        self._waiting: list[_Program] = []
        self._lock = threading.Lock()

    def __call__(self, given: Assignment, enough: Callable[[], bool]) -> Driven:
        """Hand it a scenario and wait for the outcome, until its time is over or there is enough of it."""
        began = time.monotonic()
        try:
            program = self._take()
        except OSError as problem:
            return Driven(Outcome(None), unknown=f"{self._command[0]} cannot be run: {problem.strerror}")
        answer = program.ask(given.variables(), began + self._timeout, lambda: self._interrupted.is_set() or enough())
        seconds = time.monotonic() - began
        if answer is None:
            driven = self._ended(program, seconds)
        else:
            driven = _answered(answer)
            with self._lock:
                self._waiting.append(program)
        return replace(driven, seconds=seconds, limit=self._timeout, printed=program.printed)

    def interrupt(self) -> None:
        """End every scenario that is under way."""
        self._interrupted.set()

    def close(self) -> None:
        """End the programs that wait for another scenario."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for program in waiting:
            program.close()

    def _take(self) -> _Program:
        """A program that waits for a scenario, or a new one."""
        with self._lock:
            waiting = self._waiting.pop() if self._waiting else None
        if waiting is not None and waiting.runs:
            return waiting
        if waiting is not None:
            waiting.end()
        return _Program(self._command)

    def _ended(self, program: _Program, seconds: float) -> Driven:
        """What came of a program that did not answer: it ended, or was ended."""
        code = program.exit_code
        program.end()
        how = ending(Finished(code, seconds, program.printed), self._timeout, self.secrets)
        if code == 0:
            unknown = f"it {how} before it answered: a persistent program reads scenarios until its input ends"
            return Driven(Outcome(code), how, unknown)
        return Driven(Outcome(code), how)


def _answered(answer: Mapping[str, object] | BadOutcome) -> Driven:
    """What an outcome line says."""
    if isinstance(answer, BadOutcome):
        return Driven(Outcome(None), "reported no outcome that can be read", f"its outcome line: {answer}")
    document = {name: value for name, value in answer.items() if name != "exit"}
    code = answer["exit"]
    if not isinstance(code, int) or isinstance(code, bool):
        return Driven(Outcome(None), unknown="the member exit of its outcome line is not an integer")
    outcome = Outcome(code, document or None)
    try:
        check(document)
    except BadOutcome as problem:
        return Driven(Outcome(code), f"reported exit code {code}", f"its outcome line: {problem}")
    return Driven(outcome, f"reported exit code {code}")


class _Program:
    """One process of the command, and what it answered."""

    def __init__(self, command: Sequence[str]) -> None:
        self._answers: queue.SimpleQueue[Mapping[str, object] | BadOutcome] = queue.SimpleQueue()
        #: What it printed in the last scenario beside its outcome.
        self.printed = b""
        lines = OutcomeLines(self._answers.put)
        self._tree = ProcessTree(command, environment(os.environ, {PERSISTENT: "true"}), answers=lines.take)

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._tree.exit_code

    @property
    def runs(self) -> bool:
        """Whether it can be asked."""
        return self._tree.exit_code is None

    def ask(
        self, variables: Mapping[str, str], until: float, enough: Callable[[], bool]
    ) -> Mapping[str, object] | BadOutcome | None:
        """Hand it a scenario; its outcome, None where none came until then.

        What it printed before is no outcome of this scenario, and is said among what it printed.
        """
        early = self._early()
        self._tree.tell(json.dumps(variables, ensure_ascii=False).encode() + b"\n")
        answer = None
        while answer is None and time.monotonic() < until and not enough():
            ended = not self.runs
            with suppress(queue.Empty):
                answer = self._answers.get(timeout=_LOOK)
            if ended and answer is None:
                break
        self.printed = early + self._tree.take_output()
        return answer

    def _early(self) -> bytes:
        """Take the outcomes that have come already: a second one, or one of a program that was given nothing yet."""
        self._tree.catch_up()
        early = 0
        with suppress(queue.Empty):
            while True:
                self._answers.get_nowait()
                early += 1
        return _EARLY if early else b""

    def close(self) -> None:
        """Let it end by itself, and end it where it does not."""
        self._tree.close_input()
        self._tree.wait(_FAREWELL)
        self.end()

    def end(self) -> None:
        """End it and everything it started."""
        self._tree.end()
        self.printed += self._tree.take_output()
