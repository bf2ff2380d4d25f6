"""`conformance explain`: one requirement, by its id or by an id of the contract, with examples."""

from __future__ import annotations

import argparse

from conformance.commands import verdicts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which requirement."""
    parser.add_argument("id", metavar="ID", help="such as done.last, or ORD-DONE-LAST")


def run(arguments: argparse.Namespace) -> int:
    """Print all there is to say about it."""
    from conformance.report.explain import explain  # noqa: PLC0415 - reads all examples: only when asked

    verdicts.write(explain(arguments.id, verdicts.style(verbose=False).width))
    return 0
