"""`judge --public`: what lies in a folder of clones is held against the list, byte for byte and verdict by verdict."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.errors import UnreadableInput
from conformance.run import public
from conformance.tests.checks.miniatures import DONE, USUAL, body

GOOD, BAD = body(USUAL), body([*USUAL, DONE])
LISTED = Callable[..., Path]


def row(content: bytes, verdict: str = "pass", path: str = "a/x.sse", repository: str = "owner/name") -> public.Known:
    digest = sha256(content).hexdigest()
    return public.Known(repository, "0" * 40, path, "MIT", digest, "somewhere, 2024", "a stream", verdict)


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LISTED:
    def clone(content: bytes, *rows: public.Known, folder: str = "owner/name") -> Path:
        monkeypatch.setattr(public, "known", lambda: rows)
        path = tmp_path / folder / "a" / "x.sse"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        return tmp_path

    return clone


def test_the_list_is_whole() -> None:
    rows = public.known()
    assert len({(row.repository, row.path) for row in rows}) == len(rows) >= 4
    for each in rows:
        assert (len(each.commit), len(each.sha256)) == (40, 64)
        assert each.license in ("MIT", "Apache-2.0")


@pytest.mark.parametrize("folder", ["owner/name", "name"])
def test_a_clone_is_found_and_judged(listed: LISTED, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", "--public", str(listed(GOOD, row(GOOD), folder=folder))]) == 0
    assert capsys.readouterr().out.startswith("PASS")


def test_a_verdict_that_is_not_right_is_told(listed: LISTED, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", "--public", str(listed(GOOD, row(GOOD, "fail")))]) == 1
    assert "pass, and fail is right (a stream)" in capsys.readouterr().err


def test_a_fail_that_is_right_still_fails(listed: LISTED, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", "--public", str(listed(BAD, row(BAD, "fail")))]) == 1
    assert "is right" not in capsys.readouterr().err


def test_what_is_missing_or_altered_is_told_and_the_rest_is_judged(
    listed: LISTED, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = listed(GOOD, row(GOOD), row(BAD), row(GOOD, path="b.sse"))
    assert main(["judge", "--public", str(folder)]) == 0
    said = capsys.readouterr()
    assert "not the bytes of owner/name@000000000000:a/x.sse" in said.err
    assert "owner/name@000000000000:b.sse: not in" in said.err
    assert said.out.startswith("PASS  1 recording")


def test_paths_or_the_list_and_not_both(tmp_path: Path) -> None:
    assert main(["judge"]) == 4
    assert main(["judge", "x.sse", "--public", str(tmp_path)]) == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[recording", "not TOML"),
        ("[[recording]]\nrepository = 'a/b'\n", "recording 1: it must have repository, commit"),
        ("recording = [1]", "recording 1: it must have"),
    ],
)
def test_a_list_that_is_off_is_told_by_its_row(text: str, told: str) -> None:
    with pytest.raises(UnreadableInput, match=told.replace("[", r"\[")):
        public.known(text)
