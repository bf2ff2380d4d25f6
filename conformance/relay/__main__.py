"""`python -m conformance.relay --port N [--habit NAME] [URL]`: the bundled gateway, right or with one habit.

It passes on to URL, or to where `conformance gateway` says in CONFORMANCE_UPSTREAM_URL.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Mapping

from conformance.errors import UsageError
from conformance.relay.habits import DECLARED
from conformance.relay.head import Upstream
from conformance.relay.relay import Relay
from conformance.targets.gateway_command import URL


def main(words: list[str], environment: Mapping[str, str]) -> int:
    """Pass everything on until somebody ends it."""
    parser = argparse.ArgumentParser(prog="python -m conformance.relay", description="A gateway to be judged.")
    parser.add_argument("--port", type=int, required=True, help="where it listens on 127.0.0.1")
    parser.add_argument(
        "--habit", default="plainly", choices=DECLARED, metavar="NAME", help="one thing that it does differently"
    )
    parser.add_argument("url", nargs="?", default=environment.get(URL), help="the base URL of the upstream")
    said = parser.parse_args(words)
    if said.url is None:
        parser.error(f"no upstream was named, neither as an argument nor in {URL}")
    try:
        relay = Relay(Upstream.at(said.url), port=said.port, habit=DECLARED[said.habit].make())
    except UsageError as problem:
        parser.error(str(problem))
    with relay:
        print(f"{relay.base_url} -> {said.url}, {said.habit}", flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
