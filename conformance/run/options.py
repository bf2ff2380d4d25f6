"""The options that say who is judged and how: one table for the command and for pytest, with every default in words.

The command writes them `--base-url`, pytest `--conformance-base-url`. Importing this module costs nothing: pytest
does so in every session of everybody who has the suite installed. What they mean is in `target_options` and
`verdict_options`, what cannot be meant in `option_conflicts`.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError

#: Where baselines are by default.
BASELINES = "reports/baseline"

#: The groups of options, as `--help` shows them, in this order.
TARGETS, PROVISIONING, SELECTION, OUTPUT, GATING = GROUPS = ("target", "provisioning", "selection", "output", "gating")

#: What an option's words may look like once they are parsed.
Given = Mapping[str, Any]


def number(text: str) -> float:
    """Read a number. Raises ArgumentTypeError."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number") from None


def whole_number(text: str) -> int:
    """Read a whole number. Raises ArgumentTypeError."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a whole number") from None


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name without dashes, what it is for, and how its words are read."""

    name: str
    help: str
    metavar: str | None = None
    read: Callable[[str], object] | None = None
    repeatable: bool = False
    #: What is meant where it is given without a value.
    otherwise: str | None = None
    #: Where `--help` shows it.
    group: str = TARGETS

    @property
    def key(self) -> str:
        """The name as an identifier."""
        return self.name.replace("-", "_")

    def arguments(self) -> dict[str, Any]:
        """What argparse, and pytest after it, wants to know."""
        if self.metavar is None:
            return {"action": "store_true", "help": self.help}
        action = "append" if self.repeatable else "store"
        reading: dict[str, Any] = {} if self.read is None else {"type": self.read}
        if self.otherwise is not None:
            reading |= {"nargs": "?", "const": self.otherwise}
        return {"action": action, "metavar": self.metavar, "help": self.help, **reading}


#: The server that is judged, and how it is reached; how a run is brought to wait for tool outputs there.
TARGET = (
    Option("base-url", "the server, such as http://127.0.0.1:8000/v1 (default: the built-in mock;"
           " with --app: /v1 there)", "URL"),
    Option("api-key-env", "the environment variable that holds the API key (default: no key is sent)", "NAME"),
    Option("header", "add a header to every request, 'NAME: VALUE'; 'NAME: $VARIABLE' reads it from the environment;"
           " repeatable", "K:V", repeatable=True),
    Option("param", "add a query parameter to every request; repeatable", "K=V", repeatable=True),
    Option("timeout", "time limit for one exchange (default: 60)", "SECONDS", number),
    Option("max-requests", "stop after this many requests; the run is then incomplete, exit code 2"
           " (default: no limit)", "N", whole_number),
    Option("wait", "wait up to this long for the server to answer before the first request"
           " (default: 0; with --serve or --app: 60)", "SECONDS", number),
    Option("serve", "start the server with this command, wait until it answers, and end it with all its child processes"
           " after the run; no shell is used", "COMMAND"),
    Option("app", "serve this ASGI or WSGI application of the environment on 127.0.0.1 during the run (default: none)",
           "MODULE:NAME"),
    Option("ca-file", "certificates to trust, as PEM (default: those of the system)", "FILE"),
    Option("proxy", "the HTTP proxy to go through (default: none; HTTP_PROXY is ignored)", "URL"),
    Option("provision", "how a run comes to wait for tool outputs: api creates one, assistant runs --assistant,"
           " run uses the runs of --run, command starts --provision-command, static is for stateless mocks"
           " (default: api)", "KIND", group=PROVISIONING),
    Option("model", "the model that runs are created with (default: gpt-4o-mini)", "M", group=PROVISIONING),
    Option("assistant", "the assistant to run, with --provision assistant", "ID", group=PROVISIONING),
    Option("run", "a run that waits for tool outputs, with --provision run; repeatable", "THREAD:RUN:CALL,CALL",
           repeatable=True, group=PROVISIONING),
    Option("provision-command", "a program that creates a waiting run, with --provision command (default: none)",
           "PROGRAM", group=PROVISIONING),
    Option("create-assistant", "further members of the assistants that are created, a JSON object (default: none)",
           "JSON", group=PROVISIONING),
    Option("create-thread", "further members of the threads that are created, a JSON object (default: none)",
           "JSON", group=PROVISIONING),
    Option("create-run", "further members of the runs that are created, a JSON object (default: none)",
           "JSON", group=PROVISIONING),
    Option("offers", "how tool outputs can be submitted there: plain, streamed; repeatable (default: both)", "KIND",
           repeatable=True, group=PROVISIONING),
    Option("instructions", "instructions for the model, added to those of the suite", "TEXT", group=PROVISIONING),
    Option("create-streamed", "create runs with \"stream\": true, and judge those streams too", group=PROVISIONING),
)  # fmt: skip

