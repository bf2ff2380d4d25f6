"""What stays of a run: the list of known failures brought up to date, and the folder of `--out`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError, UsageError
from conformance.files import named_folder, prepare_folder
from conformance.model import Report
from conformance.report import folder


@dataclass(frozen=True, slots=True)
class Kept:
    """A report by the list as it is now, and what became of list and folder."""

    report: Report
    #: What was changed in the list of known failures; None where it was not to be updated.
    changes: tuple[str, ...] | None = None
    #: Why the list or, said last, the folder could not be written.
    unwritten: ConformanceError | None = None


def prepare(said: Mapping[str, Any], judged: Sequence[str] = ()) -> None:
    """Begin the folder of the report, before anything else of the run: what fails at once must not show an earlier one.

    Raises UsageError where it cannot be written, holds what the suite did not write, or what is to be `judged`.
    """
    if "plan" in said:
        return
    if "update_known_failures" in said and "known_failures" in said:
        prepare_folder(Path(said["known_failures"]).parent)
    if "out" not in said:
        return
    out = named_folder(said["out"])
    own = next((name for name in judged if folder.holds(out, Path(name))), None)
    if own is not None:
        raise UsageError(f"{own} is part of the report that this run replaces", "Choose another folder for --out.")
    folder.begin(out)


def abandoned(words: Sequence[str]) -> None:
    """Take an earlier report away that command line words name with `--out`, where the words themselves are off."""
    said = [*takewhile(lambda word: word != "--", words), ""]
    named = [word.removeprefix("--out=") for word in said if word.startswith("--out=")]
    named += [after for word, after in pairwise(said) if word == "--out"]
    for name in filter(None, named):
        folder.abandon(Path(name))


def keeper(said: Mapping[str, Any]) -> folder.Keeper | None:
    """What keeps the report of a run that goes on, where there is a folder for it."""
    return folder.Keeper(said["out"]) if "out" in said else None


def kept(report: Report, said: Mapping[str, Any]) -> Kept:
    """Update the list and write the folder, where that was asked for; the one way for every door."""
    done = _updated(report, said)
    if "out" not in said:
        return done
    try:
        folder.write(done.report, said["out"])
    except ConformanceError as error:
        return Kept(done.report, done.changes, error)
    return done


def _updated(report: Report, said: Mapping[str, Any]) -> Kept:
    if "update_known_failures" not in said:
        return Kept(report)
    from conformance.run.known_failures import updating  # noqa: PLC0415 - only where it is used

    try:
        done = updating.update(report, Path(said["known_failures"]))
    except ConformanceError as error:
        return Kept(report, unwritten=error)
    return Kept(done.report, done.changes)
