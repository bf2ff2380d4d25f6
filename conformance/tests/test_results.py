"""What published results need of the matrix: installing, judging some, adding reports of others, and small pages."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from conformance import cli
from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.contract.kinds import kinds
from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import UnreadableInput, UsageError
from conformance.model import Author, Report, Role, Status, Subject, Transcript
from conformance.report import json_writer
from conformance.report.column import Column, Facts, groups
from conformance.report.matrix import as_json, as_page
from conformance.report.results_page import as_results
from conformance.report.who_breaks import MISTAKES, NOT_MISTAKES, breaks
from conformance.run import matrix, publication
from conformance.run.added import added
from conformance.run.environments import LOG, MARKER, Environments
from conformance.targets.bundled_client import Bundled
from conformance.targets.client import ClientTarget
from conformance.tests.report.columns import client, server, sixty
from conformance.tests.report.reports import failing, passing
from conformance.verdict.judge import judge
from conformance.wire.json_schema import own_schema


def never() -> bool:
    return False


def installed(work: Path, *lines: str) -> str | None:
    return Environments(work).install("one", lines, os.environ, never)


def test_lines_install_once_and_find_each_others_programs(tmp_path: Path) -> None:
    lines = (
        'mkdir "$ENVIRONMENT/bin"',
        'echo "echo made >> $ENVIRONMENT/times" > "$ENVIRONMENT/bin/tool"',
        'chmod +x "$ENVIRONMENT/bin/tool"',
        "tool",
    )
    assert installed(tmp_path, *lines) is None
    assert installed(tmp_path, *lines) is None
    assert (tmp_path / "one/times").read_text() == "made\n"
    assert installed(tmp_path, *lines[:-1]) is None, "other lines make it anew"
    assert not (tmp_path / "one/times").exists()


def test_another_driver_makes_an_environment_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drivers/go/target").mkdir(parents=True)
    source = tmp_path / "drivers/go/main.go"
    source.write_text("package main")
    line = 'cp "drivers/go/main.go" "$ENVIRONMENT/built" && ls drivers/go'
    built = tmp_path / "work/one/built"
    assert installed(tmp_path / "work", line) is None
    (tmp_path / "drivers/go/target/cache").touch()
    built.write_text("kept")
    assert installed(tmp_path / "work", line) is None
    assert built.read_text() == "kept"
    source.write_text("package other")
    assert installed(tmp_path / "work", line) is None
    assert built.read_text() == "package other"


def test_what_could_not_be_installed_says_why_and_is_tried_again(tmp_path: Path) -> None:
    lines = ('test -e "$ENVIRONMENT/../there" || { echo no such package; exit 3; }',)
    said = installed(tmp_path, *lines)
    assert said is not None
    assert said.startswith("could not be installed: ")
    assert said.endswith("no such package")
    assert "no such package" in (tmp_path / "one" / LOG).read_text()
    (tmp_path / "there").touch()
    assert installed(tmp_path, *lines) is None


def test_what_others_left_there_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one/mine").touch()
    with pytest.raises(UsageError, match="the suite did not make it"):
        installed(tmp_path, "true")
    assert (tmp_path / "one/mine").exists()
    assert not (tmp_path / "one" / MARKER).exists()


LISTED = """
    [[client]]
    name = "a"
    command = ["true"]
    version = "1.0"
    group = "libraries"
    environment = "shared"
    install = ["exit 7"]
    [[client]]
    name = "b"
    command = ["true"]
    environment = "shared"
