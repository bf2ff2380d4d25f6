"""A report as JSON documents. The keys are fixed: schemas/own/report.json; `reader.py` reads them back.

Beside the keys that are always there, a verdict carries `reason`, `because`, `more`, `more_causes`, `joined`, `known`
and `scored` only where it has something to say by them, and a subject `reason`, `unknown_events`, `notes`, `shape`,
`exit_code` and `client` likewise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from conformance.contract.data import schema_text
from conformance.model import ClientOutput, Complaint, Exhibit, Finding, KnownFailure, Profile, Report, Subject, Verdict
from conformance.report.result import exit_code, verdict_word, version_of
from conformance.report.tally import Tally

#: Raised whenever the document changes in a way its readers notice.
FORMAT = 2

#: What is counted of verdicts, in the order in which it is written; fields of `Tally`.
COUNTS = (
    *("planned", "joined", "judged", "passed", "failed", "warned", "known", "unscored", "untestable"),
    *("not_applicable", "errors"),
)

#: What is counted of requirements: member of `requirements` -> what they came to, of `tally.OUTCOMES`.
REQUIREMENT_COUNTS: Mapping[str, str] = {
    "failed": "fail",
    "passed": "pass",
    "warned": "warn",
    "follows": "follows",
    "known": "known",
    "unscored": "unscored",
    "untestable": "untestable",
    "not_applicable": "not_applicable",
    "errors": "error",
}

#: Headline of a run that came to a verdict -> that verdict, as subjects have it.
_VERDICTS = {"PASS": "pass", "OUTDATED LIST": "pass", "INCOMPLETE": "pass", "FAIL": "fail"}


def verdict_of(subject: Subject) -> str:
    """`fail` when any requirement fails, `pass` when none does and something was judged, else `error`."""
    tally = Tally.of((subject,))
    if tally.broke:
        return "fail"
    return "pass" if tally.judged and not tally.errors else "error"


def reason_of(subject: Subject) -> str:
    """Why a subject has no verdict of its own."""
    reasons = (verdict.reason for verdict in subject.verdicts if verdict.reason)
    return subject.reason or next(reasons, None) or "it holds nothing to judge"


def kind_of(report: Report) -> str:
    """What the subjects of a report are: `file` or `scenario`, the key of their names."""
    return "file" if report.target.get("kind") == "recordings" else "scenario"


def unplanned(subject: Subject, kind: str) -> bool:
    """Whether nothing was planned in a scenario that was played all the same: that is nobody's error."""
    return kind == "scenario" and not subject.verdicts and subject.reason is not None and subject.exit_code is None


def subject_document(subject: Subject, kind: str) -> dict[str, Any]:
    """One file or scenario; `kind` is the key of its name, `file` or `scenario`."""
    tally = Tally.of((subject,))
    verdict = verdict_of(subject)
    reason = reason_of(subject) if verdict == "error" else subject.reason
    return {
        kind: _whole(subject.name),
        "verdict": verdict,
        **_said(reason=reason),
        "planned": tally.planned,
        "judged": tally.judged,
        "verdicts": [_verdict_document(each) for each in subject.verdicts],
        **_said(
            unknown_events=[*map(_whole, subject.unknown_events)],
            notes=[*map(_whole, subject.notes)],
            shape=[dict(part) for part in subject.shape],
            exit_code=subject.exit_code,
            client=None if subject.client is None else _client_document(subject.client),
        ),
    }


def report_document(report: Report) -> dict[str, Any]:
    """The whole report: who judged, who was judged, on what terms, what was planned, and every subject."""
    tally = Tally.of(report.subjects)
    kind = kind_of(report)
    return {
        "report": FORMAT,
        "suite": {"name": "submit-tool-outputs-conformance", "version": version_of(report)},
        "schemas": dict(schemas_source()),
        "target": dict(report.target),
        "profile": _profile_document(report.profile),
        "again": report.again,
        "began": report.began or None,
        "took_ms": report.took_ms,
        "verdict": verdict_word(report),
        "exit_code": exit_code(report),
        "plan": dict(report.plan),
        **{name: getattr(tally, name) for name in COUNTS},
        "requirements": requirement_document(report),
        "subjects": [subject_document(subject, kind) for subject in report.subjects],
        "not_exercised": list(report.not_exercised),
        **_said(left_out=report.left_out),
        "leftovers": [*map(_whole, report.leftovers)],
        "interrupted": report.interrupted,
        "known_failures": [_known_document(row) for row in report.known_failures],
        "complaints": [_complaint_document(complaint) for complaint in report.complaints],
        "exhibits": [_exhibit_document(exhibit) for exhibit in report.exhibits],
    }


