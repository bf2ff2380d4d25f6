"""SARIF 2.1.0 for code scanning: a rule for each requirement departed from, a result for each way of departing.

Code scanning shows a result only where it lies in a file of the repository: that is the recording that was judged
or, of a live run, the cassette that repeats the departure, in the folder of the report.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from conformance.model import Confidence, Level, Report, Requirement, Status
from conformance.report.departures import Case, Departure, departures, excused
from conformance.report.document import COUNTS, kind_of, reason_of
from conformance.report.headline import headline
from conformance.report.not_judged import why
from conformance.report.plain import json_shown, safe
from conformance.report.result import exit_code, verdict_word, version_of
from conformance.report.shell_commands import repeat
from conformance.report.tally import Tally, counted
from conformance.report.text import place, target_name
from conformance.report.writers import REPRO, WRITERS
from conformance.verdict.fingerprints import fingerprint

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: Exit codes of runs that came to a verdict: the analysis succeeded, whatever it found.
_JUDGED = frozenset({0, 1, 6})

#: Cells without a verdict that somebody should know of, and how loudly it is reported.
_UNJUDGED = {Status.ERROR: "error", Status.UNTESTABLE: "warning"}

_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note", Level.INFO: "note"}

#: Code scanning's own word for how much a rule is to be trusted.
_PRECISION = {Confidence.H: "very-high", Confidence.M: "high", Confidence.L: "medium"}


def render(report: Report) -> str:
    """The log of one run."""
    shown = [
        departure
        for wanted in (counted, excused)
        for status in (Status.FAIL, Status.WARN)
        for departure in departures(report.subjects, status, wanted)
    ]
    rules = list(dict.fromkeys(departure.requirement.id for departure in shown))
    tally = Tally.of(report.subjects)
    named = {departure.requirement.id: departure.requirement for departure in shown}
    run = {
        "tool": {
            "driver": {
                "name": "submit-tool-outputs-conformance",
                "version": version_of(report),
                "rules": [_rule(named[rule]) for rule in rules],
            }
        },
        "automationDetails": {"id": f"submit-tool-outputs-conformance/{report.profile.role}/"},
        "invocations": [_invocation(report)],
        "results": [
            _result(report, departure, case, rules.index(departure.requirement.id), fingerprints)
            for departure, case, fingerprints in _fingerprinted(shown)
        ],
        "properties": {
            "target": target_name(report),
            "verdict": verdict_word(report),
            **{name: getattr(tally, name) for name in COUNTS},
        },
    }
    return json_shown(json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)) + "\n"


def _rule(requirement: Requirement) -> dict[str, Any]:
    source = next((source.url for source in requirement.sources if source.url), None)
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.sentence},
        "fullDescription": {"text": f"{requirement.sentence} {requirement.why}"},
        "help": {"text": "\n".join((requirement.why, *requirement.evidence))},
        **({"helpUri": source} if source else {}),
        "defaultConfiguration": {"level": _LEVELS[requirement.level]},
        "properties": {
            "tags": [requirement.family, requirement.role.value, requirement.level.value],
            "precision": _PRECISION[requirement.confidence],
        },
    }


def _fingerprinted(departures: Iterable[Departure]) -> Iterator[tuple[Departure, Case, dict[str, str]]]:
    """Every way of departing with what tells it apart, the same in the next run whatever ids and wording it has there.

    GitHub tells results apart by the first alone, so that it names the scenario or file too, and counts its likes.
    """
    seen: Counter[str] = Counter()
    for departure in departures:
        for case in departure.cases:
            cause = fingerprint(departure.requirement.id, case.finding)
            line = sha256(f"{cause}\n{safe(case.subject)}".encode()).hexdigest()[:16]
            seen[line] += 1
            yield departure, case, {"primaryLocationLineHash": f"{line}:{seen[line]}", "cause/v1": cause}


def _result(
    report: Report, departure: Departure, case: Case, index: int, fingerprints: Mapping[str, str]
) -> dict[str, Any]:
    requirement, finding = departure.requirement, case.finding
    where = f"{safe(case.subject)}, {place(finding)}"
    again = f" To see it again: {repeat(departure, report.again)}" if report.again else ""
    told = f"{headline(requirement, finding)}. At {where}.{again}"
    return {
        "ruleId": requirement.id,
        "ruleIndex": index,
        "level": "error" if departure.status is Status.FAIL else "warning",
        "message": {"text": _unlinked(told)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(report, departure, case)},
                    # What is judged is a stream of bytes, not lines: the message says where in it.
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"name": safe(case.subject), "kind": kind_of(report)}],
            }
        ],
        "occurrenceCount": case.times,
        "partialFingerprints": fingerprints,
        "suppressions": [
            {"kind": "external", "status": "accepted", "justification": safe(excuse)} for excuse in departure.excuses
        ],
    }


def _uri(report: Report, departure: Departure, case: Case) -> str:
    """A file that shows the departure: the recording where its path can lie in a repository, else our own."""
    path = PurePosixPath(case.subject)
    if kind_of(report) == "file" and case.subject != "-" and not path.is_absolute() and ".." not in path.parts:
        return quote(str(path), errors="replace")
    if any(exhibit.cassette for exhibit in report.exhibits if exhibit.requirement == departure.requirement.id):
        return f"{REPRO}/{departure.requirement.id}.jsonl"
    return WRITERS["json"].file


def _invocation(report: Report) -> dict[str, Any]:
    code = exit_code(report)
    return {
        "commandLine": report.again,
        "exitCode": code,
        "exitCodeDescription": verdict_word(report),
        "executionSuccessful": code in _JUDGED and not report.interrupted,
        **_times(report),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": _unlinked(safe(reason))}} for level, reason in _notices(report)
        ],
    }


def _times(report: Report) -> dict[str, str]:
    if not report.began:
        return {}
    ended = datetime.fromisoformat(report.began) + timedelta(milliseconds=report.took_ms)
    return {"startTimeUtc": report.began, "endTimeUtc": f"{ended:%Y-%m-%dT%H:%M:%SZ}"}


def _notices(report: Report) -> Iterator[tuple[str, str]]:
    """What kept a verdict from coming about, of the run, of a file, of a cell; and what is wrong with lists."""
    if report.interrupted:
        yield "error", report.interrupted
    for subject in report.subjects:
        if not subject.verdicts:
            yield "error", f"{subject.name}: {reason_of(subject)}"
        for verdict in subject.verdicts:
            if verdict.status in _UNJUDGED:
                said = f"{subject.name}:{verdict.requirement}: {verdict.status}: {why(verdict)}"
                yield _UNJUDGED[verdict.status], said
    for complaint in report.complaints:
        yield "warning", f"{complaint.row}: {complaint.message}"


def _unlinked(text: str) -> str:
    """Plain text of SARIF in which no brackets make a link (section 3.11.6)."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
