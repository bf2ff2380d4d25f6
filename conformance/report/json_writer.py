"""JSON for programs: one object a subject and line on standard output, one whole document in a file."""

from __future__ import annotations

import json

from conformance.model import Report, Subject
from conformance.report.document import report_document, subject_document
from conformance.report.plain import json_shown


def line(subject: Subject, kind: str) -> str:
    """One subject on one line, plain ASCII so that any pipe and terminal can carry it."""
    return json_shown(json.dumps(subject_document(subject, kind), separators=(",", ":")))


def render(report: Report) -> str:
    """The whole report, indented for people who look into the file."""
    return json_shown(json.dumps(report_document(report), indent=1)) + "\n"
