"""Recordings of other tools become cassettes: read as `judge` reads them, redacted, written beside one another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from conformance import __version__
from conformance.errors import ConformanceError, UnreadableInput, UsageError
from conformance.files import write_atomically
from conformance.model import Transcript
from conformance.run import inputs
from conformance.wire.cassette import write
from conformance.wire.redact import redact

#: Requests of this API; what else stands in the same file is nobody's business and is left out.
_THIS_API = re.compile(r"/(?:threads|assistants)(?:[/?]|$)")

#: What a file's name may hold without surprising a shell.
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


def planned(paths: Iterable[str], folder: Path, *, overwrite: bool) -> dict[str, Path]:
    """The cassette of every recording that the paths mean, by the recording's name.

    Raises UsageError where a cassette is there already and may not be replaced, UnreadableInput for a missing path.
    """
    cassettes: dict[str, Path] = {}
    taken: set[Path] = set()
    for name in inputs.names(paths):
        cassettes[name] = _free(folder, name, taken)
        taken.add(cassettes[name])
    there = sorted(str(path) for path in taken if path.exists())
    if there and not overwrite:
        hint = "Choose another folder, or replace them with --overwrite."
        raise UsageError(f"{folder} already holds cassettes: {', '.join(there)}", hint)
    return cassettes


def convert(cassettes: dict[str, Path], secrets: Collection[str]) -> Iterator[Path | ConformanceError]:
    """Write every cassette, and yield its path, or why there is none."""
    for name, path in cassettes.items():
        try:
            (transcript,) = inputs.read(name)
            kept, recorded = _kept(transcript, name, secrets), str(transcript.provenance.get("recorded", ""))
            lines = write(kept, recorded=recorded, by=f"conformance {__version__}", secrets=secrets)
            write_atomically(path, "".join(lines))
        except ConformanceError as error:
            yield error
        else:
            yield path


def _kept(transcript: Transcript, name: str, secrets: Collection[str]) -> Transcript:
    """The transcript as it may be kept: named after its file alone, since a path may show who made it.

    Raises UnreadableInput where nothing of it is of this API.
    """
    exchanges = tuple(
        each for each in transcript.exchanges if not each.request.target or _THIS_API.search(each.request.target)
    )
    if not exchanges:
        raise UnreadableInput(f"{name}: it holds no request of this API", "Is it the right file?")
    scenario = "standard input" if name == inputs.STDIN else Path(name).name
    return redact(replace(transcript, scenario=scenario, exchanges=exchanges), secrets)


def _free(folder: Path, name: str, taken: Collection[Path]) -> Path:
    """The first name for a cassette that no other recording of the same call has."""
    stem = "stdin" if name == inputs.STDIN else _ODD.sub("-", Path(name).stem).strip("-.") or "recording"
    path, number = folder / f"{stem}.jsonl", 2
    while path in taken:
        path, number = folder / f"{stem}-{number}.jsonl", number + 1
    return path
