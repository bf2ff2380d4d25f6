"""A server that refuses every submission for one and the same reason is told that once, in its own words.

Whether outputs are refused for their text, their order or the words beside them shows only beside a submission that
was accepted. Where a whole run has none, and every refusal says the same, these rules follow from the refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.model import Finding, Status, Subject, Verdict
from conformance.verdict.alike import without_ids

_ACCEPTED = "submission.accepted"

#: Rules that a submission of some kind is accepted: each says why, from what was submitted, and here it was not that.
_OF_A_KIND = frozenset(
    {
        "submission.any-order", "submission.opaque-accepted", "submission.still-accepted", "request.minimal-body",
        "request.stream-false", "request.stream-null",
    }
)  # fmt: skip


def told_once(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """The subjects of one run; where all submissions were refused alike, that is the one primary finding of each."""
    verdicts = [verdict for subject in subjects for verdict in subject.verdicts if verdict.requirement == _ACCEPTED]
    judged = [verdict for verdict in verdicts if verdict.status in (Status.PASS, Status.FAIL)]
    said = {without_ids(finding.got) for verdict in judged for finding in verdict.findings}
    if len(judged) < 2 or len(said) != 1 or any(not verdict.findings for verdict in judged):
        return tuple(subjects)
    return tuple(
        replace(subject, verdicts=tuple(map(_following, subject.verdicts))) if _fails(subject) else subject
        for subject in subjects
    )


def _fails(subject: Subject) -> bool:
    return any(verdict.requirement == _ACCEPTED and verdict.findings for verdict in subject.verdicts)


def _following(verdict: Verdict) -> Verdict:
    if verdict.requirement == _ACCEPTED:
        return replace(verdict, findings=tuple(map(_first, verdict.findings)))
    if verdict.requirement in _OF_A_KIND:
        return replace(verdict, findings=tuple(map(_effect, verdict.findings)))
    return verdict


def _first(finding: Finding) -> Finding:
    return replace(finding, primary=True, because=None) if finding.because in _OF_A_KIND else finding


def _effect(finding: Finding) -> Finding:
    """What another breach explains already, such as a refused key, stays explained by that."""
    own = finding.primary or finding.because in _OF_A_KIND
    return replace(finding, primary=False, because=_ACCEPTED) if own else finding
