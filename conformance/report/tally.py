"""How many verdicts and requirements failed, passed or could not be tested. Every surface takes its numbers from here.

A verdict is one requirement in one scenario or file. A requirement has failed where one of its verdicts has, has passed
where none departs and at least one passed, and could not be tested where nothing at all was judged of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conformance.model import JUDGED, Status, Subject, Verdict

#: Statuses of a requirement that is not met.
DEPARTED = frozenset({Status.FAIL, Status.WARN})

#: What a verdict may come to. A requirement comes to the first of these that any of its verdicts came to.
OUTCOMES = ("fail", "error", "warn", "follows", "known", "unscored", "pass", "untestable", "not_applicable")


@dataclass(frozen=True, slots=True)
class Result:
    """What one requirement came to over all scenarios or files."""

    #: How many of its verdicts came to which of `OUTCOMES`.
    counts: Mapping[str, int]

    @property
    def outcome(self) -> str:
        """What it came to."""
        return next(outcome for outcome in OUTCOMES if outcome in self.counts)

    @property
    def passed(self) -> int:
        """In how many it passed."""
        return self.counts.get("pass", 0)

    @property
    def planned(self) -> int:
        """In how many it was to be judged."""
        return sum(self.counts.values()) - self.counts.get("not_applicable", 0)


def results(subjects: Iterable[Subject]) -> dict[str, Result]:
    """What each requirement came to, in the order in which they were met."""
    counts: dict[str, Counter[str]] = {}
    for subject in subjects:
        for verdict, outcome in outcomes(subject):
            counts.setdefault(verdict.requirement, Counter())[outcome] += 1
    return {name: Result(count) for name, count in counts.items()}


def outcomes(subject: Subject) -> Iterator[tuple[Verdict, str]]:
    """Every verdict and what it came to: its status, unless it is excused, not scored, or the effect of another."""
    own = {verdict.requirement for verdict in standing(subject)}
    for verdict in subject.verdicts:
        yield verdict, _outcome(verdict, stands=verdict.requirement in own)


def _outcome(verdict: Verdict, *, stands: bool) -> str:
    if verdict.status not in DEPARTED:
        return verdict.status.value
    if verdict.known is not None:
        return "known"
    if not verdict.scored:
        return "unscored"
    return verdict.status.value if stands else "follows"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of verdicts. `planned` holds what was added to the plan later, and nothing that is not applicable.

    One defect counts once: `failed` and `warned` hold what stands for itself; its effects are counted beside them.
    """

    planned: int
    #: Of those, what could not be planned and was added when observed.
    joined: int
    judged: int
    passed: int
    failed: int
    warned: int
    untestable: int
    not_applicable: int
    errors: int
    #: Failures and warnings that their owner has excused, and those of requirements newer than the set that is scored.
    known: int
    unscored: int
    #: Failures that are the effect of another one reported beside them, and warnings likewise.
    failed_after: int
    warned_after: int
    #: How many requirements, not verdicts, came to which of `OUTCOMES`.
    requirements: Mapping[str, int]

    #: Failures of every kind, the excused ones too.
    broke: int
    #: Untestable verdicts of scored requirements that no excused failure explains: they leave the run incomplete.
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
        failed = sum(verdict.status is Status.FAIL for verdict in own)
        warned = sum(verdict.status is Status.WARN for verdict in own)
        departed = [verdict for verdict in verdicts if verdict.status in DEPARTED]
        count = Counter(verdict.status for verdict in verdicts)
        against = Counter(verdict.status for verdict in departed if counted(verdict))
        return cls(
            planned=len(verdicts) - count[Status.NOT_APPLICABLE],
            joined=sum(verdict.joined and verdict.status is not Status.NOT_APPLICABLE for verdict in verdicts),
            judged=sum(count[status] for status in JUDGED),
            passed=count[Status.PASS],
            failed=failed,
            warned=warned,
            untestable=count[Status.UNTESTABLE],
            not_applicable=count[Status.NOT_APPLICABLE],
            errors=count[Status.ERROR],
            known=sum(verdict.known is not None for verdict in departed),
            unscored=sum(verdict.known is None and not verdict.scored for verdict in departed),
            failed_after=against[Status.FAIL] - failed,
            warned_after=against[Status.WARN] - warned,
            requirements=Counter(result.outcome for result in results(judged).values()),
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
    return None if verdict.scored else "not scored: newer than the requirement set that is scored"


def standing(subject: Subject) -> tuple[Verdict, ...]:
    """Failures and warnings that stand for themselves: with a primary finding, or with no cause reported beside them.

    What counts is not explained by a cause that does not.
    """
    departed = [verdict for verdict in subject.verdicts if verdict.status in DEPARTED]
    beside = {verdict.requirement for verdict in departed}
    against = {verdict.requirement for verdict in departed if counted(verdict)}
    return tuple(
        verdict for verdict in departed if (against if counted(verdict) else beside).isdisjoint(causes(verdict))
    )


def causes(verdict: Verdict) -> tuple[str, ...]:
    """The requirements whose failures explain all findings of a verdict; none where a finding is primary."""
    if any(finding.primary for finding in verdict.findings):
        return ()
    return tuple(dict.fromkeys(finding.because for finding in verdict.findings if finding.because))
