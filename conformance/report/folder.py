"""A report kept in a folder: every form there is of it, and a cassette for each departure that one can repeat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from conformance.errors import UsageError
from conformance.files import write_atomically
from conformance.model import Report
from conformance.report.writers import REPRO, WRITERS


def write(report: Report, folder: str) -> tuple[Path, ...]:
    """Write every file, each at once or not at all, and return where they are."""
    written = []
    for name, content in _contents(report):
        written.append(Path(folder) / name)
        write_atomically(written[-1], content)
    return tuple(written)


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
                write_atomically(self._path, WRITERS["json"].render(so_far()))
            self._next = time.monotonic() + self.EVERY


def _contents(report: Report) -> Iterator[tuple[str, str]]:
    for exhibit in report.exhibits:
        if exhibit.cassette:
            yield f"{REPRO}/{exhibit.requirement}.jsonl", exhibit.cassette
    for writer in WRITERS.values():
        yield writer.file, writer.render(report)
