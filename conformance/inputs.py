"""The recordings that paths on a command line mean: files, folders, standard input. Unreadable ones are told."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.errors import UnreadableInput
from conformance.model import Transcript
from conformance.wire import recordings

#: Standard input.
STDIN = "-"

#: What lies beside recordings in a folder and is none: requests, sums, manifests, words for people. Hidden files too.
_BESIDE = re.compile(
    r"\..*|.*\.request\.json|SHA256SUMS|.*\.sha256|manifest\b.*|(README|LICENSE|SOURCE)\b.*|.*\.md", re.I
)


def names(paths: Iterable[str]) -> Iterator[str]:
    """Every file the paths mean, folders in alphabetical order. Raises UnreadableInput for a folder without any."""
    for path in paths:
        if path == STDIN or not Path(path).is_dir():
            yield path
            continue
        found = [str(file) for file in _below(Path(path))]
        if not found:
            raise UnreadableInput(f"{path}: the folder holds no recording", "It may hold .sse, .jsonl and .json files.")
        yield from found


def read(name: str) -> tuple[Transcript, ...]:
    """The transcripts of one file, or of standard input. Raises UnreadableInput."""
    if name == STDIN:
        return recordings.read(STDIN, sys.stdin.buffer.read(), None)
    path = Path(name)
    beside = path.with_name(f"{path.stem}.request.json")
    request = _content(beside) if path.suffix == ".sse" and beside.is_file() else None
    return recordings.read(name, _content(path), request)


def _below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UnreadableInput(f"cannot read {folder}: {error.strerror}") from None
    for entry in entries:
        if _BESIDE.fullmatch(entry.name):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.is_file():
            yield entry


def _content(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise UnreadableInput(f"{path}: this is neither a file nor a pipe")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInput(
            f"cannot read {path}: {error.strerror}", "Is the path right, and may you read it?"
        ) from None
