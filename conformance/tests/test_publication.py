"""What is published is made from the short reports beside it, and judging one target loses nothing of the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from conformance import cli
from conformance.errors import UnreadableInput, UsageError
from conformance.files import write_atomically
from conformance.model import Report, Subject
from conformance.report import json_writer, reader
from conformance.report.column import Column, Facts
from conformance.report.counts import requirement_counts, verdict_counts
from conformance.report.matrix import as_json
from conformance.report.result import exit_code, verdict_word
from conformance.report.shortened import shortened
from conformance.report.tally import standing
from conformance.run import matrix, publication
from conformance.run.collected import NOT_YET, joined
from conformance.tests.report.columns import judged_clients, judged_servers
from conformance.tests.report.reports import REPORTS, failing, passing
from conformance.verdict.known import causes
from conformance.wire.json_schema import own_schema

EARLIER, LATER = "2026-11-01T00:00:00Z", "2026-11-30T00:00:00Z"

LIST = """
    [[server]]
    name = "a server"
    version = "1.0"
    base-url = "http://127.0.0.1:9/v1"
    [[client]]
    name = "a client"
    version = "{version}"
    command = ["true"]
    [[client]]
    name = "away"
    command = ["true"]
"""


def listed(folder: Path, version: str = "2.0") -> tuple[Path, tuple[matrix.Entry, ...]]:
    path = folder / "targets.toml"
    path.write_text(LIST.format(version=version))
    return path, matrix.entries(path)


def whole(report: Report, began: str = EARLIER, **facts: object) -> Report:
    return replace(report, interrupted=None, began=began, target={**report.target, **facts})


def columns(entries: Sequence[matrix.Entry], *found: Report | str) -> tuple[Column, ...]:
    """A column of each entry: its report, or why there is none."""
    return tuple(
        entry.column(None, each) if isinstance(each, str) else entry.column(each)
        for entry, each in zip(entries, found, strict=True)
    )


def rows(folder: Path) -> dict[str, dict[str, object]]:
    document = json.loads((folder / "data.json").read_text())
    jsonschema_rs.Draft202012Validator(own_schema("matrix")).validate(document)
    return {row["name"]: row for row in document["targets"]}


JUDGED = (*(f"server {n}" for n in range(4)), *(f"client {n}" for n in range(3)))


def judged(name: str) -> Report:
    role, number = name.split()
    return (judged_servers() if role == "server" else judged_clients())[int(number)]


def causes_of(report: Report) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for subject in report.subjects:
        for verdict in standing(subject):
            yield from ((subject.name, verdict.requirement, cause) for cause in causes(verdict))


@pytest.mark.parametrize("name", [*JUDGED, *(make.__name__ for make in REPORTS)])
def test_a_short_report_comes_to_the_same(name: str) -> None:
    report = judged(name) if name in JUDGED else {make.__name__: make for make in REPORTS}[name]()
    short = shortened(report)
    assert (verdict_word(short), exit_code(short)) == (verdict_word(report), exit_code(report))
    assert requirement_counts(short) == requirement_counts(report)
    assert shortened(short) == short
    assert [*causes_of(short)] == [*causes_of(report)], "a list of known failures can be made from it"
    text = json_writer.short(short)
    assert json_writer.short(reader.read(text.encode(), "it")) == text
    column = Column("it", report.profile.role.value, "", report)
    if column.judged:
        assert as_json([replace(column, report=short)]) == as_json([column])
    if name in JUDGED:
        assert len(text) < 45_000, "sixty rows stay under two megabytes"
        assert text.count("\n") > 50, "a change of one verdict is a change of one line"
        said = sum(len(subject.verdicts) for subject in report.subjects)
        assert f"and {said - sum(len(s.verdicts) for s in short.subjects)} more left out" in verdict_counts(short)


def test_no_short_report_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "short.json"
    path.write_text(json_writer.short(shortened(judged_servers()[3])))
    assert cli.main(["report", str(path)]) == 0
    assert cli.main(["compare", str(path), str(path)]) == 4
    assert "verdicts were left out" in capsys.readouterr().err


def test_judging_one_in_a_clean_checkout_keeps_what_was_published_of_the_others(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    site = tmp_path / "site"
    found = columns(entries, whole(failing()), whole(passing()), "could not be installed: no such package")
    publication.publish(found, site, str(path))
    before = rows(site)
    assert before["away"]["reason"] == "could not be installed: no such package"
    assert (before["a client"]["judged"], before["a client"]["version"]) == (EARLIER, "2.0")
    anew = columns(entries, whole(passing(), LATER), NOT_YET, NOT_YET)
    done = publication.publish(anew, site, str(path))
    after = rows(site)
    assert done.notes == ()
    assert {name: after[name] for name in ("a client", "away")} == {name: before[name] for name in ("a client", "away")}
    assert (after["a server"]["judged"], after["a server"]["verdict"]) == (LATER, "PASS")
    assert {each.name for each in (site / "badges").iterdir()} == {"a-server.json", "a-client.json"}
    page, table = (site / "index.html").read_text(), (tmp_path / "site.md").read_text()
    for text in (page, table):
        assert "no such package" in text
        assert NOT_YET not in text


def test_a_row_that_the_list_names_in_another_version_says_so(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    site = tmp_path / "site"
    publication.publish(columns(entries, *[whole(passing())] * 2, NOT_YET), site, str(path))
    _, entries = listed(tmp_path, "2.1")
    publication.publish(columns(entries, NOT_YET, NOT_YET, NOT_YET), site, str(path))
    row = rows(site)["a client"]
    assert (row["version"], row["listed"]) == ("2.0", "2.1")
    assert "the list names 2.1 now" in (site / "index.html").read_text()
    assert "| a client | 2.0 (the list names 2.1 now) |" in (tmp_path / "site.md").read_text()


@pytest.mark.parametrize(
    ("now", "note"),
    [
        (whole(failing(), "2026-10-01T00:00:00Z"), False),
        (replace(failing(), began=LATER), True),
        ("it was ended after 4 seconds", True),
    ],
    ids=["older", "interrupted", "no report"],
)
def test_what_says_less_does_not_take_the_place_of_a_published_report(
    now: Report | str, note: bool, tmp_path: Path
) -> None:
    path, entries = listed(tmp_path)
    site = tmp_path / "site"
    publication.publish(columns(entries, whole(passing()), NOT_YET, NOT_YET), site, str(path))
    found = columns(entries, now, NOT_YET, NOT_YET)
    if not isinstance(now, str) and now.interrupted:
        found = (replace(found[0], reason=now.interrupted), *found[1:])
    done = publication.publish(found, site, str(path))
    assert rows(site)["a server"]["judged"] == EARLIER
    assert bool(done.notes) is note
    assert all("its published report stays" in said for said in done.notes)


def test_why_there_is_no_report_is_not_dated_anew_by_collecting_it(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    site = tmp_path / "site"
    publication.publish(columns(entries, NOT_YET, NOT_YET, "no such package"), site, str(path))
    away = site / "reports/away.json"
    away.write_text(re.sub(r'"began":"[^"]*"', f'"began":"{EARLIER}"', away.read_text()))
    before = away.read_text()
    assert EARLIER in before
    publication.publish(columns(entries, NOT_YET, NOT_YET, "no such package"), site, str(path))
    assert away.read_text() == before
    publication.publish(columns(entries, NOT_YET, NOT_YET, "another reason"), site, str(path))
    assert rows(site)["away"]["reason"] == "another reason"


def test_a_report_of_no_listed_target_is_named(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    write_atomically(tmp_path / "site/reports/gone.json", json_writer.short(passing()))
    (note,) = publication.publish(columns(entries, NOT_YET, NOT_YET, NOT_YET), tmp_path / "site", str(path)).notes
    assert note.endswith("gone.json belongs to no target of the list: delete it, or list the target")


def test_what_others_judged_stays_until_its_file_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(tmp_path)
    monkeypatch.chdir(tmp_path)
    write_atomically(tmp_path / "report.json", json_writer.render(whole(passing())))
    nothing = ["matrix", "targets.toml", "--out", "out", "--collect", "out", "--publish", "site"]
    assert cli.main([*nothing, "--add", "@scope/theirs@1.2=report.json"]) == 5
    assert cli.main(nothing) == 5
    assert cli.main([*nothing, "--add", "A server@1.2=report.json"]) == 4, "the list has it"
    row = rows(tmp_path / "site")["@scope/theirs"]
    assert (row["added"], row["version"], row["verdict"]) == (True, "1.2", "PASS")
    (kept,) = (tmp_path / "site/reports/added").iterdir()
    kept.unlink()
    assert cli.main(nothing) == 5
    assert "@scope/theirs" not in rows(tmp_path / "site")
    write_atomically(kept, json_writer.short(passing()))
    with pytest.raises(UnreadableInput, match="does not say which version"):
        publication.added(tmp_path / "site")


def test_the_newest_report_of_several_folders_is_collected(tmp_path: Path) -> None:
    _, entries = listed(tmp_path)
    out, one, other = (tmp_path / name for name in ("out", "one", "other"))
    for folder, began in ((one, LATER), (other, EARLIER)):
        write_atomically(folder / "a-server/report.json", json_writer.render(whole(passing(), began)))
    write_atomically(other / "a-client/report.json", json_writer.render(whole(passing())))
    away = [Column("away", "client", "", None, "not available here"), entries[1].column(None, NOT_YET)]
    write_atomically(
        other / "matrix.json", as_json([*away, Column("a server", "server", "", None, facts=Facts("0.9"))])
    )
    server, client, missing = joined(entries, (), out, [one, other])
    assert server.report is not None and client.report is not None
    assert (server.report.began, server.version) == (LATER, "1.0")
    assert client.report.target["version"] == "2.0", "of a report that does not say it, the overview does"
    assert (missing.report, missing.reason) == (None, "not available here")
    assert joined(entries, (), one)[0].link == "a-server/index.html"
    assert not server.link, "the page of a report in another folder is not beside the overview"
    with pytest.raises(UsageError, match="there is no such folder"):
        joined(entries, (), out, [tmp_path / "nowhere"])


def test_options_that_exclude_each_other_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "known.toml").write_text("")
    for words in (["--collect", ".", "--only", "away"], ["--publish", "site", "--known-failures", "known.toml"]):
        assert cli.main(["matrix", "targets.toml", "--out", "out", *words]) == 4
    assert not (tmp_path / "out").exists()


def test_what_was_judged_in_part_says_so(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    part = whole(replace(passing(), profile=replace(passing().profile, selection="plain")))
    publication.publish(columns(entries, part, NOT_YET, NOT_YET), tmp_path / "site", str(path))
    assert rows(tmp_path / "site")["a server"]["selection"] == "plain"
    assert "only -k plain was judged" in (tmp_path / "site/index.html").read_text()
    assert "only `-k plain` was judged" in (tmp_path / "site.md").read_text()


@pytest.mark.parametrize("folder", [".", "..", "/", "site/..", ""])
def test_a_folder_without_a_name_is_not_published_in(folder: str) -> None:
    with pytest.raises(UsageError, match="has no name"):
        publication.check(Path(folder))


@pytest.mark.parametrize("theirs", ["site/index.html", "site/data.json", "site.md", "site/badges/own.json"])
def test_what_the_suite_did_not_write_is_not_replaced(
    theirs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed(tmp_path)
    monkeypatch.chdir(tmp_path)
    write_atomically(tmp_path / theirs, "{}")
    assert cli.main(["matrix", "targets.toml", "--out", "out", "--collect", ".", "--publish", "site"]) == 4
    assert "the suite did not write it" in capsys.readouterr().err
    assert (tmp_path / theirs).read_text() == "{}"
    assert not (tmp_path / "out").exists()


def test_where_it_published_before_it_publishes_again_also_after_an_interruption(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    site = tmp_path / "site"
    publication.publish(columns(entries, whole(passing()), NOT_YET, NOT_YET), site, str(path))
    publication.check(site)
    (site / "index.html").unlink()
    publication.check(site)
    write_atomically(site / "reports/a-server.json", "<<<<<<< ours")
    with pytest.raises(UnreadableInput, match=r"a-server\.json"):
        publication.check(site)


def test_two_reports_of_one_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed(tmp_path)
    monkeypatch.chdir(tmp_path)
    write_atomically(tmp_path / "report.json", json_writer.render(whole(passing())))
    nothing = ["matrix", "targets.toml", "--out", "out", "--collect", "out", "--publish", "site"]
    assert cli.main([*nothing, "--add", "My own@1=report.json", "--add", "my-own@2=report.json"]) == 4
    assert cli.main([*nothing, "--add", "My own@1=report.json"]) == 5
    assert cli.main([*nothing, "--add", "my-own@2=report.json"]) == 4, "it would replace another's"
    assert cli.main([*nothing, "--add", "My own@2=report.json"]) == 5, "a newer one replaces its own"
    assert rows(tmp_path / "site")["My own"]["version"] == "2"
    (tmp_path / "targets.toml").write_text('[[client]]\nname = "my own"\ncommand = ["true"]\n')
    capsys.readouterr()
    assert cli.main(nothing) == 4
    assert "Delete reports/added/my-own.json" in capsys.readouterr().err


@pytest.mark.parametrize(("stem", "name"), [("theirs", "other"), ("x", "<img src=x>"), ("..", "..")])
def test_a_file_beside_those_of_others_has_the_name_of_what_was_judged(stem: str, name: str, tmp_path: Path) -> None:
    report = whole(passing(), name=name, version="1")
    write_atomically(tmp_path / f"reports/added/{stem}.json", json_writer.short(report))
    with pytest.raises(UnreadableInput):
        publication.added(tmp_path)


def test_no_word_of_somebody_acts_in_the_tables(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    (server, *rest) = columns(entries, whole(passing()), NOT_YET, NOT_YET)
    noted = replace(server, facts=replace(server.facts, notes="``` <img src=x>` \\<img> ![x](http://x) [DONE] \x1b[2J"))
    publication.publish((noted, *rest), tmp_path / "site", str(path))
    text = (tmp_path / "site.md").read_text()
    assert r"``` &#60;img src=x>` \&#60;img> ![x]&#40;http://x) [DONE] \x1b[2J" in text
    assert "<img" not in (tmp_path / "site/index.html").read_text()


def test_what_judged_nothing_says_why(tmp_path: Path) -> None:
    path, entries = listed(tmp_path)
    nothing = replace(passing(), subjects=(Subject("plain", (), reason="nothing could be provisioned"),))
    publication.publish(columns(entries, whole(nothing), NOT_YET, NOT_YET), tmp_path / "site", str(path))
    row = rows(tmp_path / "site")["a server"]
    assert (row["verdict"], row["reason"]) == ("NOTHING JUDGED", "nothing could be provisioned")
    for text in ((tmp_path / "site/index.html").read_text(), (tmp_path / "site.md").read_text()):
        assert "nothing could be provisioned" in text
