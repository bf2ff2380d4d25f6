"""The wheel carries its data and works from an empty folder, far from any checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conformance.tests.commands import CHECKOUT, PATIENCE

pytest.importorskip("hatchling")

#: What a build reads.
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "conformance", "schemas", "cassettes")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in NEEDED:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(source / "dist")],
        cwd=source, check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    (wheel,) = (source / "dist").iterdir()
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(unpacked: Path, folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        cwd=folder, env={**kept, "PYTHONPATH": str(unpacked)}, input=stdin, capture_output=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip


def test_it_carries_schemas_and_cassettes_and_no_tests(unpacked: Path) -> None:
    assert (unpacked / "conformance/_data/schemas/derived/RunObject.json").is_file()
    assert (unpacked / "conformance/_data/cassettes").is_dir()
    assert (unpacked / "conformance/suite/test_done.py").is_file()
    assert not (unpacked / "conformance/tests").exists()
    entries = next(unpacked.glob("*.dist-info/entry_points.txt")).read_text()
    assert "conformance.plugin = conformance.plugin" in entries
    assert entries.count("conformance.cli:main") == 2


@pytest.mark.parametrize(
    "words", [("list", "requirements"), ("list", "scenarios"), ("explain", "done.last"), ("--version",)]
)
def test_the_tables_are_found(unpacked: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(unpacked, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_recording_is_judged_with_the_schemas_of_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    stream = b'event: thread.run.queued\ndata: {"object":"thread.run"}\n\nevent: done\ndata: [DONE]\n\n'
    done = run(unpacked, tmp_path, "judge", "-", "-k", "events.schema", stdin=stream)
    assert done.returncode == 1, done.stderr
    assert b"events.schema" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_server_is_judged_with_the_suite_of_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    done = run(unpacked, tmp_path, "server", "-k", "stream-one-call")
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_written_with_the_templates_of_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    done = run(unpacked, tmp_path, "judge", "-", "--format", "html", stdin=b"event: done\ndata: [DONE]\n\n")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(b"<!doctype html>")


def test_schemas_are_not_derived_outside_a_checkout(unpacked: Path, tmp_path: Path) -> None:
    done = run(unpacked, tmp_path, "schemas", "derive")
    assert done.returncode == 4
    assert b"checkout" in done.stderr
