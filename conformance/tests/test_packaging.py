"""What is handed out: wheel and source distribution hold what they should, and the image installs as it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

from conformance.tests.commands import CHECKOUT, PATIENCE, environment
from conformance.tests.pace import limit

pytest.importorskip("hatchling")

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()

#: Seconds for a fresh environment with everything in it, from an index that may be slow.
INSTALLING = limit(60)


def instructions(name: str) -> list[str]:
    """What follows an instruction of the Dockerfile, in order."""
    return [line.removeprefix(f"{name} ") for line in DOCKERFILE.splitlines() if line.startswith(f"{name} ")]


def tracked() -> list[str]:
    if shutil.which("git") is None or not (CHECKOUT / ".git").exists():
        pytest.skip("needs git and a clone")
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    return listed.stdout.splitlines()


def test_the_image_copies_what_is_there_and_ends_as_nobody_special() -> None:
    sources = [name for words in instructions("COPY") if "--from" not in words for name in words.split()[:-1]]
    assert {name for name in sources if not (CHECKOUT / name).exists()} == set()
    sent = [line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert sorted(sent) == sorted(sources)
    assert DOCKERFILE.index("\nUSER conformance\n") < DOCKERFILE.index('\nENTRYPOINT ["conformance"]')
    assert not re.search("(?i)key|token|secret", DOCKERFILE)


@pytest.mark.real
def test_the_commands_of_the_image_make_an_environment_that_works(tmp_path: Path) -> None:
    source, wheels, venv = tmp_path / "source", tmp_path / "wheels", tmp_path / "venv"
    source.mkdir()
    for words in instructions("COPY"):
        for name in [] if "--from" in words else words.split()[:-1]:
            copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
            copy(CHECKOUT / name, source / name)
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=PATIENCE)
    pips = [words for words in instructions("RUN") if words.startswith("pip ")]
    assert [words.split()[1] for words in pips] == ["wheel", "install"]
    for words in pips:
        subprocess.run(
            f"{venv}/bin/{words.replace('/wheels', str(wheels))}",
            shell=True, cwd=source, env=environment(), check=True, capture_output=True, timeout=INSTALLING,
        )  # fmt: skip
    kept = environment()
    del kept["PYTHONPATH"]
    for script in ("conformance", "submit-tool-outputs-conformance"):
        for asked in (["--version"], ["server", "-k", "json-one-call"]):
            done = subprocess.run(
                [venv / "bin" / script, *asked], cwd=tmp_path, env=kept, capture_output=True, timeout=PATIENCE,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr


def test_the_source_distribution_holds_what_is_tracked_and_builds_the_same_wheel(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)],
        cwd=CHECKOUT, check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    folder = tmp_path / archive.name.removesuffix(".tar.gz")
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    # hatchling adds the first two; what a build service runs is no part of what is handed out.
    assert held - {"PKG-INFO", ".gitignore"} == {name for name in tracked() if not fnmatch(name, ".ci/*")} - {
        ".gitignore"
    }
    wheels = []
    for source in (CHECKOUT, folder):
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / source.name)],
            cwd=source, check=True, capture_output=True, timeout=PATIENCE,
        )  # fmt: skip
        (wheel,) = (tmp_path / source.name).glob("*.whl")
        with zipfile.ZipFile(wheel) as built:
            wheels.append({name: built.getinfo(name).CRC for name in built.namelist() if "RECORD" not in name})
    assert wheels[0] == wheels[1]
    assert any(name.endswith("licenses/NOTICE") for name in wheels[0])
