"""A fixture for the tests of Python clients: the mock, a run that waits, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.model import Subject
    from conformance.targets.given import Given

#: Uses the client as it is told; what it raises is a reported failure, what it returns is judged as its outcome.
Use = Callable[["Given"], "Mapping[str, object] | None"]


class ClientJudge:
    """Judges a client by what a function lets it do."""

    def __call__(self, scenario: str, use: Use, *, azure: bool = False, strict: bool = False) -> Subject:
        """Play one scenario and return all verdicts; fail the test for a departure, skip it where nothing was judged.

        `use` gets where the API is, which run waits and what to submit. Raises UsageError for an unknown scenario.
        """
        from conformance.contract.client_scenarios import CLIENT_SCENARIOS  # noqa: PLC0415 - only where it is used
        from conformance.errors import UsageError  # noqa: PLC0415 - see above
        from conformance.model import JUDGED, Role, Status  # noqa: PLC0415 - see above
        from conformance.plan import plan  # noqa: PLC0415 - see above
        from conformance.report import text  # noqa: PLC0415 - see above
        from conformance.run import Run  # noqa: PLC0415 - see above
        from conformance.targets.client import ClientTarget  # noqa: PLC0415 - see above
        from conformance.targets.drivers import Function  # noqa: PLC0415 - see above

        chosen = [row for row in CLIENT_SCENARIOS if row.id == scenario]
        if not chosen:
            raise UsageError(f"no client scenario has the id {scenario!r}", "`conformance list scenarios` shows all.")
        target = ClientTarget(Function(use), azure=azure)
        run = Run(target, plan(target, chosen, Role.CLIENT), strict=strict)
        subject = run.subject(scenario)
        statuses = {verdict.status for verdict in subject.verdicts}
        if statuses & {Status.FAIL, Status.ERROR}:
            pytest.fail(text.text(run.report(), "pytest", text.Style()), pytrace=False)
        if not statuses & JUDGED:
            pytest.skip(next((verdict.reason for verdict in subject.verdicts if verdict.reason), "nothing was judged"))
        return subject


@pytest.fixture
def conformance_client() -> ClientJudge:
    """Judge a client within its own tests: `conformance_client(scenario, use)`."""
    return ClientJudge()
