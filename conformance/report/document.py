"""A report as JSON documents. The keys are fixed: schemas/own/report.json.

Beside the keys that are always there, a verdict carries `reason`, `because` and `more` only where it has one, and a
subject `reason` only where it could not be judged.
"""

from __future__ import annotations

from typing import Any

from conformance import __version__
from conformance.model import Finding, Report, Subject, Verdict
from conformance.report.tally import Tally

#: Raised whenever the document changes in a way its readers notice.
FORMAT = 1


def verdict_of(subject: Subject) -> str:
    """`fail` when any requirement fails, `pass` when none does and something was judged, else `error`."""
    tally = Tally.of((subject,))
    if tally.departed:
        return "fail"
    return "pass" if tally.judged and not tally.errors else "error"


def reason_of(subject: Subject) -> str:
    """Why a subject has no verdict of its own."""
    reasons = (verdict.reason for verdict in subject.verdicts if verdict.reason)
    return subject.reason or next(reasons, None) or "it holds nothing to judge"


def subject_document(subject: Subject, kind: str) -> dict[str, Any]:
    """One file or scenario; `kind` is the key of its name, `file` or `scenario`."""
    tally = Tally.of((subject,))
    verdict = verdict_of(subject)
    return {
        kind: subject.name,
        "verdict": verdict,
        **({"reason": reason_of(subject)} if verdict == "error" else {}),
        "planned": tally.planned,
        "judged": tally.judged,
        "verdicts": [_verdict_document(each) for each in subject.verdicts],
    }


def report_document(report: Report, kind: str = "scenario") -> dict[str, Any]:
    """The whole report: who judged, who was judged, what was planned, and every subject."""
    tally = Tally.of(report.subjects)
    return {
        "report": FORMAT,
        "suite": {"name": "submit-tool-outputs-conformance", "version": __version__},
        "target": dict(report.target),
        "plan": dict(report.plan),
        "planned": tally.planned,
        "judged": tally.judged,
        "subjects": [subject_document(subject, kind) for subject in report.subjects],
        "not_exercised": list(report.not_exercised),
        "leftovers": list(report.leftovers),
        "interrupted": report.interrupted,
    }


def _verdict_document(verdict: Verdict) -> dict[str, Any]:
    said = {"reason": verdict.reason, "because": verdict.because, "more": verdict.more or None}
    return {
        "requirement": verdict.requirement,
        "level": verdict.level.value,
        "role": verdict.role.value,
        "scenario": verdict.scenario,
        "status": verdict.status.value,
        **{key: value for key, value in said.items() if value is not None},
        "findings": [_finding_document(finding) for finding in verdict.findings],
    }


def _finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "message": _whole(finding.message),
        "expected": _whole(finding.expected),
        "got": _whole(finding.got),
        "exchange": finding.exchange,
        "event": finding.event,
        "span": None if finding.span is None else list(finding.span),
        "ms": finding.ms,
        "pointer": None if finding.pointer is None else _whole(finding.pointer),
        "primary": finding.primary,
        "because": finding.because,
    }


def _whole(text: str) -> str:
    """Text any JSON reader takes: half a surrogate pair, which some refuse, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
