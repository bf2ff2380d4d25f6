"""`conformance client`: judge a client by running a command that uses it, once in each scenario, against the mock."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.commands import verdicts
from conformance.commands.progress import Progress
from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.errors import UsageError
from conformance.model import Role, Transcript
from conformance.report.exhibits import Exhibitor
from conformance.report.trace import trace
from conformance.run import options, repeat_command, saving, verdict_options
from conformance.run.loop import Run
from conformance.run.plan import Plan, narrowed, plan, selected
from conformance.run.selection import selection
from conformance.targets.client import ClientTarget
from conformance.targets.drivers import TIMEOUT, Command

#: Scenarios at a time for each processor: clients wait for their retries, and load must not be taken for slowness.
_JOBS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which scenarios are played and how, the options of every command that gives verdicts, and the command."""
    parser.add_argument(
        "--scenario", action="append", metavar="ID", help="only this scenario; once for each, as `list scenarios` shows"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="scenarios at a time (default: two for each processor)")
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT, metavar="S", help=f"seconds for one scenario (default: {TIMEOUT:g})"
    )
    parser.add_argument("--trace", action="store_true", help="show every byte with its time on standard error")
    parser.add_argument("--azure", action="store_true", help="the client speaks in the form of Azure: no beta header")
    parser.add_argument(f"--{options.SHARD.name}", dest=options.SHARD.key, **options.SHARD.arguments())
    verdicts.add_arguments(parser)
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="-- COMMAND …", help="what is run in each scenario"
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge; the exit code is that of the report."""
    said = options.given(vars(arguments))
    verdict_options.check(said)
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    _check(arguments, command)
    verdicts.check(arguments)
    profile, rows = (
        verdict_options.profile(said, Role.CLIENT, _selection(arguments)),
        verdict_options.known_failures(said),
    )
    artifacts = None if arguments.out is None else Path(arguments.out, "clients")
    driver = Command(command, timeout=arguments.timeout, artifacts=artifacts)
    target = ClientTarget(driver, azure=arguments.azure, traced=_show_trace if arguments.trace else None)
    chosen = _chosen(target, arguments)
    if not chosen.scenarios:
        print("conformance: nothing judged: -k selects nothing that a client can be asked", file=sys.stderr)
        return 5
    console = Progress(arguments.verbose, quiet=False, mocked=False)
    console.planned(chosen)
    timeout = None if arguments.timeout == TIMEOUT else arguments.timeout
    again = repeat_command.again_client(command, azure=arguments.azure, timeout=timeout)
    judged = Run(
        target,
        chosen,
        profile=profile,
        known_failures=rows,
        again=again,
        exhibitor=Exhibitor() if verdicts.shows(arguments) else None,
        begun=console.begun,
        on_subject=console.judged,
        kept=saving.keeper(said),
        shapes=options.shapes(said),
    )
    report = judged.finished_by(arguments.jobs or _JOBS * (os.cpu_count() or 1), target.interrupt)
    console.end()
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
        raise UsageError(f"--jobs {arguments.jobs}: at least one scenario is played at a time")
    if not 0 < arguments.timeout < float("inf"):
        raise UsageError(f"--timeout {arguments.timeout:g}: say how many seconds a scenario may take")


def _chosen(target: ClientTarget, arguments: argparse.Namespace) -> Plan:
    """The plan for the scenarios that were named, and of those for the cells that `-k` selects."""
    known = {scenario.id for scenario in CLIENT_SCENARIOS}
    unknown = [name for name in arguments.scenario or () if name not in known]
    if unknown:
        raise UsageError(f"no client scenario has the id {unknown[0]!r}", "`conformance list scenarios` shows all.")
    wanted = selection(arguments.selection) if arguments.selection else None
    whole = plan(target, CLIENT_SCENARIOS, Role.CLIENT, options.shard(vars(arguments)))
    named = (cell for cell in whole.names() if arguments.scenario is None or cell[0] in arguments.scenario)
    return selected(narrowed(whole, target, named), target, wanted)


def _show_trace(transcript: Transcript) -> None:
    sys.stderr.write(trace(transcript))
