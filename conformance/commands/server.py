"""`conformance server`: judge a server, or the built-in mock."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack

from conformance.commands import verdicts
from conformance.commands.progress import Progress
from conformance.model import Role
from conformance.report.text import plan_page
from conformance.run import (
    option_conflicts,
    options,
    repeat_command,
    saving,
    target_options,
    verdict_options,
)
from conformance.run.loop import Run
from conformance.run.plan import Plan, plan, selected
from conformance.run.selection import selection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is judged, and those of every command that gives verdicts."""
    for option in (*options.TARGET, *options.ASKING):
        parser.add_argument(f"--{option.name}", dest=option.key, **option.arguments())
    verdicts.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge; the exit code is that of the report."""
    said = options.given(vars(arguments))
    option_conflicts.check(said)
    verdicts.check(arguments)
    wanted = selection(arguments.selection) if arguments.selection else None
    console = Progress(
        arguments.verbose, quiet="plan" in said, mocked="base_url" not in said and not _at_hand(arguments)
    )
    saving.prepare(said)
    with ExitStack() as unreported:
        target = target_options.target(said, watch=console.watch)
        unreported.callback(target.close)
        chosen = selected(plan(target, part=options.shard(said)), target, wanted)
        if not chosen.scenarios:
            return _nothing_selected()
        console.planned(chosen)
        if arguments.plan:
            verdicts.write(_plan(chosen, arguments.format))
            return 0
        judged = Run(
            target,
            chosen,
            profile=verdict_options.profile(said, Role.SERVER, arguments.selection or None),
            known_failures=verdict_options.known_failures(said),
            again=repeat_command.again(said),
            exhibitor=target_options.exhibitor(said, target) if verdicts.shows(arguments) else None,
            begun=console.begun,
            on_subject=console.judged,
            kept=saving.keeper(said),
            shapes=options.shapes(said),
        )
        unreported.pop_all()  # whoever reports closes the target
        report = judged.finished()
    console.end()
    done = verdicts.kept(report, arguments)
    gone = judged.nothing_there(report)
    if gone is not None:
        raise gone
    return verdicts.shown(done, arguments)


def _at_hand(arguments: argparse.Namespace) -> bool:
    """Whether whoever starts the command is going to read the report, which says who was judged."""
    return arguments.format == "text" and not arguments.plan and sys.stdout.isatty()


def _plan(plan: Plan, form: str) -> str:
    if form == "text":
        return plan_page(plan.counts(), plan.rows())
    return "".join(
        f"{json.dumps({'scenario': name, 'cells': cells, 'title': title})}\n" for name, cells, title in plan.rows()
    )


def _nothing_selected() -> int:
    print("conformance: nothing judged: -k selects nothing that this target can be asked", file=sys.stderr)
    print("  `conformance list scenarios` and `conformance list requirements` show all names.", file=sys.stderr)
    return 5
