"""Whoever starts pytest on the suite and wants to hear of the run while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from conformance.errors import ConformanceError
from conformance.model import Report, Scenario, Subject
from conformance.run.plan import Plan, Target


class Listener(Protocol):
    """Hears of a run in this order: planned, begun and judged for each scenario, then reported or failed."""

    def planned(self, plan: Plan) -> None:
        """What is going to be asked; nothing was sent yet."""
        ...

    def begun(self, scenario: Scenario) -> None:
        """One scenario is going to be exchanged."""
        ...

    def judged(self, subject: Subject) -> None:
        """One scenario was exchanged and judged."""
        ...

    def amended(self, changes: Sequence[str]) -> None:
        """The list of known failures was brought up to date: what was changed in it."""
        ...

    def reported(self, report: Report) -> None:
        """Everything there is to report."""
        ...

    def failed(self, error: ConformanceError) -> None:
        """Nothing could be judged: the target is not there or not what it should be, or a slip of ours."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """How a listener and an open target travel through `pytest.main`: as a plugin without hooks."""

    listener: Listener
    target: Target
    #: Whether the report is to show departures: what it takes costs a little for each.
    shows: bool = False
