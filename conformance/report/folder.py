"""A report kept in a folder: report.json for programs, report.txt for people."""

from __future__ import annotations

from pathlib import Path

from conformance.files import write_atomically
from conformance.model import Report
from conformance.report.json_writer import page
from conformance.report.text import Style, text


def write(report: Report, folder: str, again: str, kind: str = "scenario") -> tuple[Path, ...]:
    """Write both files, each at once or not at all, and return where they are."""
    contents = {"report.json": page(report, kind), "report.txt": text(report, again, Style(verbose=True))}
    paths = tuple(Path(folder) / name for name in contents)
    for path, content in zip(paths, contents.values(), strict=True):
        write_atomically(path, content)
    return paths
