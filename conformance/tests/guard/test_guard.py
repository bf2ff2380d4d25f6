"""Two folders of the guard are compared file by file, and what it looks for in a commit is in this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.tests.guard import inside
from conformance.tests.guard.__main__ import main
from conformance.tests.guard.compare import differences
from conformance.tests.guard.parts import timeless


def folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return folder(tmp_path / "old", judge__wire="a\nb\nc\n", words__help="usage\n", inputs__corpus="bytes")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, []),
        ({"inputs__corpus": "other bytes", "inputs__more": "bytes"}, []),
        ({"judge__wire": "a\nB\nc\n"}, ["judge/wire: differs", "    -b", "    +B"]),
        ({"judge__wire": "a\nc\nb\n"}, ["judge/wire: differs", "    the same lines in another order or number"]),
        ({"words__more": "usage\n"}, ["words/more: new"]),
        ({"plans__mock": "{}"}, ["plans: only in the new folder"]),
    ],
)
def test_each_difference_is_told_and_nothing_else(old, tmp_path, files, told):
    new = folder(tmp_path / "new", judge__wire="a\nb\nc\n", words__help="usage\n")
    assert [*differences(old, folder(new, **files))] == told


def test_what_is_gone_is_told(old, tmp_path):
    new = folder(tmp_path / "new", judge__other="a\n")
    assert [*differences(old, new)] == [
        "words: only in the old folder", "judge/other: new", "judge/wire: gone",
    ]  # fmt: skip


def test_differences_of_a_large_file_are_counted_after_the_first(old, tmp_path):
    folder(old, judge__wire="")
    new = folder(tmp_path / "new", words__help="usage\n", judge__wire="".join(f"{n}\n" for n in range(100)))
    *_, last = differences(old, new)
    assert last == "    … and 60 more lines"


def test_comparing_ends_with_1_where_they_differ(old, tmp_path, capsys):
    assert main(["compare", str(old), str(old)]) == 0
    new = folder(tmp_path / "new", judge__wire="a\n", words__help="usage\n")
    assert main(["compare", str(old), str(new)]) == 1
    assert capsys.readouterr().out.startswith("they are equal\njudge/wire: differs\n    -b\n    -c\n")
    assert main(["compare", str(old), str(tmp_path / "none")]) == 4


def test_no_commit_and_no_part_are_refused(tmp_path, capsys):
    assert main(["no-such-commit", "--out", str(tmp_path)]) == 4
    with pytest.raises(SystemExit):
        main(["HEAD", "--out", str(tmp_path), "--only", "words,none"])
    assert "no part is called 'none'" in capsys.readouterr().err


def test_times_and_ids_of_a_live_report_do_not_count():
    first = '"ms": 12, run_abcdef1 then run_abcdef2, http://127.0.0.1:8123/v1, 2026-11-30T02:15:12Z'
    second = '"ms": 7, run_ghijkl1 then run_ghijkl2, http://127.0.0.1:9/v1, 2026-12-01T00:00:00Z'
    assert timeless(first) == timeless(second)
    assert timeless(first) != timeless(second.replace("run_ghijkl2", "run_ghijkl1"))


@pytest.mark.parametrize("name", inside.PLACES)
def test_what_the_guard_looks_for_is_where_its_table_says(name):
    assert inside.place(name) is not None


def test_how_many_findings_are_kept_is_known():
    assert inside.cutting(), "the constant has another name or value: mend inside.py"
