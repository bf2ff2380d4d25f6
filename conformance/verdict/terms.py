"""On what terms verdicts stand: by which set they are scored, strictly or not, which are excused, what is masked.

Each step is a pure function from subject to subject; `settled` is all of them in the order in which they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from conformance.contract.requirement_sets import levels
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import ClientOutput, Confidence, Finding, KnownFailure, Level, Profile, Status, Subject, Verdict
from conformance.verdict import known
from conformance.wire.secret import Secrets


def settled(subject: Subject, profile: Profile, known_failures: Sequence[KnownFailure], today: str) -> Subject:
    """The subject on the terms of a run: by the set that is scored, strictly or not, known failures excused."""
    subject = scored(subject, profile.requirements)
    return known.excused(strictly(subject) if profile.strict else subject, known_failures, today)


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


def strictly(subject: Subject) -> Subject:
    """The subject with every warning a failure, save what is only inferred (confidence L)."""
    return replace(subject, verdicts=tuple(_strict(verdict) for verdict in subject.verdicts))


def _strict(verdict: Verdict) -> Verdict:
    inferred = REQUIREMENTS[verdict.requirement].confidence is Confidence.L
    return replace(verdict, status=Status.FAIL) if verdict.status is Status.WARN and not inferred else verdict


def masked(subject: Subject, secrets: Secrets) -> Subject:
    """The subject without secrets, in any spelling: a server quotes a refused key, a client puts one into an id.

    What is masked is what was judged already, so that no verdict depends on it.
    """
    clean = cache(secrets.hidden)  # one reason is often that of hundreds of cells

    def cleaned(finding: Finding) -> Finding:
        return replace(
            finding,
            message=clean(finding.message),
            expected=clean(finding.expected),
            got=clean(finding.got),
            pointer=finding.pointer and clean(finding.pointer),
            details=tuple(map(clean, finding.details)),
            about=tuple(map(clean, finding.about)),
        )

    verdicts = (
        replace(
            verdict, findings=tuple(map(cleaned, verdict.findings)), reason=verdict.reason and clean(verdict.reason)
        )
        for verdict in subject.verdicts
    )
    shape = tuple({name: _each(fact, clean) for name, fact in part.items()} for part in subject.shape)
    unknown = tuple(map(clean, subject.unknown_events))
    notes = tuple(map(clean, subject.notes))
    return replace(
        subject,
        verdicts=tuple(verdicts),
        reason=subject.reason and clean(subject.reason),
        unknown_events=unknown,
        notes=notes,
        shape=shape,
        client=subject.client and _of_client(subject.client, clean),
    )


def _of_client(said: ClientOutput, clean: Callable[[str], str]) -> ClientOutput:
    return replace(said, error=clean(said.error), printed=tuple(map(clean, said.printed)), output=clean(said.output))


def _each(value: object, change: Callable[[str], str]) -> object:
    """A JSON value with every text in it changed."""
    if isinstance(value, dict):
        return {change(name): _each(member, change) for name, member in value.items()}
    if isinstance(value, list):
        return [_each(member, change) for member in value]
    return change(value) if isinstance(value, str) else value
