"""Plan, exchange, judge, report: the one way through for every door.

The `Plan` is fixed before anything is sent. A `Run` exchanges each planned scenario at most once, judges it at once
and lets the transcript go; its `report` holds a verdict for every planned cell, also for those that were never
reached. Recordings take the same way without a target.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile
from threading import Lock

from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import DEBUG, BudgetReached, ConformanceError, NotThisApi, UnreachableTarget
from conformance.model import (
    Confidence,
    Finding,
    KnownFailure,
    Operation,
    Profile,
    Report,
    Requirement,
    Role,
    Scenario,
    Status,
    Subject,
    Transcript,
    Verdict,
)
from conformance.plan import JOINED, Plan, Target
from conformance.report.exhibits import Exhibitor
from conformance.report.unseen import not_exercised
from conformance.verdict import known
from conformance.verdict.judge import judge
from conformance.verdict.outline import outline
from conformance.verdict.refused_alike import told_once
from conformance.verdict.scored import scored
from conformance.wire.redact import without_secrets
from conformance.wire.secret import hidden


class Run:
    """One run of one plan against one target: each scenario is exchanged and judged at most once.

    `begun` hears of every scenario before it is exchanged, `told` of every subject as soon as it is judged, and `kept`
    then gets what makes the report of all there is so far. `exhibitor` keeps what shows a departure, where somebody
    wants to see it; with `shapes`, subjects tell what their exchanges looked like. `stopped` is why nothing more is
    sent: the target is gone or offers none of this API, or the budget of requests is reached.
    """

    def __init__(
        self,
        target: Target,
        plan: Plan,
        *,
        profile: Profile | None = None,
        known_failures: Sequence[KnownFailure] = (),
        again: str = "",
        exhibitor: Exhibitor | None = None,
        begun: Callable[[Scenario], None] | None = None,
        told: Callable[[Subject], None] | None = None,
        kept: Callable[[Callable[[], Report]], None] | None = None,
        shapes: bool = False,
    ) -> None:
        self.plan = plan
        self.stopped: ConformanceError | None = None
        self._target = target
        self._profile = profile or Profile(plan.role)
        self._known = known.holding(known_failures, target.describe(), plan.role)
        self._again = again
        self._began = datetime.now(UTC)
        self._exhibitor = exhibitor
        self._begun = begun
        self._told = told
        self._kept = kept
        self._shapes = shapes
        self._telling = Lock()
        self._subjects: dict[str, Subject] = {}

    def reach(self, scenario_id: str) -> Subject:
        """The subject of a scenario, after everything that the table puts before it: fragile ones stand last."""
        before = takewhile(lambda scenario: scenario.id != scenario_id, self.plan.scenarios)
        if scenario_id not in self._subjects:
            for scenario in before:
                self.subject(scenario.id)
        return self.subject(scenario_id)

    def subject(self, scenario_id: str) -> Subject:
        """The verdicts of one scenario, exchanged now unless it was before."""
        if scenario_id not in self._subjects:
            scenario = next(scenario for scenario in self.plan.scenarios if scenario.id == scenario_id)
            if self.stopped:
                return self._unreached(scenario)
            if self._begun:
                self._begun(scenario)
            subject = self._judged(scenario)
            if self.stopped:
                return subject
            self._subjects[scenario_id] = subject
            with self._telling:
                if self._told:
                    self._told(subject)
                if self._kept:
                    self._kept(self._so_far)
        return self._subjects[scenario_id]

    def all(self, jobs: int, stop: Callable[[], None]) -> str | None:
        """Reach every scenario, `jobs` at a time; return why that was cut short.

        Only for targets whose scenarios share nothing. `stop` is called when the run is interrupted, and ends what is
        under way.
        """
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="conformance-run")
        reached = [pool.submit(self.subject, scenario.id) for scenario in self.plan.scenarios]
        try:
            for each in reached:
                each.result()
        except KeyboardInterrupt as interrupt:
            self.stopped = BudgetReached(str(interrupt) or "interrupted from the keyboard")
            stop()
            return self.stopped.message
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return None

    def report(self, interrupted: str | None = None) -> Report:
        """Everything there is, with a verdict for every planned cell; closes the target."""
        if interrupted is None and self.stopped is not None:
            interrupted = self.stopped.message
        return replace(self._made(interrupted), leftovers=self._target.close())

    def _so_far(self) -> Report:
        return self._made("this was written while the run went on: it was ended before it could write the rest")

    def _made(self, interrupted: str | None) -> Report:
        subjects = told_once(
            [
                self._subjects.get(scenario.id) or self._unreached(scenario, interrupted)
                for scenario in self.plan.scenarios
            ]
        )
        report = Report(
            target=self._target.describe(),
            subjects=subjects,
            not_exercised=not_exercised(subjects, self.plan.role) if self.plan.whole else (),
            interrupted=interrupted,
            plan=self.plan.counts(),
            profile=self._profile,
            again=self._again,
            began=f"{self._began:%Y-%m-%dT%H:%M:%SZ}",
            took_ms=(datetime.now(UTC) - self._began) // timedelta(milliseconds=1),
            exhibits=() if self._exhibitor is None else self._exhibitor.exhibits,
            known_failures=self._known,
        )
        return known.checked(report)

    def _judged(self, scenario: Scenario) -> Subject:
        try:
            heard = without_secrets(self._target.exchange(scenario), self._target.secrets)
            subject = judge(heard, role=self.plan.role)
            if self._shapes:
                subject = replace(subject, shape=outline(heard))
            subject = masked(subject, self._target.secrets)
            subject = settled(subject, self._profile, self._known, f"{self._began:%Y-%m-%d}")
            subject = self._complete(scenario, subject)
            if self._exhibitor is not None:
                self._exhibitor.look(heard, subject)
        except (BudgetReached, UnreachableTarget, NotThisApi) as reason:
            self.stopped = reason
            return self._unreached(scenario)
        except Exception as slip:
            if os.environ.get(DEBUG):
                raise
            return self._without_verdicts(scenario, Status.ERROR, f"{type(slip).__name__}: {slip}")
        return subject

    def _complete(self, scenario: Scenario, subject: Subject) -> Subject:
        """Keep the cells of the plan; one the judge passed over is a slip of ours."""
        mine = self.plan.cells[scenario.id]
        kept = tuple(v for v in subject.verdicts if v.requirement in mine or (v.joined and JOINED in mine))
        missing = mine - {verdict.requirement for verdict in kept} - {JOINED}
        slips = tuple(
            _verdict(scenario, REQUIREMENTS[name], Status.ERROR, "the judge gave no verdict")
            for name in sorted(missing)
        )
        return replace(subject, name=scenario.id, verdicts=kept + slips)

    def _unreached(self, scenario: Scenario, reason: str | None = None) -> Subject:
        told = reason or (self.stopped.message if self.stopped else "the run never came to it")
        return replace(self._without_verdicts(scenario, Status.UNTESTABLE, told), reason=told)

    def _without_verdicts(self, scenario: Scenario, status: Status, reason: str) -> Subject:
        names = sorted(self.plan.cells[scenario.id] - {JOINED})
        verdicts = (_verdict(scenario, REQUIREMENTS[name], status, reason) for name in names)
        return Subject(scenario.id, tuple(verdicts))


def _verdict(scenario: Scenario, requirement: Requirement, status: Status, reason: str) -> Verdict:
    return Verdict(requirement.id, requirement.level, requirement.role, scenario.id, status, reason=reason)


def judge_recording(
    name: str,
    transcripts: Iterable[Transcript],
    *,
    profile: Profile,
    role: Role | None = None,
    operation: Operation | None = None,
    wanted: Callable[[str], bool] | None = None,
    known_failures: Sequence[KnownFailure] = (),
    today: str = "",
    exhibitor: Exhibitor | None = None,
    shapes: bool = False,
) -> Subject:
    """Judge what one file holds.

    Without a `role` it is the side that a cassette is about, of any other recording the server. `operation` is what a
    stream answers whose request is not there to say so; `wanted` picks cells by their names, `scenario:requirement`;
    with `shapes` the subject tells what the exchanges looked like. `today`, a full-date, says which of the known
    failures have expired.
    """
    heard = [_answering(transcript, operation) for transcript in transcripts]
    judged = (replace(judge(transcript, role=role), name=name) for transcript in heard)
    parts = [settled(part, profile, known_failures, today) for part in judged]
    if exhibitor is not None:
        for transcript, part in zip(heard, parts, strict=True):
            exhibitor.look(transcript, part)
    verdicts = tuple(
        verdict
        for part in parts
        for verdict in part.verdicts
        if wanted is None or wanted(f"{verdict.scenario}:{verdict.requirement}")
    )
    unknown = dict.fromkeys(event for part in parts for event in part.unknown_events)
    shape = tuple(seen for transcript in heard for seen in outline(transcript)) if shapes else ()
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    reason = None if verdicts else _why_empty(parts)
    return Subject(name, verdicts, reason, tuple(unknown), tuple(notes), shape)


def _why_empty(parts: Sequence[Subject]) -> str | None:
    """Why nothing is said of a recording: nothing of what was judged is wanted, or nothing could be judged."""
    if any(part.verdicts for part in parts):
        return "-k selects nothing of what is judged here"
    return next((part.reason for part in parts if part.reason), None)


def _answering(transcript: Transcript, operation: Operation | None) -> Transcript:
    if operation is None:
        return transcript
    exchanges = (e if e.request.target else replace(e, operation=operation) for e in transcript.exchanges)
    return replace(transcript, exchanges=tuple(exchanges))


def masked(subject: Subject, secrets: Sequence[str]) -> Subject:
    """The subject without the values a target was let in with, in any spelling: some servers quote a refused key."""
    if not secrets:
        return subject

    @cache  # one reason is often that of hundreds of cells
    def clean(text: str) -> str:
        return hidden(text, secrets)

    def cleaned(finding: Finding) -> Finding:
        return replace(
            finding,
            message=clean(finding.message),
            expected=clean(finding.expected),
            got=clean(finding.got),
            pointer=finding.pointer and clean(finding.pointer),
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
    return replace(subject, verdicts=tuple(verdicts), unknown_events=unknown, notes=notes, shape=shape)


def _each(value: object, change: Callable[[str], str]) -> object:
    """A JSON value with every text in it changed."""
    if isinstance(value, dict):
        return {change(name): _each(member, change) for name, member in value.items()}
    if isinstance(value, list):
        return [_each(member, change) for member in value]
    return change(value) if isinstance(value, str) else value


def settled(subject: Subject, profile: Profile, known_failures: Sequence[KnownFailure], today: str) -> Subject:
    """The subject on the terms of a run: by the set that is scored, strictly or not, known failures excused."""
    subject = scored(subject, profile.requirements)
    return known.excused(strictly(subject) if profile.strict else subject, known_failures, today)


def strictly(subject: Subject) -> Subject:
    """The subject with every warning a failure, save what is only inferred (confidence L)."""
    return replace(subject, verdicts=tuple(_strict(verdict) for verdict in subject.verdicts))


def _strict(verdict: Verdict) -> Verdict:
    inferred = REQUIREMENTS[verdict.requirement].confidence is Confidence.L
    return replace(verdict, status=Status.FAIL) if verdict.status is Status.WARN and not inferred else verdict


def verdicts_on(subject: Subject, requirement: str) -> tuple[Verdict, ...]:
    """What a subject says on a requirement; on `JOINED`, on everything that luck added."""
    if requirement == JOINED:
        return tuple(verdict for verdict in subject.verdicts if verdict.joined)
    return tuple(verdict for verdict in subject.verdicts if verdict.requirement == requirement)
