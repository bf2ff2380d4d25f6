"""What earlier runs left of each target of a list: the newest report, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError, UsageError
from conformance.files import REPORT, read
from conformance.model import Report
from conformance.report.column import Column
from conformance.report.writers import WRITERS
from conformance.run.matrix import OVERVIEW, Entry, report_at
from conformance.wire import strict_json
from conformance.wire.json_schema import mismatch, own_validator

#: The overview of a folder as data: it says why a target has no report, and which version was judged.
_DATA = next(name for name in OVERVIEW if name.endswith(".json"))

#: Where the reports lie in a folder of `--publish`, each a file.
PUBLISHED = "reports"

#: The kind of a target that could not be judged: its published report says why, and holds nothing else.
UNJUDGED = "unjudged"

#: Why a target has no report that nobody has judged.
NOT_YET = "not judged yet"


@dataclass(frozen=True, slots=True)
class _Left:
    """What a run of the matrix left in its folder."""

    folder: Path
    #: Name of a target -> its row in the overview; empty where there is none that can be read.
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> _Left:
        try:
            document = strict_json.read(read(folder / _DATA, REPORT, only_files=True))
        except (ConformanceError, strict_json.NotJson):
            return cls(folder)
        if not isinstance(document, dict) or mismatch(own_validator("matrix"), document) is not None:
            return cls(folder)
        return cls(folder, {row["name"]: row for row in document["targets"]})

    def report(self, entry: Entry) -> Report | None:
        """The report of a target; one that was written before reports named the version has that of the overview."""
        report = report_at(self.folder / entry.folder / WRITERS["json"].file) or report_at(
            self.folder / PUBLISHED / f"{entry.folder}.json"
        )
        version = self.rows.get(entry.name, {}).get("version")
        if report is None or version is None or "version" in report.target:
            return report
        return replace(report, target={**report.target, "name": entry.name, "version": version})

    def reason(self, entry: Entry) -> str | None:
        """Why a target could not be judged."""
        reason = self.rows.get(entry.name, {}).get("reason")
        return None if reason == NOT_YET else reason


def joined(
    listed: Sequence[Entry], found: Sequence[Column], out: Path, folders: Sequence[Path] = ()
) -> tuple[Column, ...]:
    """A column of every entry: what was found now, else the newest report of those in `out` and in other folders.

    Raises UsageError for a folder that is none.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--collect {folder}: there is no such folder", "Name the --out of an earlier run.")
    now = {column.name: column for column in found}
    left = [_Left.of(folder) for folder in dict.fromkeys((out, *folders))]
    return tuple(now.get(entry.name) or _newest(entry, out, left) for entry in listed)


def _newest(entry: Entry, out: Path, left: Sequence[_Left]) -> Column:
    met = [(report, each.folder) for each in left if (report := each.report(entry)) is not None]
    if not met:
        return entry.column(None, next(_reasons(entry, left), NOT_YET))
    report, folder = max(met, key=lambda each: each[0].began)
    return told(entry.column(report, folder=entry.folder if folder == out else ""), report)


def told(column: Column, report: Report) -> Column:
    """A column as a report says that was kept: one that only says why there is none is that reason."""
    away = report.target.get("kind") == UNJUDGED
    return replace(column, report=None if away else report, reason=report.interrupted)


def _reasons(entry: Entry, left: Sequence[_Left]) -> Iterator[str]:
    return (reason for each in left if (reason := each.reason(entry)) is not None)
