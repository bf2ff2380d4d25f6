"""`conformance gateway`: judge a gateway by playing the upstream behind it and the client in front of it."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from conformance.commands import verdicts
from conformance.commands.arguments import add_command, add_options, command_of, one_of, option_groups
from conformance.commands.progress import Progress
from conformance.contract.gateway_scenarios import GATEWAY_SCENARIOS
from conformance.errors import UsageError
from conformance.model import Role
from conformance.report.exhibits import Exhibitor
from conformance.report.writers import CASSETTES
from conformance.run import options, repeat_command, saving, target_options, verdict_options
from conformance.run.known_secrets import known_secrets
from conformance.run.loop import Run
from conformance.run.plan import Plan, narrowed, plan, selected
from conformance.run.selection import nothing_selected, selection
from conformance.targets.gateway import API_KEY, MAPS, PASSING_ON, GatewayTarget, SocketEnds
from conformance.targets.gateway_command import GatewayCommand
from conformance.targets.recording import RecordingTarget
from conformance.targets.served import STARTING
from conformance.targets.settings import TIMEOUT, Settings
from conformance.wire.credentials import of_words

#: The options about a server that mean the same for a gateway.
_SAME = ("api-key-env", "header", "model", "timeout", "ca-file")


USAGE = "--base-url URL [--listen HOST:PORT] [options] [-- COMMAND ...]"
EXAMPLES = (
    "conformance gateway --base-url http://127.0.0.1:8080/v1 --listen 127.0.0.1:9000",
    "conformance gateway --base-url http://127.0.0.1:8080/v1 -- sh start-my-gateway.sh",
)
DOCS = "docs/gateways.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the gateway and its upstream are, what is declared of it, and the command that starts it."""
    groups = option_groups(parser)
    target = groups[options.TARGETS]
    target.add_argument(
        "--base-url",
        required=True,
        metavar="URL",
        help="where clients find the gateway, such as http://127.0.0.1:8080/v1",
    )
    target.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="where the suite listens as the upstream of the gateway (default: a free port of 127.0.0.1)",
    )
    target.add_argument(
        "--gateway-timeout", type=float, metavar="SECONDS",
        help="after how many seconds of silence the gateway gives up (default: not judged)",
    )  # fmt: skip
    target.add_argument(
        "--wait", type=float, metavar="SECONDS",
        help=f"wait up to this long for the gateway to listen once COMMAND was started (default: {STARTING:g})",
    )  # fmt: skip
    target.add_argument(
        "--maps", action="append", metavar="WHAT", **one_of(MAPS, "mapping"),
        help=f"what the gateway is meant to change: {', '.join(MAPS)}; repeatable (default: nothing)",
    )  # fmt: skip
    groups[options.SELECTION].add_argument(
        "--scenario", action="append", metavar="ID", help="play only this scenario; repeatable (default: all)"
    )
    add_options(groups, (option for option in options.TARGET if option.name in _SAME))
    verdicts.add_arguments(groups)
    add_command(parser, "the command that starts the gateway, which finds its upstream in CONFORMANCE_UPSTREAM_URL")


def run(arguments: argparse.Namespace) -> int:
    """Judge; the exit code is that of the report."""
    said = options.given(vars(arguments))
    verdict_options.check(said)
    verdicts.check(arguments)
    command = command_of(arguments)
    host, port = _listening(arguments.listen, command)
    declared = _declared(arguments)
    waiting = target_options.waiting({"wait": arguments.wait})
    patience = STARTING if waiting is None else waiting
    saving.prepare(said)
    settings = _settings(said, arguments)  # which says what is wrong with a URL before anything is started
    console = Progress(arguments.verbose, quiet=False, mocked=False)
    with console, ExitStack() as opened:

        def started(upstream: str) -> Settings:
            if command:
                gateway = GatewayCommand(command, arguments.base_url, upstream)
                opened.callback(gateway.close)
                gateway.start(patience)
            return settings

        keyed = "maps-auth" not in declared
        passing_on = PASSING_ON if command else 0.0
        ends = SocketEnds(started, host=host, port=port, key=_key(said) if keyed else None, patience=passing_on)
        target = GatewayTarget(ends, traits=declared, limit=arguments.gateway_timeout, secrets=tuple(of_words(command)))
        opened.callback(target.close)
        chosen = _chosen(target, arguments)
        if not chosen.scenarios:
            print(f"conformance: {nothing_selected(str(_selection(arguments)), Role.GATEWAY)}", file=sys.stderr)
            return 5
        console.planned(chosen)
        judged = Run(
            target if arguments.out is None else _recorded(target, arguments.out),
            chosen,
            profile=verdict_options.profile(said, Role.GATEWAY, _selection(arguments)),
            known_failures=verdict_options.known_failures(said),
            again=repeat_command.again_gateway(vars(arguments), command),
            exhibitor=Exhibitor(secrets=known_secrets(target.secrets)) if verdicts.shows(arguments) else None,
            begun=console.begun,
            on_subject=console.judged,
            kept=saving.keeper(said),
            shapes=options.shapes(said),
        )
        report = judged.finished()
    done = verdicts.kept(report, arguments)
    gone = judged.nothing_there(report)
    if gone is not None:
        verdicts.show_unreached(done.report, arguments)
        raise gone
    return verdicts.shown(done, arguments)


