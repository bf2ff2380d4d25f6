"""Baselines: what a target came to when somebody looked, kept in a folder, and compared with what it comes to now.

`DIR/<target>/<scenario>.json` holds statuses, fingerprints of causes and the outline of the exchanges: never ids, times
or texts. `_terms.json` beside them says on what terms they were judged. One way for every door: `compared` and
`updated`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.errors import UnreadableInput, UsageError
from conformance.files import REPORT, prepare_folder, read
from conformance.model import Report, Status
from conformance.report.comparison import render
from conformance.report.plain import safe
from conformance.run import extras, options
from conformance.verdict.compare import Cell, Comparison, Edition, Snapshot, compare, edition
from conformance.wire import strict_json
from conformance.wire.json_schema import mismatch, own_validator

#: The snapshot that holds the terms; no scenario has its name.
_TERMS = "_terms"

#: Kinds of targets that are known by their name; others by their address, or as the only one of their kind.
_NAMED = frozenset({"application", "client"})

#: Characters of the name of a target's folder.
_LONGEST = 80

_JOINED = "joined"


@dataclass(frozen=True, slots=True)
class Settled:
    """What a baseline had to say on a report, or what became of it."""

    #: For people.
    text: str
    #: 1 for a regression, else 0.
    exit_code: int = 0


def settled(report: Report, said: Mapping[str, Any]) -> Settled:
    """Compare a report with the baseline that the options name, or write that; the one way for every door.

    Raises UsageError where there is no baseline or it cannot be written, UnreadableInput where one is damaged.
    """
    directory = options.baselines(said) or options.BASELINES
    if said.get("update_baseline"):
        return Settled(updated(report, directory))
    comparison, strict = compared(report, directory), report.profile.strict
    return Settled(render(comparison, "text", strict=strict), int(comparison.failing(strict=strict)))


def check(said: Mapping[str, Any], target: Mapping[str, object]) -> None:
    """Raise now, before anything is sent, whatever would keep a baseline from being compared with or written.

    Raises UsageError where there is none, syrupy is missing or the folder cannot be written, UnreadableInput where it
    is damaged.
    """
    directory = options.baselines(said)
    if directory is None or "plan" in said:
        return
    folder = folder_of(directory, target)
    if said.get("update_baseline"):
        extras.check("baseline", "syrupy", "--update-baseline")
        prepare_folder(folder)
    else:
        _existing(folder)


def refuse_update(environment: Mapping[str, str], *, spread: bool = False) -> None:
    """Raise UsageError where a baseline must not be written: in CI, and while a run is `spread` over workers."""
    if options.is_ci(environment):
        raise UsageError(
            "--update-baseline is refused in CI (CI is set): any result would become the expected one",
            "Update the baseline on your own machine, review the difference, and commit it.",
        )
    if spread:
        raise UsageError(
            "--conformance-update-baseline is refused under pytest-xdist: workers would overwrite each other",
            "Update it without -n.",
        )


def folder_of(directory: str, target: Mapping[str, object]) -> Path:
    """The folder of a target within the folder of all baselines."""
    named = target.get("base_url") or target.get("name" if target.get("kind") in _NAMED else "kind")
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"^https?://", "", str(named).lower())).strip("-")
    return Path(directory, words[:_LONGEST].strip("-") or "target")


def is_baseline(folder: Path) -> bool:
    """Whether a folder is the baseline of a target."""
    return (folder / f"{_TERMS}.json").is_file()


def compared(report: Report, directory: str) -> Comparison:
    """What is not what the baseline says. Raises UsageError where there is none, UnreadableInput for a damaged one."""
    return compare(_existing(folder_of(directory, report.target)), edition(report, "this run", __version__))


def _existing(folder: Path) -> Edition:
    if not is_baseline(folder):
        raise UsageError(
            f"there is no baseline of this target in {folder}/",
            "Write it with --update-baseline, look at it, and commit it.",
        )
    return load(folder)


def load(folder: Path) -> Edition:
    """The baseline in a folder. Raises UnreadableInput where a file of it is damaged."""
    terms: dict[str, str] = {}
    snapshots: dict[str, Snapshot] = {}
    for path in sorted(folder.glob("*.json")):
        document = _document(path)
        if "terms" in document:
            terms = dict(document["terms"])
        else:
            cells = {name: _cell(words) for name, words in document["verdicts"].items()}
            snapshots[document["subject"]] = Snapshot(cells, tuple(document["shape"]))
    if not terms:
        raise UnreadableInput(f"{folder / _TERMS}.json: it does not say on what terms was judged", _DAMAGED)
    return Edition(str(folder), terms, snapshots)


def updated(report: Report, directory: str) -> str:
    """Write what the report says into the baseline, and say what was done.

    What is no longer there is removed after a whole run only. Scenarios that were never reached, or that met an
    internal error, stay as they were.
    """
    extras.check("baseline", "syrupy", "--update-baseline")
    from conformance.run import snapshots  # noqa: PLC0415 - syrupy brings pytest along: only where it is used

    folder = folder_of(directory, report.target)
    prepare_folder(folder)
    now = edition(report, "this run", __version__)
    there = is_baseline(folder)
    before = load(folder).snapshots if there else {}  # every JSON file in it is then known to be a snapshot
    sound = {name: found for name, found in now.snapshots.items() if _sound(found)}
    if not sound:
        raise UsageError("nothing was judged, so there is nothing to keep as a baseline")
    places = {snapshots.keep(folder, name, _kept(name, found, before, now.whole)) for name, found in sound.items()}
    removed = 0
    if now.whole and there:
        keep = {snapshots.Place(folder, name).basename for name in now.snapshots} | {_TERMS}
        for path in [path for path in folder.glob("*.json") if path.stem not in keep]:
            path.unlink()
            removed += 1
    if now.whole or not there:
        snapshots.keep(folder, _TERMS, {"terms": dict(now.terms)})
    return f"baseline: wrote {len(places)} to {safe(str(folder))}/" + (f", removed {removed}" if removed else "") + "\n"


def _sound(snapshot: Snapshot) -> bool:
    return all(cell.status is not Status.ERROR for cell in snapshot.cells.values())


def _kept(name: str, now: Snapshot, before: Mapping[str, Snapshot], whole: bool) -> dict[str, Any]:
    """The document of a snapshot; a run of some cells only keeps what was known of the others."""
    known = {} if whole or name not in before else before[name].cells
    cells = {**known, **now.cells}
    return {
        "subject": name,
        "verdicts": {requirement: _words(cell) for requirement, cell in sorted(cells.items())},
        "shape": [dict(part) for part in now.shape],
    }


def _words(cell: Cell) -> str:
    return " ".join((cell.status.value, *([_JOINED] if cell.joined else ()), *_fingerprints(cell)))


def _fingerprints(cell: Cell) -> tuple[str, ...]:
    return tuple(sorted({cause[0] for cause in cell.causes}))


def _cell(words: str) -> Cell:
    status, *rest = words.split()
    return Cell(Status(status), tuple((word,) for word in rest if word != _JOINED), joined=_JOINED in rest)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = strict_json.read(read(path, REPORT, only_files=True))
    except strict_json.NotJson:
        raise UnreadableInput(f"{path}: not valid JSON", _DAMAGED) from None
    broken = mismatch(own_validator("baseline"), document)
    if broken is not None:
        raise UnreadableInput(f"{path}: {broken[0] or 'the document'} {broken[1]}", _DAMAGED)
    assert isinstance(document, dict)  # noqa: S101 - its schema says so
    return document


_DAMAGED = "A baseline holds what --update-baseline wrote; schemas/own/baseline.json describes it."
