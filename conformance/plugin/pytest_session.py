"""Our part of a pytest session: target, plan, run, report. Verdicts come from the run, outcomes are pytest's words."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, cast

import pytest

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.contract.scenarios import SCENARIOS
from conformance.errors import ConformanceError, UsageError
from conformance.model import JUDGED, ClientOutput, KnownFailure, Profile, Report, Role, Status, Verdict
from conformance.plugin import fuzzing
from conformance.report import result, text
from conformance.report.merge import merged
from conformance.report.not_judged import INTERNAL, why
from conformance.report.plain import error_text, safe
from conformance.report.result import exit_code
from conformance.report.shell_commands import SOME_TESTS
from conformance.report.style import Style
from conformance.report.tally import counted, excuse
from conformance.run import (
    baseline,
    options,
    repeat_command,
    saving,
    target_options,
    verdict_options,
)
from conformance.run.loop import Run, verdicts_on
from conformance.run.plan import Cell, Plan, Target, narrowed, plan
from conformance.targets.interruption import INTERRUPTED, interrupting

_OUTPUT = "conformance_report"


def join(config: pytest.Config, said: options.Given) -> None:
    """Make a session one of ours. Raises pytest.UsageError for what must not be written now."""
    spread = hasattr(config, "workerinput") or getattr(config.option, "dist", "no") != "no"
    try:
        if "update_baseline" in said:
            baseline.refuse_update(os.environ, spread=spread)
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from None
    starts = next((name for name in ("serve", "app") if name in said), None)
    if spread and starts is not None:
        raise pytest.UsageError(
            f"--conformance-{starts} is refused under pytest-xdist: every worker would start the server\n"
            "  Start the server yourself, wait for it with --conformance-wait, or run without -n."
        )
    if spread and getattr(config.option, "update_snapshots", False):
        raise pytest.UsageError(
            "--snapshot-update is refused while pytest-xdist shares the run out: snapshots would be lost\n"
            "  Update them without -n."
        )
    suite = Suite(config, said)
    config.pluginmanager.register(suite, "conformance.session")
    config.pluginmanager.register(fuzzing.Fuzzing(suite, said), "conformance.fuzzing")
    if hasattr(config.hook, "pytest_xdist_make_scheduler"):
        from conformance.plugin.workers import Workers  # noqa: PLC0415 - only where pytest-xdist is

        config.pluginmanager.register(Workers(), "conformance.workers")


class Suite:
    """The hooks of a session that runs the suite."""

    def __init__(self, config: pytest.Config, said: options.Given) -> None:
        self._config = config
        self._said = said
        self._target: Target | None = None
        #: Whether this is a worker of pytest-xdist, which has a part of the run.
        self._works = hasattr(config, "workerinput")
        self._again = repeat_command.again(said)
        self._style = Style()
        self._profile = Profile()
        self._known: tuple[KnownFailure, ...] = ()
        self._run: Run | None = None
        self._report: Report | None = None
        #: Why the session was cut short.
        self.interrupted: str | None = None
        self._unwritten: ConformanceError | None = None
        #: What the baseline has to say, for whoever reads pytest's own summary.
        self._since = ""
        self._amended: tuple[str, ...] | None = None
        self._signals = ExitStack()
        #: Reports of pytest-xdist's workers, on their controller, and the exit codes of what stopped them.
        self.parts: list[Report] = []
        self.stops: list[int] = []

    def pytest_sessionstart(self) -> None:
        """Open the target, which sends nothing yet; a controller of pytest-xdist leaves that to its workers."""
        self._signals.enter_context(interrupting())
        controls = getattr(self._config.option, "dist", "no") != "no" and not self._works
        try:
            if "update_known_failures" in self._said and (controls or self._works):
                raise UsageError(
                    "the list of known failures is not updated under pytest-xdist: each worker sees a part of the run",
                    "Update it without -n.",
                )
            self._profile = verdict_options.profile(self._said, Role.SERVER, self._config.option.keyword or None)
            self._known = verdict_options.known_failures(self._said)
            if not controls:
                self._target = target_options.target(self._said)
                baseline.check(self._said, self._target.describe())
                self._cells("")  # fixes the plan: a shard of it may be none
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from None

    @property
    def target(self) -> Target:
        """Who is judged."""
        return cast("Target", self._target)

    @cached_property
    def _plan(self) -> Plan:
        asked = (CLIENT_SCENARIOS, Role.CLIENT) if "client" in self._said else (SCENARIOS, Role.SERVER)
        return plan(self.target, *asked, options.shard(self._said))

    def pytest_report_header(self) -> str:
        """Say who is judged."""
        named = repeat_command.shown_target(self._said)
        return f"conformance: {named or 'the built-in mock (no --conformance-base-url was given)'}"

    def pytest_pycollect_makeitem(self, collector: pytest.Module) -> list[pytest.Item] | None:
        """Make no test at all for a family that nothing is planned of; pytest would make one that is skipped."""
        family = _family(collector)
        return [] if family is not None and not self._cells(family) else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of every planned cell of the family that a module of the suite is named for."""
        family = _family(metafunc.definition.getparent(pytest.Module))
        if family is not None:
            cells = self._cells(family)
            metafunc.parametrize("hold", cells, indirect=True, ids=[":".join(cell) for cell in cells])

    def _cells(self, family: str) -> list[Cell]:
        return [cell for cell in self._plan.names() if cell[1].partition(".")[0] == family]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Fix the plan: every cell that was not deselected."""
        cells = [cell for cell in map(_cell, session.items) if cell is not None]
        if cells and self._target is not None:
            fixed = narrowed(self._plan, self._target, cells)
            if fixed is not self._plan and self._profile.selection is None:
                self._profile = replace(self._profile, selection=SOME_TESTS)
            self._run = Run(
                self._target,
                fixed,
                profile=replace(self._profile, role=fixed.role),
                known_failures=self._known,
                again=self._again,
                exhibitor=target_options.exhibitor(self._said, self._target) if "out" in self._said else None,
                # A worker of pytest-xdist has only a part, which its controller keeps.
                kept=None if self._works else saving.keeper(self._said),
                shapes=options.shapes(self._said),
            )

    def pytest_report_collectionfinish(self) -> list[str]:
        """Say what is going to be asked, before anything is sent."""
        return [] if self._run is None else [f"conformance: plan: {text.plan_line(self._run.plan.counts())}"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """End before anything is sent where only the plan is wanted."""
        return True if "plan" in self._said else None

    @pytest.fixture
    def hold(self, request: pytest.FixtureRequest) -> Callable[[], None]:
        """Bring the scenario of a cell about, once for all its cells; what is returned tells the verdict."""
        scenario, requirement = request.param
        run = cast("Run", self._run)
        # A worker of pytest-xdist must come to the end of what it was given: its other cells are skipped with a reason.
        subject = run.subject(scenario) if self._works else run.reach(scenario)
        if run.stopped is not None and not self._works:
            pytest.exit(str(run.stopped), returncode=run.stopped.exit_code)
        verdicts = verdicts_on(subject, requirement)
        request.node.user_properties += [pair for verdict in verdicts for pair in _properties(verdict)]
        slips = [verdict.reason for verdict in verdicts if verdict.status is Status.ERROR]
        if slips:
            pytest.fail(f"{INTERNAL}: {slips[0]}", pytrace=False)
        return partial(self._tell, request.node, verdicts, subject.client)

    def _tell(self, node: pytest.Item, verdicts: tuple[Verdict, ...], client: ClientOutput | None) -> None:
        blocks = {
            status: "\n\n".join(
                text.verdict_block(v, self._again, self._style, client)
                for v in verdicts
                if v.status is status and counted(v)
            )
            for status in (Status.FAIL, Status.WARN)
        }
        if blocks[Status.FAIL]:
            pytest.fail(blocks[Status.FAIL], pytrace=False)
        if blocks[Status.WARN]:
            node.add_report_section("call", "conformance warning", blocks[Status.WARN])
        excused = [verdict for verdict in verdicts if verdict.status is Status.FAIL]
        if excused:
            pytest.xfail(str(excuse(excused[0])))
        unjudged = [verdict for verdict in verdicts if verdict.status not in JUDGED]
        if unjudged and len(unjudged) == len(verdicts):
            pytest.skip(f"{unjudged[0].status}: {why(unjudged[0])}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the run was cut short."""
        if isinstance(excinfo.value, KeyboardInterrupt):
            self.interrupted = str(excinfo.value) or INTERRUPTED

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Report what there is, and let the exit code say what pytest's own does not."""
        if self._run is not None and "plan" not in self._said and not self._config.option.collectonly:
            self._report = self._run.report(self.interrupted)
        elif self.parts:
            self._report = merged(self.parts)
        if self._report is None:
            return
        if hasattr(self._config, "workeroutput"):
            stops = [] if self._run is None or self._run.stopped is None else [self._run.stopped.exit_code]
            self._config.workeroutput[_OUTPUT] = pickle.dumps((self._report, stops))
            return
        done = saving.kept(self._report, self._said)
        self._report, self._amended, self._unwritten = done.report, done.changes, done.unwritten
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = self.stops[0] if self.stops and not _judged(done.report) else exit_code(done.report)
        self._compare(session, done.report)
        if self._unwritten is not None:
            session.exitstatus = self._unwritten.exit_code

    def _compare(self, session: pytest.Session, report: Report) -> None:
        """Compare with the baseline, or write it, where that was asked for."""
        if options.baselines(self._said) is None:
            return
        try:
            settled = baseline.settled(report, self._said)
        except ConformanceError as error:
            self._unwritten = error
            return
        self._since = settled.text
        session.exitstatus = result.worst(session.exitstatus, settled.exit_code)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what pytest's own summary does not: warnings, what could not be tested, what is left behind."""
        if self._report is not None:
            terminalreporter.section("conformance")
            terminalreporter.write_line(text.summary(self._report, self._style))
        for change in self._amended or ():
            terminalreporter.write_line(f"known failures: {safe(change)}")
        if self._since:
            terminalreporter.section("since the baseline")
            terminalreporter.write_line(self._since.rstrip())
        if self._unwritten is not None:
            terminalreporter.write_line(error_text(self._unwritten))

    def pytest_unconfigure(self) -> None:
        """Let go of a target that never came to be reported on."""
        with self._signals:
            if self._target is not None and self._report is None:
                self._target.close()


def _family(module: pytest.Collector | None) -> str | None:
    """The family of requirements that a module of the suite is named for; None for any other module."""
    package, _, family = getattr(getattr(module, "obj", None), "__name__", "").rpartition(".test_")
    return family if package == "conformance.suite" and family != fuzzing.NAME else None


def _cell(item: pytest.Item) -> Cell | None:
    """Scenario and requirement of one of our tests; None for anybody else's."""
    if isinstance(item, pytest.Function) and _family(item.getparent(pytest.Module)) is not None:
        return cast("Cell", item.callspec.params["hold"])
    return None


def _judged(report: Report) -> bool:
    return any(verdict.status in JUDGED for subject in report.subjects for verdict in subject.verdicts)


def _properties(verdict: Verdict) -> tuple[tuple[str, Any], ...]:
    return (
        ("requirement", verdict.requirement),
        ("level", verdict.level.value),
        ("scenario", verdict.scenario),
        ("status", verdict.status.value),
    )
