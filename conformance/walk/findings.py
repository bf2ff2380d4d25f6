"""What the checks came to, requirement by requirement, while the walk goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from conformance.model import Finding
from conformance.walk.observation import Observation
from conformance.walk.registry import Check

#: Findings kept of one requirement: ten show the pattern, the rest is counted.
KEPT = 10


@dataclass(slots=True)
class Entry:
    """One requirement that was looked at: what was found."""

    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    #: A slip of ours inside the check.
    slip: str | None = None

    def add(self, findings: Sequence[Finding]) -> None:
        """Keep the first findings, count the rest."""
        kept = findings[: KEPT - len(self.findings)]
        self.findings += kept
        self.more += len(findings) - len(kept)


class Findings:
    """The entries of one walk."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def call(self, checks: Iterable[Check], observation: Observation) -> None:
        """Call the checks of an occasion; a check that breaks is our slip and stops nobody else."""
        for check in checks:
            entry = self.entries.get(check.requirement)
            observation.counting = entry is not None and len(entry.findings) == KEPT
            found: tuple[Finding, ...] = ()
            slip = None
            try:
                result = check.judge(observation)
                if result is None:
                    continue
                found = tuple(result)
            except Exception as raised:
                slip = f"{type(raised).__name__}: {raised}"
            if entry is None:
                entry = self.entries[check.requirement] = Entry()
            if found:
                entry.add(found)
            entry.slip = slip or entry.slip
