"""`python -m conformance.mock.client [--habit NAME]`: exit code 0 where all went well, 1 where not."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from conformance.mock.client.conversation import Client
from conformance.mock.client.habits import HABITS
from conformance.mock.client.seen import Failed


def main(words: list[str], environment: Mapping[str, str]) -> int:
    """Do what the environment asks for, and write down what became of it."""
    parser = argparse.ArgumentParser(prog="python -m conformance.mock.client", description="A client to be judged.")
    parser.add_argument("--habit", default="none", choices=HABITS, metavar="NAME", help="one thing it does otherwise")
    habit = HABITS[parser.parse_args(words).habit]
    if "CONFORMANCE_RUN_ID" not in environment:
        parser.error("this is run by `conformance client -- COMMAND`, which says in the environment what to do")
    client, error = Client(environment, habit), None
    try:
        client.converse()
    except Failed as failure:
        error = str(failure)
        print(f"client: {error}", file=sys.stderr)
    status, text = habit.said_status(client.seen.status), habit.said_text(client.seen.text)
    said = {"status": status, "text": text, "error": error}
    if "CONFORMANCE_OUTCOME" in environment:
        known = {name: value for name, value in said.items() if value is not None}
        Path(environment["CONFORMANCE_OUTCOME"]).write_text(json.dumps(known), encoding="utf-8")
    return 0 if error is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
