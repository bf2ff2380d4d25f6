"""`conformance server`: judge a server, or the built-in mock, through a pytest call that nobody's settings reach."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance.commands import verdicts
from conformance.commands.progress import Progress
from conformance.commands.termination import interrupting
from conformance.errors import OwnError
from conformance.files import prepare_folder
from conformance.report.text import plan_page
from conformance.run import options
from conformance.run.plan import Plan
from conformance.run.selection import selection

#: What pytest ends with where it was interrupted.
_INTERRUPTED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is judged, and those of every command that gives verdicts."""
    for option in (*options.TARGET, *options.ASKING):
        parser.add_argument(f"--{option.name}", dest=option.key, **option.arguments())
    verdicts.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge; the exit code is that of the report."""
    from conformance.plugin.call import call  # noqa: PLC0415 - pytest, only where it is used

    said = options.given(vars(arguments))
    options.check(said)
    verdicts.check(arguments)
    if arguments.selection:
        selection(arguments.selection)
    console = Progress(
        arguments.verbose, quiet="plan" in said, mocked="base_url" not in said and not _at_hand(arguments)
    )
    if "out" in said and "plan" not in said:
        prepare_folder(Path(said["out"]))
    with interrupting():
        code = call(
            options.target(said, watch=console.watch),
            said,
            arguments.selection,
            console,
            shows=verdicts.shows(arguments),
        )
    if console.report is None:
        return _without_report(code, console, arguments)
    verdicts.show(console.report, arguments)
    if console.error is not None:  # of the folder, at the very end: the report was shown before
        raise console.error
    if "out" in said:
        verdicts.told(said["out"])
    return verdicts.settle(console.report, arguments)


def _at_hand(arguments: argparse.Namespace) -> bool:
    """Whether whoever starts the command is going to read the report, which says who was judged."""
    return arguments.format == "text" and not arguments.plan and sys.stdout.isatty()


def _plan(plan: Plan, form: str) -> str:
    if form == "text":
        return plan_page(plan.counts(), plan.rows())
    return "".join(
        f"{json.dumps({'scenario': name, 'cells': cells, 'title': title})}\n" for name, cells, title in plan.rows()
    )


def _without_report(code: int, console: Progress, arguments: argparse.Namespace) -> int:
    if console.error is not None:
        raise console.error
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if console.plan is not None and arguments.plan:
        verdicts.write(_plan(console.plan, arguments.format))
        return 0
    if console.plan is None and code == 5:
        print("conformance: nothing judged: -k selects nothing that this target can be asked", file=sys.stderr)
        print("  `conformance list scenarios` and `conformance list requirements` show all names.", file=sys.stderr)
        return 5
    raise OwnError(f"pytest ended with {code} before there was a report")