"""


def listed(folder: Path, text: str = LISTED) -> Path:
    path = folder / "targets.toml"
    path.write_text(text)
    return path


def test_rows_share_an_environment_and_its_lines(tmp_path: Path) -> None:
    first, second = matrix.entries(listed(tmp_path))
    assert first.facts.install == second.facts.install == ("exit 7",)
    assert (first.facts.version, first.facts.group, second.facts.version) == ("1.0", "libraries", None)
    assert first.words == ("client",)
    with pytest.raises(UnreadableInput, match="by other lines"):
        matrix.entries(listed(tmp_path, f'{LISTED}\ninstall = ["true"]'))


def test_a_target_that_could_not_be_installed_is_never_judged(tmp_path: Path) -> None:
    (column,) = matrix.judged(
        matrix.entries(listed(tmp_path))[:1], tmp_path / "out", 1, os.environ, lambda _: None,
        environments=Environments(tmp_path / "work"),
    )  # fmt: skip
    assert (column.word, column.judged, column.exit_code) == ("NO REPORT", False, 5)
    assert column.reason == "could not be installed: it exited with code 7 and printed nothing"
    assert "could not be installed" in as_results([column], "targets.toml", "results")


def test_only_judges_one_and_keeps_the_reports_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(tmp_path, '[[client]]\nname = "a"\ncommand = ["true"]\n[[client]]\nname = "b"\ncommand = ["true"]')
    monkeypatch.chdir(tmp_path)
    few = ["-k", "plain-one-call"]
    entries = matrix.entries
    monkeypatch.setattr(matrix, "entries", lambda path: [replace(e, words=(*e.words, *few)) for e in entries(path)])
    assert cli.main(["matrix", "targets.toml", "--out", "out"]) in (1, 2)
    before = (tmp_path / "out/b/report.json").stat().st_mtime_ns
    assert cli.main(["matrix", "targets.toml", "--out", "out", "--only", "a", "--publish", "site"]) in (1, 2)
    assert (tmp_path / "out/b/report.json").stat().st_mtime_ns == before
    document = json.loads((tmp_path / "out/matrix.json").read_text())
    assert [row["report"] for row in document["targets"]] == ["a/report.json", "b/report.json"]
    published = json.loads((tmp_path / "site/data.json").read_text())
    assert [row["report"] for row in published["targets"]] == [None, None]
    assert {path.name for path in (tmp_path / "site/badges").iterdir()} == {"a.json", "b.json"}
    assert "out/" not in (tmp_path / "site/index.html").read_text()
    assert (tmp_path / "site.md").is_file()
    assert cli.main(["matrix", "targets.toml", "--out", "out", "--only", "nobody"]) == 4


def written(folder: Path, report: Report) -> Path:
    path = folder / "report.json"
    path.write_text(json_writer.render(report))
    return path


def whole() -> Report:
    return replace(failing(), interrupted=None)


def test_a_report_of_somebody_else_is_marked_as_theirs(tmp_path: Path) -> None:
    column = added(f"@scope/their server@1.2.0={written(tmp_path, whole())}")
    assert (column.name, column.facts.version, column.facts.added, column.role) == (
        "@scope/their server", "1.2.0", True, "server",
    )  # fmt: skip
    assert not column.link
    page, document = as_page([column]), json.loads(as_json([column]))
    assert "judged by others" in page
    assert "judged by others" in as_results([column], "targets.toml", "results")
    assert document["targets"][0]["added"] is True
    jsonschema_rs.Draft202012Validator(own_schema("matrix")).validate(document)


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (failing(), "it was interrupted"),
        (replace(whole(), profile=replace(whole().profile, selection="done")), "only -k done"),
        (replace(whole(), profile=replace(whole().profile, shard="1/2")), "it is shard 1/2"),
        (Report({"kind": "http"}, ()), "its verdict is NOTHING JUDGED"),
        (replace(whole(), leftovers=("sk-" + "a1B2c3D4" * 4,)), "looks as if it held a secret (api key)"),
    ],
)
def test_what_is_no_whole_report_without_secrets_is_refused(report: Report, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        added(f"it@1={written(tmp_path, report)}")


def test_a_report_without_version_or_with_other_counts_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, whole())
    for word in (str(path), f"it={path}", f"it@={path}"):
        with pytest.raises(UsageError, match="no name and version"):
            added(word)
    named = replace(whole(), target={**whole().target, "version": "1.1"})
    with pytest.raises(UsageError, match=r"the report is of version 1\.1"):
        added(f"it@1.2={written(tmp_path, named)}")
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "verdict": "PASS", "exit_code": 0}))
    with pytest.raises(UnreadableInput):
        added(f"it@1={path}")


def test_who_breaks_is_told_by_the_scenarios_that_play_the_fault() -> None:
    mistakes = {each.requirement: each for each in MISTAKES}
    clients = [client("careful"), client("silent", "streamed-json"), client("other", "streamed-no-done")]
    (row,) = breaks([server("s", "request.stream-true"), Column("away", "client", "away", None), *clients])
    assert row.mistake is mistakes["request.stream-true"]
    assert (row.servers, row.clients, row.judged) == (("s",), ("silent",), ("careful", "silent", "other"))
    assert row.sentence == "s answers JSON to `stream: true`. Of 3 clients, 1 fails on it: an event follows done."
    assert row.mistake.of(["s", "t"]).startswith("s, t answer JSON")
    (anyway,) = breaks([server("s", "request.stream-true"), client("anyway", "streamed-one-call", "streamed-json")])
    assert (anyway.clients, anyway.judged) == ((), ("anyway",)), "it fails the same without the fault"
    assert not breaks([server("s", "request.stream-true", kind="another"), *clients]), "it fails for another cause"
    assert not breaks(clients), "nobody does it wrong"
    assert not breaks([server("s", "request.stream-true")]), "nobody was judged"


def test_the_mistakes_are_what_the_client_scenarios_play() -> None:
    """What the mock sends a client is judged as a server's: that is what a server which does the same breaks."""
    target = ClientTarget(Bundled("none"))
    broken: dict[tuple[str, str], set[str]] = {}
    with ThreadPoolExecutor(8) as pool:
        for subject in pool.map(lambda scenario: as_a_server(target.exchange(scenario)), CLIENT_SCENARIOS):
            for each in subject.verdicts:
                for found in each.findings if each.status is Status.FAIL else ():
                    if found.primary and each.requirement not in NOT_MISTAKES:
                        broken.setdefault((each.requirement, found.kind), set()).add(subject.name)
    listed = {(each.requirement, each.kind): {*each.scenarios} for each in MISTAKES}
    # A page says of JSON that is no stream what it says of HTML; only JSON is what servers were seen to send. Whether
    # the connection was left open is seen by the client, who ends it first.
    broken["request.stream-true", "not-streamed"].remove("streamed-html")
    assert listed.pop(("done.closes", "not-closed")) == {"streamed-left-open"}
    assert listed == broken


