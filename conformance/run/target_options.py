"""What the options about a target mean: who is judged, how it is reached, what keeps its exhibits."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.report.exhibits import KEY_VARIABLE, Exhibitor
from conformance.report.writers import CLIENTS
from conformance.run.known_secrets import known_secrets
from conformance.run.options import ASKING, TARGET, VERDICTS, Given, names_server
from conformance.run.plan import Target
from conformance.targets.run_polling import json_object
from conformance.targets.served import ServedProgram
from conformance.targets.server import ServerTarget
from conformance.targets.session import Watch
from conformance.targets.settings import OFFERS, GivenRun, Settings, parse_header, parse_query, variable_shown

#: Options whose values are members of what we create.
_CREATED = ("create_assistant", "create_thread", "create_run")

#: Seconds in a day: nobody waits longer for a server to start.
_DAY = 86_400.0

#: What `--app` takes.
_APPLICATION = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")

#: Where an application has the API, if not said; stands in for an address where only the other options are looked at.
_LOOPBACK = "http://127.0.0.1/v1"


def target(said: Given, environment: Mapping[str, str] | None = None, watch: Watch | None = None) -> Target:
    """The target the options mean; without a base URL and a client, the built-in mock. Raises UsageError.

    `watch` hears of every request to a server.
    """
    if "client" in said:
        return _client(said)
    if not names_server(said):
        check_mock(said)
        from conformance.targets.builtin_mock import BuiltIn  # noqa: PLC0415 - a server and a client: only when asked

        return BuiltIn(timeout=said.get("timeout"), max_requests=said.get("max_requests"), watch=watch)
    from conformance.targets.http import HttpTarget  # noqa: PLC0415 - httpx: only when asked
    from conformance.targets.own_application import OwnApplication  # noqa: PLC0415 - see above

    reached = settings(said, os.environ if environment is None else environment)
    if "app" in said:
        return OwnApplication(said["app"], reached, watch=watch, wait=waiting(said))
    return HttpTarget(reached, watch=watch, wait=waiting(said), program=_served(serving(said), reached.secrets))


def waiting(said: Given) -> float | None:
    """Seconds that the server is waited for; None for what is usual. Raises UsageError."""
    seconds: float | None = said.get("wait")
    if seconds is not None and not 0 <= seconds <= _DAY:
        raise UsageError(f"--wait {seconds:g}: invalid number of seconds", "Use 0 or more, and at most 86400 (a day).")
    return seconds


def serving(said: Given) -> tuple[str, ...]:
    """The words of the command that starts the server; none where it runs already. Raises UsageError."""
    if "serve" not in said:
        return ()
    try:
        command = tuple(shlex.split(said["serve"]))
    except ValueError as reason:
        raise UsageError(f"--serve {said['serve']!r}: {reason}", "Quote it as for a shell.") from None
    if not command:
        raise UsageError(f"--serve {said['serve']!r}: no command", "Example: --serve 'python my_server.py --port 8000'")
    return command


def _served(command: tuple[str, ...], secrets: tuple[str, ...]) -> ServedProgram | None:
    """The server of `--serve`; None where it runs already."""
    if not command:
        return None
    hint = "Run the command by itself to see all it prints."
    return ServedProgram("the command of --serve", command, os.environ, hint=hint, secrets=secrets)


def settings(said: Given, environment: Mapping[str, str]) -> Settings:
    """How the target the options name is reached. Raises UsageError."""
    if "app" in said:
        said = {"base_url": _LOOPBACK, **said}
        _check_application(said)
    same = ("base_url", "model", "instructions", "create_streamed", "timeout", "max_requests", "ca_file", "proxy")
    created: dict[str, Any] = {key: _members(key, said[key]) for key in _CREATED if key in said}
    return Settings(
        **{key: said[key] for key in same if key in said},
        api_key=_key(said["api_key_env"], environment) if "api_key_env" in said else None,
        headers=tuple(parse_header(text, environment) for text in said.get("header", ())),
        query=parse_query(said.get("param", ())),
        provision=said.get("provision", "api"),
        assistant_id=said.get("assistant"),
        runs=tuple(_run(text) for text in said.get("run", ())),
        provision_command=_program(said.get("provision_command", "")),
        offers=frozenset(said.get("offers", OFFERS)),
        **created,
    )


def left_out(target: Target) -> Callable[[str], str | None]:
    """What says for the id of a scenario why nothing is planned in it at the target; None for all others."""
    return target.left_out if isinstance(target, ServerTarget) else lambda _: None


def secrets(said: Given) -> tuple[str, ...]:
    """The key that the options name, which nothing may hold that is kept. Raises UsageError where there is none."""
    return (_key(said["api_key_env"], os.environ),) if "api_key_env" in said else ()


def check_mock(said: Given) -> None:
    """Raise UsageError for options that the built-in mock cannot have."""
    harmless = {"timeout", "max_requests", *(option.key for option in (*ASKING, *VERDICTS))}
    stray = [option.name for option in TARGET if option.key in said and option.key not in harmless]
    if stray:
        raise UsageError(
            f"--{stray[0]} needs a server of yours, but --base-url is missing",
            f"Name the server with --base-url URL or --app MODULE:NAME, or leave out --{stray[0]} to judge the mock.",
        )
    settings({**said, "base_url": _LOOPBACK}, {})


def exhibitor(said: Given, target: Target) -> Exhibitor:
    """What keeps the exhibits of a run against a server: their commands ask it, with the variable of its key."""
    parts = urlsplit(str(target.describe().get("base_url", "")))
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    named = said.get("api_key_env", KEY_VARIABLE)
    variables = settings(said, os.environ).variables(named) if "base_url" in said else {}
    return Exhibitor(origin=origin, variables=variables, secrets=known_secrets(target.secrets))


def _client(said: Given) -> Target:
    from conformance.targets.client import ClientTarget  # noqa: PLC0415 - a server and processes: only when asked
    from conformance.targets.drivers import TIMEOUT, Command  # noqa: PLC0415
    from conformance.targets.persistent import Persistent  # noqa: PLC0415

    kind = Persistent if "persistent" in said else Command
    artifacts = Path(said["out"], CLIENTS) if "out" in said else None
    driver = kind(shlex.split(said["client"]), timeout=said.get("timeout", TIMEOUT))
    return ClientTarget(driver, azure="azure" in said, artifacts=artifacts)


def _check_application(said: Given) -> None:
    """Raise UsageError where an application cannot be named so, or cannot be served there."""
    if _APPLICATION.fullmatch(said["app"]) is None:
        raise UsageError(f"--app {said['app']!r}: no MODULE:NAME", "Example: --app my_package.my_module:app")
    if "serve" in said:
        raise UsageError("--app and --serve start a server each, and one is judged", "Leave out one of them.")
    parts = urlsplit(said["base_url"])
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
        raise UsageError(
            "--app serves on http://127.0.0.1, and --base-url names another server",
            "Leave out --base-url, or say with it where the application has the API: --base-url http://127.0.0.1/api/v1",
        )


def _key(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise UsageError(
            f"the environment has no {variable_shown(name)}",
            "--api-key-env takes the name of a variable that holds the key.",
        )
    return environment[name]


def _program(text: str) -> tuple[str, ...]:
    """The words of a command line. Raises UsageError where it cannot be read, or there is no such program."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as reason:
        raise UsageError(f"--provision-command cannot be read: {reason}", "Quote it as a shell does.") from None
    if words and shutil.which(words[0]) is None:
        raise UsageError(f"--provision-command: there is no program {words[0]!r}", "Give its path.")
    return words


def _members(key: str, text: str) -> dict[str, object]:
    option = f"--{key.replace('_', '-')}"
    document = json_object(text.encode())
    if not document and text.strip() != "{}":
        raise UsageError(f"{option}: this is not a JSON object", f'For example: {option} \'{{"name": "mine"}}\'')
    return document


def _run(text: str) -> GivenRun:
    thread, _, rest = text.partition(":")
    run, _, calls = rest.partition(":")
    if not thread or not run:
        raise UsageError(f"--run {text}: invalid run", "Write it as THREAD:RUN or THREAD:RUN:CALL,CALL.")
    return GivenRun(thread, run, tuple(call for call in calls.split(",") if call))
