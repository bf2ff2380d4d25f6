"""What the fixture `conformance_client` gives the tests of Python clients: the mock, a run that waits, the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.errors import UsageError
from conformance.model import JUDGED, Profile, Role, Status, Subject
from conformance.plan import plan
from conformance.report import text
from conformance.run import Run
from conformance.targets.client import ClientTarget
from conformance.targets.drivers import Function
from conformance.targets.given import Given

#: Uses the client as it is told; what it raises is a reported failure, what it returns is judged as its outcome.
Use = Callable[[Given], Mapping[str, object] | None]


def judged(scenario: str, use: Use, *, azure: bool = False, strict: bool = False) -> Subject:
    """Play one scenario and return all verdicts; fail the test for a departure, skip it where nothing was judged.

    `use` gets where the API is, which run waits and what to submit. Raises UsageError for an unknown scenario.
    """
    chosen = [row for row in CLIENT_SCENARIOS if row.id == scenario]
    if not chosen:
        raise UsageError(f"no client scenario has the id {scenario!r}", "`conformance list scenarios` shows all.")
    target = ClientTarget(Function(use), azure=azure)
    run = Run(target, plan(target, chosen, Role.CLIENT), profile=Profile(Role.CLIENT, strict=strict), again="pytest")
    subject = run.subject(scenario)
    statuses = {verdict.status for verdict in subject.verdicts}
    if statuses & {Status.FAIL, Status.ERROR}:
        pytest.fail(text.text(run.report(), text.Style()), pytrace=False)
    if not statuses & JUDGED:
        pytest.skip(next((verdict.reason for verdict in subject.verdicts if verdict.reason), "nothing was judged"))
    return subject
