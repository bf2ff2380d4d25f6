"""No text of others is a command to the runner of a workflow, in any form, wherever a line is broken."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from conformance.model import Report, Status, Subject
from conformance.report.json_writer import line
from conformance.report.plain import safe
from conformance.report.style import Style
from conformance.report.text import text
from conformance.report.writers import WRITERS
from conformance.tests.report.reports import finding, verdict

#: Words that would begin a line by themselves where a line is wrapped, and what no line may hold anywhere.
COMMANDS = "::error::pwned\u202e\ud800 " + "x" * 70 + " ::add-mask::a ##[error]pwned ##vso[task.complete]pwned"

_COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)


def report() -> Report:
    """A report that holds commands wherever it holds somebody else's text."""
    broken = finding(message=COMMANDS, expected=COMMANDS, got=COMMANDS, pointer=f"/{COMMANDS}", details=(COMMANDS,))
    rows = (
        verdict("done.last", COMMANDS, Status.FAIL, broken),
        verdict("done.once", COMMANDS, Status.UNTESTABLE, reason=COMMANDS),
        verdict("framing.utf8", COMMANDS, Status.ERROR, reason=COMMANDS),
    )
    subject = Subject(COMMANDS, rows, unknown_events=(COMMANDS,), notes=(COMMANDS,))
    unread = Subject(COMMANDS, (), COMMANDS, exit_code=4)
    return Report(
        {"kind": "http", "base_url": COMMANDS, "name": COMMANDS}, (subject, unread), leftovers=(COMMANDS,),
        interrupted=COMMANDS, again="conformance server",
    )  # fmt: skip


@pytest.mark.parametrize("form", WRITERS)
def test_no_form_holds_a_command_or_a_character_that_steers(form: str) -> None:
    written = WRITERS[form].render(report())
    ours = [
        line for line in written.splitlines() if not (form == "github" and re.match("::(error|warning|notice) ", line))
    ]
    assert _COMMAND.findall("\n".join(ours)) == []
    assert not {"\u202e", "\ud800"} & set(written)
    assert "pwned" in written or form == "badge"
    if form in ("json", "sarif"):
        assert "\ud800" not in str(json.loads(written))


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_on_standard_output_is_a_command(width: int) -> None:
    printed = text(report(), Style(width, False, True, None))
    assert _COMMAND.findall(printed) == []
    assert _COMMAND.findall(line(report().subjects[0], "scenario")) == []
    assert _COMMAND.findall(text(replace(report(), subjects=()), Style(width, False, True, None))) == []


def test_a_name_with_two_colons_within_stays_as_it_is() -> None:
    assert safe("std::string test_a.py::test_b[1]") == "std::string test_a.py::test_b[1]"
    assert safe("a ::error ##[b]") == "a \\x3a:error \\x23#[b]"
