"""A report kept in a folder: every form there is of it, and a cassette for each departure that one can repeat.

The folder shows one run, whole or marked as unfinished, never the one before. A manifest says which files in it are the
suite's, and whether they are all there: nothing else in the folder is ever written over or removed. It is written
before what it lists.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from conformance import __version__, files
from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.contract.gateway_scenarios import GATEWAY_SCENARIOS
from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import UnreadableInput, UsageError
from conformance.model import Report
from conformance.report.writers import CASSETTES, CLIENTS, REPRO, WRITERS
from conformance.wire import strict_json
from conformance.wire.json_schema import mismatch, own_validator

#: Says what is the suite's in a folder; described by schemas/own/folder.json.
MANIFEST = ".conformance.json"

#: Every file that a run may write: the manifest lists all of them before the first is written.
POSSIBLE = (
    *(f"{REPRO}/{name}.jsonl" for name in REQUIREMENTS),
    *(f"{CLIENTS}/{scenario.id}.txt" for scenario in CLIENT_SCENARIOS),
    *(f"{CASSETTES}/{scenario.id}.jsonl" for scenario in GATEWAY_SCENARIOS),
    *(writer.file for writer in WRITERS.values()),
)


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What is the suite's in a folder."""

    files: tuple[str, ...] = ()
    #: Folders with a manifest of their own, each the report of one target.
    folders: tuple[str, ...] = ()
    #: All of its files are there, and are of one run.
    complete: bool = False


def begin(
    folder: Path, names: Iterable[str] = POSSIBLE, folders: Iterable[str] = (), kept: Collection[str] = ()
) -> None:
    """Take away what an earlier run wrote, and mark the folder as that of a run that has not finished.

    `names` are the files that the run may write, `folders` those below that get a report of their own; the reports of
    `kept` stay, also those that this run does not write. Raises
    UsageError where one is there that the suite did not write or where nothing can be written, and UnreadableInput
    for a manifest that the suite did not write.
    """
    names, folders = tuple(names), tuple(folders)
    before = _read(folder)
    if before is not None:
        _keep(folder, replace(before, complete=False))
        _take_away(folder, _Manifest(before.files, tuple({*before.folders, *folders} - {*kept})))
    taken = _taken(folder, names)
    if taken is not None:
        (folder / MANIFEST).unlink(missing_ok=True)
        raise UsageError(
            f"{folder / taken} is there, and the suite did not write it",
            "Choose another folder, or move it away: the report has a file of that name.",
        )
    _keep(folder, _Manifest(names, tuple(dict.fromkeys((*folders, *kept)))))


def reports_below(folder: Path) -> tuple[str, ...]:
    """The folders below one that have a report of their own. Raises UnreadableInput as `begin` does."""
    manifest = _read(folder)
    return () if manifest is None else manifest.folders


def holds(folder: Path, path: Path) -> bool:
    """Whether a path is a file of the report that a folder holds, or the folder of some of them."""
    manifest = _read(folder)
    if manifest is None:
        return False
    own = {(folder / name).resolve() for name in manifest.files}
    return path.resolve() in own | {each.parent for each in own} - {folder.resolve()}


def abandon(folder: Path) -> None:
    """Do the same in a folder that holds a report, and nothing in any other: the run fails before it has begun."""
    with suppress(UsageError, UnreadableInput):
        if _read(folder) is not None:
            begin(folder)


def write(report: Report, folder: str) -> None:
    """Write every file of a run that has begun, all or none."""
    commit(dict(_contents(report)), Path(folder))


def write_anew(report: Report, folder: str) -> None:
    """Write every file in the place of what is there; where one cannot be rendered, that stays as it is."""
    contents = dict(_contents(report))
    begin(Path(folder))
    commit(contents, Path(folder))


def commit(contents: Mapping[str, str], folder: Path, names: Iterable[str] = POSSIBLE) -> None:
    """Write files into a folder that a run has begun, the last of them last, and mark it as finished.

    Each is written beside its place first. Whatever goes wrong then, none is left. Raises UsageError where one cannot
    be written.
    """
    begun = _read(folder) or _Manifest()
    placed: list[Path] = []
    try:
        with ExitStack() as parts:
            staged = [
                (parts.enter_context(files.staged(folder / n, c.encode())), folder / n) for n, c in contents.items()
            ]
            for part, path in staged:
                placed.append(path)
                part.replace(path)
        there = tuple(_present(folder, tuple(names)))
        _keep(folder, _Manifest(there, begun.folders, complete=True))
    except BaseException:
        if not (_read(folder) or begun).complete:
            for path in placed:
                path.unlink(missing_ok=True)
        raise


