"""`--update-known-failures`: the file as it should be after a run, with everything people wrote in it.

What fails and is not excused gets a row; a row that fails for another cause gets that cause, its reason stays; what
passes is taken out. Only what the run has judged is touched: rows for other targets, expired rows and rows that match
nothing stay as they are, for their owner to decide on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from conformance.errors import UnreadableInput
from conformance.files import rewrite
from conformance.model import JUDGED, KnownFailure, Report, Status, Verdict
from conformance.report.plain import safe
from conformance.report.tally import DEPARTED, counted, standing
from conformance.run.known_failures import reader
from conformance.verdict import known

_HEADER = re.compile(rf"[ \t]*\[\[[ \t]*{reader.TABLE}[ \t]*\]\][ \t]*(#.*)?")

#: How a list begins.
PREAMBLE = """\
# What fails and is known to, each with its reason. Listed failures still run and are reported, but do not fail the run;
# a row is reported when what it lists passes, fails for another cause, or has expired.
"""


@dataclass(frozen=True, slots=True)
class Updated:
    """A report with the new list held against it, the text of that list, and what was changed in it, in words."""

    report: Report
    text: str
    changes: tuple[str, ...]


def update(report: Report, path: Path) -> Updated:
    """Bring a file up to date with what a report says, and the report with the file; a missing one is begun.

    Raises UnreadableInput where the file cannot be read or its rows cannot be told apart, and UsageError where it
    cannot be written; it is then as it was.
    """
    content = reader.text(path) if path.exists() else PREAMBLE
    end = _line_end(content)
    done = updated(report, content.replace(end, "\n"), str(path))
    if done.changes:
        rewrite(path, done.text.replace("\n", end))
    return done


def _line_end(content: str) -> str:
    """What every line ends with; of a text that mixes ends, which stay as they are, a new line gets the plain one."""
    windows = content.count("\r\n")
    return "\r\n" if windows and windows == content.count("\n") else "\n"


def updated(
    report: Report, content: str, name: str, row_of: Callable[[KnownFailure], KnownFailure] = lambda row: row
) -> Updated:
    """The new text of a list, without touching a file; `row_of` makes of what fails now the row that is written."""
    preamble, blocks = _blocks(content, name)
    kept = [preamble]
    changes: list[str] = []
    for block, row in zip(blocks, reader.rows(content, name), strict=True):
        edit = _Edit.of(row, report)
        kept.append(edit.applied(block))
        changes.extend(edit.changes())
    old = "".join(kept)
    held = known.held(report, _rows(old, name, report))
    added = [row_of(row) for row in _added(held)]
    text = old + "".join(f"{_gap(old)}{_written(row)}" for row in added)
    changes.extend(f"added {_shown(row)}: {row.reason}" for row in added)
    return Updated(known.held(report, _rows(text, name, report)), text, tuple(changes))


def _rows(text: str, name: str, report: Report) -> tuple[KnownFailure, ...]:
    role = None if report.target.get("kind") == "recordings" else report.profile.role
    return known.holding(reader.rows(text, name), report.target, role)


def _blocks(content: str, name: str) -> tuple[str, list[str]]:
    """What stands before the first row, and the text of each: a comment right above a row belongs to it."""
    lines = content.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line.rstrip("\r\n"))]
    if len(starts) != len(reader.rows(content, name)):
        raise UnreadableInput(
            f"{name}: the rows cannot be distinguished, so nothing was changed",
            "Write each as a table of its own, headed by a line [[failure]].",
        )
    for index, start in enumerate(starts):
        while starts[index] and lines[starts[index] - 1].lstrip().startswith("#"):
            starts[index] -= 1
        if starts[index] == 0:  # a comment at the very top is about the file
            starts[index] = start
    ends = [*starts, len(lines)][1:]
    blocks = ["".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
    return "".join(lines[: starts[0]] if starts else lines), blocks


@dataclass(frozen=True, slots=True)
class _Edit:
    """What becomes of one row: taken out, without some of its scenarios, with other causes, or nothing."""

    row: KnownFailure
    out: bool = False
    passing: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: KnownFailure, report: Report) -> _Edit:
        if row not in report.known_failures or known.expired(row, report):
            return cls(row)
        passing = known.stale(row, report)
        if passing is not None and len(passing) == len(row.scenarios):
            return cls(row, out=True)
        cells = [
            (verdict, subject.name)
            for subject in report.subjects
            for verdict in subject.verdicts
            if known.covers(row, verdict, subject.name)
        ]
        seen = {cause for verdict, _ in cells if verdict.status in DEPARTED for cause in known.causes(verdict)}
        if not row.fingerprints or not seen:
            return cls(row, passing=passing or ())
        others = {
            cause
            for other in report.known_failures
            if other != row and other.requirement == row.requirement
            for cause in other.fingerprints
        }
        met = {name for cause in seen for name in cause}
        gone = tuple(name for name in row.fingerprints if name not in met) if _reached(row, report, cells) else ()
        new = tuple(sorted({cause[0] for cause in seen if {*row.fingerprints, *others}.isdisjoint(cause)}))
        return cls(row, set(row.fingerprints) == set(gone) and not new, passing or (), gone, new)

    def applied(self, block: str) -> str:
        """The text of the row afterwards; of one that is taken out, comments that stand apart below it."""
        if self.out:
            lines = block.splitlines(keepends=True)
            last = max(at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
            below = "".join(lines[last + 1 :])
            return below if "#" in below else ""
        if not (self.passing or self.gone or self.new):
            return block
        document = tomlkit.parse(block)
        row: Any = document[reader.TABLE][0]
        for name in self.passing:
            row["scenarios"].remove(name)
        for cause in self.gone:
            row["fingerprints"].remove(cause)
        for cause in self.new:
            row["fingerprints"].append(cause)
        return tomlkit.dumps(document)

    def changes(self) -> Iterator[str]:
        """What was changed, in words."""
        if self.out:
            yield f"removed {_shown(self.row)}, which no longer fails so; its reason was: {self.row.reason}"
        elif self.passing:
            yield f"removed {', '.join(self.passing)} from {self.row.requirement}, which passes there now"
        if not self.out and (self.new or self.gone):
            yield f"changed the causes of {_shown(self.row)}; does its reason still hold? {self.row.reason}"


def _reached(row: KnownFailure, report: Report, cells: Sequence[tuple[Verdict, str]]) -> bool:
    """Whether the run judged everything a row is about: only then is a cause that was not seen really gone."""
    if any(verdict.status not in JUDGED and verdict.status is not Status.NOT_APPLICABLE for verdict, _ in cells):
        return False
    if row.scenarios:
        return all(any(name in (verdict.scenario, subject) for verdict, subject in cells) for name in row.scenarios)
    return not (report.interrupted or report.profile.selection or report.profile.shard)


def _added(report: Report) -> Iterator[KnownFailure]:
    """A row for each requirement that fails and is neither excused nor listed by an expired row."""
    failed: dict[str, list[tuple[str, Verdict]]] = {}
    for subject in report.subjects:
        for verdict in standing(subject):
            own = any(finding.primary for finding in verdict.findings)
            if own and counted(verdict) and verdict.status is Status.FAIL and not _left(verdict, subject.name, report):
                failed.setdefault(verdict.requirement, []).append((subject.name, verdict))
    for requirement, met in failed.items():
        found = {cause: finding for _, verdict in met for cause, finding in known.causes(verdict).items()}
        names = tuple(dict.fromkeys(name for name, _ in met))
        reason = safe("; ".join(dict.fromkeys(finding.message for finding in found.values())))
        yield KnownFailure(
            requirement, reason, scenarios=names, fingerprints=tuple(sorted({cause[0] for cause in found}))
        )


def _left(verdict: Verdict, subject: str, report: Report) -> bool:
    return any(known.expired(row, report) and known.covers(row, verdict, subject) for row in report.known_failures)


def _written(row: KnownFailure) -> str:
    """A new row as TOML; lists stand on lines of their own, so that changes are seen one by one."""
    table = tomlkit.table()
    table["requirement"] = row.requirement
    if row.scenarios:
        table["scenarios"] = _array(row.scenarios)
    if row.target:
        table["target"] = tomlkit.inline_table()
        table["target"].update(
            {fact: values[0] if len(values) == 1 else [*values] for fact, values in row.target.items()}
        )
    table["reason"] = row.reason
    if row.expires:
        table["expires"] = row.expires
    if row.fingerprints:
        table["fingerprints"] = _array(row.fingerprints)
    return f"[[{reader.TABLE}]]\n{tomlkit.dumps(table)}"


def _array(values: Sequence[str]) -> tomlkit.items.Array:
    array = tomlkit.array().multiline(len(values) > 1)
    array.extend(values)
    return array


def _gap(before: str) -> str:
    """What keeps a row apart from what stands before it."""
    return "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"


def _shown(row: KnownFailure) -> str:
    return f"{row.scenarios[0]}:{row.requirement}" if len(row.scenarios) == 1 else row.requirement
