"""The bundled client as the one that is judged, in this process: what the judge of clients is proven on."""

from __future__ import annotations

from collections.abc import Callable

from conformance.mock.client.habits import HABITS
from conformance.mock.client.submitter import Endless, act
from conformance.model import Outcome
from conformance.targets.assignment import Assignment
from conformance.targets.client import Driven

#: Seconds that stand for the limit of a command: in this process nothing has to be waited for.
LIMIT = 30.0


class Bundled:
    """The bundled client with one of its habits; it ends as `python -m conformance.mock.client` would."""

    secrets: tuple[str, ...] = ()

    def __init__(self, habit: str) -> None:
        self.name = f"the bundled client, {habit}"
        self._habit = HABITS[habit]

    def __call__(self, given: Assignment, enough: Callable[[], bool]) -> Driven:
        """Let it act, and take what it writes down; a habit of waiting for ever ends once that is certain."""
        try:
            said = act(given.variables(), self._habit, enough)
        except Endless:
            return Driven(Outcome(None), "did not end by itself", seconds=LIMIT, limit=LIMIT)
        exit_code = 1 if "error" in said else 0
        return Driven(Outcome(exit_code, dict(said)), f"exited with code {exit_code}", seconds=0.0, limit=LIMIT)

    def interrupt(self) -> None:
        """It ends by itself within seconds."""

    def close(self) -> None:
        """Nothing of it is held."""
