"""`conformance export`: event streams with the expected results, for unit tests in any language."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands.verdicts import write
from conformance.report.plain import safe

USAGE = "DIR"
EXAMPLES = ("conformance export streams", "conformance export tests/data/streams")
DOCS = "docs/recordings.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where to."""
    parser.add_argument("folder", metavar="DIR", help="the folder to write into: new, empty, or an export to replace")


def run(arguments: argparse.Namespace) -> int:
    """Write the export. Raises UsageError where the folder cannot be written or holds something else."""
    from conformance.run.exporting import export  # noqa: PLC0415 - the reference and the judge: only when asked

    counts = export(Path(arguments.folder))
    write(
        f"{counts['streams']} streams, {counts['reference']} conforming and {counts['faulty']} with a fault: "
        f"{safe(str(Path(arguments.folder, 'index.json')))}\n"
    )
    return 0
