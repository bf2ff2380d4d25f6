"""The command in a process of its own, as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pytest import CaptureFixture

from conformance.cli import main
from conformance.tests.pace import limit

CHECKOUT = Path(__file__).resolve().parents[2]

#: Seconds for a command, which takes a few at most.
PATIENCE = limit()

#: Options of a pytest session that has our plugin and no other, and leaves nothing behind.
ALONE = ("--disable-plugin-autoload", "-p", "conformance.plugin", "-p", "no:cacheprovider")


def environment(**more: str) -> dict[str, str]:
    """The environment without what would change how the command, or pytest, behaves."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "CONFORMANCE", "COV", "MAKE", "MFLAGS"))
    }
    return {**kept, "PYTHONPATH": str(CHECKOUT), "PYTHONIOENCODING": "utf-8", **more}


def conformance(
    *words: str, cwd: Path | None = None, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `conformance WORDS` and return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        cwd=cwd or CHECKOUT, env=environment(**more), input=stdin, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


class Said(NamedTuple):
    """What came of a command that was run in this process."""

    returncode: int
    stdout: str
    stderr: str


#: Runs the command with words.
Command = Callable[..., Said]


def in_this_process(capfd: CaptureFixture[str]) -> Command:
    """The command in this process: code, standard output, standard error."""

    def run(*words: str) -> Said:
        capfd.readouterr()
        code = main(words)
        return Said(code, *capfd.readouterr())

    return run


def pytest(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest with our plugin and no other that happens to be installed."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *ALONE, *words],
        cwd=cwd, env=environment(), text=True, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
