"""One table of exit codes and headlines: what the commands end with is what the pages say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.model import Report
from conformance.report.result import HEADLINES, MEANINGS, exit_code, verdict_word, worst
from conformance.report.writers import WRITERS
from conformance.tests.report.reports import broken, excused, failing, passing, unreadable

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.parametrize("page", ["README.md", "docs/reports.md"])
def test_pages_show_the_table_of_exit_codes(page: str) -> None:
    path = CHECKOUT / page
    if not path.is_file():
        pytest.skip("the pages are part of a checkout")
    rows = [f"| {code} | {HEADLINES[code]} | {meaning} |" for code, meaning in MEANINGS.items()]
    assert "| exit code | headline | means |\n|---|---|---|\n" + "\n".join(rows) + "\n" in path.read_text("utf-8")


def test_the_order_in_which_codes_hold_is_the_fixed_one() -> None:
    assert tuple(HEADLINES) == (4, 3, 1, 2, 5, 6, 0)
    assert worst(0, 6, 5, 2) == 2
    assert sorted(MEANINGS) == sorted(HEADLINES)


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (passing(), 0),
        (failing(), 1),
        (replace(passing(), interrupted="a limit"), 2),
        (broken(), 3),
        (replace(unreadable(), subjects=(replace(unreadable().subjects[0], exit_code=4),)), 4),
        (unreadable(), 5),
        (excused(), 6),
    ],
)
def test_every_form_has_the_headline_of_its_exit_code(report: Report, code: int) -> None:
    assert (exit_code(report), verdict_word(report)) == (code, HEADLINES[code])
    for form in ("text", "json", "markdown", "junit", "sarif", "html", "github"):
        assert HEADLINES[code] in WRITERS[form].render(report), form
