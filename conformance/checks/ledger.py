"""What the checks came to, requirement by requirement, while the walk goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.checks.observation import Observation
from conformance.checks.registry import Check
from conformance.model import Finding

#: Findings kept of one requirement: ten show the pattern, the rest is counted.
KEPT = 10


@dataclass(slots=True)
class Entry:
    """One requirement that was looked at: what was found."""

    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    #: A slip of ours inside the check.
    slip: str | None = None

    def add(self, findings: Iterable[Finding]) -> None:
        """Keep the first findings, count the rest."""
        for finding in findings:
            if len(self.findings) < KEPT:
                self.findings.append(finding)
            else:
                self.more += 1


class Ledger:
    """The entries of one walk."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def call(self, checks: Iterable[Check], observation: Observation) -> None:
        """Call checks at a moment; a check that breaks is our slip and stops nobody else."""
        for check in checks:
            try:
                result = check.judge(observation)
                if result is None:
                    continue
                found = tuple(result)
            except Exception as slip:
                self._entry(check.requirement).slip = f"{type(slip).__name__}: {slip}"
                continue
            self._entry(check.requirement).add(found)

    def _entry(self, requirement: str) -> Entry:
        entry = self.entries.get(requirement)
        if entry is None:
            entry = self.entries[requirement] = Entry()
        return entry
