"""`conformance verify`: recordings are intact, free of secrets and match their checksums; nothing is judged."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from conformance import files
from conformance.commands.verdicts import write
from conformance.errors import ConformanceError, DamagedCassette, UnreadableInput
from conformance.report.plain import safe
from conformance.run import inputs
from conformance.run.known_secrets import known_secrets
from conformance.wire import cassette
from conformance.wire.redact import leaks
from conformance.wire.secret import secrets_of

#: The file that lists the others of its folder with their digests, as `sha256sum` writes and checks it.
_SUMS = "SHA256SUMS"


USAGE = "PATH ..."
EXAMPLES = (
    "conformance verify recordings/",
    "conformance verify recordings/stream-one-call.jsonl",
)
DOCS = "docs/recordings.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is verified."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a recording, or a folder of them, with its SHA256SUMS where it has one",
    )


def run(arguments: argparse.Namespace) -> int:
    """Verify everything and report all problems; 1 where there is one. Raises UnreadableInput for a missing path."""
    left: dict[Path, str] = {}
    names = [name for path in arguments.paths for name in _named(path, left)]
    sums = [sums for path in arguments.paths for sums in inputs.sums(Path(path), _SUMS)]
    wrong = {name: problem for name in names if (problem := _recording(name)) is not None}
    listed = [problem for each in sums for problem in _listed(each)]
    listed += [f"{path}: {why}: it is not opened" for path, why in left.items()]
    hidden = secrets_of(known_secrets()).hidden
    write("".join(f"{safe(hidden(problem), _LINE)}\n" for problem in (*wrong.values(), *listed)))
    checked = f"{_count(names, 'recording')}, {_count(sums, _SUMS)}"
    write(f"{checked}: {'OK' if not wrong and not listed else _count((*wrong, *listed), 'problem')}\n")
    return int(bool(wrong or listed))


#: Characters of a problem: a path of the longest name systems allow, and a sentence.
_LINE = 6000


def _named(path: str, left: dict[Path, str]) -> Iterator[str]:
    """The recordings a path means; raises UnreadableInput where there is nothing, or a folder holds none."""
    if path != inputs.STDIN and not Path(path).exists():
        raise UnreadableInput(f"cannot read {path}: the file does not exist", "Is the path right?")
    for name in inputs.names((path,), left.__setitem__):
        if Path(name).is_dir():
            inputs.read(name)
        yield name


def _recording(name: str) -> str | None:
    """What is wrong with a recording; None where nothing is."""
    try:
        places = [place for transcript in inputs.read(name) for place in leaks(transcript, known_secrets())]
    except DamagedCassette as damage:
        return str(damage.message)
    except UnreadableInput as error:
        return _placed(name, error)
    return f"{name}: unsafe: it holds what looks like a secret: {', '.join(places)}" if places else None


def _placed(name: str, error: ConformanceError) -> str:
    return error.message if name in error.message else f"{name}: {error.message}"


def _listed(sums: Path) -> Iterator[str]:
    """What is not as a file of sums says, and the recordings beside it that it does not list."""
    try:
        content = files.read(sums, files.REPORT, only_files=True)
        digests = cassette.parsed_sums(content.decode(errors="replace"), str(sums))
    except UnreadableInput as error:
        yield error.message
        return
    folder = sums.parent
    for name, digest in digests.items():
        yield from _otherwise(folder, name, digest, sums)
    for recording in inputs.names((str(folder),)):
        if not Path(recording).is_dir() and Path(recording).relative_to(folder).as_posix() not in digests:
            yield f"{recording}: {sums} does not list it"


def _otherwise(folder: Path, name: str, digest: str, sums: Path) -> Iterator[str]:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        yield f"{sums}: it lists a file outside its folder: {name}"
    elif not path.is_file():
        yield f"{path}: {sums} lists it, and the file does not exist"
    elif sha256(files.read(path, files.RECORDING, only_files=True)).hexdigest() != digest:
        yield f"{path}: its SHA-256 is not the one in {sums}: one of them was altered"


def _count(things: Iterable[object], name: str) -> str:
    number = len(tuple(things))
    return f"{number} {name}{'s' * (number != 1 and not name.isupper())}"
