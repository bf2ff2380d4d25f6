"""A report kept in a folder: every form there is of it, and a cassette for each departure that one can repeat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.files import write_atomically
from conformance.model import Report
from conformance.report.writers import WRITERS

#: Where the cassettes lie that repeat departures, each named for its requirement.
REPRO = "repro"


def write(report: Report, folder: str) -> tuple[Path, ...]:
    """Write every file, each at once or not at all, and return where they are."""
    written = []
    for name, content in _contents(report):
        written.append(Path(folder) / name)
        write_atomically(written[-1], content)
    return tuple(written)


def _contents(report: Report) -> Iterator[tuple[str, str]]:
    for exhibit in report.exhibits:
        if exhibit.cassette:
            yield f"{REPRO}/{exhibit.requirement}.jsonl", exhibit.cassette
    for writer in WRITERS.values():
        yield writer.file, writer.render(report)
