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
from conformance.files import LIST, REPORT, read
from conformance.model import Report
from conformance.report import reader
from conformance.report.column import Column, Facts
from conformance.report.writers import WRITERS
from conformance.run.environments import Environments
from conformance.run.known_secrets import known_secrets
from conformance.targets import process
from conformance.targets.interruption import INTERRUPTED
from conformance.wire import toml
from conformance.wire.credentials import of_words
from conformance.wire.json_schema import mismatch, own_schema, own_validator
from conformance.wire.secret import secrets_of

#: Seconds for one target: a whole run takes seconds, and of a slow model's server a quarter of an hour.
LIMIT = 1800.0

#: Seconds in which a run that is ended removes what it created and writes what it has.
_GRACE = 10.0

#: What an entry says of its target for whoever reads the result.
FACTS = ("version", "language", "group", "homepage", "notes")

#: Exit codes after which there is a verdict, or a reason why there is none.
_KNOWN = frozenset({0, 1, 2, 3, 5, 6})

#: What an entry holds beside the options of its command.
OURS = frozenset({"name", "limit", "command", "environment", "install", *FACTS})

#: The files that lie beside the folders of the targets.
OVERVIEW = ("matrix.html", "matrix.json", "matrix.md")

#: What may be listed; each is the word of its command.
ROLES = ("server", "client", "gateway")