def requirement_document(report: Report) -> dict[str, int]:
    """How many requirements failed, passed and so on."""
    count = Tally.of(report.subjects).requirements
    return {name: count.get(came, 0) for name, came in REQUIREMENT_COUNTS.items()}


def last_document(report: Report) -> dict[str, Any]:
    """What comes after all subjects: the report without them, in a document that has the members of theirs."""
    word = verdict_word(report)
    verdict = _VERDICTS.get(word, "error")
    return {
        kind_of(report): None,
        "verdict": verdict,
        **_said(reason=(report.interrupted or word) if verdict == "error" else None),
        "planned": 0,
        "judged": 0,
        "verdicts": [],
        "summary": {**report_document(report), "subjects": [], "exhibits": []},
    }


@cache
def schemas_source() -> Mapping[str, str]:
    """Which OpenAPI document of OpenAI the schemas were derived from."""
    rows = dict(line.split(": ", 1) for line in schema_text("SOURCE").splitlines())
    return {"document": rows["document"], "sha256": rows["sha256"]}


def _profile_document(profile: Profile) -> dict[str, Any]:
    return {
        "role": profile.role.value,
        "requirements": profile.requirements or None,
        "strict": profile.strict,
        "selection": profile.selection,
        "shard": profile.shard,
        "seed": profile.seed,
    }


def _client_document(client: ClientOutput) -> dict[str, Any]:
    said = _said(error=_whole(client.error), printed=[*map(_whole, client.printed)], output=_whole(client.output))
    return {"exit_code": client.exit_code, **said}


def _verdict_document(verdict: Verdict) -> dict[str, Any]:
    return {
        "requirement": verdict.requirement,
        "level": verdict.level.value,
        "role": verdict.role.value,
        "scenario": verdict.scenario,
        "status": verdict.status.value,
        **_said(reason=verdict.reason, because=verdict.because, more=verdict.more, more_causes=verdict.more_causes),
        **_said(joined=verdict.joined, known=verdict.known),
        **({} if verdict.scored else {"scored": False}),
        "findings": [_finding_document(finding) for finding in verdict.findings],
    }


def _finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        **_said(details=[*map(_whole, finding.details)]),
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


def _known_document(row: KnownFailure) -> dict[str, Any]:
    return {
        "requirement": _whole(row.requirement),
        "reason": _whole(row.reason),
        "scenarios": [*map(_whole, row.scenarios)],
        "target": {fact: list(values) for fact, values in row.target.items()},
        "link": _whole(row.link),
        "expires": row.expires,
        "fingerprints": list(row.fingerprints),
    }


def _complaint_document(complaint: Complaint) -> dict[str, str]:
    return {"kind": complaint.kind, "row": _whole(complaint.row), "message": _whole(complaint.message)}


def _exhibit_document(exhibit: Exhibit) -> dict[str, Any]:
    return {
        "requirement": exhibit.requirement,
        "subject": exhibit.subject,
        "exchange": exhibit.exchange,
        "lines": [*map(_whole, exhibit.lines)],
        "curl": _whole(exhibit.curl),
        "moments": [[m.ms, _whole(m.event), _whole(m.lane), *m.span] for m in exhibit.moments],
        "event": exhibit.event,
        "states": {_whole(lane): state for lane, state in exhibit.states.items()},
        "allowed": list(exhibit.allowed),
        **_said(document=[*map(_whole, exhibit.document)]),
        **({} if exhibit.line is None else {"line": exhibit.line}),
        "cassette": exhibit.cassette,
    }


def _said(**facts: object) -> dict[str, Any]:
    """The facts that say something."""
    return {name: fact for name, fact in facts.items() if fact}


def _whole(text: str) -> str:
    """Text any JSON reader takes: half a surrogate pair, which some refuse, is spelled out."""
    if text.isascii():
        return text
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return joined.encode(errors="backslashreplace").decode()
