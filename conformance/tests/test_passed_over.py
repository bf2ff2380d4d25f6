"""Folders of strangers: no link is followed out of them, nothing but files is opened, and what was left out is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from conformance.tests.commands import CHECKOUT, conformance

SECRET = "the-environment-of-somebody"
CASSETTE = (CHECKOUT / "cassettes/reference/stream-one-call.jsonl").read_text("utf-8")
STREAM = "event: done\ndata: [DONE]\n\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds one recording, and beside it whatever a stranger may put there."""
    (tmp_path / "outside").mkdir()
    for name in ("key.sse", "key.request.json"):
        (tmp_path / "outside" / name).write_text(SECRET)
    folder = tmp_path / "strangers"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "config").write_text(SECRET)
    (folder / "good.jsonl").write_text(CASSETTE)
    (folder / "stream.sse").write_text(STREAM)
    os.mkfifo(folder / "pipe.sse")
    for link, end in {
        "environment.sse": "/proc/self/environ",
        "key.sse": "../outside/key.sse",
        "absolute.jsonl": str(tmp_path / "outside/key.sse"),
        "twice.sse": "key.sse",
        "all.d": "../outside",
        "hidden.sse": ".hidden/config",
        "nowhere.sse": "missing.sse",
        "loop.sse": "loop.sse",
        "device.sse": "/dev/zero",
        "stream.request.json": "../outside/key.request.json",
        "again.jsonl": "good.jsonl",
    }.items():
        (folder / link).symlink_to(end)
    return folder


LEFT_OUT = (
    *("absolute.jsonl", "all.d", "device.sse", "environment.sse", "hidden.sse", "key.sse", "loop.sse", "nowhere.sse"),
    *("pipe.sse", "stream.request.json", "twice.sse"),
)


def test_no_link_is_followed_out_of_a_folder_and_nothing_but_files_is_opened(folder: Path, tmp_path: Path) -> None:
    done = conformance("judge", str(folder), "--out", str(tmp_path / "out"), "--format", "json")
    judged = [json.loads(line)["file"] for line in done.stdout.splitlines()]
    assert judged == [*(str(folder / name) for name in ("again.jsonl", "good.jsonl", "stream.sse")), None]
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or SECRET not in path.read_text("utf-8")
    assert SECRET not in done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if "passed over" in line]
    assert [str(folder / name) in line for name, line in zip(LEFT_OUT[:10], said[:10], strict=True)] == [True] * 10
    assert said[-1] == "conformance: passed over 1 more"
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert report["target"]["name"] == "3 recordings, 11 entries passed over"


def test_a_path_that_is_named_is_followed(folder: Path) -> None:
    named = [str(folder / "again.jsonl"), str(folder / "key.sse")]
    done = conformance("judge", *named, "--format", "json")
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [*named, None]
    (folder.parent / "link").symlink_to(folder / ".." / "outside")
    within, _ = conformance("judge", str(folder.parent / "link"), "--format", "json").stdout.splitlines()
    assert json.loads(within)["file"].endswith("link/key.sse")


def test_a_request_beside_a_named_stream_is_its_own_only_where_it_lies_there(folder: Path) -> None:
    done = conformance("judge", str(folder / "stream.sse"))
    assert "stream.request.json: a link that leads out of the folder" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_folder_of_links_holds_no_recording(tmp_path: Path) -> None:
    (tmp_path / "x.sse").symlink_to("/proc/self/environ")
    done = conformance("judge", str(tmp_path))
    assert done.returncode == 4
    assert "x.sse: a link that leads out of the folder" in done.stderr


def test_what_is_not_opened_is_not_verified(folder: Path) -> None:
    (folder / "sums").mkdir()
    os.mkfifo(folder / "sums" / "SHA256SUMS")
    (folder / "SHA256SUMS").symlink_to("/proc/self/environ")
    done = conformance("verify", str(folder))
    assert done.returncode == 1
    assert "key.sse: a link that leads out of the folder: it is not opened" in done.stdout
    assert SECRET not in done.stdout + done.stderr
