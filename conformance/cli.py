"""The command: reads its words, calls one command, and turns every error into one message and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from conformance.errors import DEBUG, ConformanceError, OwnError, UsageError
from conformance.targets.interruption import INTERRUPTED, interrupting

#: Every command, in the order in which people meet them, and the module of `commands/` it is in.
COMMANDS = {
    "server": "judge a server; without a URL: the built-in mock",
    "client": "judge a client: its command runs against the mock",
    "proxy": "stand between a real client and a real server, and judge both",
    "gateway": "judge what stands between: a gateway, a load balancer, a proxy",
    "judge": "judge recordings, without a network",
    "compare": "what is new, mended, otherwise or gone between two reports or baselines",
    "matrix": "judge several servers and clients, and lay them side by side",
    "report": "write a report that was kept in any other form; `report merge` puts the shards of a run together",
    "record": "write cassettes of a server",
    "verify": "show that recordings are whole, unaltered and free of secrets; nothing is judged",
    "mock": "the reference server alone",
    "prove": "every fault that a server can have dies by the requirement it breaks",
    "list": "what is required, which situations are brought about, or which faults can be played",
    "explain": "one requirement: what, why, by whom it is said, with examples",
    "schemas": "derive the schemas anew, or compare an OpenAPI document with them",
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code, and never shows a traceback unless CONFORMANCE_DEBUG is set."""
    try:
        with interrupting():
            code = _run(sys.argv[1:] if words is None else words)
            sys.stdout.flush()
    except ConformanceError as error:
        return _told(error)
    except KeyboardInterrupt as interrupt:
        print(f"conformance: {str(interrupt) or INTERRUPTED}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read has read enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except Exception as slip:
        if os.environ.get(DEBUG):
            raise
        return _told(OwnError.from_slip(slip))
    return code


def _run(words: Sequence[str]) -> int:
    parser = _Parser(prog="conformance", description="Judges POST …/submit_tool_outputs of the Assistants API v2.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and end")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    wanted = next((word for word in words if word in COMMANDS), None)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        if name == wanted:
            module = _module(name)
            module.add_arguments(command)
            command.set_defaults(door=module.run)
    arguments = parser.parse_args(words)
    if not hasattr(arguments, "door"):
        raise UsageError("no command was given", f"One of: {', '.join(COMMANDS)}. `conformance --help` says more.")
    return int(arguments.door(arguments))


def _module(name: str) -> ModuleType:
    return import_module(f"conformance.commands.{name}")


def _told(error: ConformanceError) -> int:
    from conformance.report.plain import error_text  # noqa: PLC0415 - most runs have no error to tell

    print(error_text(error), file=sys.stderr)
    return error.exit_code


class _Parser(argparse.ArgumentParser):
    """argparse with our exit code and our way of telling errors; no short forms: a new option breaks them."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options, allow_abbrev=False)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing and ending with argparse's own code."""
        raise UsageError(message, f"`{self.prog} --help` shows what there is.")


class _Version(argparse.Action):
    """Shows the version, which is looked up only when asked for."""

    def __call__(self, *_: object) -> NoReturn:
        from conformance import __version__  # noqa: PLC0415 - see above

        print(f"conformance {__version__}")
        raise SystemExit(0)
