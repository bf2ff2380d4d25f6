"""Requirements that something legal is treated as a success: rows of a table, for they differ in nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from conformance.model import Finding
from conformance.walk.client_end import ClientEnd, client_end
from conformance.walk.documents import find, shown
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.registry import Judge, check


class Unusual(NamedTuple):
    """One requirement."""

    requirement: str
    #: The trait of the situation.
    trait: str
    message: str


def unusual(*rows: Unusual) -> None:
    """Bind the requirements of a table."""
    for row in rows:
        check(row.requirement, on=[CLOSE])(_judge_of(row))


def _judge_of(row: Unusual) -> Judge:
    def judge(observation: Observation) -> Iterable[Finding] | None:
        end = client_end(observation)
        if end is None or row.trait not in observation.held or not end.accepted:
            return None
        got = _not_a_success(end)
        return (
            [end.finding("no-success", row.message, "exit code 0, the text and the status that were sent", got)]
            if got
            else ()
        )

    return judge


def _not_a_success(end: ClientEnd) -> str | None:
    """What shows that a completed run was not treated as one."""
    if end.outcome.exit_code != 0:
        return end.end
    if end.error:
        return f"the error {shown(find(end.outcome.document, 'error'))}"
    if end.text_is_right() is False:
        return f"the text {shown(end.text)}"
    return f"the status {shown(end.status)}" if end.status_is_wrong() else None