def as_a_server(played: Transcript) -> Subject:
    exchanges = tuple(
        replace(
            each,
            request=replace(each.request, author=Author.HARNESS),
            response=None if each.response is None else replace(each.response, author=Author.IMPLEMENTATION),
        )
        for each in played.exchanges
    )
    return judge(replace(played, exchanges=exchanges, traits=frozenset()), role=Role.SERVER)


def test_every_mistake_names_what_there_is() -> None:
    for mistake in MISTAKES:
        assert REQUIREMENTS[mistake.requirement].role is Role.SERVER
        assert mistake.kind in kinds()[mistake.requirement]
    assert {*NOT_MISTAKES} <= {*REQUIREMENTS}


def test_sixty_columns_make_a_page_below_a_megabyte() -> None:
    columns = sixty()
    page = as_page(columns)
    assert len(page.encode()) < 1_000_000
    assert [len(group.columns) for group in groups(columns)] == [5] * 3 + [15] * 3
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {*re.findall(r'href="#([^"]+)"', page)} <= {*ids}
    jsonschema_rs.Draft202012Validator(own_schema("matrix")).validate(json.loads(as_json(columns)))


def test_a_published_page_leads_to_no_report(tmp_path: Path) -> None:
    columns = [
        Column("good one", "server", "good-one", passing(), facts=Facts("2.0", homepage="https://example.org/x"))
    ]
    publication.publish(columns, tmp_path / "site", "targets.toml")
    page = (tmp_path / "site/index.html").read_text()
    assert "good-one/" not in page
    assert "https://example.org/x" in page
    assert "| [good one](https://example.org/x) | 2.0 |" in (tmp_path / "site.md").read_text()
