"""`conformance completion SHELL`: the script with which a shell completes our commands, options and their values."""

from __future__ import annotations

import argparse

from conformance.commands import verdicts
from conformance.commands.arguments import one_of
from conformance.run import extras

#: The shells that shtab, which writes the scripts, knows.
_SHELLS = ("bash", "zsh", "tcsh")

USAGE = "SHELL"
EXAMPLES = (
    "conformance completion bash > ~/.local/share/bash-completion/completions/conformance",
    "conformance completion zsh > ~/.zfunc/_conformance",
)
DOCS = "docs/README.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add for which shell."""
    parser.add_argument("shell", metavar="SHELL", **one_of(_SHELLS, "shell"), help=f"one of: {', '.join(_SHELLS)}")


def run(arguments: argparse.Namespace) -> int:
    """Print the script. Raises UsageError where shtab is not installed."""
    extras.check("completion", "shtab", "conformance completion")
    import shtab  # noqa: PLC0415 - an extra, and only when asked

    from conformance.commands.parser import whole  # noqa: PLC0415 - which names this module

    verdicts.write(shtab.complete(whole(), shell=arguments.shell) + "\n")
    return 0
