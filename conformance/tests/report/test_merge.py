"""Shards: the same parts each time, of like cost, that together are the whole; merged, the report of one run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.cli import main
from conformance.contract.scenarios import SCENARIOS
from conformance.errors import UsageError
from conformance.model import Profile, Report
from conformance.report import reader
from conformance.report.document import report_document
from conformance.report.exhibits import Exhibitor
from conformance.report.json_writer import render
from conformance.report.merge import Part, merge
from conformance.run.loop import Run
from conformance.run.options import shard as wanted
from conformance.run.plan import plan, shard
from conformance.targets.builtin_mock import BuiltIn
from conformance.targets.in_process import InProcess
from conformance.tests.commands import conformance

#: Some of every kind: plain, streamed, refused on a run that they share, lucky.
SOME = [
    *("json-one-call", "stream-one-call", "rate-limited", "unknown-id", "empty-list", "missing-id"),
    *("after-refusals", "again-plain"),
]
TABLE = [scenario for scenario in SCENARIOS if scenario.id in SOME]


def played(share: tuple[int, int] | None = None) -> Report:
    target = BuiltIn(fault="drop-done")
    chosen = plan(target, TABLE)
    chosen = chosen if share is None else shard(chosen, target, *share)
    profile = Profile(shard=None if share is None else f"{share[0]}/{share[1]}")
    run = Run(target, chosen, profile=profile, again="conformance server", exhibitor=Exhibitor(), shapes=True)
    for scenario in run.plan.scenarios:
        run.subject(scenario.id)
    return run.report()


def parts(*reports: Report) -> list[Part]:
    return [Part(f"{index}.json", "1", report) for index, report in enumerate(reports)]


def steady(report: Report) -> dict[str, Any]:
    """The document of a report without what is another in every run."""
    document = report_document(report)
    for subject in document["subjects"]:
        for verdict in subject["verdicts"]:
            for finding in verdict["findings"]:
                finding["ms"] = None
    exhibits = [(exhibit.requirement, exhibit.subject, exhibit.exchange) for exhibit in report.exhibits]
    return {**document, "began": None, "took_ms": None, "exhibits": sorted(exhibits)}


@pytest.fixture(scope="module")
def shards() -> list[Report]:
    return [played((number, 3)) for number in (1, 2, 3)]


def test_merged_shards_are_the_report_of_one_run(shards: list[Report]) -> None:
    whole, merged = steady(played()), steady(merge(parts(*shards)))
    assert whole["failed"] and whole["not_exercised"] and whole["exhibits"]
    # Each shard meets the target by itself: the requests at first contact are sent by each.
    assert merged["plan"].pop("requests") - whole["plan"].pop("requests") == 2 * 4
    assert merged == whole


def test_a_merged_report_reads_back_from_files_in_any_order(
    shards: list[Report], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(tmp_path / f"{index}.json") for index in range(3)]
    for name, report in zip(names, shards, strict=True):
        Path(name).write_text(render(report))
    assert main(["report", "merge", names[2], names[0], names[1], "--out", str(tmp_path / "out")]) == 1
    assert "FAIL" in capsys.readouterr().out
    kept = reader.read((tmp_path / "out/report.json").read_bytes(), "kept")
    assert steady(kept) == steady(merge(parts(*shards)))
    assert main(["report", "merge", *names]) == 4
    assert main(["report", "merge", names[0], names[1], "--out", str(tmp_path / "no")]) == 4
    assert "missing: the shard 3/3" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_times_and_leftovers_are_those_of_all(shards: list[Report]) -> None:
    first = replace(shards[0], began="2026-11-25T10:00:00Z", took_ms=1000, leftovers=("a",))
    second = replace(shards[1], began="2026-11-25T10:00:30Z", took_ms=5000, leftovers=("b",))
    third = replace(shards[2], began="2026-11-25T09:59:59Z", took_ms=2000)
    whole = merge(parts(first, second, third))
    assert (whole.began, whole.took_ms, whole.leftovers) == ("2026-11-25T09:59:59Z", 36_000, ("a", "b"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda a, b, c: [a, b], "missing: the shard 3/3"),
        (lambda a, b, c: [a, b, b, c], "2/3 comes twice"),
        (lambda a, b, c: [a, b, replace(c, profile=Profile(shard=None))], "is not a shard"),
        (lambda a, b, c: [a, b, replace(c, profile=Profile(shard="3/4"))], "different runs: 1/3 and 2/3 and 3/4"),
        (lambda a, b, c: [a, b, replace(c, target={"kind": "http"})], "the target differs"),
        (lambda a, b, c: [a, b, replace(c, profile=Profile(shard="3/3", strict=True))], "the profile differs"),
        (lambda a, b, c: [a, replace(b, profile=replace(b.profile, requirements="2026.11")), c], "the profile"),
    ],
)
def test_what_is_no_whole_is_refused(spoil: Callable[..., list[Report]], message: str, shards: list[Report]) -> None:
    with pytest.raises(UsageError, match=message):
        merge(parts(*spoil(*shards)))


def test_another_version_of_the_suite_is_refused(shards: list[Report]) -> None:
    mixed = [*parts(*shards)[:2], Part("x.json", "2", shards[2])]
    with pytest.raises(UsageError, match="the suite differs"):
        merge(mixed)


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_shards_share_a_plan_out_by_cost_and_keep_runs_together(count: int) -> None:
    target = BuiltIn()
    try:
        whole = plan(target)
        shared = [shard(whole, target, number, count) for number in range(1, count + 1)]
        again = [shard(whole, target, number, count) for number in range(1, count + 1)]
    finally:
        target.close()
    assert [part.scenarios for part in shared] == [part.scenarios for part in again]
    names = [scenario.id for part in shared for scenario in part.scenarios]
    assert sorted(names) == sorted(scenario.id for scenario in whole.scenarios)
    for group in {scenario.shares for scenario in whole.scenarios} - {None}:
        assert sum(any(scenario.shares == group for scenario in part.scenarios) for part in shared) == 1
    costs = [part.cost["requests"] for part in shared]
    assert max(costs) < 1.35 * min(costs), costs


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/", "a/b", "1/0", "-1/2", "1/99999", "1/2/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="invalid shard"):
        wanted({"shard": text})


def test_a_shard_without_a_scenario_is_empty_and_merges(tmp_path: Path) -> None:
    asked = ("server", "-k", "json-one-call")
    for number in (1, 2, 3):
        done = conformance(*asked, f"--shard={number}/3", "--out", f"s{number}", cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        suites = ElementTree.parse(tmp_path / f"s{number}" / "junit.xml").getroot()
        assert not suites.findall(".//error") and not suites.findall(".//failure")
    parts = [json.loads((tmp_path / f"s{number}" / "report.json").read_text()) for number in (1, 2, 3)]
    assert sorted(len(part["subjects"]) for part in parts) == [0, 0, 1]
    names = [f"s{number}/report.json" for number in (1, 2, 3)]
    merged = conformance("report", "merge", *names, "--out", "whole", cwd=tmp_path)
    assert merged.returncode == 0, merged.stderr
    assert merged.stdout.startswith("this judges the BUILT-IN MOCK")
    assert json.loads((tmp_path / "whole" / "report.json").read_text())["verdict"] == "PASS"


def test_more_shards_than_scenarios_leave_some_empty() -> None:
    target = InProcess()
    shared = [plan(target, part=(number, 200)) for number in range(1, 201)]
    names = [scenario.id for part in shared for scenario in part.scenarios]
    assert sorted(names) == sorted(scenario.id for scenario in plan(target).scenarios)
    assert any(not part.scenarios for part in shared)


def test_a_client_has_empty_shards_too(tmp_path: Path) -> None:
    asked = ("client", "--scenario=streamed-crlf", "--shard=2/2", "--out=out")
    done = conformance(*asked, "--", sys.executable, "-m", "conformance.mock.client", cwd=tmp_path)
    other = conformance(*asked[:2], "--shard=1/2", "--", sys.executable, "-m", "conformance.mock.client", cwd=tmp_path)
    assert (done.returncode, other.returncode) == (0, 0), done.stderr + other.stderr


#: Enough for shards of some groups each, of runs that are shared and of such that are not.
SHARDED = ("-k", "json or stream-one-call or unknown-id or empty-list")


def test_shards_through_the_command_are_the_whole(tmp_path: Path) -> None:
    names = []
    for number in (1, 2):
        done = conformance("server", *SHARDED, f"--shard={number}/2", "--out", f"s{number}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        names.append(f"s{number}/report.json")
    assert conformance("report", "merge", *names, "--out", "merged", cwd=tmp_path).returncode == 0
    assert conformance("server", *SHARDED, "--out", "whole", cwd=tmp_path).returncode == 0
    merged, whole = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("merged", "whole"))
    for key in ("subjects", "planned", "judged", "passed", "not_exercised", "profile", "verdict", "target"):
        assert merged[key] == whole[key], key
    assert conformance("compare", "whole", "merged", cwd=tmp_path).stdout.startswith("NO CHANGE")
