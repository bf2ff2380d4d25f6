"""The recordings that paths on a command line mean: files, folders, standard input. Unreadable ones are reported.

A path that was named is followed wherever it leads. What a folder holds may have come from strangers: no link is
followed out of it, and nothing but files is opened.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from conformance import files
from conformance.errors import UnreadableInput
from conformance.model import Transcript
from conformance.run.body_files import BodyFiles, place
from conformance.wire import recordings
from conformance.wire.recordings.beside import NotBeside

#: Standard input.
STDIN = "-"

#: What lies beside recordings in a folder and is none: requests, sums, manifests, words for people. Hidden files too.
_BESIDE = re.compile(
    r"\..*|.*\.request\.json|SHA256SUMS|.*\.sha256|manifest\b.*|public\.toml|(README|LICENSE|SOURCE)\b.*|.*\.md", re.I
)


#: Hears of an entry that was not followed or opened, and why.
PassedOver = Callable[[Path, str], None]


def _unheard(_path: Path, _why: str) -> None:
    """Nobody wants to know."""


def names(paths: Iterable[str], passed_over: PassedOver = _unheard) -> Iterator[str]:
    """Every file the paths mean, folders in alphabetical order; a folder that holds no recording stands for itself.

    `passed_over` hears of every link and every entry of another kind that is left out.
    """
    for path in paths:
        if path == STDIN:
            yield path
        elif stat.S_ISDIR(_mode(Path(path))):
            yield from _without_bodies(list(_below(Path(path), Path(path), passed_over))) or [path]
        else:
            _is_own(_beside(Path(path)), Path(path).parent, passed_over)
            yield path


def read(name: str) -> tuple[Transcript, ...]:
    """The transcripts of one file, with the request or the bodies that lie beside it, or of standard input.

    Raises UnreadableInput, for a folder always.
    """
    if name == STDIN:
        return recordings.read(STDIN, files.read_standard_input(files.RECORDING), None)
    path = Path(name)
    if stat.S_ISDIR(_mode(path)):
        _refuse_folder(path)
    beside = _beside(path)
    request = files.read(beside, files.RECORDING, only_files=True) if _is_own(beside, path.parent) else None
    return recordings.read(name, files.read(path, files.RECORDING), request, BodyFiles(path))


def sums(folder: Path, name: str) -> Iterator[Path]:
    """The files of this name in a folder and in those in it, by the same rule."""
    for path in sorted(folder.rglob(name)):
        if _is_own(path, folder):
            yield path


def _beside(path: Path) -> Path:
    """Where the request lies that a raw stream answers."""
    return path.with_name(f"{path.stem}.request.json")


def _below(folder: Path, root: Path, passed_over: PassedOver) -> Iterator[Path]:
    """Files of a folder and of those in it; one that cannot be listed stands for itself, so that reading it says so."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        yield folder
        return
    for entry in entries:
        request = entry.name.lower().endswith(".request.json")
        if _BESIDE.fullmatch(entry.name) and not request:
            continue
        if stat.S_ISDIR(_mode(entry)) and not entry.is_symlink():
            yield from _below(entry, root, passed_over)
        elif _is_own(entry, root, passed_over) and not request:
            yield entry


def _without_bodies(found: Sequence[Path]) -> list[str]:
    """The files of a folder without those that hold bodies of a recording in it: they are read with the recording.

    One that has bodies itself is a recording, whoever names it.
    """
    owners = {path: owned for path in found if (owned := _bodies(path))}
    bodies = frozenset().union(*owners.values()) - owners.keys()
    return [str(path) for path in found if path not in bodies]


def _bodies(recording: Path) -> frozenset[Path]:
    """The files that a recording keeps bodies in; none where it cannot be read, which whoever reads it says."""
    bodies = set()
    with suppress(UnreadableInput):
        for name in recordings.bodies_named(files.read(recording, files.RECORDING, only_files=True)):
            with suppress(NotBeside):
                bodies.add(place(recording, name))
    return frozenset(bodies)


def _is_own(path: Path, root: Path, passed_over: PassedOver = _unheard) -> bool:
    """Whether there is a file that lies in the folder, also where a link in the folder leads to it."""
    kind = _mode(path, follow=False)
    if not stat.S_ISLNK(kind):
        if kind and not stat.S_ISREG(kind):
            passed_over(path, "neither a file nor a folder")
        return stat.S_ISREG(kind)
    why = _leads(path, root)
    if why is not None:
        passed_over(path, why)
    return why is None


def _leads(link: Path, root: Path) -> str | None:
    """Why a link is not followed; None where it leads to a file within the folder."""
    try:
        end = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if not end.is_relative_to(root.resolve()):
        return "a link that leads out of the folder"
    if any(part.startswith(".") for part in end.relative_to(root.resolve()).parts):
        return "a link to what is hidden"
    return None if end.is_file() else "a link to no file"


def _mode(path: Path, *, follow: bool = True) -> int:
    """What kind of file it is; 0 where there is none, its name is too long or its folder is closed to us."""
    try:
        return path.stat(follow_symlinks=follow).st_mode
    except OSError:
        return 0


def _refuse_folder(folder: Path) -> NoReturn:
    try:
        list(folder.iterdir())
    except OSError as error:
        raise UnreadableInput(f"cannot read {folder}: {error.strerror}", "Do you have permission to read it?") from None
    raise UnreadableInput(f"{folder}: the folder holds no recording", "It may hold .sse, .jsonl and .json files.")
