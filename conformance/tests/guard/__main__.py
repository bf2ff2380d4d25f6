"""Writes down everything the product says at a commit, and compares two such folders.

    python -m conformance.tests.guard COMMIT --out DIR [--inputs DIR] [--only PART,…] [--without PART,…]
    python -m conformance.tests.guard compare OLD NEW

`--inputs` is the folder `inputs` of another run: transcripts, reports and mutants that both commits are shown alike.
Without it they are taken from this commit. Exit 0; 1 where two folders differ, 4 where something cannot be done.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import NoReturn

from conformance.tests.guard.checkout import checked_out, processor_seconds
from conformance.tests.guard.compare import INPUTS, differences
from conformance.tests.guard.parts import PARTS, Work


def main(words: Sequence[str]) -> int:
    if words[:1] == ["compare"]:
        return _compare(words[1:])
    parser = argparse.ArgumentParser(
        prog="python -m conformance.tests.guard", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("commit", help="anything that git calls a commit")
    parser.add_argument("--out", type=Path, required=True, help="the folder; a part that lies there is written anew")
    parser.add_argument("--inputs", type=Path, help="what is judged, written and mutated (default: DIR/inputs)")
    parser.add_argument("--only", type=_parts, default=tuple(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument("--without", type=_parts, default=(), help="all parts but these")
    options = parser.parse_args(words)
    inputs = options.inputs or options.out / INPUTS
    if options.inputs is not None and not inputs.is_dir():
        print(f"there is no folder {inputs}", file=sys.stderr)
        return 4
    inputs.mkdir(parents=True, exist_ok=True)
    try:
        _write(options.commit, options.out.resolve(), inputs.resolve(), [
            name for name in PARTS if name in options.only and name not in options.without
        ])  # fmt: skip
    except ValueError as reason:
        print(reason, file=sys.stderr)
        return 4
    return 0


def _write(commit: str, out: Path, inputs: Path, names: Sequence[str]) -> None:
    with checked_out(commit, inputs) as checkout:
        for name in names:
            shutil.rmtree(out / name, ignore_errors=True)
            began, used = monotonic(), processor_seconds()
            PARTS[name](Work(checkout, out / name, inputs))
            print(f"{name:12}{monotonic() - began:7.0f} s{processor_seconds() - used:7.0f} s of CPU", flush=True)


def _ended(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _compare(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.tests.guard compare")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    options = parser.parse_args(words)
    for folder in (options.old, options.new):
        if not folder.is_dir():
            print(f"there is no folder {folder}", file=sys.stderr)
            return 4
    found = False
    for line in differences(options.old, options.new):
        found = True
        print(line)
    print("they differ" if found else "they are equal")
    return int(found)


def _parts(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f"no part is called {name!r}; there are: {', '.join(PARTS)}")
    return names


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _ended)  # as from the keyboard: the temporary folder is removed
    sys.exit(main(sys.argv[1:]))
