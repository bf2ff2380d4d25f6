"""The options that say who is judged and how: one table for the command and for pytest, and what they mean.

The command writes them `--base-url`, pytest `--conformance-base-url`. Importing this module costs nothing: pytest
does so in every session of everybody who has the suite installed.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.model import KnownFailure, Profile, Role
    from conformance.report.exhibits import Exhibitor
    from conformance.run.plan import Target
    from conformance.targets.sending import Watch
    from conformance.targets.settings import GivenRun, Settings

#: Where baselines lie unless somebody says otherwise.
BASELINES = "reports/baseline"

#: Stands in for an address where only the other options are looked at.
_LOOPBACK = "http://127.0.0.1/v1"

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
    Option("provision", "how a run comes to wait: api (default), assistant, run, static", "KIND"),
    Option("assistant", "the assistant to run, with --provision assistant", "ID"),
    Option("run", "a waiting run, with --provision run; once for each run", "THREAD:RUN:CALL,CALL", repeatable=True),
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


def target(said: Given, environment: Mapping[str, str] | None = None, watch: Watch | None = None) -> Target:
    """The target the options mean; without a base URL and a client, the built-in mock. Raises UsageError.

    `watch` hears of every request to a server.
    """
    if "client" in said:
        return _client(said)
    if "base_url" not in said:
        _check_alone(said)
        from conformance.targets.builtin import BuiltIn  # noqa: PLC0415 - a server and a client: only when asked

        return BuiltIn(timeout=said.get("timeout"), max_requests=said.get("max_requests"), watch=watch)
    from conformance.targets.http import HttpTarget  # noqa: PLC0415 - httpx: only when asked

    return HttpTarget(settings(said, os.environ if environment is None else environment), watch=watch)


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


def exhibitor(said: Given, target: Target) -> Exhibitor:
    """What keeps the exhibits of a run against a server: their commands ask it, with the variable of its key."""
    from conformance.report.exhibits import KEY_VARIABLE, Exhibitor  # noqa: PLC0415 - see the top

    parts = urlsplit(str(target.describe().get("base_url", "")))
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return Exhibitor(origin=origin, variable=said.get("api_key_env", KEY_VARIABLE), secrets=target.secrets)


def check(said: Given, environment: Mapping[str, str] | None = None) -> None:
    """Raise UsageError for options that cannot be meant, before anything is started."""
    _check_fuzz(said)
    shard(said)
    check_verdicts(said, environment)
    if "client" in said or "azure" in said:
        _check_client(said)
    elif "base_url" in said:
        settings(said, os.environ if environment is None else environment)
    else:
        _check_alone(said)


def check_verdicts(said: Given, environment: Mapping[str, str] | None = None) -> None:
    """Raise UsageError for a requirement set that does not exist or a list that may not be updated here.

    Raises UnreadableInput for a list of known failures that cannot be read.
    """
    if "requirements" in said:
        requirement_set(said)
    known_failures(said)
    if "update_known_failures" not in said:
        return
    if "known_failures" not in said:
        raise UsageError("which list is to be updated was not said", "Name it with --known-failures FILE.")
    if is_ci(os.environ if environment is None else environment):
        raise UsageError(
            "the list of known failures is not updated in CI: a job would excuse what it should have told",
            "Update it on a desk, look at what changed, and commit it. (CI is set in the environment.)",
        )


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether this is a CI job, as the variable that all of them set says."""
    return environment.get("CI", "").lower() not in ("", "0", "false")


def requirement_set(said: Given) -> str:
    """The requirement set that is scored: the one that was named, else the newest. Raises UsageError."""
    from conformance.contract import requirement_sets  # noqa: PLC0415 - see the top

    name: str = said.get("requirements") or requirement_sets.newest()
    requirement_sets.levels(name)
    return name


def profile(said: Given, role: Role, selection: str | None) -> Profile:
    """On what terms is judged. Raises UsageError for a requirement set that does not exist."""
    from conformance.model import Profile  # noqa: PLC0415 - see the top

    return Profile(
        role, requirements=requirement_set(said), strict="strict" in said, selection=selection, shard=said.get("shard")
    )


