"""The command: in this process where what it says and does is tested, in one of its own where the process is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, chdir
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple
from unittest.mock import patch

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


class Said(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


def conformance(*words: str, cwd: Path | None = None, stdin: bytes = b"", **more: str) -> Said:
    """Run `conformance WORDS` in this process, with a folder, an environment and streams as in one of its own."""
    with TemporaryFile() as out, TemporaryFile() as err:
        code = in_place(words, cwd or CHECKOUT, environment(**more), (out, err), stdin)
        return Said(code, _content(out), _content(err))


def at_once(words: Sequence[str], cwd: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """Run `conformance WORDS` in this process; the exit code, and what a terminal would show."""
    with TemporaryFile() as said:
        return in_place(words, cwd, variables, (said, said)), _content(said)


def in_place(
    words: Sequence[str], cwd: Path, variables: Mapping[str, str], files: Sequence[IO[bytes]], stdin: bytes = b""
) -> int:
    """Run the command in a folder, with these variables; its streams, and those of what it starts, are the files."""
    with ExitStack() as undo:
        undo.enter_context(patch.dict(os.environ, variables, clear=True))
        undo.enter_context(chdir(cwd))
        undo.enter_context(patch.object(sys, "stdin", undo.enter_context(TextIOWrapper(BytesIO(stdin), "utf-8"))))
        for number, name, file in zip((1, 2), ("stdout", "stderr"), files, strict=True):
            kept = os.dup(number)
            undo.callback(os.close, kept)
            undo.callback(os.dup2, kept, number)
            os.dup2(file.fileno(), number)
            stream = undo.enter_context(open(number, "w", encoding="utf-8", buffering=1, closefd=False))
            undo.enter_context(patch.object(sys, name, stream))
        return main(words)


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def in_a_process(*words: str, cwd: Path | None = None, **more: str) -> Said:
    """Run `conformance WORDS` in a process of its own, as people do."""
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        cwd=cwd or CHECKOUT, env=environment(**more), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


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