#: What fails and is known to.
KNOWN_FAILURES = (
    Option("known-failures", "the list of known failures, a TOML file (default: none)", "FILE", group=GATING),
    Option("update-known-failures", "update that list with what fails now; refused in CI", group=GATING),
)

#: What becomes of the verdicts, whoever is judged.
VERDICTS = (
    Option("strict", "fail on a SHOULD that is not met too, unless its confidence is L: only inferred", group=GATING),
    Option("requirements", "the requirement set that counts, such as 2026.11 (default: the newest)", "SET",
           group=GATING),
    *KNOWN_FAILURES,
    Option("baseline", f"compare with the baseline in DIR (default: none; DIR: {BASELINES})", "DIR",
           otherwise=BASELINES, group=GATING),
    Option("update-baseline", "write the baseline instead of comparing with it; refused in CI", group=GATING),
    Option("out", "write the report into this folder, in every format (default: no report is written)", "DIR",
           group=OUTPUT),
)  # fmt: skip

#: Which part of the scenarios is played, of those that others play too.
SHARD = Option("shard", "play part I of N of the scenarios; `report merge` joins the reports (default: all)",
               "I/N", group=SELECTION)  # fmt: skip

#: How a server is asked.
ASKING = (Option("plan", "show what would be sent, and send nothing", group=SELECTION), SHARD)

ALL = (*TARGET, *ASKING, *VERDICTS)

#: For pytest alone, where the command is another: `conformance client`.
CLIENT = (
    Option("client", "judge a client instead of a server: the command that uses it, run once in each scenario",
           "COMMAND"),
    Option("azure", "the client is one for Azure: its paths are served too, and no OpenAI-Beta header is required"),
    Option("persistent", "the client is started once: it reads scenarios from standard input, one a line"),
)  # fmt: skip

#: For pytest alone: what a fuzz test finds is reported by pytest, and is no part of a report.
FUZZ = (
    Option("fuzz", "send N generated request bodies too; needs the extra `fuzz` (default: none)", "N", whole_number),
    Option("fuzz-seed", "which bodies are generated, with --conformance-fuzz (default: 1)", "SEED", whole_number),
)


def given(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The options that were really given, by their keys."""
    said = {option.key: options.get(prefix + option.key) for option in (*ALL, *CLIENT, *FUZZ)}
    return {key: value for key, value in said.items() if value is not None and value is not False and value != []}


def names_server(said: Given) -> bool:
    """Whether the options name a server; without one the built-in mock is judged."""
    return "base_url" in said or "app" in said


def words(said: Given, prefix: str) -> Iterator[str]:
    """Options as command line words again, each in one word so that no value looks like an option."""
    for option in ALL:
        if option.key in said:
            value = said[option.key]
            values = value if isinstance(value, list) else [value]
            for each in values:
                yield f"--{prefix}{option.name}" + ("" if each is True else f"={each}")


def shard(said: Given) -> tuple[int, int] | None:
    """Which part of how many is wanted; None for all. Raises UsageError for an invalid one."""
    text = said.get("shard")
    if text is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", text)
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(f"--shard {text}: invalid shard", "Write it as I/N, with I from 1 to N: --shard 1/4.")
    return int(match[1]), int(match[2])


def baselines(said: Given) -> str | None:
    """The folder of all baselines, where one is to be compared with or written."""
    return said.get("baseline") or (BASELINES if said.get("update_baseline") else None)


def shapes(said: Given) -> bool:
    """Whether somebody is going to compare what exchanges look like."""
    return said.get("out") is not None or baselines(said) is not None


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether this is a CI job, as the variable that all of them set says."""
    return environment.get("CI", "").lower() not in ("", "0", "false")
