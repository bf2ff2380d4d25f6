"""`conformance mock`: the reference server alone, until it is interrupted; a client scenario is judged then."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence

from conformance.commands.arguments import option_groups
from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError, did_you_mean
from conformance.model import Role, Scenario
from conformance.run import options

_LAST_PORT = 65535

USAGE = "[options]"
EXAMPLES = (
    "conformance mock --port 8000",
    "conformance mock --fault drop-done",
    "conformance mock --scenario streamed-crlf",
)
DOCS = "docs/clients.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it listens, whom it lets in and what it plays."""
    groups = option_groups(parser, (options.TARGETS, options.SELECTION))
    groups[options.TARGETS].title = "server"
    groups[options.TARGETS].add_argument(
        "--port", type=_port, default=0, metavar="N", help="the port on 127.0.0.1 (default: a free one)"
    )
    groups[options.TARGETS].add_argument(
        "--api-key-env", metavar="NAME",
        help="require the API key that this environment variable holds (default: any key, or none)",
    )  # fmt: skip
    groups[options.TARGETS].add_argument(
        "--allow-host", action="append", default=[], metavar="NAME",
        help="serve requests for this host too, where another machine or a container reaches the mock by a name;"
        " repeatable (default: localhost and its own address)",
    )  # fmt: skip
    groups[options.SELECTION].add_argument(
        "--scenario", metavar="ID",
        help="the scenario of runs that name none; with one for clients, the client is judged at the end"
        " (default: what the run itself asks for)",
    )  # fmt: skip
    groups[options.SELECTION].add_argument(
        "--fault", metavar="ID",
        help="misbehave on purpose: a fault of `conformance list faults`, or several with commas (default: none)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Serve on 127.0.0.1; the base URL is the first line on standard output."""
    from conformance.mock.server import serve  # noqa: PLC0415 - asyncio, only where it is used

    if arguments.scenario is not None:
        _check_scenario(arguments.scenario)
    key = None
    if arguments.api_key_env is not None:
        key = os.environ.get(arguments.api_key_env)
        if not key:
            from conformance.targets.settings import variable_shown  # noqa: PLC0415 - only where it is wrong

            raise UsageError(
                f"the environment has no {variable_shown(arguments.api_key_env)}",
                "--api-key-env takes the name of a variable that holds the key to require.",
            )
    if arguments.scenario is not None and BY_ID[arguments.scenario].role is Role.CLIENT and arguments.fault is None:
        return _judge(BY_ID[arguments.scenario], arguments.port, arguments.allow_host)
    serve(
        _announce,
        api_key=key,
        scenario=arguments.scenario,
        port=arguments.port,
        names=arguments.allow_host,
        fault=arguments.fault,
    )
    return 0


def _check_scenario(id_: str) -> None:
    """Raise UsageError for a scenario that the mock cannot play alone."""
    if id_ not in BY_ID:
        hint = did_you_mean(id_, BY_ID) or "`conformance list scenarios` lists them."
        raise UsageError(f"unknown scenario: {id_!r}", hint)
    if BY_ID[id_].role is Role.GATEWAY:
        raise UsageError(
            f"{id_} is a scenario for gateways, in which the suite plays both sides",
            f"`conformance explain {id_}` shows the command that plays it.",
        )


def _port(text: str) -> int:
    """Read a port. Raises UsageError."""
    if not re.fullmatch("[0-9]{1,5}", text, re.ASCII) or int(text) > _LAST_PORT:
        raise UsageError(f"--port: {text} is not a port", "Use a number from 1 to 65535, or 0 for any free port.")
    return int(text)


def _judge(scenario: Scenario, port: int, names: Sequence[str]) -> int:
    """Let a client attach, and judge what it did once this is interrupted."""
    from conformance.commands import verdicts  # noqa: PLC0415 - only where a client is judged
    from conformance.report.result import exit_code  # noqa: PLC0415 - see above
    from conformance.report.text import text  # noqa: PLC0415 - see above
    from conformance.run.loop import Run  # noqa: PLC0415 - see above
    from conformance.run.plan import plan  # noqa: PLC0415 - see above
    from conformance.targets.client import ClientTarget  # noqa: PLC0415 - see above
    from conformance.targets.drivers import Attached  # noqa: PLC0415 - see above

    target = ClientTarget(Attached(_announce_variables), port=port, names=names)
    again = f"conformance mock --scenario {scenario.id}" + (f" --port {port}" if port else "")
    judged = Run(target, plan(target, (scenario,), Role.CLIENT), again=again)
    report = judged.finished()
    verdicts.write(text(report, verdicts.style(verbose=False)))
    return exit_code(report)


def _announce_variables(variables: Mapping[str, str]) -> None:
    print("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()), end="", flush=True)
    print(
        "conformance: export these, run the client, then press Ctrl-C here to judge what it did",
        file=sys.stderr,
        flush=True,
    )


def _announce(base_url: str) -> None:
    print(base_url, flush=True)
    print("conformance: serving; press Ctrl-C to stop", file=sys.stderr, flush=True)