def _listening(words: str | None, command: Sequence[str]) -> tuple[str, int]:
    """Where the upstream listens. Raises UsageError."""
    if words is None:
        if not command:
            raise UsageError(
                "the gateway does not know its upstream: neither --listen nor a command was given",
                "Start the gateway with the upstream HOST:PORT and give --listen HOST:PORT, or add -- COMMAND, which "
                "starts the gateway and finds its upstream in CONFORMANCE_UPSTREAM_URL.",
            )
        return "127.0.0.1", 0
    host, colon, port = words.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--listen {words!r}: not HOST:PORT", "Write it as 127.0.0.1:9000.")
    return host.strip("[]"), int(port)


def _declared(arguments: argparse.Namespace) -> frozenset[str]:
    """What is declared of the gateway, as traits. Raises UsageError."""
    limit = arguments.gateway_timeout
    if limit is not None and not 0 < limit < math.inf:
        raise UsageError(f"--gateway-timeout {limit:g}: say after how many silent seconds the gateway gives up")
    maps = {f"maps-{what}" for what in arguments.maps or ()}
    return frozenset(maps | ({"gateway-timeout"} if limit is not None else set()))


def _key(said: Mapping[str, object]) -> str:
    return _settings_of(said, "http://127.0.0.1/v1").api_key or ""


def _settings(said: Mapping[str, object], arguments: argparse.Namespace) -> Settings:
    """How the gateway is reached: for longer than it waits for its upstream."""
    limit = arguments.gateway_timeout or 0.0
    timeout = arguments.timeout or max(TIMEOUT, 2 * limit + 10)
    return _settings_of({**said, "timeout": timeout}, arguments.base_url)


def _settings_of(said: Mapping[str, object], base_url: str) -> Settings:
    found = target_options.settings({**said, "base_url": base_url}, os.environ)
    return found if found.api_key is not None else replace(found, api_key=API_KEY)


def _recorded(target: GatewayTarget, out: str) -> RecordingTarget:
    """The same target, each of whose scenarios is kept as a cassette."""
    folder = Path(out, CASSETTES)
    return RecordingTarget(target, folder, GATEWAY_SCENARIOS, secrets=known_secrets(target.secrets), overwrite=True)


def _selection(arguments: argparse.Namespace) -> str | None:
    """What `-k` and `--scenario` select, as one expression."""
    named = " or ".join(f"{name}:" for name in arguments.scenario or ())
    both = [expression for expression in (arguments.selection, named) if expression]
    return " and ".join(f"({expression})" for expression in both) if len(both) > 1 else "".join(both) or None


def _chosen(target: GatewayTarget, arguments: argparse.Namespace) -> Plan:
    """The plan for the scenarios that were named, and of those for the cells that `-k` selects."""
    known = {scenario.id for scenario in GATEWAY_SCENARIOS}
    unknown = [name for name in arguments.scenario or () if name not in known]
    if unknown:
        raise UsageError(f"no gateway scenario has the id {unknown[0]!r}", "`conformance list scenarios` shows all.")
    wanted = selection(arguments.selection) if arguments.selection else None
    whole = plan(target, GATEWAY_SCENARIOS, Role.GATEWAY)
    named: Iterator[tuple[str, str]] = (
        cell for cell in whole.names() if arguments.scenario is None or cell[0] in arguments.scenario
    )
    return selected(narrowed(whole, target, named), target, wanted)
