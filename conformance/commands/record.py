"""`conformance record`: write redacted cassettes, of scenarios played against a server or of other recordings."""

from __future__ import annotations

import argparse
import sys

from conformance.commands.arguments import add_options, option_groups
from conformance.errors import ConformanceError, UsageError
from conformance.files import named_folder, prepare_folder
from conformance.model import Role
from conformance.report.plain import error_text, safe
from conformance.report.text import plan_line
from conformance.run import options, target_options
from conformance.run.known_secrets import known_secrets
from conformance.run.selection import nothing_selected, selection
from conformance.wire.secret import secrets_of

USAGE = "[--base-url URL | --app MODULE:NAME] --out DIR [options]"
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
    groups[options.TARGETS].add_argument(
        "--from", dest="recordings", nargs="+", metavar="FILE",
        help="convert these recordings of other tools into cassettes (default: record the server)",
    )  # fmt: skip
    output.add_argument("--out", required=True, metavar="DIR", help="the folder for the cassettes, SCENARIO.jsonl each")
    output.add_argument("--overwrite", action="store_true", help="replace existing cassettes (default: refuse)")
    groups[options.SELECTION].add_argument(
        "-k", dest="selection", metavar="EXPR",
        help="record only scenarios that match: an expression, as for pytest's -k (default: all)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Record every scenario the target can play; 2 where one could not be brought about, 3 for an internal error.

    With `--from`: 4 where a recording could not be read.
    """
    return _recorded(arguments) if arguments.recordings is None else _converted(arguments)


def _converted(arguments: argparse.Namespace) -> int:
    from conformance.run import conversion  # noqa: PLC0415 - only where it is asked for

    said = options.given({**vars(arguments), "out": None})
    stray = [f"--{option.name}" for option in options.TARGET if option.key in said and option.key != "api_key_env"]
    if arguments.selection:
        stray.append("-k")
    if stray:
        raise UsageError(f"{stray[0]} does nothing with --from: no server is asked", f"Leave out {stray[0]} or --from.")
    secrets = known_secrets(target_options.secrets(said))
    hidden = secrets_of(secrets).hidden
    folder = named_folder(arguments.out)
    cassettes = conversion.planned(arguments.recordings, folder, overwrite=arguments.overwrite)
    prepare_folder(folder)
    codes, hints = {0}, set[str]()
    for done in conversion.convert(cassettes, secrets):
        if isinstance(done, ConformanceError):
            print(error_text(done, secrets, hints), file=sys.stderr)
            codes.add(done.exit_code)
        else:
            print(safe(hidden(str(done))), flush=True)
    return min(codes - {0}, default=0, key=(4, 3, 1, 2, 5, 6).index)


def _recorded(arguments: argparse.Namespace) -> int:
    from conformance.run.plan import plan  # noqa: PLC0415 - these load the client and the judge: only when asked
    from conformance.targets.recording import RecordingTarget  # noqa: PLC0415

    folder = named_folder(arguments.out)
    wanted = selection(arguments.selection) if arguments.selection else None
    target = target_options.target(options.given({**vars(arguments), "out": None}))
    codes = {0}
    hidden = secrets_of(known_secrets(target.secrets)).hidden
    try:
        scenarios = [scenario for scenario in plan(target).scenarios if wanted is None or wanted(scenario.id)]
        recording = RecordingTarget(
            target, folder, scenarios, secrets=known_secrets(target.secrets), overwrite=arguments.overwrite
        )
        if not scenarios:
            print(
                f"conformance: {nothing_selected(arguments.selection, Role.SERVER, target_options.left_out(target))}",
                file=sys.stderr,
            )
            return 5
        prepare_folder(folder)
        print(
            f"conformance: plan: {plan_line({'scenarios': len(scenarios), **target.cost(scenarios)})}", file=sys.stderr
        )
        for scenario in scenarios:
            transcript = recording.exchange(scenario)
            missed = transcript.slip or transcript.untestable
            codes.add(3 if transcript.slip else 2 if missed else 0)
            print(
                f"{scenario.id}: {safe(hidden(missed))}" if missed else safe(hidden(str(recording.written[-1]))),
                flush=True,
            )
    finally:
        for leftover in target.close():
            print(f"conformance: not deleted: {safe(hidden(leftover))}", file=sys.stderr)
    return max(codes)
