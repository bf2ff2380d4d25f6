"""Where the data folders are, in a checkout and in a wheel, and how a file is read and written."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

from conformance.errors import UnreadableInput, UsageError

_PACKAGE = Path(__file__).resolve().parent
_PACKED = _PACKAGE / "_data"

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Bound:
    """How much of an input is read, whatever it is read from, and why nobody needs more."""

    size: int
    #: A clause for whoever is refused: what the largest that makes sense is like.
    reason: str


#: Whatever is judged or verified.
RECORDING = Bound(256 * _MIB, "the largest answer that is recorded has 16 MiB, and sixteen of those are one long file")

#: A list that people write: of known failures, of targets.
LIST = Bound(_MIB // 2, "a list of every requirement in every scenario has less than half of that")

#: A report, a snapshot of a baseline: read whole into memory, where it takes ten times as much.
REPORT = Bound(64 * _MIB, "a report of every scenario has one or two MiB")

#: A part of a file that is being written. The name holds neither that of the file, which may be as long as names can
#: be, nor the number of the process, which is 1 in every container.
PART = re.compile(r"\.conformance-[0-9a-f]{16}\.part")


def schemas_folder() -> Path:
    """The folder of OpenAI's slice, our corrections and the schemas derived from them."""
    return _data("schemas")


def cassettes_folder() -> Path:
    """The folder of the cassettes that come with the suite."""
    return _data("cassettes")


def reports_folder() -> Path:
    """The folder reports go to: the checkout's, or for an installed suite one below the working directory."""
    return (_PACKAGE.parent if in_checkout() else Path.cwd()) / "reports"


def in_checkout() -> bool:
    """Whether the suite runs from a checkout, whose data may be written, rather than from a wheel."""
    return not _PACKED.is_dir()


def read(path: Path, bound: Bound, *, only_files: bool = False) -> bytes:
    """The content of a file or, unless `only_files`, of a pipe: a path that nobody has named is not waited for.

    Raises `UnreadableInput` where it cannot be read, is a folder or a device, or holds more than the bound.
    """
    try:
        if not _readable(path.stat().st_mode, only_files):
            raise UnreadableInput(f"{path}: this is neither a file nor a pipe")
        with os.fdopen(os.open(path, os.O_RDONLY | (_AT_ONCE if only_files else 0)), "rb") as file:
            if not _readable(os.fstat(file.fileno()).st_mode, only_files):
                raise UnreadableInput(f"{path}: this is neither a file nor a pipe")
            return _bounded(file, str(path), bound)
    except OSError as error:
        raise UnreadableInput(
            f"cannot read {path}: {error.strerror}", "Is the path right, and do you have permission to read it?"
        ) from None


def read_standard_input(bound: Bound) -> bytes:
    """What comes on standard input. Raises `UnreadableInput` where it is closed or holds more than the bound."""
    if sys.stdin is None:
        raise UnreadableInput("standard input is closed", "Pipe a recording into it, or name a file.")
    return _bounded(sys.stdin.buffer, "standard input", bound)


#: Opens a pipe that nobody writes to at once, instead of waiting for a writer; there is none of it on Windows.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)


def _readable(mode: int, only_files: bool) -> bool:
    return stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and not only_files)


def _bounded(source: IO[bytes], name: str, bound: Bound) -> bytes:
    content = source.read(bound.size + 1)
    if len(content) > bound.size:
        raise UnreadableInput(
            f"{name}: this does not end within {bound.size / _MIB:g} MiB, and no more is read: {bound.reason}",
            "Is it what you meant?",
        )
    return content


def named_folder(name: str) -> Path:
    """The folder that an option names. Raises `UsageError` for an empty name, which would be the working directory."""
    if not name:
        raise UsageError("--out names no folder", "Write --out . for the working directory.")
    return Path(name)


def prepare_folder(folder: Path) -> None:
    """Make a folder and show that a file can be written in it. Raises `UsageError` where that is not so."""
    with staged(folder / "probe", b"") as part:
        part.unlink()


def license_text() -> str:
    """The licence of the suite, as the checkout or the installed distribution holds it."""
    if in_checkout():
        return (_PACKAGE.parent / "LICENSE").read_text(encoding="utf-8")
    return distribution("submit-tool-outputs-conformance").read_text("licenses/LICENSE") or "MIT\n"


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that nobody ever sees half of it; its folder is made where it is missing.

    Raises `UsageError` where it cannot be written; what was there before is then untouched.
    """
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Write a file in the same way, byte for byte."""
    with staged(path, data) as part:
        part.replace(path)


def rewrite(path: Path, text: str) -> None:
    """Write a file of somebody's anew, at once or not at all: through a link the one it names, with its old mode.

    Raises `UsageError` where it cannot be written; what was there before is then untouched.
    """
    file = Path(os.path.realpath(path))
    with staged(file, text.encode("utf-8")) as part:
        with contextlib.suppress(FileNotFoundError):
            part.chmod(stat.S_IMODE(file.stat().st_mode))
        part.replace(file)


@contextlib.contextmanager
def staged(path: Path, data: bytes) -> Iterator[Path]:
    """A part file beside `path` that holds the data; gone afterwards, unless it was moved to where it belongs."""
    part = path.with_name(f".conformance-{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            file.write(data)
        yield part
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", "Choose a folder that can be written.") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _data(name: str) -> Path:
    return (_PACKAGE.parent if in_checkout() else _PACKED) / name
