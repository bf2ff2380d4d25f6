"""Which verdicts count by the requirement set that was chosen, and at which level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.contract.requirement_sets import levels
from conformance.model import Level, Status, Subject, Verdict


def scored(subject: Subject, name: str) -> Subject:
    """The subject by a set: rules that joined later do not count, the others have the level they had then.

    An empty name scores all there is. Raises UsageError for an unknown set.
    """
    if not name:
        return subject
    rules = levels(name)
    return replace(subject, verdicts=tuple(_scored(verdict, rules) for verdict in subject.verdicts))


def _scored(verdict: Verdict, rules: Mapping[str, Level]) -> Verdict:
    level = rules.get(verdict.requirement)
    if level is None:
        return replace(verdict, scored=False)
    if level is verdict.level:
        return verdict
    status = verdict.status
    if status in (Status.FAIL, Status.WARN):
        status = Status.FAIL if level is Level.MUST else Status.WARN
    return replace(verdict, level=level, status=status)
