"""A badge for a README, as the endpoint document of shields.io: the counts of requirements, as every report has them.

Never a percentage. A MUST that failed shows in its colour, also where a list of known failures excuses it.
"""

from __future__ import annotations

import json

from conformance.model import Level, Report, Role, Status
from conformance.report.counts import outcome_counts
from conformance.report.result import verdict_word
from conformance.report.tally import Tally

#: What the badge is about, for each side of the wire.
_LABELS = {
    Role.SERVER: "submit_tool_outputs",
    Role.CLIENT: "submit_tool_outputs client",
    Role.GATEWAY: "submit_tool_outputs gateway",
}


def render(report: Report) -> str:
    """The document that https://shields.io/endpoint takes."""
    message, colour = _said(report)
    document = {"schemaVersion": 1, "label": _LABELS[report.profile.role], "message": message, "color": colour}
    return json.dumps(document, indent=1) + "\n"


def _said(report: Report) -> tuple[str, str]:
    tally = Tally.of(report.subjects)
    if verdict_word(report) == "ERROR":
        return "no verdict", "lightgrey"
    if not tally.judged:
        return "nothing judged", "lightgrey"
    partial = _partial(report)
    colour = "red" if _breaks(report) else "yellow" if partial or tally.untestable else "brightgreen"
    return outcome_counts(tally.requirements) + (" (part of a run)" if partial else ""), colour


def _breaks(report: Report) -> bool:
    """Whether something failed, or a MUST of the set that is scored would have failed had nobody excused it."""
    return any(
        verdict.status is Status.FAIL and verdict.scored and (verdict.known is None or verdict.level is Level.MUST)
        for subject in report.subjects
        for verdict in subject.verdicts
    )


def _partial(report: Report) -> bool:
    """Whether something that a whole run judges was left out."""
    return bool(report.profile.selection or report.profile.shard or report.interrupted)
