"""A commit taken out of the repository into a folder of its own, where its code is run and nothing else is touched."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

_INSIDE = Path(__file__).with_name("inside.py")

#: What stands for the folder of a checkout in what is written down.
_HERE = "CHECKOUT"

#: Variables that change how the command, or pytest, behaves.
_LEFT_OUT = ("PYTEST", "CONFORMANCE", "COV", "MAKE", "MFLAGS", "GITHUB", "CI", "COLUMNS", "FORCE_COLOR")


@dataclass(frozen=True, slots=True)
class Checkout:
    """The files of one commit; beside them lie `shared` and `inputs`, where there are any."""

    folder: Path

    def python(self, *words: str, stdin: str = "") -> str:
        """Run Python with the commit's code and return its standard output, whatever its exit code.

        Raises RuntimeError, with its last words, where it ended by a traceback.
        """
        done = subprocess.run(
            [sys.executable, "-P", *words], cwd=self.folder, env=self.environment(), input=stdin.encode(),
            capture_output=True, check=False,
        )  # fmt: skip
        told = done.stderr.decode(errors="replace")
        if done.returncode and "Traceback (most recent call last)" in told:
            raise RuntimeError(f"{' '.join(words)}:\n{told[-3000:]}")
        return self.plain(done.stdout.decode())

    def inside(self, *words: str, stdin: str = "") -> str:
        """Run `inside.py` with the commit's code."""
        return self.python(str(_INSIDE), *words, stdin=stdin)

    def conformance(self, *words: str) -> str:
        """Run the commit's command."""
        return self.python("-m", "conformance", *words)

    def environment(self) -> dict[str, str]:
        """The environment in which its code comes first, and text looks the same everywhere."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
        fixed = {"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
        return {**kept, **fixed, "PYTHONPATH": str(self.folder)}

    def plain(self, text: str) -> str:
        """The text without the folder that the commit happens to lie in."""
        return text.replace(str(self.folder), _HERE).replace(sys.executable, "PYTHON")


@contextmanager
def checked_out(commit: str, inputs: Path) -> Iterator[Checkout]:
    """The files of a commit in a temporary folder, which is gone afterwards. Raises ValueError for no commit."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise ValueError(archive.stderr.decode().strip())
    with tempfile.TemporaryDirectory(prefix="guard-") as temporary:
        folder = Path(temporary).resolve() / "checkout"
        folder.mkdir()
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
        (folder.parent / "inputs").symlink_to(inputs.resolve())
        shared = ROOT.parent / "shared"
        if shared.is_dir():
            (folder.parent / "shared").symlink_to(shared)
        yield Checkout(folder)


def processor_seconds() -> float:
    """What the processes that were started here, and have ended, took of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lines(words: Sequence[Sequence[str]]) -> str:
    """Commands as `inside.py` reads them."""
    return "".join(f"{json.dumps(list(each))}\n" for each in words)
