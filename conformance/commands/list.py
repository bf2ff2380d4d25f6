"""`conformance list`: what is required, and which situations are brought about, which faults can be played."""

from __future__ import annotations

import argparse

from conformance.commands import verdicts

_TABLES = ("requirements", "scenarios", "faults")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is to be listed."""
    parser.add_argument("what", choices=_TABLES, metavar="|".join(_TABLES), help="which table")


def run(arguments: argparse.Namespace) -> int:
    """Print one row a line, in the table's own order."""
    from conformance.report import explain  # noqa: PLC0415 - reads all examples: only when asked

    tables = {
        "requirements": explain.requirements_list,
        "scenarios": explain.scenarios_list,
        "faults": explain.faults_list,
    }
    verdicts.write(tables[arguments.what]())
    return 0
