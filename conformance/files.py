"""Where the data folders are, in a checkout and in a wheel, and how a file is written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from conformance.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_PACKED = _PACKAGE / "_data"


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


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that nobody ever sees half of it; its folder is made where it is missing.

    Raises `UsageError` where it cannot be written; what was there before is then untouched.
    """
    data = text.encode("utf-8")
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
