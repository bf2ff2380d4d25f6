"""`conformance mock`: the reference server alone, until it is interrupted."""

from __future__ import annotations

import argparse
import os
import sys

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it listens, whom it lets in and what it plays."""
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port to listen on (default: a free one)")
    parser.add_argument("--scenario", metavar="ID", help="what runs play that name no scenario in their metadata")
    parser.add_argument("--fault", metavar="ID", help="the lie that is told; `conformance list faults` shows all")
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
    serve(_announce, api_key=key, scenario=arguments.scenario, port=arguments.port, fault=arguments.fault)
    return 0


def _announce(base_url: str) -> None:
    print(base_url, flush=True)
    print("conformance: serving until interrupted", file=sys.stderr, flush=True)
