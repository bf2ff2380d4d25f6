"""`conformance compare OLD NEW`: what changed between two reports or baselines."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands.arguments import one_of, option_groups
from conformance.commands.verdicts import write
from conformance.errors import UnreadableInput
from conformance.files import REPORT, read
from conformance.report import reader
from conformance.report.comparison import WRITERS, render
from conformance.report.writers import WRITERS as REPORTS
from conformance.run import baseline, options
from conformance.verdict.compare import Edition, compare, edition

USAGE = "OLD NEW [options]"
EXAMPLES = (
    "conformance compare before/report.json report/report.json",
    "conformance compare reports/baseline/mock report --format markdown --strict",
)
DOCS = "docs/reports.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is compared, and how it is printed."""
    for name, which in (("old", "before"), ("new", "now")):
        parser.add_argument(
            name, metavar=name.upper(), help=f"{which}: a report.json, a folder of --out, or a target's baseline"
        )
    groups = option_groups(parser, (options.OUTPUT, options.GATING))
    groups[options.OUTPUT].add_argument(
        "--format", default="text", metavar="FORMAT", **one_of(WRITERS, "format"),
        help=f"what is printed: {', '.join(WRITERS)} (default: text)",
    )  # fmt: skip
    groups[options.GATING].add_argument(
        "--strict", action="store_true", help="new warnings and changed response shapes fail too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Compare; 1 for a regression, 0 for none. Raises UnreadableInput for what is neither report nor baseline."""
    comparison = compare(opened(arguments.old), opened(arguments.new))
    write(render(comparison, arguments.format, strict=arguments.strict))
    return int(comparison.failing(strict=arguments.strict))


def opened(name: str) -> Edition:
    """What can be compared of a report, of a folder that holds one, or of a baseline."""
    path = Path(name)
    if path.is_dir():
        if baseline.is_baseline(path):
            return baseline.load(path)
        path = path / REPORTS["json"].file
        if not path.is_file():
            raise UnreadableInput(
                f"{name}: this folder is neither a baseline nor the folder of a report",
                "A baseline is DIR/<target>, as --update-baseline wrote it; a report's folder is the one of --out.",
            )
    document = reader.document(read(path, REPORT), name)
    if "left_out" in document:
        raise UnreadableInput(
            f"{name}: verdicts were left out of this report, so that no other can be compared with it",
            "Compare the report.json of a folder of --out.",
        )
    return edition(reader.report(document, name), name, document["suite"]["version"])
