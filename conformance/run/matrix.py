"""Several targets judged at a time, each by a process of its own: one that dies takes nobody with it."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from conformance.errors import ConformanceError, UnreadableInput
from conformance.files import read
from conformance.model import Report
from conformance.report import reader
from conformance.report.matrix import Column
from conformance.report.writers import WRITERS
from conformance.targets import process
from conformance.targets.interruption import INTERRUPTED
from conformance.wire.json_schema import mismatch, own_validator

#: Seconds for one target: a whole run takes seconds, and of a slow model's server a quarter of an hour.
LIMIT = 1800.0

#: Seconds in which a run that is ended removes what it created and writes what it has.
_GRACE = 10.0

#: Exit codes after which there is a verdict, or a reason why there is none.
_KNOWN = frozenset({0, 1, 2, 3, 5, 6})

#: What an entry holds beside the options of its command.
_OURS = frozenset({"name", "limit", "command"})

_HINT = "schemas/own/targets.json describes the list of targets."


@dataclass(frozen=True, slots=True)
class Entry:
    """One target of the list."""

    name: str
    role: str
    #: The words after `conformance`, without where the report goes; of a client, its command stands apart.
    words: tuple[str, ...]
    command: tuple[str, ...]
    limit: float

    @property
    def folder(self) -> str:
        """Where its report goes."""
        return self.name.replace(" ", "-").lower()


def entries(path: Path) -> tuple[Entry, ...]:
    """The targets that a file lists. Raises UnreadableInput with what is wrong with it."""
    try:
        document = tomllib.loads(read(path).decode("utf-8"))
    except ValueError as error:
        raise UnreadableInput(f"{path}: this is no TOML: {error}", _HINT) from None
    broken = mismatch(own_validator("targets"), document)
    if broken is not None:
        raise UnreadableInput(f"{path}: {broken[0] or 'the list'} breaks {broken[1]!r}", _HINT)
    found = tuple(_entry(role, row) for role in ("server", "client") for row in document.get(role, ()))
    folders = [entry.folder for entry in found]
    twice = next((entry.name for entry in found if folders.count(entry.folder) > 1), None)
    if twice is not None:
        raise UnreadableInput(f"{path}: two targets are named {twice!r}", "Give each a name of its own.")
    return found


def judged(
    listed: Sequence[Entry], out: Path, jobs: int, environment: Mapping[str, str], finished: Callable[[Column], None]
) -> tuple[Column, ...]:
    """Judge every target, `jobs` at a time, and return what came of each, in the order of the list.

    An interruption ends those that are under way, and the others come to nothing.
    """
    interrupted = Event()
    with ThreadPoolExecutor(jobs, thread_name_prefix="conformance-matrix") as pool:
        under_way = [pool.submit(_judged, entry, out, environment, interrupted, finished) for entry in listed]
        why = INTERRUPTED
        try:
            wait(under_way, return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt as interrupt:
            why = str(interrupt) or INTERRUPTED
        finally:  # of those that are under way the report so far is kept
            interrupted.set()
            for each in under_way:
                each.cancel()
            wait(under_way)
    return tuple(
        Column(entry.name, entry.role, entry.folder, None, why, 2) if each.cancelled() else each.result()
        for entry, each in zip(listed, under_way, strict=True)
    )


def _judged(
    entry: Entry, out: Path, environment: Mapping[str, str], interrupted: Event, finished: Callable[[Column], None]
) -> Column:
    folder = out / entry.folder
    kept = folder / WRITERS["json"].file
    kept.unlink(missing_ok=True)  # what an earlier run left there is not what comes of this one
    command = [sys.executable, "-m", "conformance", *entry.words, f"--out={folder}", *entry.command]
    ended = process.run(command, environment, entry.limit, interrupted.is_set, grace=_GRACE)
    column = _column(entry, _report(kept), ended)
    finished(column)
    return column


def _column(entry: Entry, report: Report | None, ended: process.Finished) -> Column:
    reason = None
    if ended.exit_code is None:
        reason = f"it was ended after {entry.limit if ended.seconds >= entry.limit else round(ended.seconds):g} seconds"
    elif report is None or ended.exit_code not in _KNOWN:
        reason = _last_words(ended)
    else:
        reason = report.interrupted
    code = 2 if ended.exit_code is None else ended.exit_code if ended.exit_code in _KNOWN else 5
    return Column(entry.name, entry.role, entry.folder, report, reason, code)


def _report(path: Path) -> Report | None:
    try:
        return reader.read(path.read_bytes(), str(path))
    except (OSError, ConformanceError):
        return None


def _last_words(ended: process.Finished) -> str:
    """What a run that left no report said in the end: our errors are one line that begins with our name."""
    lines = ended.output.decode("utf-8", "replace").strip().splitlines()
    ours = [line.removeprefix("conformance: ") for line in lines if line.startswith("conformance: ")]
    return (ours or lines or [f"it ended with {ended.exit_code} and said nothing"])[-1]


def _entry(role: str, row: Mapping[str, Any]) -> Entry:
    words = (role, *(word for name, value in row.items() if name not in _OURS for word in _words(name, value)))
    command = ("--", *row["command"]) if "command" in row else ()
    return Entry(row["name"], role, words, command, float(row.get("limit", LIMIT)))


def _words(name: str, value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if each is not False:
            yield f"--{name}" + ("" if each is True else f"={each}")
