"""`conformance server`: judge a server, or the built-in mock."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack

from conformance.commands import verdicts
from conformance.commands.arguments import add_options, option_groups
from conformance.commands.progress import Progress
from conformance.model import Report, Role
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
from conformance.run.plan import Plan, Target, plan, selected
from conformance.run.selection import nothing_selected, selection

#: Read by OpenAI's own clients, so that many people have it set.
_OPENAI_BASE_URL = "OPENAI_BASE_URL"

USAGE = "[--base-url URL | --app MODULE:NAME] [options]"
EXAMPLES = (
    "conformance server --base-url http://127.0.0.1:8000/v1 --api-key-env API_KEY --out report",
    "conformance server --base-url http://127.0.0.1:8000/v1 --serve 'python my_server.py' -k stream-one-call",
    "conformance server --app my_package.my_module:app --out report",
)
DOCS = "docs/servers.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is judged, and those of every command that gives verdicts."""
    groups = option_groups(parser)
    add_options(groups, (*options.TARGET, *options.ASKING))
    verdicts.add_arguments(groups)


def run(arguments: argparse.Namespace) -> int:
    """Judge; the exit code is that of the report."""
    said = options.given(vars(arguments))
    saving.prepare(said)
    option_conflicts.check(said)
    verdicts.check(arguments)
    wanted = selection(arguments.selection) if arguments.selection else None
    console = Progress(
        arguments.verbose, quiet="plan" in said, mocked=not options.names_server(said) and not _at_hand(arguments)
    )
    _mention_unread_url(said)
    with console, ExitStack() as unreported:
        target = target_options.target(said, watch=console.watch)
        unreported.callback(target.close)
        verdicts.check_baseline(arguments, target.describe())
        chosen = selected(plan(target, part=options.shard(said)), target, wanted)
        if not chosen.scenarios and "shard" not in said:
            return _nothing_selected(target, arguments)
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
    done = verdicts.kept(report, arguments)
    gone = judged.nothing_there(report)
    if gone is not None:
        verdicts.show_unreached(done.report, arguments)
        raise gone
    return verdicts.shown(done, arguments)


def _mention_unread_url(said: options.Given) -> None:
    """Say that a server which only the environment names is not judged: nothing is asked of it."""
    if not options.names_server(said) and os.environ.get(_OPENAI_BASE_URL):
        print(f"conformance: {_OPENAI_BASE_URL} is set, but the suite does not read it", file=sys.stderr)
        print(f'  To judge that server: conformance server --base-url "${_OPENAI_BASE_URL}"', file=sys.stderr)


def _at_hand(arguments: argparse.Namespace) -> bool:
    """Whether whoever starts the command is going to read the report, which says who was judged."""
    return arguments.format == "text" and not arguments.plan and sys.stdout.isatty()


def _plan(plan: Plan, form: str) -> str:
    if form == "text":
        return plan_page(plan.counts(), plan.rows())
    return "".join(
        f"{json.dumps({'scenario': name, 'cells': cells, 'title': title})}\n" for name, cells, title in plan.rows()
    )


def _nothing_selected(target: Target, arguments: argparse.Namespace) -> int:
    if arguments.format == "json":
        profile = verdict_options.profile(options.given(vars(arguments)), Role.SERVER, arguments.selection or None)
        verdicts.show(Report(target.describe(), (), profile=profile), arguments)
    print(
        f"conformance: {nothing_selected(arguments.selection, Role.SERVER, target_options.left_out(target))}",
        file=sys.stderr,
    )
    return 5
