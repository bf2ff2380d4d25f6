"""`conformance matrix targets.toml`: several servers and clients judged, each by itself, and shown side by side."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from conformance.commands.arguments import option_groups
from conformance.errors import UsageError
from conformance.files import named_folder
from conformance.report import folder
from conformance.report.matrix import Column, as_json, as_markdown, as_page, worst_code
from conformance.run import matrix, options

#: Targets at a time: each keeps one processor busy now and then.
_JOBS = 2

_OUT = "reports/matrix"

#: What writes each file of the overview.
_FORMS = (as_page, as_json, as_markdown)


USAGE = "TARGETS [options]"
EXAMPLES = (
    "conformance matrix targets.toml",
    "conformance matrix targets.toml --jobs 4 --out reports/matrix",
)
DOCS = "docs/reports.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the list of targets, where the reports go, and how many are judged at a time."""
    parser.add_argument(
        "targets",
        metavar="TARGETS",
        help="a TOML file with a table [[server]] or [[client]] for each target: name, and options without --",
    )
    groups = option_groups(parser, (options.TARGETS, options.OUTPUT))
    groups[options.TARGETS].add_argument(
        "--jobs", type=options.whole_number, default=_JOBS, metavar="N", help=f"targets at a time (default: {_JOBS})"
    )
    groups[options.OUTPUT].add_argument(
        "--out", default=_OUT, metavar="DIR", help=f"the folder for all reports (default: {_OUT})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge all; the exit code is the worst of theirs. Raises UnreadableInput for a list that is none."""
    out = named_folder(arguments.out)
    folder.begin(out, matrix.OVERVIEW)
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: invalid number of targets at a time", "Use 1 or more.")
    listed = matrix.entries(Path(arguments.targets))
    folder.begin(out, matrix.OVERVIEW, [entry.folder for entry in listed])
    columns = matrix.judged(listed, out, arguments.jobs, os.environ, _report)
    written = dict(zip(matrix.OVERVIEW, (form(columns) for form in _FORMS), strict=True))
    folder.commit(written, out, matrix.OVERVIEW)
    print(f"conformance: wrote {out}/: {', '.join(written)}", file=sys.stderr)
    return worst_code(columns)


def _report(column: Column) -> None:
    reason = f": {column.reason}" if column.reason else ""
    print(f"{column.word:14}  {column.name}{reason}", flush=True)
