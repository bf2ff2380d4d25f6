"""`conformance list`: what is required, and which situations are brought about."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from conformance.commands import verdicts

_WIDTH = 34


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is to be listed."""
    parser.add_argument("what", choices=tuple(_LISTS), help="which table")
    parser.add_argument("--format", choices=verdicts.FORMATS, default="text", help="json: one object a line")


def run(arguments: argparse.Namespace) -> int:
    """Print one row a line, in the table's own order."""
    for row in _LISTS[arguments.what]():
        if arguments.format == "json":
            line = json.dumps(row)
        else:
            line = f"{row['id']:{_WIDTH}} {row['mark']:9} {row['title']}"
        verdicts.write(f"{line}\n")
    return 0


def _requirements() -> Iterator[dict[str, Any]]:
    from conformance.contract.requirements import REQUIREMENTS  # noqa: PLC0415 - the other list does without

    for requirement in REQUIREMENTS.values():
        judged = requirement.excluded is None
        yield {
            "id": requirement.id,
            "mark": f"{requirement.level} {requirement.confidence}" if judged else "not judged",
            "title": requirement.sentence,
            "level": requirement.level.value,
            "confidence": requirement.confidence.value,
            "role": requirement.role.value,
            "contract": list(requirement.contract),
            "luck": requirement.luck,
            "excluded": requirement.excluded,
        }


def _scenarios() -> Iterator[dict[str, Any]]:
    from conformance.contract.scenarios import SCENARIOS, requires  # noqa: PLC0415 - the other list does without

    for scenario in SCENARIOS:
        yield {
            "id": scenario.id,
            "mark": "scripted" if "scripted" in scenario.traits else f"{scenario.calls} call" + "s" * (scenario.calls > 1),
            "title": scenario.title,
            "calls": scenario.calls,
            "needs": sorted(requires(scenario)),
            "traits": sorted(scenario.traits),
        }


_LISTS = {"requirements": _requirements, "scenarios": _scenarios}
