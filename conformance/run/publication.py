"""The results that are published by themselves: small files that say everything, made from the reports beside them.

`reports/NAME.json` holds what each implementation came to, shortened; page, data, tables and badges are made from these
alone. What is not judged now stays as it was published, with its own date and version: nothing is lost by judging one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.errors import UnreadableInput, UsageError
from conformance.files import REPORT, prepare_folder, read, write_atomically
from conformance.model import Profile, Report, Role
from conformance.report import badge, json_writer, reader
from conformance.report.column import Column, Facts
from conformance.report.matrix import as_json, as_page
from conformance.report.results_page import as_results
from conformance.report.shortened import shortened
from conformance.run.added import NAME, VERSION
from conformance.run.collected import NOT_YET, PUBLISHED, UNJUDGED, told

#: Below it: the reports that others made.
ADDED = "added"

_DATA, _PAGE, _BADGES = "data.json", "index.html", "badges"

#: How the data of every version begin.
_OURS = re.compile(rb'\s*\{\s*"matrix"\s*:')


@dataclass(frozen=True, slots=True)
class Published:
    """What was published, as columns in the order in which they stand, and what its owner should know of it."""

    columns: tuple[Column, ...]
    notes: tuple[str, ...]


def check(folder: Path) -> None:
    """Raise UsageError for a folder in which nothing can be published, or in which that would replace what is not ours.

    Where our data lie, the rest is ours: they are written before page, tables and badges. Raises UnreadableInput for a
    report in the folder that is none: better now than when hours have been spent on judging.
    """
    if folder.name in ("", ".."):
        raise UsageError(
            f"--publish {folder}: the folder has no name here, and the tables go to NAME.md beside it",
            "Name it, as in --publish docs/results.",
        )
    prepare_folder(folder)
    data = folder / _DATA
    if data.is_file() and _OURS.match(read(data, REPORT, only_files=True)):
        for path in sorted((folder / PUBLISHED).glob("*.json")):
            _read(path)
        return
    places = (data, folder / _PAGE, _tables(folder), folder / _BADGES)
    taken = next((path for path in places if path.exists() or path.is_symlink()), None)
    if taken is not None:
        raise UsageError(
            f"{taken} is there, and the suite did not write it", "Choose another --publish, or move it away."
        )


def publish(columns: Sequence[Column], folder: Path, targets: str) -> Published:
    """Write the reports of these columns into a folder, and from all that lie there page, data, badges and tables.

    `targets` is the list that they came from. Raises UsageError where something cannot be written, and UnreadableInput
    for a report in the folder that is none.
    """
    settled = [_settled(column, folder) for column in columns]
    rows = tuple(column for column, _ in settled)
    write_atomically(folder / _DATA, as_json(rows))
    write_atomically(folder / _PAGE, as_page(rows))
    write_atomically(_tables(folder), as_results(rows, targets, folder.name))
    for column in rows:
        if column.report is not None and column.judged:
            write_atomically(folder / _BADGES / f"{column.key}.json", badge.render(column.report))
    return Published(rows, (*(note for _, note in settled if note), *_strays(rows, folder)))


def _tables(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.md")


def added(folder: Path) -> tuple[Column, ...]:
    """The reports of others that were ever added there; to take one back, its file is deleted.

    Raises UnreadableInput for one that does not say what was judged, or lies under another name.
    """
    return tuple(map(_added, sorted((folder / PUBLISHED / ADDED).glob("*.json"))))


def _settled(column: Column, folder: Path) -> tuple[Column, str]:
    """A column as it is published: by what came now unless there is a better report; and what is to be said of that."""
    alone, others = replace(column, folder=""), column.facts.added
    path = folder / PUBLISHED / (ADDED if others else "") / f"{column.key}.json"
    before = _read(path) if path.exists() and not others else None
    now = _now(column)
    if before is not None and (now is None or not _better(now, before)):
        lost = before.subjects and column.reason not in (None, NOT_YET)
        return told(alone, before), f"{column.title}: {column.reason}; its published report stays" if lost else ""
    return (alone if now is None else told(alone, _keep(now, path))), ""


def _now(column: Column) -> Report | None:
    """What this run says of a target: its report, or one that holds only why there is none."""
    named = {"name": column.name} | ({} if column.version is None else {"version": column.version})
    if column.report is not None:
        return replace(column.report, target={**column.report.target, **named})
    if column.reason in (None, NOT_YET):
        return None
    began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    profile = Profile(role=Role(column.role))
    return Report({"kind": UNJUDGED, **named}, (), interrupted=column.reason, profile=profile, began=began)


def _better(now: Report, before: Report) -> bool:
    """Whether a report takes the place of the published one: never one of less, of the same, or an older one.

    Why there is none may be what an earlier run said, collected: it is not dated anew.
    """
    if not now.subjects and (now.target, now.interrupted) == (before.target, before.interrupted):
        return False
    return now.began > before.began and (_whole(now) or not _whole(before))


def _whole(report: Report) -> bool:
    return bool(report.subjects) and report.interrupted is None


def _keep(report: Report, path: Path) -> Report:
    """Write a report, shortened; returns what was written."""
    short = shortened(report)
    write_atomically(path, json_writer.short(short))
    return short


def _read(path: Path) -> Report:
    return reader.read(read(path, REPORT, only_files=True), str(path))


def _added(path: Path) -> Column:
    report = _read(path)
    name, version = (str(report.target.get(fact, "")) for fact in ("name", "version"))
    if not NAME.fullmatch(name) or not VERSION.fullmatch(version):
        raise UnreadableInput(f"{path}: it does not say which version of what was judged", "Put it there with --add.")
    column = Column(name, report.profile.role.value, "", report, facts=Facts(version=version, added=True))
    if column.key != path.stem:
        raise UnreadableInput(f"{path}: this is the report of {name!r}", f"Its file is named {column.key}.json.")
    return column


def _strays(rows: Sequence[Column], folder: Path) -> Iterator[str]:
    """Reports of targets that the list does not have any more."""
    names = {column.key for column in rows if not column.facts.added}
    for path in sorted((folder / PUBLISHED).glob("*.json")):
        if path.stem not in names:
            yield f"{path} belongs to no target of the list: delete it, or list the target"
