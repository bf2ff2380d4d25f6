"""Recordings that lie in public repositories: found in a folder of clones, and held against their right verdicts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path

from conformance import files
from conformance.errors import UnreadableInput
from conformance.model import JUDGED, Level, Status, Subject

#: The list that comes with the suite.
LIST = "public.toml"

#: What a recording may come to, and what each word means.
VERDICTS = {"pass": "nothing is wrong", "fail": "a MUST is broken", "nothing": "there is nothing to judge"}


@dataclass(frozen=True, slots=True)
class Known:
    """One recording: where it lies, of which commit, and what is right of it."""

    repository: str
    commit: str
    path: str
    license: str
    sha256: str
    recorded: str
    shows: str
    verdict: str

    def where(self) -> str:
        """Where it lies, as people say it."""
        return f"{self.repository}@{self.commit[:12]}:{self.path}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds of the list: paths of recordings, and what is missing or altered."""

    recordings: Mapping[str, Known]
    problems: tuple[str, ...]


def known(text: str | None = None) -> tuple[Known, ...]:
    """The recordings of the list. Raises UnreadableInput, with the row, for a list that is off."""
    source = str(files.cassettes_folder() / LIST)
    try:
        rows = tomllib.loads(files.read(Path(source), files.LIST).decode() if text is None else text).get(
            "recording", []
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{source}: not TOML: {error}") from None
    return tuple(_row(row, f"{source}: recording {number}") for number, row in enumerate(rows, start=1))


def found(folder: Path, rows: Sequence[Known]) -> Found:
    """What of the list lies in a folder of clones, named `OWNER/NAME` or `NAME`, with the bytes of its commit."""
    recordings: dict[str, Known] = {}
    problems: list[str] = []
    for row in rows:
        owner, _, name = row.repository.partition("/")
        path = next(
            (path for clone in (Path(owner, name), Path(name)) if (path := folder / clone / row.path).is_file()), None
        )
        if path is None:
            problems.append(f"{row.where()}: not in {folder}")
        elif sha256(files.read(path, files.RECORDING, only_files=True)).hexdigest() != row.sha256:
            problems.append(f"{path}: not the bytes of {row.where()}; `git checkout {row.commit}` brings them back")
        else:
            recordings[str(path)] = row
    return Found(recordings, tuple(problems))


def departures(subjects: Sequence[Subject], recordings: Mapping[str, Known]) -> Iterator[str]:
    """Every recording that did not come to its right verdict."""
    for subject in subjects:
        row, verdict = recordings[subject.name], _verdict(subject)
        if verdict != row.verdict:
            yield f"{subject.name}: {verdict}, and {row.verdict} is right ({row.shows})"


def _verdict(subject: Subject) -> str:
    if any(each.status is Status.FAIL and each.level is Level.MUST for each in subject.verdicts):
        return "fail"
    return "pass" if any(each.status in JUDGED for each in subject.verdicts) else "nothing"


def _row(row: object, place: str) -> Known:
    names = [each.name for each in fields(Known)]
    if (
        not isinstance(row, dict)
        or sorted(row) != sorted(names)
        or not all(isinstance(row[name], str) for name in names)
    ):
        raise UnreadableInput(f"{place}: it must have {', '.join(names)}, each a text, and nothing else")
    if row["verdict"] not in VERDICTS:
        raise UnreadableInput(f"{place}: verdict must be one of {', '.join(VERDICTS)}")
    return Known(**row)
