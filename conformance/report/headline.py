"""One departure in one line, as an annotation beside code or the title of a failed test shows it."""

from __future__ import annotations

from conformance.model import Finding, Requirement
from conformance.report.plain import safe

#: Characters of what was expected and of what came: an annotation shows a line or two, the block behind it the rest.
_VALUE = 120


def headline(requirement: Requirement, finding: Finding | None) -> str:
    """What is departed from, how, and what came instead; safe to print."""
    name = f"{requirement.id} ({requirement.level})"
    if finding is None:
        return f"{name}: {requirement.sentence}"
    expected, got = safe(finding.expected, _VALUE), safe(finding.got, _VALUE)
    return f"{name}: {safe(finding.message)}; expected {expected}, got {got}"
