"""Somebody's program that brings runs to wait for outputs: what it is given, and what it prints."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.errors import UsageError
from conformance.model import Scenario
from conformance.targets import process
from conformance.targets.program_environment import environment
from conformance.targets.run_polling import PendingRun, json_object
from conformance.targets.session import Untestable
from conformance.targets.settings import Header, Settings, parse_header
from conformance.wire.credentials import HEADERS, is_named, without_scheme
from conformance.wire.json_schema import mismatch, own_validator

#: Bytes of one line of output that are read as JSON: an object with 128 calls and their arguments has far fewer.
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Provided:
    """A run as the program described it. `calls` is empty where it named none: they are read from the run."""

    run: PendingRun
    #: Values of header fields that no report may hold.
    secrets: tuple[str, ...]


def provide(settings: Settings, scenario: Scenario) -> Provided:
    """Ask the program for a run that waits as the scenario wants it.

    Raises Untestable with what the program said where it has none, and UsageError where it cannot be started.
    """
    ended = _ran(settings, wanted(scenario) | {"CONFORMANCE_BASE_URL": settings.base_url})
    if ended.exit_code is None:
        raise Untestable(f"the provisioning program did not end within {settings.timeout:g} s")
    if ended.exit_code != 0:
        said = settings.scrub(ended.output.decode("utf-8", "replace")) or "nothing"
        raise Untestable(f"the provisioning program exited with code {ended.exit_code} and said: {said}")
    return _read(ended.output, settings)


def finish(settings: Settings, runs: Iterable[PendingRun]) -> str | None:
    """Call the program with the runs that are no longer needed; returns what went wrong, None where nothing did."""
    done = json.dumps([{"thread_id": run.thread_id, "run_id": run.run_id} for run in runs])
    try:
        ended = _ran(settings, {"CONFORMANCE_DONE": done, "CONFORMANCE_BASE_URL": settings.base_url})
    except UsageError as reason:
        return reason.message
    if ended.exit_code == 0:
        return None
    what = "did not end" if ended.exit_code is None else f"exited with code {ended.exit_code}"
    return f"the provisioning program {what} when it was called with CONFORMANCE_DONE for its finished runs"


def wanted(scenario: Scenario) -> dict[str, str]:
    """What the program is given about a scenario, as environment variables."""
    streamed = any(act.stream == "true" for act in scenario.acts)
    return {
        "CONFORMANCE_SCENARIO": scenario.id,
        "CONFORMANCE_CALLS": str(scenario.calls),
        "CONFORMANCE_CALLS_LEAST": str(scenario.least),
        "CONFORMANCE_ROUNDS": "2" if scenario.script == "round" else "1",
        "CONFORMANCE_STREAM": "true" if streamed else "false",
    }


def _ran(settings: Settings, variables: Mapping[str, str]) -> process.Finished:
    command = settings.provision_command
    try:
        return process.run(command, environment(os.environ, variables), settings.timeout, lambda: False)
    except OSError as reason:
        raise UsageError(
            f"--provision-command: {command[0]} cannot be started: {reason.strerror}", "Give its full path."
        ) from None


def _read(output: bytes, settings: Settings) -> Provided:
    document = _printed(output)
    if not document:
        said = settings.scrub(output.decode("utf-8", "replace")) or "nothing"
        raise Untestable(f"the provisioning program printed no JSON object: {said}")
    broken = mismatch(own_validator("provisioned"), document)
    if broken is not None:
        where = f"{broken[0] or 'the object'} {broken[1]} (schemas/own/provisioned.json)"
        raise Untestable(f"what the provisioning program printed is invalid: {where}")
    headers = tuple(_header(name, value) for name, value in _members(document, "headers").items())
    calls = document.get("calls")
    ids = tuple(each["id"] if isinstance(each, dict) else each for each in calls) if isinstance(calls, list) else ()
    run = PendingRun(str(document["thread_id"]), str(document["run_id"]), tuple(map(str, ids)), headers)
    secret = [header.value for header in headers if is_named(header.name)]
    return Provided(run, (*secret, *map(without_scheme, secret)))


def _printed(output: bytes) -> dict[str, object]:
    """The last line that is a JSON object, or the whole output where that is one: programs log what they do, too."""
    lines = [line for line in output.splitlines() if line.startswith(b"{") and len(line) <= _LONGEST_LINE]
    return next(filter(None, map(json_object, reversed(lines))), {}) or json_object(output)


def _header(name: str, value: object) -> Header:
    try:
        header = parse_header(f"{name}: {str(value).removeprefix('$')}", {})
    except UsageError as reason:
        raise Untestable(f"the provisioning program printed an invalid header: {reason.message}") from None
    return Header(header.name, str(value), secret=name.lower() in HEADERS)


def _members(document: Mapping[str, object], key: str) -> dict[str, object]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}
