"""What the fixture `conformance_client` gives the tests of Python clients: the mock, a run that waits, the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.errors import UsageError
from conformance.model import JUDGED, Role, Status, Subject
from conformance.report import text
from conformance.report.result import exit_code
from conformance.report.style import Style
from conformance.report.tally import excuse
from conformance.run import options, verdict_options
from conformance.run.loop import Run
from conformance.run.plan import plan
from conformance.targets.assignment import Assignment
from conformance.targets.client import ClientTarget
from conformance.targets.drivers import Function
from conformance.verdict import known

#: Exit codes of reports that fail the test: a violation, an error of ours, an outdated list.
_RED = frozenset({1, 3, 6})

#: Uses the client as given; what it raises is a reported failure, what it returns is judged as its outcome.
Use = Callable[[Assignment], Mapping[str, object] | None]


def judged(
    said: options.Given, again: str, scenario: str, use: Use, *, azure: bool = False, strict: bool = False
) -> Subject:
    """Play one scenario and return all verdicts; fail the test for a departure, skip it where nothing was judged.

    `said` are the options of the session: the requirement set that is scored, and the known failures, which make the
    test an expected failure. A row of those that is outdated fails it. `again` is the command that runs the test. `use`
    gets where the API is, which run waits and what to submit. Raises UsageError for an unknown scenario.
    """
    chosen = [row for row in CLIENT_SCENARIOS if row.id == scenario]
    if not chosen:
        raise UsageError(f"no client scenario has the id {scenario!r}", "`conformance list scenarios` shows all.")
    if "update_known_failures" in said:
        raise UsageError("a test of one scenario updates no list", "`conformance client` does, with a command.")
    target = ClientTarget(Function(use), azure=azure)
    profile = verdict_options.profile({**said, "strict": True} if strict else said, Role.CLIENT, f"{scenario}:")
    rows = verdict_options.known_failures(said)
    run = Run(target, plan(target, chosen, Role.CLIENT), profile=profile, known_failures=rows, again=again)
    subject = run.subject(scenario)
    report = known.concerning(run.report())
    if exit_code(report) in _RED:
        pytest.fail(text.text(report, Style()), pytrace=False)
    excused = [verdict for verdict in subject.verdicts if verdict.status is Status.FAIL]
    if excused:
        pytest.xfail(str(excuse(excused[0])))
    if not any(verdict.status in JUDGED for verdict in subject.verdicts):
        pytest.skip(next((verdict.reason for verdict in subject.verdicts if verdict.reason), "nothing was judged"))
    return subject
