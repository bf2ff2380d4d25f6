"""Environments that targets are installed into: each a folder of its own, made once, first in PATH for its programs."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from conformance.errors import UsageError
from conformance.files import write_atomically
from conformance.run.known_secrets import known_secrets
from conformance.targets import process
from conformance.wire.credentials import of_words
from conformance.wire.secret import secrets_of

#: Says which lines made an environment, and of which files. It is there before the first line runs, and empty until the
#: last has.
MARKER = ".conformance-environment"

#: What the lines printed.
LOG = "install.log"

#: The variable that names the environment to the lines, and to the commands of the target.
VARIABLE = "ENVIRONMENT"

#: Where pip and npm put programs, below an environment.
_PROGRAMS = ("bin", "node_modules/.bin")

#: Folders that builds leave beside what they are made of.
_BUILT = frozenset({"node_modules", "target", "__pycache__"})

#: Seconds for one line: the slowest seen compiled a Rust client in eight minutes.
LIMIT = 1800.0


@dataclass(frozen=True, slots=True)
class Environments:
    """All environments below one folder; several threads may ask for the same."""

    work: Path
    _locks: dict[str, Lock] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def variables(self, name: str, given: Mapping[str, str]) -> dict[str, str]:
        """The variables of a command that is to find the programs of an environment."""
        folder = (self.work / name).resolve()
        path = os.pathsep.join((*(str(folder / each) for each in _PROGRAMS), given.get("PATH", os.defpath)))
        return {**given, "PATH": path, VARIABLE: str(folder)}

    def install(
        self, name: str, lines: Sequence[str], given: Mapping[str, str], enough: Callable[[], bool]
    ) -> str | None:
        """Make an environment unless these lines have made it before, of the same files.

        Returns why it could not be made. Raises UsageError where something lies there that the suite did not make.
        """
        with self._guard:
            lock = self._locks.setdefault(name, Lock())
        with lock:
            return self._install(self.work / name, lines, self.variables(name, given), enough)

    def _install(
        self, folder: Path, lines: Sequence[str], variables: Mapping[str, str], enough: Callable[[], bool]
    ) -> str | None:
        marker, wanted = folder / MARKER, "".join(f"{line}\n" for line in (*lines, *_files(lines)))
        # A line may hold a credential of an index, and an installer repeats it and those of the environment.
        hidden = secrets_of(known_secrets(of_words(lines), variables)).hidden
        if marker.is_file() and marker.read_text(encoding="utf-8", errors="replace") == wanted:
            return None
        _clear(folder)
        write_atomically(marker, "")
        printed = ""
        for line in lines:
            ended = process.run(["sh", "-c", line], variables, LIMIT, enough)
            printed += hidden(f"$ {line}\n{ended.output.decode(errors='replace')}\n")
            (folder / LOG).write_text(printed, encoding="utf-8")
            if ended.exit_code != 0:
                return hidden(f"could not be installed: {_why(ended)}")
        write_atomically(marker, wanted)
        return None


def _files(lines: Sequence[str]) -> Iterator[str]:
    """The files here that lines name, or that lie in folders that they name, each with a digest."""
    for word in dict.fromkeys(word for line in lines for word in line.replace("'", " ").replace('"', " ").split()):
        path = Path(word)
        if "/" in word and not path.is_absolute() and ".." not in path.parts and os.path.exists(word):  # noqa: PTH110 - it raises nothing
            below = sorted(path.rglob("*")) if path.is_dir() else [path]
            made_of = (each for each in below if each.is_file() and _BUILT.isdisjoint(each.parts))
            yield from (f"# {each} {_digest(each)}" for each in made_of)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _clear(folder: Path) -> None:
    """Take away what an earlier attempt left."""
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise UsageError(f"{folder} is no folder", "Choose another --work.")
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / MARKER).is_file():
                raise UsageError(f"{folder} is there, and the suite did not make it", "Choose another --work.")
            shutil.rmtree(folder)
    except OSError as error:
        raise UsageError(f"cannot clear {folder}: {error.strerror}", "Choose another --work.") from None


def _why(ended: process.Finished) -> str:
    said = ended.output.decode("utf-8", "replace").strip().splitlines()
    if ended.exit_code is None:
        return f"it was ended after {ended.seconds:.0f} seconds"
    return said[-1] if said else f"it exited with code {ended.exit_code} and printed nothing"
