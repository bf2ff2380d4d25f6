"""`conformance mock`: the reference server alone, until it is interrupted; a client scenario is judged then."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.model import Role, Scenario


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it listens, whom it lets in and what it plays."""
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port to listen on (default: a free one)")
    parser.add_argument(
        "--scenario", metavar="ID", help="what runs play that name none; one for clients is judged in the end"
    )
    parser.add_argument(
        "--fault",
        metavar="ID",
        help="the fault to play, or several with commas; `conformance list faults` shows all",
    )
    parser.add_argument("--api-key-env", metavar="NAME", help="ask for the key that this environment variable holds")


def run(arguments: argparse.Namespace) -> int:
    """Serve on 127.0.0.1; the base URL is the first line on standard output."""
    from conformance.mock.server import serve  # noqa: PLC0415 - asyncio, only where it is used

    if arguments.scenario is not None and arguments.scenario not in BY_ID:
        raise UsageError(f"no scenario has the id {arguments.scenario!r}", "`conformance list scenarios` shows all.")
    if not 0 <= arguments.port < 65536:
        raise UsageError(f"{arguments.port} is no port", "Choose one from 1 to 65535, or 0 for any free one.")
    key = None
    if arguments.api_key_env is not None:
        key = os.environ.get(arguments.api_key_env)
        if not key:
            raise UsageError(f"the environment has no {arguments.api_key_env}", "It should hold the key to ask for.")
    if arguments.scenario is not None and BY_ID[arguments.scenario].role is Role.CLIENT and arguments.fault is None:
        return _judge(BY_ID[arguments.scenario], arguments.port)
    serve(_announce, api_key=key, scenario=arguments.scenario, port=arguments.port, fault=arguments.fault)
    return 0


def _judge(scenario: Scenario, port: int) -> int:
    """Let a client attach, and judge what it did once this is interrupted."""
    from conformance.commands import verdicts  # noqa: PLC0415 - only where a client is judged
    from conformance.report.result import exit_code  # noqa: PLC0415 - see above
    from conformance.report.text import text  # noqa: PLC0415 - see above
    from conformance.run.loop import Run  # noqa: PLC0415 - see above
    from conformance.run.plan import plan  # noqa: PLC0415 - see above
    from conformance.targets.client import ClientTarget  # noqa: PLC0415 - see above
    from conformance.targets.drivers import Attached  # noqa: PLC0415 - see above

    target = ClientTarget(Attached(_announce_variables), port=port)
    again = f"conformance mock --scenario {scenario.id}"
    judged = Run(target, plan(target, (scenario,), Role.CLIENT), again=again)
    report = judged.finished()
    verdicts.write(text(report, verdicts.style(verbose=False)))
    return exit_code(report)


def _announce_variables(variables: Mapping[str, str]) -> None:
    print("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()), end="", flush=True)
    print("conformance: export these and run the client; interrupt to judge what it did", file=sys.stderr, flush=True)


def _announce(base_url: str) -> None:
    print(base_url, flush=True)
    print("conformance: serving until interrupted", file=sys.stderr, flush=True)