class Keeper:
    """Keeps the report of a run that goes on, so that one which is killed leaves what it had, and says so."""

    #: Seconds between two times: a report of everything takes a twentieth of one to write.
    EVERY = 1.0

    def __init__(self, folder: str) -> None:
        self._path = Path(folder) / WRITERS["json"].file
        self._next = 0.0

    def __call__(self, so_far: Callable[[], Report]) -> None:
        """Write what there is so far, unless that was done a moment ago; the end reports what cannot be written."""
        if time.monotonic() >= self._next:
            with suppress(UsageError):
                files.write_atomically(self._path, WRITERS["json"].render(so_far()))
            self._next = time.monotonic() + self.EVERY


def _contents(report: Report) -> Iterator[tuple[str, str]]:
    """File -> its text. The JSON comes last: where it is that of the whole run, so are the others."""
    for exhibit in report.exhibits:
        if exhibit.cassette:
            yield f"{REPRO}/{exhibit.requirement}.jsonl", exhibit.cassette
    for form in (*(name for name in WRITERS if name != "json"), "json"):
        yield WRITERS[form].file, WRITERS[form].render(report)


def _read(folder: Path) -> _Manifest | None:
    """The manifest of a folder; None where there is none. Raises UnreadableInput for one the suite did not write."""
    path = folder / MANIFEST
    try:
        if not path.is_file():
            return None
    except OSError as error:  # no name of a folder is so long
        raise UsageError(f"cannot read {folder}: {error.strerror}", "Choose another folder.") from None
    try:
        document = strict_json.read(files.read(path, files.LIST, only_files=True))
    except strict_json.NotJson as error:
        raise UnreadableInput(f"{path}: this is not JSON: {error.reason}", _FOREIGN) from None
    broken = mismatch(own_validator("folder"), document)
    if broken is not None:
        raise UnreadableInput(f"{path}: {broken[0] or 'the manifest'} {broken[1]}", _FOREIGN)
    assert isinstance(document, dict)  # noqa: S101 - its schema says so
    return _Manifest(tuple(document["files"]), tuple(document["folders"]), document["complete"])


_FOREIGN = "The suite did not write it: look at what lies in the folder, and remove it."


def _keep(folder: Path, manifest: _Manifest) -> None:
    document = {
        "manifest": 1,
        "suite": __version__,
        # Tells this manifest from that of any other run.
        "run": secrets.token_hex(8),
        "complete": manifest.complete,
        "files": list(manifest.files),
        "folders": list(manifest.folders),
    }
    files.write_atomically(folder / MANIFEST, json.dumps(document, indent=1) + "\n")


def _take_away(folder: Path, manifest: _Manifest) -> None:
    """Remove what a manifest lists, and what a run that was killed left half written; no link is followed."""
    try:
        for name in manifest.folders:
            below = folder / name
            inner = None if below.is_symlink() else _read(below)
            if inner is not None:
                _take_away(below, inner)
                (below / MANIFEST).unlink(missing_ok=True)
                _remove_if_empty(below)
        for above in _above(folder, manifest.files):
            for name in _entries(above):
                if files.PART.fullmatch(name):
                    (above / name).unlink(missing_ok=True)
        for name in _present(folder, manifest.files):
            if (folder / name).is_symlink() or not (folder / name).is_dir():
                (folder / name).unlink(missing_ok=True)
        for above in _above(folder, manifest.files) - {folder}:
            _remove_if_empty(above)
    except OSError as error:
        raise UsageError(
            f"cannot remove what an earlier run left in {folder}: {error.strerror}", "Choose another folder."
        ) from None


def _taken(folder: Path, names: Collection[str]) -> str | None:
    """A name at which something lies; a folder that is a link would take what is written elsewhere."""
    above = {name.rpartition("/")[0] for name in names if "/" in name}
    present = {*_entries(folder)} & above
    other = (name for name in sorted(present) if (folder / name).is_symlink() or not (folder / name).is_dir())
    return next(iter((*other, *_present(folder, names))), None)


def _present(folder: Path, names: Collection[str]) -> list[str]:
    """Those of the names at which something lies, not looked for behind a link."""
    there = (
        (above / name).relative_to(folder).as_posix() for above in _above(folder, names) for name in _entries(above)
    )
    return sorted({*there} & {*names})


def _above(folder: Path, names: Iterable[str]) -> set[Path]:
    """The folders that hold the names, without those that are links."""
    above = {folder / name.rpartition("/")[0] for name in names if "/" in name}
    return {folder, *(path for path in above if not path.is_symlink())}


def _entries(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    except OSError as error:
        raise UsageError(f"cannot read {folder}: {error.strerror}", "Choose another folder.") from None


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
