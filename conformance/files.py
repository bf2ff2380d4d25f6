"""Where the data folders are, in a checkout and in a wheel, and how a file is read and written."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

from conformance.errors import UnreadableInput, UsageError

_PACKAGE = Path(__file__).resolve().parent
_PACKED = _PACKAGE / "_data"

#: Bytes read of what may never end, a pipe or standard input: the largest answer that is recorded has 16 MiB
#: (`targets.settings.MAX_BYTES`), and sixteen of those are a longer conversation than any that is judged.
ENDLESS = 256 * 2**20


def schemas_folder() -> Path:
    """The folder of the vendor's slice, our corrections and the schemas derived from them."""
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


def read(path: Path) -> bytes:
    """The content of a file, or of a pipe up to a limit.

    Raises `UnreadableInput` where it cannot be read, is a folder or a device, or does not end.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.read_bytes()
        if not stat.S_ISFIFO(mode):
            raise UnreadableInput(f"{path}: this is neither a file nor a pipe")
        with path.open("rb") as pipe:
            return _ending(pipe, str(path))
    except OSError as error:
        raise UnreadableInput(
            f"cannot read {path}: {error.strerror}", "Is the path right, and do you have permission to read it?"
        ) from None


def read_standard_input() -> bytes:
    """What comes on standard input. Raises `UnreadableInput` where it is closed or does not end."""
    if sys.stdin is None:
        raise UnreadableInput("standard input is closed", "Pipe a recording into it, or name a file.")
    return _ending(sys.stdin.buffer, "standard input")


def _ending(source: IO[bytes], name: str) -> bytes:
    content = source.read(ENDLESS + 1)
    if len(content) > ENDLESS:
        raise UnreadableInput(f"{name}: this does not end within {ENDLESS // 2**20} MiB", "Is it what you meant?")
    return content


def prepare_folder(folder: Path) -> None:
    """Make a folder and show that a file can be written in it. Raises `UsageError` where that is not so."""
    probe = folder / f".probe.{os.getpid()}"
    write_atomically(probe, "")
    probe.unlink(missing_ok=True)


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
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            file.write(data)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", "choose a folder that can be written") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _data(name: str) -> Path:
    return (_PACKAGE.parent if in_checkout() else _PACKED) / name
