"""`python -m conformance.mock.client [--habit NAME]`: exit code 0 where all went well, 1 where not."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from conformance.mock.client.habits import HABITS
from conformance.mock.client.submitter import Endless, act


def main(words: list[str], environment: Mapping[str, str]) -> int:
    """Do what the environment asks for, and write down what became of it."""
    parser = argparse.ArgumentParser(prog="python -m conformance.mock.client", description="A client to be judged.")
    parser.add_argument("--habit", default="none", choices=HABITS, metavar="NAME", help="one thing it does differently")
    habit = HABITS[parser.parse_args(words).habit]
    if "CONFORMANCE_RUN_ID" not in environment:
        parser.error("this is run by `conformance client -- COMMAND`, which says in the environment what to do")
    try:
        said = act(environment, habit, enough=lambda: False)
    except Endless:
        threading.Event().wait()  # whoever runs this ends it
        return 1
    if "error" in said:
        print(f"client: {said['error']}", file=sys.stderr)
    if "CONFORMANCE_OUTCOME" in environment:
        Path(environment["CONFORMANCE_OUTCOME"]).write_text(json.dumps(said), encoding="utf-8")
    return 1 if "error" in said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
