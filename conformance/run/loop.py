"""Plan, exchange, judge, report: the one loop, whichever door it is for.

The `Plan` is fixed before anything is sent. A `Run` exchanges each planned scenario at most once, judges it at once
and lets the transcript go; its `report` holds a verdict for every planned cell, also for those that were never
reached. Recordings take the same way without a target: see `recordings`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import takewhile
from threading import Lock

from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import DEBUG, BudgetReached, ConformanceError, NotThisApi, UnreachableTarget
from conformance.model import (
    JUDGED,
    KnownFailure,
    Profile,
    Report,
    Requirement,
    Scenario,
    Status,
    Subject,
    Verdict,
)
from conformance.report.client_output import with_client_output
from conformance.report.exhibits import Exhibitor
from conformance.report.not_exercised import not_exercised
from conformance.run.known_secrets import known_secrets
from conformance.run.plan import JOINED, Plan, Target
from conformance.run.reporting import Reporting
from conformance.targets.interruption import INTERRUPTED, finishing
from conformance.verdict import known, run_wide
from conformance.verdict.judge import judge


class Run:
    """One run of one plan against one target: each scenario is exchanged and judged at most once.

    `begun` hears of every scenario before it is exchanged, `on_subject` of every subject once it is judged, and `kept`
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
        on_subject: Callable[[Subject], None] | None = None,
        kept: Callable[[Callable[[], Report]], None] | None = None,
        shapes: bool = False,
    ) -> None:
        self.plan = plan
        self.stopped: ConformanceError | None = None
        self._target = target
        held = known.holding(known_failures, target.describe(), plan.role)
        self._reporting = Reporting(profile or Profile(plan.role), held, again, exhibitor, shapes, self._secrets)
        self._begun = begun
        self._on_subject = on_subject
        self._kept = kept
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
                if self._on_subject:
                    self._on_subject(subject)
                if self._kept:
                    self._kept(self._so_far)
        return self._subjects[scenario_id]

    def finished(self) -> Report:
        """Reach every scenario, one after another, and report; an interrupt ends that early."""
        try:
            for scenario in takewhile(lambda _: self.stopped is None, self.plan.scenarios):
                self.subject(scenario.id)
        except KeyboardInterrupt as interrupt:
            return self.report(str(interrupt) or INTERRUPTED)
        except BaseException:
            self._target.close()
            raise
        return self.report()

    def finished_by(self, jobs: int, stop: Callable[[], None]) -> Report:
        """Reach every scenario, `jobs` at a time, and report.

        Only for targets whose scenarios share nothing. `stop` is called when the run is interrupted, and ends what is
        under way.
        """
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="conformance-run")
        reached = [pool.submit(self.subject, scenario.id) for scenario in self.plan.scenarios]
        try:
            for each in reached:
                each.result()
        except KeyboardInterrupt as interrupt:
            self.stopped = BudgetReached(str(interrupt) or INTERRUPTED)
            stop()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return self.report()

    def report(self, interrupted: str | None = None) -> Report:
        """Everything there is, with a verdict for every planned cell; closes the target."""
        if interrupted is None and self.stopped is not None:
            interrupted = self.stopped.message
        with finishing():
            made = self._made(interrupted)
            left = self._reporting.told(self._target.close())
            return replace(made, leftovers=left)

    def nothing_there(self, report: Report) -> ConformanceError | None:
        """Why a report has nothing to say: no target is there, or one that offers nothing of this API."""
        there = any(verdict.status in JUDGED for subject in report.subjects for verdict in subject.verdicts)
        return self.stopped if isinstance(self.stopped, UnreachableTarget | NotThisApi) and not there else None

    def _secrets(self) -> tuple[str, ...]:
        return known_secrets(self._target.secrets)

    def _so_far(self) -> Report:
        done, planned = len(self._subjects), len(self.plan.scenarios)
        return self._made(f"still running, unless it was killed: {done} of {planned} scenarios are judged so far")

    def _made(self, interrupted: str | None) -> Report:
        subjects = run_wide.settled(
            self._subjects.get(scenario.id) or self._unreached(scenario, interrupted)
            for scenario in self.plan.scenarios
        )
        return self._reporting.report(
            self._target.describe(),
            self._reporting.across(subjects),
            interrupted,
            plan=self.plan.counts(),
            not_exercised=not_exercised(subjects, self.plan.role) if self.plan.whole else (),
        )

    def _judged(self, scenario: Scenario) -> Subject:
        try:
            heard = self._target.exchange(scenario)
            judged = judge(heard, role=self.plan.role)
            seen = with_client_output(replace(judged, shape=self._reporting.shape(heard)), heard)
            judged = self._reporting.masked(seen, (heard,))
            subject = self._complete(scenario, self._reporting.settled(judged))
            self._reporting.exhibit(heard, subject)
        except (BudgetReached, UnreachableTarget, NotThisApi) as reason:
            self.stopped = reason
            return self._unreached(scenario)
        except Exception as slip:
            if os.environ.get(DEBUG):
                raise
            return self._without_verdicts(scenario, Status.ERROR, f"{type(slip).__name__}: {slip}")
        return subject

    def _complete(self, scenario: Scenario, subject: Subject) -> Subject:
        """Keep the cells of the plan; one the judge passed over is an internal error."""
        mine, may_be_added = self.plan.cells[scenario.id], scenario.id in self.plan.open
        kept = tuple(v for v in subject.verdicts if v.requirement in mine or (v.joined and may_be_added))
        missing = mine - {verdict.requirement for verdict in kept}
        slips = tuple(
            _verdict(scenario, REQUIREMENTS[name], Status.ERROR, "the judge gave no verdict")
            for name in sorted(missing)
        )
        return replace(subject, name=scenario.id, verdicts=kept + slips)

    def _unreached(self, scenario: Scenario, reason: str | None = None) -> Subject:
        why = reason or (self.stopped.message if self.stopped else "the run never came to it")
        return replace(self._without_verdicts(scenario, Status.UNTESTABLE, why), reason=self._reporting.told((why,))[0])

    def _without_verdicts(self, scenario: Scenario, status: Status, reason: str) -> Subject:
        names = sorted(self.plan.cells[scenario.id])
        verdicts = (_verdict(scenario, REQUIREMENTS[name], status, reason) for name in names)
        return self._reporting.masked(Subject(scenario.id, tuple(verdicts)))


def _verdict(scenario: Scenario, requirement: Requirement, status: Status, reason: str) -> Verdict:
    return Verdict(requirement.id, requirement.level, requirement.role, scenario.id, status, reason=reason)


def verdicts_on(subject: Subject, requirement: str) -> tuple[Verdict, ...]:
    """What a subject says on a requirement; on `JOINED`, on everything that luck added."""
    if requirement == JOINED:
        return tuple(verdict for verdict in subject.verdicts if verdict.joined)
    return tuple(verdict for verdict in subject.verdicts if verdict.requirement == requirement)
