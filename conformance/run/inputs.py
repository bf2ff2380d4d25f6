"""The recordings that paths on a command line mean: files, folders, standard input. Unreadable ones are told."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from conformance import files
from conformance.errors import UnreadableInput
from conformance.model import Transcript
from conformance.wire import recordings

#: Standard input.
STDIN = "-"

#: What lies beside recordings in a folder and is none: requests, sums, manifests, words for people. Hidden files too.
_BESIDE = re.compile(
    r"\..*|.*\.request\.json|SHA256SUMS|.*\.sha256|manifest\b.*|public\.toml|(README|LICENSE|SOURCE)\b.*|.*\.md", re.I
)


def names(paths: Iterable[str]) -> Iterator[str]:
    """Every file the paths mean, folders in alphabetical order; a folder that holds no recording stands for itself."""
    for path in paths:
        if path == STDIN or not stat.S_ISDIR(_mode(Path(path))):
            yield path
        else:
            yield from [str(file) for file in _below(Path(path))] or [path]


def read(name: str) -> tuple[Transcript, ...]:
    """The transcripts of one file, with the request that lies beside it, or of standard input.

    Raises UnreadableInput, for a folder always.
    """
    if name == STDIN:
        return recordings.read(STDIN, files.read_standard_input(), None)
    path = Path(name)
    if stat.S_ISDIR(_mode(path)):
        _refuse_folder(path)
    beside = path.with_name(f"{path.stem}.request.json")
    request = files.read(beside) if stat.S_ISREG(_mode(beside)) else None
    return recordings.read(name, files.read(path), request)


def _below(folder: Path) -> Iterator[Path]:
    """Files of a folder and of those in it; one that cannot be listed stands for itself, so that reading it tells."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        yield folder
        return
    for entry in entries:
        if _BESIDE.fullmatch(entry.name):
            continue
        mode = _mode(entry)
        if stat.S_ISDIR(mode) and not entry.is_symlink():
            yield from _below(entry)
        elif stat.S_ISREG(mode):
            yield entry


def _mode(path: Path) -> int:
    """What kind of file it is; 0 where there is none, its name is too long or its folder is closed to us."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _refuse_folder(folder: Path) -> NoReturn:
    try:
        list(folder.iterdir())
    except OSError as error:
        raise UnreadableInput(f"cannot read {folder}: {error.strerror}", "Do you have permission to read it?") from None
    raise UnreadableInput(f"{folder}: the folder holds no recording", "It may hold .sse, .jsonl and .json files.")
