"""What has an id can be explained by it, and everything that is listed has one."""

from __future__ import annotations

import json

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.mock.habits import HABITS
from conformance.model import Status
from conformance.proof.faults import FAULTS
from conformance.report import lists
from conformance.report.explain import explain


@pytest.mark.parametrize(
    ("id_", "shown"),
    [
        ("stream-one-call", "one pending call, answered by a stream"),
        ("streamed-crlf", "conformance mock --scenario streamed-crlf"),
        ("drop-done", "conformance mock --fault drop-done"),
        ("first-output-only", "sending.every-call"),
        ("untestable", "incomplete (exit code 2)"),
        ("PASS", "status of a requirement"),
        ("Done.Last", "done.last  MUST"),
        ("ord-done-last", "done.last  MUST"),
    ],
)
def test_every_kind_of_thing_is_explained_by_its_id(id_: str, shown: str) -> None:
    assert shown in explain(id_)


def test_everything_that_has_an_id_is_explained_and_no_command_is_wrapped() -> None:
    for id_ in (*BY_ID, *FAULTS, *HABITS, *Status):
        told = explain(id_, width=60)
        assert told.startswith(f"{id_}  ")
        for line in told.splitlines():
            assert not line.startswith(("  play ", "  prove ")) or id_ in line.split()


def test_the_nearest_ids_of_any_kind_are_named() -> None:
    for wrong, near in {"drop-dun": "drop-done", "done.lst": r"done\.last", "untestabel": "untestable"}.items():
        with pytest.raises(UsageError) as refused:
            explain(wrong)
        assert near.replace("\\", "") in str(refused.value)


@pytest.mark.parametrize("name", lists.TABLES)
def test_a_list_has_headers_and_a_line_for_each_row(name: str) -> None:
    rows = lists.selected(name)
    head, *lines = lists.as_text(name, rows).splitlines()
    assert head.split() == [column.upper() for column in lists.TABLES[name].columns]
    assert [line.split()[0] for line in lines] == [row["id"] for row in rows]


@pytest.mark.parametrize("name", lists.TABLES)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_list_fits_the_width_and_loses_no_word(name: str, width: int) -> None:
    rows = lists.selected(name)
    shown = lists.as_text(name, rows, width)
    too_long = [line for line in shown.splitlines() if len(line) > width]
    assert all(len(line.split()) == 1 for line in too_long), "only a word that is too long by itself"
    assert shown.split() == lists.as_text(name, rows).split()


@pytest.mark.parametrize("name", lists.TABLES)
def test_a_list_for_programs_is_one_object_a_line(name: str) -> None:
    rows = lists.selected(name)
    read = [json.loads(line) for line in lists.as_json(rows).splitlines()]
    assert [each["id"] for each in read] == [row["id"] for row in rows]
    assert all(each.keys() >= set(lists.TABLES[name].columns) for each in read)


def test_what_is_listed_of_requirements_and_scenarios_is_all_there_is() -> None:
    assert [row["id"] for row in lists.selected("requirements")] == list(REQUIREMENTS)
    assert [row["id"] for row in lists.selected("scenarios")] == list(BY_ID)


def test_a_list_can_be_filtered_by_anything_that_a_row_holds() -> None:
    chosen = lists.selected("faults", lambda row: "done.present" in row)
    assert chosen and len(chosen) < len(FAULTS)
    assert all("done.present" in row["breaks"] for row in chosen)
