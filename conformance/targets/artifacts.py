"""What a client printed: all of it in a file for each scenario, and its last lines for whoever reads the verdicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.files import write_atomically
from conformance.model import Outcome

#: Characters of a line that are reported: errors of clients say what matters first.
_LINE = 300

#: Last lines that are reported: most of a traceback.
_LAST = 12


class Artifacts:
    """The folder that gets what a client prints, a file a scenario; none without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def beside(self, outcome: Outcome, scenario: str, printed: str) -> Outcome:
        """Keep what was printed in a scenario; the outcome with the last lines of it and where all of it is."""
        lines = [line.rstrip()[:_LINE] for line in printed.splitlines() if line.strip()]
        outcome = replace(outcome, printed=tuple(lines[-_LAST:]))
        if self._folder is None:
            return outcome
        write_atomically(self._folder / f"{scenario}.txt", printed)
        return replace(outcome, output=f"{self._folder.name}/{scenario}.txt")
