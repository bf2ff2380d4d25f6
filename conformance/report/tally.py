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
        verdicts = [verdict for subject in subjects for verdict in subject.verdicts]
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
            broken=len({v.requirement for v in verdicts if v.status is Status.FAIL and is_primary(v)}),
            doubted=len({v.requirement for v in verdicts if v.status is Status.WARN and is_primary(v)}),
        )


def is_primary(verdict: Verdict) -> bool:
    """Whether a failure or warning stands for itself; one without any finding kept does."""
    return not verdict.findings or any(finding.primary for finding in verdict.findings)
