"""Options that cannot be meant, or not together: told before anything is started."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from importlib.util import find_spec

from conformance.errors import UsageError
from conformance.run import target_options, verdict_options
from conformance.run.options import ASKING, CLIENT, VERDICTS, Given, shard


def check(said: Given, environment: Mapping[str, str] | None = None) -> None:
    """Raise UsageError for options that cannot be meant, before anything is started."""
    _check_fuzz(said)
    shard(said)
    verdict_options.check(said, environment)
    if said.keys() & {option.key for option in CLIENT}:
        _check_client(said)
    elif "base_url" in said:
        target_options.settings(said, os.environ if environment is None else environment)
    else:
        target_options.check_mock(said)


def _check_client(said: Given) -> None:
    meant = {"timeout", *(option.key for option in (*CLIENT, *ASKING, *VERDICTS))}
    stray = [key.replace("_", "-") for key in said if key not in meant]
    if stray:
        raise UsageError(
            f"--conformance-{stray[0]} says something about a server, and a client is judged",
            "Judge one of them at a time.",
        )
    if not shlex.split(said.get("client", "")):
        raise UsageError("no command was given", "Say it in one word: --conformance-client 'python my_program.py'")
    if not 0 < said.get("timeout", 1) < float("inf"):
        raise UsageError(f"--conformance-timeout {said['timeout']:g}: say how many seconds a scenario may take")


def _check_fuzz(said: Given) -> None:
    if "fuzz" not in said:
        if "fuzz_seed" in said:
            raise UsageError(
                "a seed was given, and nothing is generated", "Say how many bodies with --conformance-fuzz."
            )
        return
    if said["fuzz"] < 1:
        raise UsageError("fewer than one request body cannot be sent", "--conformance-fuzz takes 1 or more.")
    if said.get("provision") == "run":
        raise UsageError(
            "a given run cannot be fuzzed: it can be accepted once only, and is needed for its scenario",
            "Leave --conformance-fuzz out, or let runs be created with another --conformance-provision.",
        )
    if find_spec("schemathesis") is None:
        raise UsageError(
            "the request bodies are made by schemathesis, which is not installed",
            "Install it with: pip install 'submit-tool-outputs-conformance[fuzz]'",
        )
