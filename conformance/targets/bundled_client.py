"""The bundled client as the one that is judged, in this process: what the judge of clients is proven on."""

from __future__ import annotations

from conformance.mock.client.habits import HABITS
from conformance.mock.client.submitter import act
from conformance.model import Outcome
from conformance.targets.assignment import Assignment
from conformance.targets.client import Driven


class Bundled:
    """The bundled client with one of its habits; it ends as `python -m conformance.mock.client` would."""

    def __init__(self, habit: str) -> None:
        self.name = f"the bundled client, {habit}"
        self._habit = HABITS[habit]

    def __call__(self, given: Assignment) -> Driven:
        """Let it act, and take what it writes down."""
        said = act(given.variables(), self._habit)
        exit_code = 1 if "error" in said else 0
        return Driven(Outcome(exit_code, dict(said)), f"ended with {exit_code}")

    def interrupt(self) -> None:
        """It ends by itself within seconds."""
