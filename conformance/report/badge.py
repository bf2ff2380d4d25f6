"""A badge for a README, as the endpoint document of shields.io: how many of the MUST requirements judged are met.

Never a percentage, and never of mixed levels: a MUST that is not met shows, whatever excuses it in a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from conformance.model import JUDGED, Level, Report, Role, Status, Verdict
from conformance.report.result import verdict_word

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
    verdicts = [
        verdict
        for subject in report.subjects
        for verdict in subject.verdicts
        if verdict.level is Level.MUST and verdict.scored and verdict.status in JUDGED
    ]
    judged, broken = _requirements(verdicts), _requirements(v for v in verdicts if v.status is Status.FAIL)
    if verdict_word(report) == "ERROR":
        return "no verdict", "lightgrey"
    if not judged:
        return "nothing judged", "lightgrey"
    part = ", in part" if _partial(report) else ""
    colour = "red" if broken else "yellow" if part else "brightgreen"
    return f"{len(judged) - len(broken)}/{len(judged)} MUST{part}", colour


def _requirements(verdicts: Iterable[Verdict]) -> frozenset[str]:
    return frozenset(verdict.requirement for verdict in verdicts)


def _partial(report: Report) -> bool:
    """Whether something that a whole run judges was left out, or could not be judged."""
    profile = report.profile
    untestable = any(v.status is Status.UNTESTABLE for subject in report.subjects for v in subject.verdicts)
    return bool(profile.selection or profile.shard or report.interrupted or untestable)
