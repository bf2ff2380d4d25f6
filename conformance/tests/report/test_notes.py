"""What was seen and is judged by nothing stands in every form that has room for it."""

from __future__ import annotations

import json

import pytest

from conformance.model import Report, Subject
from conformance.report.document import report_document
from conformance.report.reader import read
from conformance.report.writers import WRITERS

NOTE = "the last event is read as if a blank line followed"
REPORT = Report({"kind": "recordings", "name": "1 recording"}, (Subject("x.sse", (), "nothing", notes=(NOTE,)),))


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_notes_are_told(form: str) -> None:
    assert NOTE in " ".join(WRITERS[form].render(REPORT).split())


def test_notes_are_read_back() -> None:
    assert read(json.dumps(report_document(REPORT)).encode(), "report.json").subjects[0].notes == (NOTE,)
