"""`conformance matrix targets.toml`: several servers and clients judged, each by itself, and laid side by side."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from conformance.commands.termination import interrupting
from conformance.errors import UsageError
from conformance.files import named_folder
from conformance.report import folder
from conformance.report.matrix import Column, as_json, as_markdown, as_page, worst_code
from conformance.run import matrix

#: Targets at a time: each keeps one processor busy now and then.
_JOBS = 2

_OUT = "reports/matrix"

#: What writes each file of the overview.
_FORMS = (as_page, as_json, as_markdown)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the list of targets, where the reports go, and how many are judged at a time."""
    parser.add_argument("targets", metavar="TARGETS", help="a TOML file that lists [[server]] and [[client]]")
    parser.add_argument("--out", default=_OUT, metavar="DIR", help=f"the folder for all reports (default: {_OUT})")
    parser.add_argument("--jobs", type=int, default=_JOBS, metavar="N", help=f"targets at a time (default: {_JOBS})")


def run(arguments: argparse.Namespace) -> int:
    """Judge all; the exit code is the worst of theirs. Raises UnreadableInput for a list that is none."""
    out = named_folder(arguments.out)
    folder.begin(out, matrix.OVERVIEW)
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: at least one target is judged at a time")
    listed = matrix.entries(Path(arguments.targets))
    folder.begin(out, matrix.OVERVIEW, [entry.folder for entry in listed])
    with interrupting():
        columns = matrix.judged(listed, out, arguments.jobs, os.environ, _report)
    written = dict(zip(matrix.OVERVIEW, (form(columns) for form in _FORMS), strict=True))
    folder.commit(written, out, matrix.OVERVIEW)
    print(f"conformance: wrote {out}/: {', '.join(written)}", file=sys.stderr)
    return worst_code(columns)


def _report(column: Column) -> None:
    reason = f": {column.reason}" if column.reason else ""
    print(f"{column.word:14}  {column.name}{reason}", flush=True)
