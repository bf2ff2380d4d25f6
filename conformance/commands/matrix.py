"""`conformance matrix targets.toml`: servers, clients and gateways judged, each by itself, and shown side by side."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from conformance.commands.arguments import option_groups
from conformance.commands.verdicts import folder_shown
from conformance.errors import UsageError
from conformance.files import named_folder
from conformance.report import folder
from conformance.report.column import Column
from conformance.report.matrix import as_json, as_markdown, as_page, worst_code
from conformance.report.plain import safe
from conformance.run import matrix, options, publication
from conformance.run.added import added
from conformance.run.environments import Environments

#: Targets at a time: each keeps one processor busy now and then.
_JOBS = 2

_OUT = "reports/matrix"

_WORK = "reports/environments"

#: What writes each file of the overview.
_FORMS = (as_page, as_json, as_markdown)


USAGE = "TARGETS [options]"
EXAMPLES = (
    "conformance matrix targets.toml",
    "conformance matrix targets.toml --jobs 4 --out reports/matrix",
    "conformance matrix targets.toml --only 'my server' --add 'theirs@1.2=report.json'",
)
DOCS = "docs/reports.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the list of targets, where the reports go, and how many are judged at a time."""
    parser.add_argument(
        "targets",
        metavar="TARGETS",
        help="a TOML file with a table [[server]], [[client]] or [[gateway]] for each target: options without --",
    )
    groups = option_groups(parser, (options.TARGETS, options.OUTPUT))
    groups[options.TARGETS].add_argument(
        "--jobs", type=options.whole_number, default=_JOBS, metavar="N", help=f"targets at a time (default: {_JOBS})"
    )
    groups[options.TARGETS].add_argument(
        "--only", action="append", default=[], metavar="NAME",
        help="judge this target alone, and keep the reports of the others; repeatable (default: all)",
    )  # fmt: skip
    groups[options.TARGETS].add_argument(
        "--add", action="append", default=[], metavar="NAME@VERSION=FILE",
        help="put the report of somebody else, a report.json, beside the others; repeatable",
    )  # fmt: skip
    groups[options.TARGETS].add_argument(
        "--work", default=_WORK, metavar="DIR",
        help=f"the folder for what `install` lines install, each run once (default: {_WORK})",
    )  # fmt: skip
    groups[options.OUTPUT].add_argument(
        "--out", default=_OUT, metavar="DIR", help=f"the folder for all reports (default: {_OUT})"
    )
    groups[options.OUTPUT].add_argument(
        "--publish", metavar="DIR",
        help="also write what can be published by itself: the page, data.json and badges into DIR,"
        " tables into DIR.md (default: nothing)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Judge all; the exit code is the worst of theirs. Raises UnreadableInput for a list that is none."""
    out = named_folder(arguments.out)
    folder.begin(out, matrix.OVERVIEW, kept=folder.reports_below(out) if arguments.only else ())
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: invalid number of targets at a time", "Use 1 or more.")
    listed = matrix.entries(Path(arguments.targets))
    now = matrix.chosen(listed, arguments.only)
    others = [added(word) for word in arguments.add]
    folder.begin(
        out,
        matrix.OVERVIEW,
        [entry.folder for entry in now],
        [entry.folder for entry in listed if entry not in now],
    )
    environments = Environments(Path(arguments.work))
    found = matrix.judged(now, out, arguments.jobs, os.environ, _report, environments=environments)
    columns = (*matrix.joined(listed, found, out), *others)
    written = dict(zip(matrix.OVERVIEW, (form(columns) for form in _FORMS), strict=True))
    folder.commit(written, out, matrix.OVERVIEW)
    print(f"conformance: wrote {folder_shown(arguments.out)}/: {', '.join(written)}", file=sys.stderr)
    if arguments.publish is not None:
        publication.publish(columns, Path(arguments.publish), arguments.targets)
        published = folder_shown(arguments.publish)
        print(f"conformance: wrote {published}/ and {published}.md", file=sys.stderr)
    return worst_code(columns)


def _report(column: Column) -> None:
    reason = f": {safe(column.reason)}" if column.reason else ""
    print(f"{column.word:14}  {column.name}{reason}", flush=True)
