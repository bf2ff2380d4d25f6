"""`conformance list`: requirements, scenarios, faults, habits or variations, for people or for programs."""

from __future__ import annotations

import argparse
import sys

from conformance.commands import verdicts
from conformance.commands.arguments import one_of, option_groups
from conformance.errors import UsageError
from conformance.run import options
from conformance.run.selection import near, selection

#: What each list holds. Its rows are in `report.lists`, which reads everything there is and is loaded when asked for.
_TABLES = {
    "requirements": "what is judged",
    "scenarios": "the situations that are played",
    "faults": "how the mock misbehaves with --fault",
    "habits": "how the bundled client misbehaves with --habit",
    "variations": "what is legal, and must never be accused",
}

_FORMATS = ("text", "json")

USAGE = "TABLE [options]"
EXAMPLES = (
    "conformance list requirements -k done",
    "conformance list scenarios -k client",
    "conformance list faults --format json",
)
DOCS = "docs/README.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is to be listed, which rows of it, and in which format."""
    said = "; ".join(f"{name}: {what}" for name, what in _TABLES.items())
    parser.add_argument("what", metavar="|".join(_TABLES), **one_of(_TABLES, "list"), help=said)
    groups = option_groups(parser, (options.SELECTION, options.OUTPUT))
    groups[options.SELECTION].add_argument(
        "-k", dest="selection", metavar="EXPR",
        help="list only rows that match: an expression of words, as for pytest's -k (default: all)",
    )  # fmt: skip
    groups[options.OUTPUT].add_argument(
        "--format", default="text", metavar="FORMAT", **one_of(_FORMATS, "format"),
        help="text, or json with one object a line (default: text)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Print one row a line, in the table's own order. Raises UsageError where no row is selected."""
    from conformance.report import lists  # noqa: PLC0415 - reads everything that can be listed

    rows = lists.selected(arguments.what, selection(arguments.selection) if arguments.selection else None)
    if not rows:
        raise UsageError(
            f"nothing selected: -k {arguments.selection!r} matches none of the {arguments.what}",
            near(arguments.selection, (str(row["id"]) for row in lists.selected(arguments.what)))
            or f"`conformance list {arguments.what}` shows all.",
        )
    width = verdicts.style(verbose=False).width if sys.stdout.isatty() else None
    verdicts.write(lists.as_json(rows) if arguments.format == "json" else lists.as_text(arguments.what, rows, width))
    return 0
