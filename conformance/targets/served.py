"""A program that serves: started, waited for until it answers, and ended with everything it started."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence

from conformance.errors import UnreachableTarget
from conformance.targets.pace import Pace, RealTime
from conformance.targets.process import ProcessTree
from conformance.wire.secret import secrets_of

#: Seconds in which a server that was started is expected to answer: one that loads a model takes most of a minute.
STARTING = 60.0

#: Seconds between two looks: short beside the start of any server, and few requests even over a minute.
_LOOK = 0.2

#: Characters of its last line that are quoted.
_LINE = 400

#: Why something cannot be asked yet; None where it answers.
Missing = Callable[[], str | None]


class ServedProgram:
    """A command that serves from `start` until `end`.

    `name` is what messages call it, `hint` what its owner can do where it ends before it answers; `secrets` are values
    that no message may hold.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        hint: str,
        secrets: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._environment = environment
        self._hint = hint
        self._secrets = tuple(secrets)
        self._tree: ProcessTree | None = None

    def start(self) -> None:
        """Start it. Raises UnreachableTarget where it cannot be started."""
        try:
            self._tree = ProcessTree(self._command, self._environment)
        except OSError as problem:
            command = self._shown(shlex.join(self._command))
            message = f"{self.name} cannot be started: {command}: {problem.strerror}"
            raise UnreachableTarget(message, self._hint) from None

    def check(self) -> None:
        """Raise UnreachableTarget where it has ended, with the last line that it printed."""
        if self._tree is None or self._tree.exit_code is None:
            return
        self._tree.end()  # all that it printed has come then
        lines = self._tree.output.decode("utf-8", "replace").strip().splitlines()
        said = f": {self._shown(lines[-1])[:_LINE]}" if lines else " and printed nothing"
        code = self._tree.exit_code
        raise UnreachableTarget(f"{self.name} ended with exit code {code} before it answered{said}", self._hint)

    def end(self) -> None:
        """End it, and wait until nothing that it started is left."""
        if self._tree is not None:
            self._tree.end()

    def _shown(self, text: str) -> str:
        return secrets_of(self._secrets).hidden(text)


def wait_for(
    missing: Missing, seconds: float, program: ServedProgram | None = None, pace: Pace | None = None
) -> str | None:
    """Wait for at most `seconds` until nothing is missing, and return what still is.

    Raises UnreachableTarget where the program that is waited for ends before.
    """
    pace = RealTime() if pace is None else pace
    until = pace.now() + seconds
    while (lacking := missing()) is not None:
        if program is not None:
            program.check()
        if pace.now() >= until:
            break
        pace.pause(_LOOK)
    return lacking