def known_failures(said: Given) -> tuple[KnownFailure, ...]:
    """The rows of the list that was named; one that is to be begun has none. Raises UnreadableInput."""
    if "known_failures" not in said:
        return ()
    from conformance.run.known_failures import reading  # noqa: PLC0415 - see the top

    path = Path(said["known_failures"])
    return () if "update_known_failures" in said and not path.exists() else reading.read(path)


def settings(said: Given, environment: Mapping[str, str]) -> Settings:
    """How the target the options name is reached. Raises UsageError."""
    from conformance.targets.settings import Settings, parse_header, parse_query  # noqa: PLC0415 - see the top

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


def _client(said: Given) -> Target:
    from conformance.targets.client import ClientTarget  # noqa: PLC0415 - a server and processes: only when asked
    from conformance.targets.drivers import TIMEOUT, Command  # noqa: PLC0415

    artifacts = Path(said["out"], "clients") if "out" in said else None
    driver = Command(shlex.split(said["client"]), timeout=said.get("timeout", TIMEOUT), artifacts=artifacts)
    return ClientTarget(driver, azure="azure" in said)


def again(said: Given) -> str:
    """The command that asks the same once more, without anything secret in it."""
    if "client" in said:
        return again_client(shlex.split(said["client"]), azure="azure" in said, timeout=said.get("timeout"))
    shown = {option.key: said[option.key] for option in TARGET if option.key in said}
    if "base_url" in shown:
        shown["base_url"] = _shown_url(shown["base_url"])
    if "proxy" in shown:
        shown["proxy"] = "…"
    shown |= {"header": [_hidden(text, ":") for text in shown["header"]]} if "header" in shown else {}
    shown |= {"param": [_hidden(text, "=") for text in shown["param"]]} if "param" in shown else {}
    return shlex.join(("conformance", "server", *words(shown, "")))


def again_client(command: Sequence[str], *, azure: bool, timeout: float | None) -> str:
    """The command that judges the same client once more; `timeout` is None for the usual one."""
    from conformance.targets.drivers import shown  # noqa: PLC0415 - see the top

    said = ["--azure"] if azure else []
    said += [f"--timeout={timeout:g}"] if timeout is not None else []
    return shown(shlex.join(("conformance", "client", *said, "--", *command)))


def _shown_url(url: str) -> str:
    """A URL without a user's name, and without the values of parameters that may carry a credential."""
    from conformance.targets.settings import is_secret_parameter  # noqa: PLC0415 - see the top

    parts = urlsplit(url)
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = "&".join(
        f"{name}=…" if value and is_secret_parameter(unquote_plus(name)) else f"{name}{sign}{value}"
        for name, sign, value in pairs
    )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query and f'?{query}'}"


def _hidden(text: str, sign: str) -> str:
    name, _, value = text.partition(sign)
    return text if value.strip().startswith("$") else f"{name}{sign}…"


def _check_alone(said: Given) -> None:
    harmless = {"timeout", "max_requests", *(option.key for option in (*ASKING, *VERDICTS))}
    stray = [option.name for option in TARGET if option.key in said and option.key not in harmless]
    if stray:
        raise UsageError(
            f"--{stray[0]} says something about a server, and none is named",
            "Name it with --base-url, or leave the option out to judge the built-in mock.",
        )
    settings({**said, "base_url": _LOOPBACK}, {})


def _check_client(said: Given) -> None:
    meant = {"client", "azure", "timeout", *(option.key for option in (*ASKING, *VERDICTS))}
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


def _key(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise UsageError(
            f"the environment has no {name}", "--api-key-env takes the name of a variable that holds the key."
        )
    return environment[name]


def _run(text: str) -> GivenRun:
    from conformance.targets.settings import GivenRun  # noqa: PLC0415 - see the top

    thread, _, rest = text.partition(":")
    run, _, calls = rest.partition(":")
    if not thread or not run:
        raise UsageError(f"no waiting run: {text!r}", "Write it as THREAD:RUN or THREAD:RUN:CALL,CALL.")
    return GivenRun(thread, run, tuple(call for call in calls.split(",") if call))
