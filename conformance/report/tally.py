"""How many cells were planned and judged, and what they came to. Every writer counts through here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model import JUDGED, Status, Subject, Verdict

#: Statuses of a requirement that is not met.
DEPARTED = frozenset({Status.FAIL, Status.WARN})


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of verdicts. `planned` holds what joined the plan later, and nothing that is not applicable.

    One defect counts once: `failed` and `warned` hold what stands for itself; its effects are counted beside them.
    """

    planned: int
    #: Of those, what nobody could plan: luck brought it.
    joined: int
    judged: int
    passed: int
    failed: int
    warned: int
    untestable: int
    not_applicable: int
    errors: int
    #: Failures and warnings that their owner has excused, and those of rules that joined after the set that is scored.
    known: int
    unscored: int
    #: Failures that follow from another one told beside them, and warnings likewise.
    failed_after: int
    warned_after: int
    #: Requirements, not cells, with a failure of their own, and with a warning of their own.
    broken: int
    doubted: int

    #: Failures of every kind, the excused ones too.
    broke: int
    #: Untestable cells of scored rules that no excused failure explains: they leave the run incomplete.
    missed: int

    @property
    def departed(self) -> bool:
        """Whether any requirement failed, for itself or after another, and nothing excuses it."""
        return self.failed + self.failed_after > 0

    @classmethod
    def of(cls, subjects: Iterable[Subject]) -> Tally:
        """Count the verdicts of subjects."""
        judged = tuple(subjects)
        verdicts = [verdict for subject in judged for verdict in subject.verdicts]
        own = [verdict for subject in judged for verdict in standing(subject) if counted(verdict)]
        failed = [verdict.requirement for verdict in own if verdict.status is Status.FAIL]
        warned = [verdict.requirement for verdict in own if verdict.status is Status.WARN]
        departed = [verdict for verdict in verdicts if verdict.status in DEPARTED]
        count = Counter(verdict.status for verdict in verdicts)
        against = Counter(verdict.status for verdict in departed if counted(verdict))
        return cls(
            planned=len(verdicts) - count[Status.NOT_APPLICABLE],
            joined=sum(verdict.joined and verdict.status is not Status.NOT_APPLICABLE for verdict in verdicts),
            judged=sum(count[status] for status in JUDGED),
            passed=count[Status.PASS],
            failed=len(failed),
            warned=len(warned),
            untestable=count[Status.UNTESTABLE],
            not_applicable=count[Status.NOT_APPLICABLE],
            errors=count[Status.ERROR],
            known=sum(verdict.known is not None for verdict in departed),
            unscored=sum(verdict.known is None and not verdict.scored for verdict in departed),
            failed_after=against[Status.FAIL] - len(failed),
            warned_after=against[Status.WARN] - len(warned),
            broken=len(set(failed)),
            doubted=len(set(warned)),
            broke=count[Status.FAIL],
            missed=sum(verdict.status is Status.UNTESTABLE and counted(verdict) for verdict in verdicts),
        )


def counted(verdict: Verdict) -> bool:
    """Whether a departure counts against the target: nobody has excused it, and its rule is one that is scored."""
    return verdict.known is None and verdict.scored


def excuse(verdict: Verdict) -> str | None:
    """Why a departure does not count against the target; None where it does."""
    if verdict.known is not None:
        return f"known failure: {verdict.known}"
    return None if verdict.scored else "not scored: the rule joined after the requirement set that is"


def standing(subject: Subject) -> tuple[Verdict, ...]:
    """Failures and warnings that stand for themselves: with a primary finding, or with no cause told beside them.

    What counts is not told by a cause that does not.
    """
    departed = [verdict for verdict in subject.verdicts if verdict.status in DEPARTED]
    told = {verdict.requirement for verdict in departed}
    against = {verdict.requirement for verdict in departed if counted(verdict)}
    return tuple(verdict for verdict in departed if not _causes(verdict) & (against if counted(verdict) else told))


def _causes(verdict: Verdict) -> set[str | None]:
    """What explains all findings of a verdict; nothing where one of them is primary."""
    if any(finding.primary for finding in verdict.findings):
        return set()
    return {finding.because for finding in verdict.findings}
