"""Annotations: the worst first, no more than are shown, and never a command that a target wrote."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Level, Report, Status, Subject
from conformance.report.github import MOST, render
from conformance.tests.report.reports import broken, excused, failing, finding, hostile, passing, unreadable, verdict

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)")


def read(report: Report) -> list[tuple[str, str, str]]:
    """Kind, title and message of every annotation, as GitHub reads them."""
    matches = [COMMAND.fullmatch(line) for line in render(report).splitlines()]
    assert None not in matches
    return [(match[1], _unescaped(match[2]), _unescaped(match[3])) for match in matches if match]


def _unescaped(text: str) -> str:
    for escape, sign in {"%3A": ":", "%2C": ",", "%0A": "\n", "%0D": "\r", "%25": "%"}.items():
        text = text.replace(escape, sign)
    return text


def test_a_failure_says_what_is_wrong_and_how_it_is_seen_again() -> None:
    again = "conformance server --base-url=http://127.0.0.1:1/v1"
    kind, title, message = read(replace(failing(), again=again))[0]
    assert (kind, title) == ("error", "FAIL done.last in 2 places")
    said, repeat = message.split("\n")
    assert said.startswith("done.last (MUST): an event follows done; expected nothing after done, got ")
    assert repeat == f"{again} -k 'stream-one-call:done.last'"


@pytest.mark.parametrize(
    ("report", "kinds"),
    [
        (passing(), ["notice"]),
        (failing(), ["error", "error", "warning", "warning", "notice"]),
        (broken(), ["error", "notice"]),
        (unreadable(), ["error", "error", "notice"]),
        (excused(), ["error", "notice", "notice", "notice"]),
    ],
)
def test_errors_come_before_warnings_and_notices(report: Report, kinds: list[str]) -> None:
    assert [kind for kind, _, _ in read(report)] == kinds


def test_a_must_that_is_departed_from_everywhere_comes_first() -> None:
    warned, once, often = "events.usage", "done.once", "done.last"
    subjects = (
        Subject("a", tuple(verdict(row, "a", Status.FAIL, finding()) for row in (warned, once, often))),
        Subject("b", (verdict(often, "b", Status.FAIL, finding()),)),
    )
    titles = [title.split()[1] for kind, title, _ in read(Report({"kind": "http"}, subjects)) if kind == "error"]
    assert titles == [often, once, warned]


def test_what_is_cut_is_counted() -> None:
    rows = [row.id for row in REQUIREMENTS.values() if row.level is Level.MUST][: MOST + 2]
    cells = tuple(verdict(row, "s", Status.FAIL, finding()) for row in rows)
    errors = [note for note in read(Report({"kind": "http"}, (Subject("s", cells),))) if note[0] == "error"]
    assert len(errors) == MOST
    assert errors[-1][1] == f"and {len(rows) - MOST + 1} more"
    assert errors[-1][2].split("\n")[-1] == f"FAIL {rows[-1]} in s"


def test_a_target_writes_no_command() -> None:
    attack = "::error title=x::y\n::set-output name=verdict::PASS\r\n%0A::add-mask::x"
    cells = (verdict("done.last", attack, Status.FAIL, finding(message=attack, got=attack, expected=attack)),)
    report = Report({"kind": "recordings", "name": attack}, (Subject(attack, cells),), leftovers=(attack,))
    for written in (report, hostile()):
        assert read(written)
