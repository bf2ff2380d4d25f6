"""The options that say who is judged and how: one table for the command and for pytest.

The command writes them `--base-url`, pytest `--conformance-base-url`. Importing this module costs nothing: pytest
does so in every session of everybody who has the suite installed. What they mean is in `target_options` and
`verdict_options`, what cannot be meant in `option_conflicts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError

#: Where baselines lie unless somebody says otherwise.
BASELINES = "reports/baseline"

#: What an option's words may look like once they are parsed.
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name without dashes, what it is for, and how its words are read."""

    name: str
    help: str
    metavar: str | None = None
    read: Callable[[str], object] | None = None
    repeatable: bool = False
    #: What is meant where it is said without a value.
    otherwise: str | None = None

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


#: Who is judged, and how a run is brought to wait for outputs there.
TARGET = (
    Option("base-url", "the server to judge, such as http://127.0.0.1:8000/v1; without it: the built-in mock", "URL"),
    Option("api-key-env", "the environment variable that holds the API key", "NAME"),
    Option("header", "one more header, 'NAME: VALUE'; 'NAME: $VARIABLE' takes it from the environment", "K:V",
           repeatable=True),
    Option("param", "one more query parameter for every request", "K=V", repeatable=True),
    Option("model", "the model that runs are created with", "M"),
    Option("provision", "how a run comes to wait: api (default), assistant, run, command, static", "KIND"),
    Option("assistant", "the assistant to run, with --provision assistant", "ID"),
    Option("run", "a waiting run, with --provision run; once for each run", "THREAD:RUN:CALL,CALL", repeatable=True),
    Option("provision-command", "the program that brings a run to wait, with --provision command", "PROGRAM"),
    Option("create-assistant", "members to create assistants with, a JSON object", "JSON"),
    Option("create-thread", "members to create threads with, a JSON object", "JSON"),
    Option("create-run", "members to create runs with, a JSON object", "JSON"),
    Option("offers", "how outputs can be submitted there, where it is not both: plain, streamed", "KIND",
           repeatable=True),
    Option("instructions", "said to the model on top of our own instructions", "TEXT"),
    Option("create-streamed", "create runs with stream true, and judge those streams too"),
    Option("timeout", "seconds for one whole exchange", "SECONDS", float),
    Option("max-requests", "stop, as incomplete, before sending more than this", "N", int),
    Option("ca-file", "certificates to trust, as PEM", "FILE"),
    Option("proxy", "the proxy to go through", "URL"),
)  # fmt: skip

#: What becomes of the verdicts, whoever is judged.
VERDICTS = (
    Option("strict", "a SHOULD that is not met fails too, unless it is only inferred"),
    Option("out", "the folder to write the report into, in every form", "DIR"),
    Option("requirements", "the requirement set that is scored, such as 2026.11 (default: the newest)", "SET"),
    Option("known-failures", "the list of what fails and is excused, a TOML file", "FILE"),
    Option("update-known-failures", "bring that list up to date with what fails now; not in CI"),
    Option(
        "baseline",
        f"compare with what the target came to before; baselines lie in DIR ({BASELINES})",
        "DIR",
        otherwise=BASELINES,
    ),
    Option("update-baseline", "write what the target comes to as its baseline, instead of comparing"),
)

#: Which part of the scenarios is played, of those that others play too.
SHARD = Option("shard", "play part I of N, by scenarios; `conformance report merge` puts the reports together", "I/N")

#: How a server is asked.
ASKING = (Option("plan", "say what would be asked and what it costs, and stop"), SHARD)

ALL = (*TARGET, *ASKING, *VERDICTS)

#: Said to pytest alone, where the command is another: `conformance client`.
CLIENT = (
    Option("client", "judge a client in a server's place: the command that uses it, run in each scenario", "COMMAND"),
    Option("azure", "the client speaks in the form of Azure: no beta header is asked for"),
    Option("persistent", "the client is started once: scenarios are lines on its standard input"),
)

#: Said to pytest alone: what a fuzz test finds is told by pytest, and is no part of a report.
FUZZ = (
    Option("fuzz", "send N generated request bodies too; needs the extra `fuzz`", "N", int),
    Option("fuzz-seed", "which bodies are generated, with --conformance-fuzz (default 1)", "SEED", int),
)


def given(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The options that were really said, by their keys."""
    said = {option.key: options.get(prefix + option.key) for option in (*ALL, *CLIENT, *FUZZ)}
    return {key: value for key, value in said.items() if value is not None and value is not False and value != []}


def words(said: Given, prefix: str) -> Iterator[str]:
    """Options as command line words again, each in one word so that no value looks like an option."""
    for option in ALL:
        if option.key in said:
            value = said[option.key]
            values = value if isinstance(value, list) else [value]
            for each in values:
                yield f"--{prefix}{option.name}" + ("" if each is True else f"={each}")


def shard(said: Given) -> tuple[int, int] | None:
    """Which part of how many is wanted; None for all. Raises UsageError for what is no part."""
    text = said.get("shard")
    if text is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", text)
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(f"--shard {text}: this is no part of a whole", "Write it as 1/4, 2/4, 3/4 and 4/4.")
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
