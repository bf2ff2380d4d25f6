"""The results that are published by themselves: small files that say everything, made from the reports beside them.

`reports/NAME.json` holds what each implementation came to, shortened; page, data, tables and badges are made from these
alone. What is not judged now stays as it was published, with its own date and version: nothing is lost by judging one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.errors import UnreadableInput
from conformance.files import REPORT, read, write_atomically
from conformance.model import Profile, Report, Role
from conformance.report import badge, json_writer, reader
from conformance.report.column import Column, Facts
from conformance.report.matrix import as_json, as_page
from conformance.report.results_page import as_results
from conformance.report.shortened import shortened
from conformance.run.collected import NOT_YET, PUBLISHED, UNJUDGED, told

#: Below it: the reports that others made.
ADDED = "added"


@dataclass(frozen=True, slots=True)
class Published:
    """What was published, as columns in the order in which they stand, and what its owner should know of it."""

    columns: tuple[Column, ...]
    notes: tuple[str, ...]


def publish(columns: Sequence[Column], folder: Path, targets: str) -> Published:
    """Write the reports of these columns into a folder, and from all that lie there page, data, badges and tables.

    `targets` is the list that they came from. Raises UsageError where something cannot be written, and UnreadableInput
    for a report in the folder that is none.
    """
    settled = [_settled(column, folder) for column in columns]
    rows = tuple(column for column, _ in settled)
    for column in rows:
        if column.report is not None and column.judged:
            write_atomically(folder / "badges" / f"{column.key}.json", badge.render(column.report))
    write_atomically(folder / "data.json", as_json(rows))
    write_atomically(folder / "index.html", as_page(rows))
    write_atomically(folder.with_name(f"{folder.name}.md"), as_results(rows, targets, folder.name))
    return Published(rows, (*(note for _, note in settled if note), *_strays(rows, folder)))


def added(folder: Path) -> tuple[Column, ...]:
    """The reports of others that were ever added there; to take one back, its file is deleted.

    Raises UnreadableInput for one that does not say what was judged.
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
    if column.report is not None:
        version = {} if column.version is None else {"version": column.version}
        return replace(column.report, target={**column.report.target, "name": column.name, **version})
    if column.reason in (None, NOT_YET):
        return None
    facts = {} if column.facts.version is None else {"version": column.facts.version}
    target = {"kind": UNJUDGED, "name": column.name, **facts}
    began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Report(target, (), interrupted=column.reason, profile=Profile(role=Role(column.role)), began=began)


def _better(now: Report, before: Report) -> bool:
    """Whether a report takes the place of the published one: never one of less, and never an older one."""
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
    name, version = (report.target.get(fact) for fact in ("name", "version"))
    if not isinstance(name, str) or not isinstance(version, str):
        raise UnreadableInput(f"{path}: it does not say which version of what was judged", "Put it there with --add.")
    return Column(name, report.profile.role.value, "", report, facts=Facts(version=version, added=True))


def _strays(rows: Sequence[Column], folder: Path) -> Iterator[str]:
    """Reports of targets that the list does not have any more."""
    names = {column.key for column in rows if not column.facts.added}
    for path in sorted((folder / PUBLISHED).glob("*.json")):
        if path.stem not in names:
            yield f"{path} belongs to no target of the list: delete it, or list the target"
