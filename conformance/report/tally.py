"""How many cells were planned and judged, and what they came to. Every writer counts through here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model import JUDGED, Status, Subject, Verdict


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of verdicts. `planned` holds what joined the plan later, and nothing that is not applicable."""

    planned: int
    judged: int
    passed: int
    failed: int
    warned: int
    untestable: int
    not_applicable: int
    errors: int
    #: Requirements, not cells, with a failure of their own: not the effect of another one.
    broken: int
    #: Requirements with a warning of their own.
    doubted: int

    @classmethod
    def of(cls, subjects: Iterable[Subject]) -> Tally:
        """Count the verdicts of subjects."""
        judged = tuple(subjects)
        verdicts = [verdict for subject in judged for verdict in subject.verdicts]
        own = [verdict for subject in judged for verdict in standing(subject)]
        count = Counter(verdict.status for verdict in verdicts)
        return cls(
            planned=len(verdicts) - count[Status.NOT_APPLICABLE],
            judged=sum(count[status] for status in JUDGED),
            passed=count[Status.PASS],
            failed=count[Status.FAIL],
            warned=count[Status.WARN],
            untestable=count[Status.UNTESTABLE],
            not_applicable=count[Status.NOT_APPLICABLE],
            errors=count[Status.ERROR],
            broken=len({verdict.requirement for verdict in own if verdict.status is Status.FAIL}),
            doubted=len({verdict.requirement for verdict in own if verdict.status is Status.WARN}),
        )


def standing(subject: Subject) -> tuple[Verdict, ...]:
    """Failures and warnings that stand for themselves: with a primary finding, or with no cause told beside them."""
    departed = [verdict for verdict in subject.verdicts if verdict.status in (Status.FAIL, Status.WARN)]
    told = {verdict.requirement for verdict in departed}
    return tuple(verdict for verdict in departed if not _causes(verdict) & told)


def _causes(verdict: Verdict) -> set[str | None]:
    """What explains all findings of a verdict; nothing where one of them is primary."""
    if any(finding.primary for finding in verdict.findings):
        return set()
    return {finding.because for finding in verdict.findings}
