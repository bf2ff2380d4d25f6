"""How the options of a command are added: in the groups that `--help` shows, and with a near miss named in errors."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

from conformance.errors import UsageError, did_you_mean
from conformance.run.options import GATING, GROUPS, OUTPUT, PROVISIONING, SELECTION, TARGETS, Option

#: What `--help` says above the options of each group.
_TITLES = {
    TARGETS: "target, who is judged and how it is reached",
    PROVISIONING: "provisioning, how a run comes to wait for tool outputs",
    SELECTION: "selection, what is played and judged",
    OUTPUT: "output, what is printed and kept",
    GATING: "gating, what makes the command fail",
}

#: The group of each command that takes options of these.
Groups = dict[str, argparse._ArgumentGroup]


def option_groups(parser: argparse.ArgumentParser, names: Iterable[str] = GROUPS) -> Groups:
    """The groups of a command's options, in the order in which they are shown."""
    return {name: parser.add_argument_group(_TITLES[name]) for name in names}


def add_options(groups: Groups, options: Iterable[Option]) -> None:
    """Add options of the common table, each to its group."""
    for option in options:
        groups[option.group].add_argument(f"--{option.name}", dest=option.key, **option.arguments())


def add_command(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Add somebody's command, which is all that follows `--`."""
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help=purpose)


def command_of(arguments: argparse.Namespace) -> list[str]:
    """The words of that command; none where it was left out."""
    words: list[str] = arguments.command
    return words[1:] if words[:1] == ["--"] else words


def one_of(names: Iterable[str], what: str) -> dict[str, Any]:
    """The keywords of an argument that takes one of these names; another one is refused with the nearest."""
    known = tuple(names)
    return {"choices": known, "type": _known(known, what)}


def _known(known: tuple[str, ...], what: str) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word not in known:
            raise UsageError(
                f"unknown {what}: {word!r}", did_you_mean(word, known) or f"Use one of: {', '.join(known)}."
            )
        return word

    return read
