"""`conformance schemas`: derive the schemas again from OpenAI's OpenAPI document, or compare another with them."""

from __future__ import annotations

import argparse

from conformance.commands import verdicts

USAGE = "derive [--check] | drift --spec FILE"
EXAMPLES = (
    "conformance schemas derive --check",
    "conformance schemas drift --spec openapi.yaml",
)
DOCS = "docs/contributing.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two things that can be done."""
    doing = parser.add_subparsers(dest="doing", metavar="derive|drift", required=True, prog=parser.prog)
    derive = doing.add_parser("derive", help="write the slice and the derived schemas of this checkout again")
    derive.add_argument("--check", action="store_true", help="write nothing; only report whether they are current")
    drift = doing.add_parser("drift", help="list, field by field, where another OpenAPI document differs")
    drift.add_argument("--spec", metavar="FILE", required=True, help="the other document, JSON or YAML")


def run(arguments: argparse.Namespace) -> int:
    """Do one of the two."""
    from conformance.run import schema_derivation  # noqa: PLC0415 - only when asked

    text = (
        schema_derivation.derive_command(arguments.check)
        if arguments.doing == "derive"
        else schema_derivation.drift_command(arguments.spec)
    )
    verdicts.write(text)
    return 0
