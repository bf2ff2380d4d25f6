"""JSON for programs: a line for each subject and a last one that sums up, or the whole report as one document.

schemas/own/report.json describes the document, and as `$defs/line` each line; `reader.py` reads both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.model import Report, Subject
from conformance.report.document import kind_of, last_document, report_document, subject_document
from conformance.report.plain import json_shown


def lines(report: Report) -> Iterator[str]:
    """Every subject on a line, and the line that sums up."""
    for subject in report.subjects:
        yield line(subject, kind_of(report))
    yield last_line(report)


def line(subject: Subject, kind: str) -> str:
    """One subject on one line, plain ASCII so that any pipe and terminal can carry it; `kind` names its name."""
    return _compact(subject_document(subject, kind))


def last_line(report: Report) -> str:
    """The line that sums up."""
    return _compact(last_document(report))


def render(report: Report) -> str:
    """The whole report, indented for people who look into the file."""
    return json_shown(json.dumps(report_document(report), indent=1)) + "\n"


def short(report: Report) -> str:
    """The whole report for a repository that keeps it: small, and a line for each verdict, so that changes are seen."""
    return _compact(report_document(report)).replace('{"requirement":', '\n{"requirement":') + "\n"


def _compact(document: object) -> str:
    return json_shown(json.dumps(document, separators=(",", ":")))
