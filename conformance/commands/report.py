"""`conformance report FILE`: a kept report in another format; `report merge`: see `merging`."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance import files
from conformance.commands import merging, verdicts
from conformance.commands.arguments import one_of, option_groups
from conformance.errors import UsageError
from conformance.model import Report
from conformance.report import reader
from conformance.report.text import text
from conformance.report.writers import WRITERS
from conformance.run import options
from conformance.run.inputs import STDIN

USAGE = "FILE [options]\n       conformance report merge FILE ... --out DIR"
EXAMPLES = (
    "conformance report report/report.json",
    "conformance report report/report.json --to junit --out junit.xml",
    "conformance report merge part-1/report.json part-2/report.json --out whole",
)
DOCS = "docs/reports.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is read, in which form it is written, and where to."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="FILE",
        help="the report.json of a run with --out, or - for standard input; after `merge`, those of all shards",
    )
    output = option_groups(parser, (options.OUTPUT,))[options.OUTPUT]
    output.add_argument(
        "--to", metavar="FORMAT", **one_of(WRITERS, "format"),
        help=f"the format: {', '.join(WRITERS)} (default: text; with --out: every format)",
    )  # fmt: skip
    output.add_argument("--out", metavar="PATH", help="the file to write or, without --to, the folder for every format"
                        " (default: standard output)")  # fmt: skip
    output.add_argument("-v", "--verbose", action="store_true", help="leave nothing out (default: long lists are cut)")


def run(arguments: argparse.Namespace) -> int:
    """Write the report; 0 whatever its verdict is, except after `merge`: that exit code is the verdict's."""
    if arguments.paths[0] == merging.WORD:
        return merging.run(arguments.paths[1:], arguments)
    if len(arguments.paths) > 1:
        raise UsageError(
            f"{len(arguments.paths)} reports were named, but one is written at a time",
            "Name one, or join the shards of one run: conformance report merge FILE ... --out DIR",
        )
    if arguments.out is not None:
        files.named_folder(arguments.out)
    report = _read(arguments.paths[0])
    if arguments.out is None:
        verdicts.write(_form(report, arguments))
    elif arguments.to is None:
        verdicts.keep(report, arguments.out)
    else:
        files.write_atomically(Path(arguments.out), WRITERS[arguments.to].render(report))
    return 0


def _read(name: str) -> Report:
    content = files.read_standard_input(files.REPORT) if name == STDIN else files.read(Path(name), files.REPORT)
    return reader.read(content, "standard input" if name == STDIN else name)


def _form(report: Report, arguments: argparse.Namespace) -> str:
    """The report in one format, for standard output: text fits the terminal, and names the folder of the others."""
    if arguments.to not in (None, "text"):
        return WRITERS[arguments.to].render(report)
    path = Path(arguments.paths[0])
    folder = str(path.parent) if path.name == WRITERS["json"].file else None
    return text(report, verdicts.style(arguments.verbose, folder))
