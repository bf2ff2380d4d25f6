"""`conformance client`: judge a client by running a command that uses it, once in each scenario, against the mock."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.commands import verdicts
from conformance.commands.arguments import add_command, add_options, command_of, option_groups
from conformance.commands.progress import Progress
from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.errors import UsageError, did_you_mean
from conformance.model import Report, Role, Transcript
from conformance.report.exhibits import Exhibitor
from conformance.report.trace import trace
from conformance.report.writers import CLIENTS
from conformance.run import options, repeat_command, saving, verdict_options
from conformance.run.known_secrets import known_secrets
from conformance.run.loop import Run
from conformance.run.plan import Plan, narrowed, plan, selected
from conformance.run.selection import nothing_selected, selection
from conformance.targets.client import ClientTarget
from conformance.targets.drivers import TIMEOUT, Command
from conformance.targets.persistent import Persistent
from conformance.wire.redact import without_secrets

#: Scenarios at a time for each processor: clients wait for their retries, and load must not be taken for slowness.
_JOBS = 2


USAGE = "[options] -- COMMAND ..."
EXAMPLES = (
    "conformance client -- python my_program.py",
    "conformance client --scenario streamed-crlf --trace -- node my_program.mjs",
)
DOCS = "docs/clients.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which scenarios are played and how, the options of every command that gives verdicts, and the command."""
    groups = option_groups(parser, (options.TARGETS, options.SELECTION, options.OUTPUT, options.GATING))
    target, chosen = groups[options.TARGETS], groups[options.SELECTION]
    target.add_argument(
        "--azure", action="store_true",
        help="the client is one for Azure: its paths are served too, and no OpenAI-Beta header is required",
    )  # fmt: skip
    target.add_argument(
        "--persistent", action="store_true",
        help="start the command once for each job: it reads scenarios from standard input and prints outcomes,"
        " one a line",
    )  # fmt: skip
    target.add_argument(
        "--jobs",
        type=options.whole_number,
        metavar="N",
        help="number of scenarios at a time (default: two for each processor)",
    )
    target.add_argument("--timeout", type=options.number, default=TIMEOUT, metavar="SECONDS",
                        help=f"time limit for one scenario (default: {TIMEOUT:g})")  # fmt: skip
    chosen.add_argument("--scenario", action="append", metavar="ID",
                        help="play only this scenario, as `conformance list scenarios -k client` shows them; repeatable"
                        " (default: all)")  # fmt: skip
    add_options(groups, (options.SHARD,))
    groups[options.OUTPUT].add_argument("--trace", action="store_true",
                                        help="show every byte with its time on standard error")  # fmt: skip
    verdicts.add_arguments(groups)
    add_command(parser, "the command that is run in each scenario")


def run(arguments: argparse.Namespace) -> int:
    """Judge; the exit code is that of the report."""
    said = options.given(vars(arguments))
    saving.prepare(said)
    verdict_options.check(said)
    command = command_of(arguments)
    _check(arguments, command)
    verdicts.check(arguments)
    profile = verdict_options.profile(said, Role.CLIENT, _selection(arguments))
    rows = verdict_options.known_failures(said)
    artifacts = None if arguments.out is None else Path(arguments.out, CLIENTS)
    kind = Persistent if arguments.persistent else Command
    driver = kind(command, timeout=arguments.timeout)
    traced = _show_trace if arguments.trace else None
    target = ClientTarget(driver, azure=arguments.azure, artifacts=artifacts, traced=traced)
    verdicts.check_baseline(arguments, target.describe())
    chosen = _chosen(target, arguments)
    if not chosen.scenarios and "shard" not in said:
        expression = str(_selection(arguments))
        if arguments.format == "json":
            verdicts.show(Report(target.describe(), (), profile=profile), arguments)
        print(f"conformance: {nothing_selected(expression, Role.CLIENT)}", file=sys.stderr)
        return 5
    timeout = None if arguments.timeout == TIMEOUT else arguments.timeout
    again = repeat_command.again_client(
        command, said, azure=arguments.azure, timeout=timeout, persistent=arguments.persistent
    )
    console = Progress(arguments.verbose, quiet=False, mocked=False)
    judged = Run(
        target,
        chosen,
        profile=profile,
        known_failures=rows,
        again=again,
        exhibitor=Exhibitor(secrets=known_secrets(target.secrets)) if verdicts.shows(arguments) else None,
        begun=console.begun,
        on_subject=console.judged,
        kept=saving.keeper(said),
        shapes=options.shapes(said),
    )
    with console:
        console.planned(chosen)
        report = judged.finished_by(arguments.jobs or _JOBS * (os.cpu_count() or 1), target.interrupt)
    return verdicts.finish(report, arguments)


def _selection(arguments: argparse.Namespace) -> str | None:
    """What `-k` and `--scenario` select, as one expression."""
    named = " or ".join(f"{name}:" for name in arguments.scenario or ())
    both = [expression for expression in (arguments.selection, named) if expression]
    return " and ".join(f"({expression})" for expression in both) if len(both) > 1 else "".join(both) or None


def _check(arguments: argparse.Namespace, command: Sequence[str]) -> None:
    if not command:
        raise UsageError("no command was given", "Write it last: conformance client -- python my_program.py")
    if arguments.jobs is not None and arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: invalid number of scenarios at a time", "Use 1 or more.")
    if not 0 < arguments.timeout < float("inf"):
        raise UsageError(
            f"--timeout {arguments.timeout:g}: invalid number of seconds",
            "Use a number greater than 0: the time limit for one scenario.",
        )


def _chosen(target: ClientTarget, arguments: argparse.Namespace) -> Plan:
    """The plan for the scenarios that were named, and of those for the cells that `-k` selects."""
    known = {scenario.id for scenario in CLIENT_SCENARIOS}
    unknown = [name for name in arguments.scenario or () if name not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known) or "`conformance list scenarios -k client` lists them."
        raise UsageError(f"unknown client scenario: {unknown[0]!r}", hint)
    wanted = selection(arguments.selection) if arguments.selection else None
    whole = plan(target, CLIENT_SCENARIOS, Role.CLIENT, options.shard(vars(arguments)))
    named = (cell for cell in whole.names() if arguments.scenario is None or cell[0] in arguments.scenario)
    return selected(narrowed(whole, target, named), target, wanted)


def _show_trace(transcript: Transcript) -> None:
    sys.stderr.write(trace(without_secrets(transcript, known_secrets())))
