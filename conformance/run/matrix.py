"""Several targets judged at a time, each by a process of its own: one that dies takes nobody with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

from conformance.errors import ConformanceError, UnreadableInput, UsageError, did_you_mean
from conformance.files import REPORT, read, write_atomically
from conformance.model import Report
from conformance.report import json_writer, reader
from conformance.report.column import Column, Facts, folder_of
from conformance.report.matrix import ROLES
from conformance.report.writers import WRITERS
from conformance.run.environments import Environments
from conformance.run.known_secrets import known_secrets
from conformance.run.tables import Format
from conformance.targets import process
from conformance.targets.interruption import INTERRUPTED
from conformance.wire.credentials import of_words
from conformance.wire.secret import secrets_of

#: Seconds for one target: a whole run takes seconds, and of a slow model's server a quarter of an hour.
LIMIT = 1800.0

#: Seconds in which a run that is ended removes what it created and writes what it has.
_GRACE = 10.0

#: What an entry says of its target for whoever reads the result.
FACTS = ("version", "language", "group", "homepage", "notes", "varies")

#: Exit codes after which there is a verdict, or a reason why there is none.
_KNOWN = frozenset({0, 1, 2, 3, 5, 6})

#: What an entry holds beside the options of its command.
OURS = frozenset({"name", "limit", "command", "environment", "install", *FACTS})

#: The files that lie beside the folders of the targets.
OVERVIEW = ("matrix.html", "matrix.json", "matrix.md")

_FORMAT = Format(
    "targets", "it lists no target", "Write a table [[server]], [[client]] or [[gateway]] for each target."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One target of the list."""

    name: str
    role: str
    #: The words after `conformance`, without where the report goes; the command of a client or gateway stands apart.
    words: tuple[str, ...]
    command: tuple[str, ...]
    limit: float
    facts: Facts = field(default_factory=Facts)

    @property
    def folder(self) -> str:
        """Where its report goes."""
        return folder_of(self.name)

    @property
    def names(self) -> Mapping[str, str]:
        """What its report says of it: its name and, where the list has one, its version."""
        return {"name": self.name} | ({} if self.facts.version is None else {"version": self.facts.version})

    def column(self, report: Report | None, reason: str | None = None, code: int = 5, *, folder: str = "") -> Column:
        """Its column; `folder` is that of its report, where one lies beside the overview.

        A reason may be what a program said in the end, and an index that `install` names may have a password: no secret
        is left in them.
        """
        hidden = secrets_of(known_secrets()).hidden
        passwords = secrets_of(tuple(of_words(self.facts.install)))
        facts = replace(self.facts, install=tuple(map(passwords.hidden, self.facts.install)))
        return Column(self.name, self.role, folder, report, None if reason is None else hidden(reason), code, facts)


def entries(path: Path) -> tuple[Entry, ...]:
    """The targets that a file lists. Raises UnreadableInput with what is wrong with it."""
    document = _FORMAT.read(path)
    found = tuple(_entry(role, row) for role in ROLES for row in document.get(role, ()))
    folders = [entry.folder for entry in found]
    for role in ROLES:
        for number, entry in enumerate(each for each in found if each.role == role):
            if entry.folder in OVERVIEW:
                raise UnreadableInput(
                    f"{path}: /{role}/{number}/name is the name of the overview: {entry.name!r}",
                    "Its report would replace the overview: choose another name.",
                )
    twice = next((entry.name for entry in found if folders.count(entry.folder) > 1), None)
    if twice is not None:
        raise UnreadableInput(f"{path}: two targets are named {twice!r}", "Give each a name of its own.")
    return tuple(map(_Installs(path, found).settled, found))


class _Installs:
    """The lines that install each environment: rows that share one need not all repeat them."""

    def __init__(self, path: Path, found: Sequence[Entry]) -> None:
        self._lines: dict[str, tuple[str, ...]] = {}
        for entry in found:
            name, lines = entry.facts.environment, entry.facts.install
            if name is not None and lines and self._lines.setdefault(name, lines) != lines:
                raise UnreadableInput(
                    f"{path}: {entry.name!r} installs {name!r} by other lines than a row before it",
                    "Write `install` in one of the rows that share an environment.",
                )

    def settled(self, entry: Entry) -> Entry:
        lines = self._lines.get(entry.facts.environment or "", ())
        return replace(entry, facts=replace(entry.facts, install=lines))


