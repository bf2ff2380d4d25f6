"""What a whole run shows and no scenario by itself: a defect of all of them is told once.

A client that makes no success of the plainest answer does not fail to pass over comments, and a server that redirects
every submission does not fail to refuse partial ones. Scenarios are subjects of their own, so this is settled over all
of a run, after each was judged: what follows from such a failure is untestable, and says because of which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from conformance.model import Finding, Status, Subject, Verdict
from conformance.verdict.without_ids import without_ids

#: The rule of a usual answer, and the plainest scenario of each kind of it.
_USUAL = "outcome.usual"
_PLAINEST = ("plain-one-call", "streamed-one-call")
#: Rules that take for granted that the client makes a success of the plainest answer.
_TAKEN = (
    "reading.*", "outcome.usual", "outcome.unknown-*", "outcome.documented-events", "outcome.after-done",
    "outcome.text", "outcome.status",
)  # fmt: skip

#: The rule that a valid submission reaches the operation.
_PATH = "request.path"
#: The rule that a full submission is accepted, and those that say why one was not.
_ACCEPTED = "submission.accepted"
_REASONS = frozenset(
    {"submission.opaque-accepted", "submission.any-order", "submission.still-accepted", "request.minimal-body",
     "request.stream-false", "request.stream-null"}
)  # fmt: skip
_DEPARTED = frozenset({Status.FAIL, Status.WARN})


def settled(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    """The subjects of a run, with what follows from a failure of all of them untestable."""
    judged = tuple(subjects)
    usual = {subject.name: cause for subject in judged if (cause := _primary(subject, _USUAL)) is not None}
    nowhere = {
        _answer(found): cause
        for subject in judged
        if (cause := _primary(subject, _PATH)) is not None
        for found in cause.findings
    }
    refused = _refused_alike(judged)
    if not (usual or nowhere or refused):
        return judged
    return tuple(
        _of_refusal(_of_path(_of_usual(subject, usual.get(_plainest(subject.name))), nowhere), refused)
        for subject in judged
    )


def _primary(subject: Subject, requirement: str) -> Verdict | None:
    """The verdict on a requirement where it departs for itself."""
    verdicts = (verdict for verdict in subject.verdicts if verdict.requirement == requirement)
    return next((verdict for verdict in verdicts if any(found.primary for found in verdict.findings)), None)


def _plainest(name: str) -> str:
    return next((plain for plain in _PLAINEST if name != plain and name.startswith(plain.partition("-")[0])), "")


def _of_usual(subject: Subject, cause: Verdict | None) -> Subject:
    """A client's subject, where the plainest scenario of its kind failed."""
    if cause is None:
        return subject

    def follows(verdict: Verdict) -> bool:
        told = (verdict.requirement if each.primary else each.because or "" for each in verdict.findings)
        return all(any(fnmatchcase(requirement, pattern) for pattern in _TAKEN) for requirement in told)

    verdicts = (_settled(each, cause, follows=follows(each)) for each in subject.verdicts)
    return replace(subject, verdicts=tuple(verdicts))


def _of_path(subject: Subject, nowhere: Mapping[str, Verdict]) -> Subject:
    """A server's subject, where valid submissions got an answer that no operation gives: so did all that got the same.

    What follows from a verdict that is settled so is settled with it.
    """
    causes: dict[str, Verdict] = {}
    for verdict in subject.verdicts:
        answers = {_answer(found) for found in verdict.findings}
        if verdict.requirement != _PATH and answers and answers <= nowhere.keys():
            causes[verdict.requirement] = nowhere[answers.pop()]
    if not causes:
        return subject

    def cause_of(verdict: Verdict) -> Verdict | None:
        because = {found.because for found in verdict.findings if not found.primary}
        after = next((cause for name, cause in causes.items() if because == {name} or verdict.because == name), None)
        return causes.get(verdict.requirement) or after

    return replace(
        subject,
        verdicts=tuple(
            verdict if (cause := cause_of(verdict)) is None else _settled(verdict, cause, follows=True)
            for verdict in subject.verdicts
        ),
    )


def _refused_alike(subjects: Iterable[Subject]) -> Verdict | None:
    """The first refusal of a full submission, where none was accepted and all got the same answer in the same words."""
    relevant = [each for subject in subjects for each in subject.verdicts if each.requirement in {_ACCEPTED, *_REASONS}]
    accepted = any(each.requirement == _ACCEPTED and each.status is Status.PASS for each in relevant)
    answers = {without_ids(found.got) for each in relevant for found in each.findings}
    if accepted or len(answers) != 1:
        return None
    refusals = (each for each in relevant if each.requirement == _ACCEPTED)
    return next((each for each in refusals if any(found.primary for found in each.findings)), None)


def _of_refusal(subject: Subject, cause: Verdict | None) -> Subject:
    """A server's subject, where every full submission was refused alike: neither text nor order were the reason."""
    if cause is None:
        return subject

    def told(verdict: Verdict) -> Verdict:
        if verdict.requirement == _ACCEPTED and verdict.findings:
            return replace(verdict, findings=tuple(map(_for_itself, verdict.findings)))
        if verdict.status is Status.NOT_APPLICABLE and verdict.because in _REASONS:
            return _following(verdict, cause)
        return _settled(verdict, cause, follows=verdict.requirement in _REASONS)

    return replace(subject, verdicts=tuple(told(verdict) for verdict in subject.verdicts))


def _for_itself(finding: Finding) -> Finding:
    """A refusal that was laid to one of the reasons; what another breach explains stays explained by that."""
    return replace(finding, primary=True, because=None) if finding.because in _REASONS else finding


def _answer(finding: Finding) -> str:
    """The status of the answer that was got."""
    return finding.got[:3]


def _settled(verdict: Verdict, cause: Verdict, *, follows: bool) -> Verdict:
    """A verdict that follows from another one, with the excuse of that; what passes stays."""
    untestable = verdict.status is Status.UNTESTABLE and (follows or verdict.because == cause.requirement)
    if not untestable and not (verdict.status in _DEPARTED and follows):
        return verdict
    return replace(_following(verdict, cause), reason=verdict.reason) if untestable else _following(verdict, cause)


def _following(verdict: Verdict, cause: Verdict) -> Verdict:
    """A verdict that could not be checked for the sake of another one."""
    reason = f"could not be checked, since {cause.requirement} failed in {cause.scenario}"
    return replace(
        verdict, status=Status.UNTESTABLE, findings=(), more=0, reason=reason, because=cause.requirement,
        known=cause.known,
    )  # fmt: skip
