"""One list of known failures for all targets of a matrix."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.model import Status, Subject
from conformance.report.column import Column, Facts
from conformance.report.reading import Reading
from conformance.run.known_failures.columns import held, strays, update
from conformance.run.known_failures.reader import read
from conformance.tests.report.reports import failing, verdict

TODAY = datetime(2026, 11, 30, tzinfo=UTC)
READING = Reading(("bad",), "done.last", "Its users lose text.", "Send done last.", "Its document says so.")


def column(name: str, *, varies: bool = False, mended: bool = False) -> Column:
    report = replace(failing(), interrupted=None)
    if mended:
        subjects = (Subject(each.name, (verdict("done.last", each.name, Status.PASS),)) for each in report.subjects)
        report = replace(report, subjects=tuple(subjects))
    named = replace(report, target={**report.target, "name": name}, began="2026-11-30T00:00:00Z")
    return Column(name, "server", name, named, facts=Facts(varies=varies), readings={"done.last": READING})


def test_new_rows_name_target_last_day_and_the_reason_that_was_read(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    changes = update([column("bad"), column("changeable", varies=True), column("good", mended=True)], path, TODAY)
    assert [change.partition(":")[0] for change in changes] == ["bad", "changeable"]
    first, second = read(path)
    assert (first.requirement, dict(first.target), first.expires) == ("done.last", {"name": ("bad",)}, "2027-05-31")
    assert first.reason == "Its users lose text. Its document says so."
    assert first.scenarios == ("stream-one-call", "stream-three-calls")
    assert len(first.fingerprints) == 1
    assert (second.scenarios, second.fingerprints) == ((), ()), "what differs from run to run is listed as a whole"
    assert update([column("bad")], path, TODAY) == ()


def test_what_a_release_breaks_or_mends_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    update([column("bad"), column("other")], path, TODAY)
    rows = read(path)
    as_listed, other, mended, unlisted = held(
        [column("bad"), column("other"), column("bad", mended=True), column("third")], rows
    )
    assert as_listed.changes == other.changes == ()
    assert as_listed.exit_code == 2, "what could not be tested stays so"
    assert (mended.exit_code, len(mended.changes or ())) == (6, 1)
    assert "passes now" in str(mended.changes)
    assert unlisted.exit_code == 1
    assert unlisted.changes == ("done.last fails in stream-one-call, stream-three-calls, and is not listed",)
    assert column("bad").changes is None, "without a list nothing is said of one"


def test_a_row_of_a_target_that_there_is_not_is_named(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    update([column("bad"), column("other")], path, TODAY)
    assert strays([column("bad"), column("third")], read(path)) == ("other",)
    assert strays([column("bad"), column("other")], read(path)) == ()


def test_a_row_keeps_what_people_wrote_and_goes_where_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    update([column("bad"), column("other")], path, TODAY)
    path.write_text(path.read_text().replace("Its users lose text. Its document says so.", "Somebody's words", 1))
    update([column("bad"), column("other", mended=True)], path, TODAY)
    (row,) = read(path)
    assert (row.reason, dict(row.target)) == ("Somebody's words", {"name": ("bad",)})


def test_a_failure_is_shown_with_its_excuse(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    update([column("bad")], path, TODAY)
    (shown,) = held([column("bad")], read(path))
    assert shown.results()["done.last"].outcome == "known"
    assert all(finding.status is not Status.FAIL for finding in shown.findings)
