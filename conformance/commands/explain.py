"""`conformance explain`: a requirement, with examples, or a scenario, a fault, a habit or a status."""

from __future__ import annotations

import argparse

from conformance.commands import verdicts

USAGE = "ID"
EXAMPLES = (
    "conformance explain done.last",
    "conformance explain ORD-DONE-LAST",
    "conformance explain drop-done",
    "conformance explain untestable",
)
DOCS = "docs/README.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is explained."""
    parser.add_argument(
        "id", metavar="ID",
        help="a requirement (done.last or, in the contract, ORD-DONE-LAST), a scenario, a fault, a habit or a status",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Print all there is to say about it."""
    from conformance.report.explain import explain  # noqa: PLC0415 - reads all examples: only when asked

    verdicts.write(explain(arguments.id, verdicts.style(verbose=False).width))
    return 0