def chosen(listed: Sequence[Entry], names: Sequence[str]) -> tuple[Entry, ...]:
    """The entries of these names, all of them without any. Raises UsageError for a name that nobody has."""
    known = [entry.name for entry in listed]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        near = did_you_mean(unknown, known)
        raise UsageError(f"--only {unknown}: the list has no such target", near or f"It has {', '.join(known)}.")
    return tuple(entry for entry in listed if not names or entry.name in names)


def judged(
    listed: Sequence[Entry],
    out: Path,
    jobs: int,
    environment: Mapping[str, str],
    finished: Callable[[Column], None],
    *,
    environments: Environments | None = None,
) -> tuple[Column, ...]:
    """Judge every target, `jobs` at a time, and return what came of each, in the order of the list.

    An interruption ends those that are under way, and the others come to nothing. Without `environments` nothing is
    installed: the targets use what is there.
    """
    interrupted = Event()

    def judge(entry: Entry) -> Column:
        column = _judged(entry, out, environment, interrupted, environments)
        finished(column)
        return column

    with ThreadPoolExecutor(jobs, thread_name_prefix="conformance-matrix") as pool:
        under_way = [pool.submit(judge, entry) for entry in listed]
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
        entry.column(None, why, 2, folder=entry.folder) if each.cancelled() else each.result()
        for entry, each in zip(listed, under_way, strict=True)
    )


def _judged(
    entry: Entry, out: Path, environment: Mapping[str, str], interrupted: Event, environments: Environments | None
) -> Column:
    name, lines = entry.facts.environment, entry.facts.install
    if environments is not None and name is not None:
        missing = environments.install(name, lines, environment, interrupted.is_set)
        if missing is not None:
            return entry.column(None, missing, folder=entry.folder)
        environment = environments.variables(name, environment)
    folder = out / entry.folder
    command = [sys.executable, "-m", "conformance", *entry.words, f"--out={folder}", *entry.command]
    ended = process.run(command, environment, entry.limit, interrupted.is_set, grace=_GRACE)
    return _column(entry, _named(entry, folder / WRITERS["json"].file), ended)


def _column(entry: Entry, report: Report | None, ended: process.Finished) -> Column:
    reason = None
    if ended.exit_code is None:
        reason = f"it was ended after {entry.limit if ended.seconds >= entry.limit else round(ended.seconds):g} seconds"
    elif report is None or ended.exit_code not in _KNOWN:
        reason = _last_words(ended)
    else:
        reason = report.interrupted
    code = 2 if ended.exit_code is None else ended.exit_code if ended.exit_code in _KNOWN else 5
    return entry.column(report, reason, code, folder=entry.folder)


def _named(entry: Entry, path: Path) -> Report | None:
    """The report of a run that has ended, which from now on says what was judged, in which version."""
    report = report_at(path)
    if report is None:
        return None
    named = replace(report, target={**report.target, **entry.names})
    write_atomically(path, json_writer.render(named))
    return named


def report_at(path: Path) -> Report | None:
    """The report that a file holds; None where it holds none that can be read."""
    try:
        return reader.read(read(path, REPORT, only_files=True), str(path))
    except ConformanceError:
        return None


def _last_words(ended: process.Finished) -> str:
    """What a run that left no report said in the end: our errors are one line that begins with our name."""
    lines = ended.output.decode("utf-8", "replace").strip().splitlines()
    ours = [line.removeprefix("conformance: ") for line in lines if line.startswith("conformance: ")]
    return (ours or lines or [f"it exited with code {ended.exit_code} and said nothing"])[-1]


def _entry(role: str, row: Mapping[str, Any]) -> Entry:
    words = (role, *(word for name, value in row.items() if name not in OURS for word in _words(name, value)))
    command = ("--", *row["command"]) if "command" in row else ()
    install = tuple(row.get("install", ()))
    facts = Facts(
        **{name: row[name] for name in FACTS if name in row},
        environment=row.get("environment", folder_of(row["name"]) if install else None),
        install=install,
    )
    return Entry(row["name"], role, words, command, float(row.get("limit", LIMIT)), facts)


def _words(name: str, value: object) -> Iterator[str]:
    option = f"--{name}" if len(name) > 1 else f"-{name}"
    for each in value if isinstance(value, list) else [value]:
        if each is not False:
            yield option + ("" if each is True else f"={each}")
