"""One hostile server judged from first contact to the written report, and what is to be said of that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conformance.model import Report, Status
from conformance.report import folder
from conformance.report.exhibits import Exhibitor
from conformance.report.result import exit_code
from conformance.report.style import Style
from conformance.report.text import text
from conformance.run.loop import Run
from conformance.run.plan import narrowed, plan
from conformance.targets.http import HttpTarget
from conformance.targets.settings import Settings
from conformance.tests.hostile.server import KEY, HostileServer
from conformance.tests.pace import short

#: Times and sizes that make an end quick: what counts is that there is one.
LIMITS = {"timeout": short(), "linger": 0.1, "max_bytes": 200_000}

AGAIN = "conformance server --base-url=http://127.0.0.1/v1"


@dataclass(frozen=True, slots=True)
class Judged:
    """A report, and everything that was written of it."""

    report: Report
    code: int
    said: tuple[str, ...]

    def failed(self) -> set[str]:
        """Requirements with a primary finding at a failed verdict."""
        return {
            verdict.requirement
            for subject in self.report.subjects
            for verdict in subject.verdicts
            if verdict.status is Status.FAIL and any(finding.primary for finding in verdict.findings)
        }

    def reasons(self) -> str:
        """Why something was not judged, all in one text."""
        told = [v.reason or "" for subject in self.report.subjects for v in subject.verdicts]
        return "\n".join(dict.fromkeys((self.report.interrupted or "", *told)))

    def statuses(self) -> set[Status]:
        """Every status there is."""
        return {verdict.status for subject in self.report.subjects for verdict in subject.verdicts}


def judged(server: HostileServer, scenarios: tuple[str, ...], out: Path, **limits: float) -> Judged:
    """Judge these scenarios, write the report into `out`, and close everything."""
    target = HttpTarget(Settings(server.base_url, api_key=KEY, **(LIMITS | limits)))  # type: ignore[arg-type]
    whole = plan(target)
    part = narrowed(whole, target, [cell for cell in whole.names() if cell[0] in scenarios])
    run = Run(target, part, again=AGAIN, exhibitor=Exhibitor(origin=server.base_url, secrets=target.secrets))
    for scenario in run.plan.scenarios:
        run.subject(scenario.id)
    report = run.report()
    folder.write(report, str(out))
    said = (*(path.read_text("utf-8") for path in out.rglob("*") if path.is_file()), text(report, Style()))
    return Judged(report, exit_code(report), said)
