"""What the options about a target mean: who is judged, how it is reached, what keeps its exhibits."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.report.exhibits import KEY_VARIABLE, Exhibitor
from conformance.report.writers import CLIENTS
from conformance.run.options import ASKING, TARGET, VERDICTS, Given
from conformance.run.plan import Target
from conformance.targets.session import Watch
from conformance.targets.settings import GivenRun, Settings, parse_header, parse_query

#: Stands in for an address where only the other options are looked at.
_LOOPBACK = "http://127.0.0.1/v1"


def target(said: Given, environment: Mapping[str, str] | None = None, watch: Watch | None = None) -> Target:
    """The target the options mean; without a base URL and a client, the built-in mock. Raises UsageError.

    `watch` hears of every request to a server.
    """
    if "client" in said:
        return _client(said)
    if "base_url" not in said:
        check_mock(said)
        from conformance.targets.builtin_mock import BuiltIn  # noqa: PLC0415 - a server and a client: only when asked

        return BuiltIn(timeout=said.get("timeout"), max_requests=said.get("max_requests"), watch=watch)
    from conformance.targets.http import HttpTarget  # noqa: PLC0415 - httpx: only when asked

    return HttpTarget(settings(said, os.environ if environment is None else environment), watch=watch)


def settings(said: Given, environment: Mapping[str, str]) -> Settings:
    """How the target the options name is reached. Raises UsageError."""
    same = ("base_url", "model", "instructions", "create_streamed", "timeout", "max_requests", "ca_file", "proxy")
    return Settings(
        **{key: said[key] for key in same if key in said},
        api_key=_key(said["api_key_env"], environment) if "api_key_env" in said else None,
        headers=tuple(parse_header(text, environment) for text in said.get("header", ())),
        query=parse_query(said.get("param", ())),
        provision=said.get("provision", "api"),
        assistant_id=said.get("assistant"),
        runs=tuple(_run(text) for text in said.get("run", ())),
    )


def check_mock(said: Given) -> None:
    """Raise UsageError for options that the built-in mock cannot have."""
    harmless = {"timeout", "max_requests", *(option.key for option in (*ASKING, *VERDICTS))}
    stray = [option.name for option in TARGET if option.key in said and option.key not in harmless]
    if stray:
        raise UsageError(
            f"--{stray[0]} says something about a server, and none is named",
            "Name it with --base-url, or leave the option out to judge the built-in mock.",
        )
    settings({**said, "base_url": _LOOPBACK}, {})


def exhibitor(said: Given, target: Target) -> Exhibitor:
    """What keeps the exhibits of a run against a server: their commands ask it, with the variable of its key."""
    parts = urlsplit(str(target.describe().get("base_url", "")))
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return Exhibitor(origin=origin, variable=said.get("api_key_env", KEY_VARIABLE), secrets=target.secrets)


def _client(said: Given) -> Target:
    from conformance.targets.client import ClientTarget  # noqa: PLC0415 - a server and processes: only when asked
    from conformance.targets.drivers import TIMEOUT, Command  # noqa: PLC0415

    artifacts = Path(said["out"], CLIENTS) if "out" in said else None
    driver = Command(shlex.split(said["client"]), timeout=said.get("timeout", TIMEOUT), artifacts=artifacts)
    return ClientTarget(driver, azure="azure" in said)


def _key(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise UsageError(
            f"the environment has no {name}", "--api-key-env takes the name of a variable that holds the key."
        )
    return environment[name]


def _run(text: str) -> GivenRun:
    thread, _, rest = text.partition(":")
    run, _, calls = rest.partition(":")
    if not thread or not run:
        raise UsageError(f"no waiting run: {text!r}", "Write it as THREAD:RUN or THREAD:RUN:CALL,CALL.")
    return GivenRun(thread, run, tuple(call for call in calls.split(",") if call))
