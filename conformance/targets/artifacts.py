"""What a client printed: all of it in a file for each scenario, and its last lines for whoever reads the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from conformance.files import write_atomically
from conformance.model import Outcome
from conformance.wire.redact import MOST_LEARNT
from conformance.wire.secret import secrets_of

#: Characters of a line that are reported: errors of clients say what matters first.
_LINE = 300

#: Last lines that are reported: most of a traceback.
_LAST = 12


class Artifacts:
    """The folder that gets what a client prints, a file a scenario; none without a folder.

    What a client tells in one scenario, such as a key of its own, is masked in the files of all others, too.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writing = Lock()
        #: What was told so far, and what was printed, of each scenario.
        self._told: dict[str, None] = {}
        self._printed: dict[str, str] = {}

    def beside(self, outcome: Outcome, scenario: str, printed: str, secrets: Sequence[str]) -> Outcome:
        """Keep what was printed in a scenario, without secrets; the outcome with its last lines and where all of it is.

        `secrets` are those that are known and those that the client told in this scenario. Raises UsageError where
        nothing can be written.
        """
        with self._writing:
            new = [value for value in dict.fromkeys(secrets) if value not in self._told]
            self._told.update(dict.fromkeys(new[: max(0, MOST_LEARNT - len(self._told))]))
            printed = secrets_of((*self._told, *new)).hidden(printed)
            if self._folder is not None:
                self._write(scenario, printed)
                if new:
                    self._mask_others(scenario)
        lines = [line.rstrip()[:_LINE] for line in printed.splitlines() if line.strip()]
        outcome = replace(outcome, printed=tuple(lines[-_LAST:]))
        if self._folder is None:
            return outcome
        return replace(outcome, output=f"{self._folder.name}/{scenario}.txt")

    def _mask_others(self, scenario: str) -> None:
        hidden = secrets_of(tuple(self._told)).hidden
        for other, printed in self._printed.items():
            if other != scenario and (masked := hidden(printed)) != printed:
                self._write(other, masked)

    def _write(self, scenario: str, printed: str) -> None:
        assert self._folder is not None  # noqa: S101 - nothing is written without one
        write_atomically(self._folder / f"{scenario}.txt", printed)
        self._printed[scenario] = printed
