"""Options that are invalid, or invalid together: reported before anything is started."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from conformance.errors import UsageError
from conformance.run import extras, target_options, verdict_options
from conformance.run.options import ASKING, CLIENT, VERDICTS, Given, names_server, shard


def check(said: Given, environment: Mapping[str, str] | None = None) -> None:
    """Raise UsageError for options that are invalid, or invalid together, before anything is started."""
    _check_fuzz(said)
    shard(said)
    verdict_options.check(said, environment)
    if said.keys() & {option.key for option in CLIENT}:
        _check_client(said)
    elif names_server(said):
        target_options.settings(said, os.environ if environment is None else environment)
        target_options.waiting(said)
        target_options.serving(said)
    else:
        target_options.check_mock(said)


def _check_client(said: Given) -> None:
    meant = {"timeout", *(option.key for option in (*CLIENT, *ASKING, *VERDICTS))}
    stray = [key.replace("_", "-") for key in said if key not in meant]
    if stray:
        raise UsageError(
            f"--conformance-{stray[0]} is for judging a server, but --conformance-client judges a client",
            "Judge one of them at a time.",
        )
    if not shlex.split(said.get("client", "")):
        raise UsageError("--conformance-client: no command", "Example: --conformance-client 'python my_program.py'")
    if not 0 < said.get("timeout", 1) < float("inf"):
        raise UsageError(
            f"--conformance-timeout {said['timeout']:g}: invalid number of seconds",
            "Use a number greater than 0: the time limit for one scenario.",
        )


def _check_fuzz(said: Given) -> None:
    if "fuzz" not in said:
        if "fuzz_seed" in said:
            raise UsageError(
                "--conformance-fuzz-seed without --conformance-fuzz: nothing is generated",
                "Add --conformance-fuzz N, the number of request bodies.",
            )
        return
    if said["fuzz"] < 1:
        raise UsageError(f"--conformance-fuzz {said['fuzz']}: invalid number", "Use 1 or more.")
    if said.get("provision") == "run":
        raise UsageError(
            "--conformance-fuzz needs more than the given run: outputs can be submitted to a run only once",
            "Leave out --conformance-fuzz, or use another --conformance-provision, so that runs are created.",
        )
    extras.check("fuzz", "schemathesis", "--conformance-fuzz")
