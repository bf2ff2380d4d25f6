"""`conformance matrix targets.toml`: several servers and clients judged, each by itself, and laid side by side."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from conformance.errors import UsageError
from conformance.files import prepare_folder, write_atomically
from conformance.report.matrix import Column, as_json, as_markdown, as_page, worst_code
from conformance.run import matrix

#: Targets at a time: each keeps one processor busy now and then.
_JOBS = 2

_OUT = "reports/matrix"

#: File -> what writes it.
_FORMS = {"matrix.html": as_page, "matrix.json": as_json, "matrix.md": as_markdown}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the list of targets, where the reports go, and how many are judged at a time."""
    parser.add_argument("targets", metavar="TARGETS", help="a TOML file that lists [[server]] and [[client]]")
    parser.add_argument("--out", default=_OUT, metavar="DIR", help=f"the folder for all reports (default: {_OUT})")
    parser.add_argument("--jobs", type=int, default=_JOBS, metavar="N", help=f"targets at a time (default: {_JOBS})")


def run(arguments: argparse.Namespace) -> int:
    """Judge all; the exit code is the worst of theirs. Raises UnreadableInput for a list that is none."""
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: at least one target is judged at a time")
    listed = matrix.entries(Path(arguments.targets))
    out = Path(arguments.out)
    prepare_folder(out)
    columns = matrix.judged(listed, out, arguments.jobs, os.environ, _report)
    for name, form in _FORMS.items():
        write_atomically(out / name, form(columns))
    print(f"conformance: wrote {out}/: {', '.join(_FORMS)}", file=sys.stderr)
    return worst_code(columns)


def _report(column: Column) -> None:
    reason = f": {column.reason}" if column.reason else ""
    print(f"{column.word:14}  {column.name}{reason}", flush=True)
