"""Data folders, and files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance import files
from conformance.errors import UnreadableInput, UsageError


def test_data_lies_at_the_root_of_a_checkout() -> None:
    assert files.in_checkout()
    assert (files.schemas_folder() / "derived" / "RunObject.json").is_file()
    assert files.cassettes_folder().parent == files.reports_folder().parent == files.schemas_folder().parent


def test_data_lies_inside_an_installed_package_and_reports_where_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PACKED", tmp_path / "_data")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_data").mkdir()
    assert not files.in_checkout()
    assert files.schemas_folder() == tmp_path / "_data" / "schemas"
    assert files.cassettes_folder() == tmp_path / "_data" / "cassettes"
    assert files.reports_folder() == tmp_path / "reports"


def test_a_file_is_written_whole_with_its_folders_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    files.write_atomically(path, "first\n")
    files.write_atomically(path, "ü\n")
    assert path.read_bytes() == b"\xc3\xbc\n"
    assert [each.name for each in path.parent.iterdir()] == ["b.txt"]


def test_a_file_that_cannot_be_written_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot write"):
        files.write_atomically(path / "below", "new")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        files.write_atomically(tmp_path / "folder", "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_folder_is_made_and_left_empty_or_refused(tmp_path: Path) -> None:
    files.prepare_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("old", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot write"):
        files.prepare_folder(tmp_path / "file")


def test_text_that_has_no_bytes_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        files.write_atomically(path, "\ud800")
    assert path.read_text(encoding="utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_files_and_pipes_are_read_whole_up_to_the_same_bound_which_says_why(tmp_path: Path) -> None:
    bound = files.Bound(4, "nobody counts further")
    path = tmp_path / "file"
    path.write_bytes(b"four")
    with piped(b"four") as pipe:
        assert files.read(pipe, bound) == files.read(path, bound) == b"four"
    path.write_bytes(b"fiver")
    with piped(b"fiver") as pipe:
        for longer in (pipe, path):
            with pytest.raises(UnreadableInput, match="does not end within"):
                files.read(longer, bound)


def test_a_pipe_that_nobody_has_named_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableInput, match="neither a file nor a pipe"):
        files.read(tmp_path / "pipe", files.LIST, only_files=True)


@contextmanager
def piped(content: bytes) -> Iterator[Path]:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    yield Path(f"/dev/fd/{reading}")
    os.close(reading)
