"""What a client gets wrong in the plainest scenario is caused there: the unusual ones show nothing more of it.

A client that understands no stream at all does not fail to pass over comments. Scenarios are subjects of their own, so
this is settled over all of a run, after each was judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from conformance.model import Finding, Status, Subject, Verdict

_CAUSE = "outcome.usual"
#: The plainest scenario of each kind of answer.
_PLAINEST = ("plain-one-call", "streamed-one-call")
#: Rules that take for granted that the client makes a success of the plainest answer.
_TAKEN = ("reading.*", "outcome.usual", "outcome.unknown-*", "outcome.after-done", "outcome.text", "outcome.status")
_DEPARTED = frozenset({Status.FAIL, Status.WARN})


def settled(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    """The subjects of a run: what follows from a failure in the plainest scenario of a kind is untestable elsewhere."""
    judged = tuple(subjects)
    causes = {subject.name: cause for subject in judged if (cause := _cause(subject)) is not None}
    return tuple(_without_effects(subject, causes.get(_plainest(subject.name))) for subject in judged)


def _plainest(name: str) -> str:
    return next((plain for plain in _PLAINEST if name != plain and name.startswith(plain.partition("-")[0])), "")


def _cause(subject: Subject) -> Verdict | None:
    if subject.name not in _PLAINEST:
        return None
    failed = (verdict for verdict in subject.verdicts if verdict.requirement == _CAUSE)
    return next((verdict for verdict in failed if any(found.primary for found in verdict.findings)), None)


def _without_effects(subject: Subject, cause: Verdict | None) -> Subject:
    if cause is None:
        return subject
    return replace(subject, verdicts=tuple(_settled(verdict, cause) for verdict in subject.verdicts))


def _settled(verdict: Verdict, cause: Verdict) -> Verdict:
    """A verdict where the plainest scenario failed, with the excuse of that failure."""
    follows = verdict.status in _DEPARTED and all(_follows(verdict.requirement, found) for found in verdict.findings)
    if not follows and not (verdict.status is Status.UNTESTABLE and verdict.because == _CAUSE):
        return verdict
    reason = f"could not be checked, since {_CAUSE} failed in {cause.scenario}"
    return replace(
        verdict, status=Status.UNTESTABLE, findings=(), more=0, reason=reason, because=_CAUSE, known=cause.known
    )


def _follows(requirement: str, found: Finding) -> bool:
    told = requirement if found.primary else found.because or requirement
    return any(fnmatchcase(told, pattern) for pattern in _TAKEN)
