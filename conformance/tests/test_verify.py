"""`conformance verify`, and the pre-commit hook that calls it: what is sound passes, everything else is told."""

from __future__ import annotations

import shlex
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from conformance.cli import main
from conformance.tests.commands import CHECKOUT, conformance
from conformance.tests.test_cli_cassettes import DAMAGES
from conformance.wire import cassette

KEY = "sk-" + "a1B2" * 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cassettes and their sums, as somebody keeps them."""
    kept = tmp_path / "kept"
    (kept / "plain").mkdir(parents=True)
    for name in ("json-one-call.jsonl", "stream-one-call.jsonl"):
        shutil.copy(CHECKOUT / "cassettes" / "reference" / name, kept / "plain" / name)
    _sum(kept)
    return kept


def _sum(folder: Path) -> None:
    named = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.jsonl")}
    pairs = ((sha256(path.read_bytes()).hexdigest(), name) for name, path in named.items())
    (folder / "SHA256SUMS").write_text(cassette.sums((name, digest) for digest, name in pairs))


def _told(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    code = main(["verify", *words])
    said = capfd.readouterr()
    return code, [*said.out.splitlines(), *said.err.splitlines()]


def test_the_cassettes_of_the_suite_are_sound(capfd: pytest.CaptureFixture[str]) -> None:
    code, lines = _told(capfd, str(CHECKOUT / "cassettes"))
    assert code == 0
    assert lines[-1].endswith("recordings, 1 SHA256SUMS: OK")
    assert int(lines[-1].split()[0]) == len([*(CHECKOUT / "cassettes").rglob("*.jsonl")])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cassette_is_refused(damage: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = folder / "plain" / "json-one-call.jsonl"
    done, word = DAMAGES[damage]
    path.write_bytes(done(path.read_bytes().splitlines(keepends=True)))
    _sum(folder)
    code, lines = _told(capfd, str(folder))
    assert code == 1
    assert lines[0].startswith(f"{path}: ")
    assert word in lines[0] or damage == "of a later version"
    assert lines[1:] == ["2 recordings, 1 SHA256SUMS: 1 problem"]
    assert "a-key-of-somebody" not in "".join(lines)


def test_a_cassette_that_was_altered_with_all_its_digests_is_found_by_the_sums(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(folder / "plain" / "stream-one-call.jsonl", folder / "plain" / "json-one-call.jsonl")
    code, lines = _told(capfd, str(folder))
    assert code == 1
    assert lines[0].startswith(f"{folder / 'plain' / 'json-one-call.jsonl'}: its SHA-256 is not the one in ")


def test_a_cassette_that_is_gone_or_not_listed_is_told(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "plain" / "json-one-call.jsonl").rename(folder / "plain" / "moved.jsonl")
    code, lines = _told(capfd, str(folder))
    assert code == 1
    assert "lists it, and the file does not exist" in lines[0]
    assert lines[1].startswith(f"{folder / 'plain' / 'moved.jsonl'}: ")
    assert lines[1].endswith("does not list it")
    assert lines[2].endswith("2 problems")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("0" * 64 + "  ../outside.jsonl\n", "outside its folder"),
        ("0" * 64 + "  /etc/hostname\n", "outside its folder"),
        ("not a sum\n", "no digest and file name"),
    ],
)
def test_sums_that_cannot_be_meant_are_told(
    folder: Path, line: str, word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder.parent / "outside.jsonl").write_text("")
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(line)
    code, lines = _told(capfd, str(folder))
    assert code == 1
    assert word in lines[0]
    assert lines[-1].endswith("1 problem")


def test_a_key_in_the_recording_of_another_tool_is_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answer.sse").write_text(f"event: done\ndata: [DONE]\n\n: the key was {KEY}\n\n")
    code, lines = _told(capfd, str(tmp_path / "answer.sse"))
    assert code == 1
    assert "looks like a secret" in lines[0]
    assert KEY not in "".join(lines)


def test_what_is_no_recording_is_told_with_its_name(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "plain" / "notes.txt").write_text("not for a machine")
    code, lines = _told(capfd, str(folder / "plain"))
    assert code == 1
    assert lines[0].startswith(f"{folder / 'plain' / 'notes.txt'}: ")


def test_a_name_cannot_steer_a_terminal(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "plain" / "\x1b[31mred.jsonl").write_text("")
    code, lines = _told(capfd, str(folder))
    assert code == 1
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_to_verify_is_never_green(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = conformance("verify", name, cwd=tmp_path)
    assert done.returncode == 4
    assert done.stdout == ""
    assert name in done.stderr


def test_the_hook_of_pre_commit_calls_it(folder: Path) -> None:
    (hook,) = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
    assert hook["language"] == "python"
    # A file by itself does not show that its folder still fits the sums.
    assert hook["pass_filenames"] is False
    command, *words = shlex.split(hook["entry"])
    assert command == "conformance"
    assert conformance(*words, *hook["args"]).returncode == 0
    (folder / "plain" / "json-one-call.jsonl").write_text("{}\n")
    assert conformance(*words, "kept", cwd=folder.parent).returncode == 1
