"""`conformance record`: write a cassette of each scenario played against a server, redacted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.commands.arguments import add_options, option_groups
from conformance.commands.termination import interrupting
from conformance.files import prepare_folder
from conformance.model import Role
from conformance.report.plain import safe
from conformance.report.text import plan_line
from conformance.run import options, target_options
from conformance.run.selection import nothing_selected, selection

USAGE = "[--base-url URL] --out DIR [options]"
EXAMPLES = (
    "conformance record --base-url http://127.0.0.1:8000/v1 --out recordings",
    "conformance record --base-url http://127.0.0.1:8000/v1 --out recordings -k stream --overwrite",
)
DOCS = "docs/recordings.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is recorded, and where to."""
    groups = option_groups(parser, (options.TARGETS, options.PROVISIONING, options.SELECTION, options.OUTPUT))
    add_options(groups, options.TARGET)
    output = groups[options.OUTPUT]
    output.add_argument("--out", required=True, metavar="DIR", help="the folder for the cassettes, SCENARIO.jsonl")
    output.add_argument("--overwrite", action="store_true", help="replace cassettes that exist (default: refuse)")
    groups[options.SELECTION].add_argument(
        "-k", dest="selection", metavar="EXPR", help="record only these scenarios, in the grammar of pytest's -k"
        " (default: all)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Record every scenario the target can play; 2 where one could not be brought about, 3 for an internal error."""
    with interrupting():
        return _recorded(arguments)


def _recorded(arguments: argparse.Namespace) -> int:
    from conformance.run.plan import plan  # noqa: PLC0415 - these load the client and the judge: only when asked
    from conformance.targets.recording import RecordingTarget  # noqa: PLC0415

    wanted = selection(arguments.selection) if arguments.selection else None
    target = target_options.target(options.given({**vars(arguments), "out": None}))
    codes = {0}
    try:
        scenarios = [scenario for scenario in plan(target).scenarios if wanted is None or wanted(scenario.id)]
        recording = RecordingTarget(
            target, Path(arguments.out), scenarios, secrets=target.secrets, overwrite=arguments.overwrite
        )
        if not scenarios:
            print(f"conformance: {nothing_selected(arguments.selection, Role.SERVER)}", file=sys.stderr)
            return 5
        prepare_folder(Path(arguments.out))
        print(
            f"conformance: plan: {plan_line({'scenarios': len(scenarios), **target.cost(scenarios)})}", file=sys.stderr
        )
        for scenario in scenarios:
            transcript = recording.exchange(scenario)
            missed = transcript.slip or transcript.untestable
            codes.add(3 if transcript.slip else 2 if missed else 0)
            print(f"{scenario.id}: {safe(missed)}" if missed else recording.written[-1], flush=True)
    finally:
        for leftover in target.close():
            print(f"conformance: not deleted: {safe(leftover)}", file=sys.stderr)
    return max(codes)