_HINT = "docs/reports.md shows such a list, and schemas/own/targets.json describes it."


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
    #: The environment that it is installed into; None where it uses what is there.
    environment: str | None = None
    install: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Where its report goes."""
        return self.name.replace(" ", "-").lower()


def entries(path: Path) -> tuple[Entry, ...]:
    """The targets that a file lists. Raises UnreadableInput with what is wrong with it."""
    try:
        document = toml.read(read(path, LIST).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{path}: byte {error.start} is not UTF-8", "TOML is text in UTF-8.") from None
    except toml.NotToml as error:
        raise UnreadableInput(f"{path}: {error}", _HINT) from None
    _check_keys(path, document)
    broken = mismatch(own_validator("targets"), document)
    if broken is not None:
        raise UnreadableInput(f"{path}: {_place(broken[0])} breaks {broken[1]!r} of the format", _HINT)
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
            name, lines = entry.environment, entry.install
            if name is not None and lines and self._lines.setdefault(name, lines) != lines:
                raise UnreadableInput(
                    f"{path}: {entry.name!r} installs {name!r} by other lines than a row before it",
                    "Write `install` in one of the rows that share an environment.",
                )

    def settled(self, entry: Entry) -> Entry:
        return entry if entry.environment is None else replace(entry, install=self._lines.get(entry.environment, ()))


def _check_keys(path: Path, document: Mapping[str, Any]) -> None:
    """Raise UnreadableInput for a table or a key that there is not, or one that is missing, with those that there are.

    Values are not repeated: one of them may be a key that was written down in the wrong place.
    """
    tables = own_schema("targets")["properties"]
    stray = next((name for name in document if name not in tables), None)
    if stray is not None or not document:
        problem = f"unknown table {stray!r}" if stray is not None else "it lists no target"
        raise UnreadableInput(
            f"{path}: {problem}", "Write a table [[server]], [[client]] or [[gateway]] for each target."
        )
    for role, rows in document.items():
        known = tables[role]["items"]["properties"]
        for number, row in enumerate(rows if isinstance(rows, list) else [], 1):
            if not isinstance(row, dict):
                continue
            wrong = next((key for key in row if key not in known), None)
            missing = _missing(tables[role]["items"], row)
            if wrong is not None or missing is not None:
                problem = f"unknown key {wrong!r}" if wrong is not None else f"missing key {missing!r}"
                near = did_you_mean(wrong, known) if wrong is not None else None
                keys = f"Keys of [[{role}]]: {', '.join(known)}."
                raise UnreadableInput(f"{path}: [[{role}]] {number}: {problem}", "\n".join(filter(None, (near, keys))))


def _missing(table: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    """A key that an entry needs and lacks; where one of several will do, the first of them."""
    either = [key for choice in table.get("anyOf", ()) for key in choice["required"]]
    needed = [*table["required"], *(either[:1] if row.keys().isdisjoint(either) else ())]
    return next((key for key in needed if key not in row), None)


def _place(pointer: str) -> str:
    """A place in the list as its writer counts: `/server/0/name` is the key `name` of the first [[server]]."""
    _, role, *rest = pointer.split("/") if pointer else ("", "the list")
    if not rest:
        return role
    return f"[[{role}]] {int(rest[0]) + 1}" + (f", {'/'.join(rest[1:])}" if rest[1:] else "")


def chosen(listed: Sequence[Entry], names: Sequence[str]) -> tuple[Entry, ...]:
    """The entries of these names, all of them without any. Raises UsageError for a name that nobody has."""
    known = [entry.name for entry in listed]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        near = did_you_mean(unknown, known)
        raise UsageError(f"--only {unknown}: the list has no such target", near or f"It has {', '.join(known)}.")
    return tuple(entry for entry in listed if not names or entry.name in names)


def joined(listed: Sequence[Entry], found: Sequence[Column], out: Path) -> tuple[Column, ...]:
    """A column of every entry: what was found now, else what the report says that lies there."""
    now = {column.name: column for column in found}
    return tuple(now.get(entry.name) or _kept(entry, out) for entry in listed)


def _kept(entry: Entry, out: Path) -> Column:
    report = _report(out / entry.folder / WRITERS["json"].file)
    reason = "not judged yet" if report is None else report.interrupted
    return Column(entry.name, entry.role, entry.folder, report, reason, facts=entry.facts)


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
        Column(entry.name, entry.role, entry.folder, None, why, 2, facts=entry.facts)
        if each.cancelled()
        else each.result()
        for entry, each in zip(listed, under_way, strict=True)
    )


def _judged(
    entry: Entry, out: Path, environment: Mapping[str, str], interrupted: Event, environments: Environments | None
) -> Column:
    if environments is not None and entry.environment is not None:
        missing = environments.install(entry.environment, entry.install, environment, interrupted.is_set)
        if missing is not None:
            return Column(entry.name, entry.role, entry.folder, None, missing, facts=entry.facts)
        environment = environments.variables(entry.environment, environment)
    folder = out / entry.folder
    command = [sys.executable, "-m", "conformance", *entry.words, f"--out={folder}", *entry.command]
    ended = process.run(command, environment, entry.limit, interrupted.is_set, grace=_GRACE)
    return _column(entry, _report(folder / WRITERS["json"].file), ended)


def _column(entry: Entry, report: Report | None, ended: process.Finished) -> Column:
    reason = None
    if ended.exit_code is None:
        reason = f"it was ended after {entry.limit if ended.seconds >= entry.limit else round(ended.seconds):g} seconds"
    elif report is None or ended.exit_code not in _KNOWN:
        reason = _last_words(ended)
    else:
        reason = report.interrupted
    code = 2 if ended.exit_code is None else ended.exit_code if ended.exit_code in _KNOWN else 5
    return Column(entry.name, entry.role, entry.folder, report, reason, code, facts=entry.facts)


def _report(path: Path) -> Report | None:
    try:
        return reader.read(read(path, REPORT, only_files=True), str(path))
    except ConformanceError:
        return None


def _last_words(ended: process.Finished) -> str:
    """What a run that left no report said in the end: our errors are one line that begins with our name."""
    lines = ended.output.decode("utf-8", "replace").strip().splitlines()
    ours = [line.removeprefix("conformance: ") for line in lines if line.startswith("conformance: ")]
    said = (ours or lines or [f"it exited with code {ended.exit_code} and said nothing"])[-1]
    return secrets_of(known_secrets()).hidden(said)


def _entry(role: str, row: Mapping[str, Any]) -> Entry:
    words = (role, *(word for name, value in row.items() if name not in OURS for word in _words(name, value)))
    command = ("--", *row["command"]) if "command" in row else ()
    install = tuple(row.get("install", ()))
    shown = tuple(map(secrets_of(tuple(of_words(install))).hidden, install))  # an index may have a password
    facts = Facts(**{name: row[name] for name in FACTS if name in row}, install=shown)
    entry = Entry(
        row["name"], role, words, command, float(row.get("limit", LIMIT)), facts, row.get("environment"), install
    )
    return replace(entry, environment=entry.folder) if install and entry.environment is None else entry


def _words(name: str, value: object) -> Iterator[str]:
    option = f"--{name}" if len(name) > 1 else f"-{name}"
    for each in value if isinstance(value, list) else [value]:
        if each is not False:
            yield option + ("" if each is True else f"={each}")
