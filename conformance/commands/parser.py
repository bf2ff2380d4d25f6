"""The command line, parsed: which commands there are, what `--help` shows of each, and how an invalid one is reported.

Only the module of the command that is named is loaded. Besides `add_arguments` and `run`, each says its `USAGE`, two
`EXAMPLES` or more, and the page of the documentation that is about it, `DOCS`.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from conformance.errors import UsageError, did_you_mean

#: Every command, in the order of the help, and the module of `commands/` it is in.
COMMANDS = {
    "server": "judge a server; without --base-url: the built-in mock",
    "client": "judge a client: its command runs against the mock, once in each scenario",
    "proxy": "run between a real client and a real server, and judge both",
    "gateway": "judge a gateway, a load balancer or a proxy, from both of its sides",
    "judge": "judge recordings, without a network",
    "compare": "list what changed between two reports or baselines",
    "matrix": "judge several servers and clients, and show them side by side",
    "report": "write an existing report in another format; `report merge` joins the shards of a run",
    "record": "record a server: one cassette for each scenario",
    "verify": "check that recordings are intact and free of secrets; nothing is judged",
    "export": "write event streams with the expected results, for unit tests in any language",
    "mock": "start the mock server, conforming or with faults",
    "prove": "prove the suite: every fault is caught by the requirement it breaks, and nothing legal fails",
    "list": "list requirements, scenarios, faults, habits or variations",
    "explain": "explain a requirement, a scenario, a fault, a habit or a status",
    "schemas": "derive the schemas again, or compare an OpenAPI document with them",
    "completion": "print the completion script for a shell",
}

#: Those that play or judge something: when they are interrupted, they report what there is and remove what they made.
_RUNNING = frozenset({"server", "client", "proxy", "gateway", "judge", "matrix", "record", "export", "mock", "prove"})

#: The options that go without a command.
_ALONE = frozenset({"-h", "--help", "--version"})

_DESCRIPTION = """\
Conformance suite for POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs
of the OpenAI Assistants API (v2)."""

_EPILOG = """\
examples:
  conformance server --base-url http://127.0.0.1:8000/v1
  conformance client -- python my_program.py

`conformance COMMAND --help` shows the options of a command. Documentation: docs/README.md"""


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command, with its `run` as `door`, and whether it `runs` something.

    Raises UsageError, which names the nearest name for a wrong one.
    """
    name = next((word for word in words if not word.startswith("-")), None)
    if words and words[0].startswith("-") and words[0] not in _ALONE:
        option = words[0].partition("=")[0]
        hint = did_you_mean(option, _ALONE) or f"Write `conformance COMMAND {option} …`. {_every_command()}"
        raise UsageError(f"{option} stands where the command belongs", hint)
    if name is not None and name not in COMMANDS:
        raise UsageError(f"unknown command: {name!r}", did_you_mean(name, COMMANDS) or _every_command())
    parser, loaded = _parser({name})
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        _refuse(unknown[0], loaded[0] if loaded else parser)
    if not hasattr(arguments, "door"):
        raise UsageError("no command was given", _every_command())
    return arguments


def whole() -> argparse.ArgumentParser:
    """The parser of all commands with all their options, for whoever completes them."""
    return _parser(COMMANDS)[0]


def _parser(wanted: Collection[str | None]) -> tuple[argparse.ArgumentParser, list[argparse.ArgumentParser]]:
    """The parser with the options of the wanted commands, and the parsers of those."""
    parser = Parser(
        prog="conformance",
        usage="conformance COMMAND [options]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(title="commands", prog="conformance", metavar="COMMAND", parser_class=Parser)
    loaded: list[argparse.ArgumentParser] = []
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        if name in wanted:
            _complete(command, import_module(f"conformance.commands.{name}"))
            loaded.append(command)
    return parser, loaded


def _complete(command: argparse.ArgumentParser, module: ModuleType) -> None:
    command.usage = f"{command.prog} {module.USAGE}"
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = "\n".join(
        ("examples:", *(f"  {each}" for each in module.EXAMPLES), "", f"Documentation: {module.DOCS}")
    )
    module.add_arguments(command)
    command.set_defaults(door=module.run, runs=module.__name__.rpartition(".")[2] in _RUNNING)


def _refuse(word: str, parser: argparse.ArgumentParser) -> NoReturn:
    """Raise UsageError for a word that the command does not take."""
    hint = f"`{parser.prog} --help` shows its options."
    if word.startswith(("http://", "https://")) and "--base-url" in _options(parser):
        raise UsageError(f"unexpected argument {word!r}", f"Did you mean --base-url {word}?")
    if not word.startswith("-"):
        raise UsageError(f"invalid command line: unexpected argument {word!r}", hint)
    option = word.partition("=")[0]
    raise UsageError(f"unknown option: {option}", did_you_mean(option, _options(parser)) or hint)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    return (name for action in parser._actions for name in action.option_strings if name.startswith("--"))


def _every_command() -> str:
    return f"Use one of: {', '.join(COMMANDS)}. `conformance --help` explains them."


class Parser(argparse.ArgumentParser):
    """argparse with our exit code and our way of reporting errors; no short forms: a new option breaks them."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options, allow_abbrev=False)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing and ending with argparse's own code."""
        raise UsageError(f"invalid command line: {message}", f"`{self.prog} --help` shows the options.")


class _Version(argparse.Action):
    """Shows the version, which is looked up only when asked for."""

    def __call__(self, *_: object) -> NoReturn:
        from conformance import __version__  # noqa: PLC0415 - see above

        print(f"conformance {__version__}")
        raise SystemExit(0)
