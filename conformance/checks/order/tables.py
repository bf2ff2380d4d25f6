"""The checks that the state tables make: a move the table calls a breach is reported as that requirement's finding."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.model import Finding
from conformance.walk.observation import Move, Observation
from conformance.walk.place import Place
from conformance.walk.registry import UNSEEN, check


def breaches(observation: Observation, requirement: str) -> Iterable[Finding]:
    """The finding of the event at hand where its move broke `requirement`, else none."""
    move = observation.move
    return () if move is None else breach_of(observation, requirement, move, observation.name)


def breach_of(
    observation: Observation, requirement: str, move: Move, name: str, at: Place | None = None
) -> Iterable[Finding]:
    """The finding of a move by an event called `name` where it broke `requirement`, else none."""
    if move.breaks != requirement:
        return ()
    if _excused(move, observation):
        return UNSEEN
    subject = f"{move.entity} {move.id}".strip()
    message = f"{name} came while {subject} was {move.before}"
    expected = " or ".join(move.legal) if move.legal else "no further event of it"
    return [observation.finding("out-of-place", message, expected, move.word, details=(name, move.before), at=at)]


def _excused(move: Move, observation: Observation) -> bool:
    """Whether an event that could not be read may have been the missing one.

    Its name moves a run, but no step or message, since nobody knows which.
    """
    return move.entity != "run" and move.entity in observation.stream.unread and move.before in ("unseen", "created")


def follows_table(requirement: str, on: Iterable[str]) -> None:
    """Bind a requirement that its table decides alone."""

    @check(requirement, on=on)
    def follows(observation: Observation) -> Iterable[Finding] | None:
        return None if observation.move is None else breaches(observation, requirement)
