"""What every command that gives verdicts has in common: its options, and where the verdicts go."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from conformance.commands.arguments import Groups, add_options, one_of
from conformance.model import Report
from conformance.report import folder
from conformance.report.json_writer import last_line, lines
from conformance.report.plain import safe
from conformance.report.result import exit_code, worst
from conformance.report.style import Style
from conformance.report.text import text
from conformance.report.writers import WRITERS
from conformance.run import options, saving
from conformance.run.known_secrets import known_secrets
from conformance.run.saving import Kept
from conformance.wire.secret import secrets_of

#: The names of the options that say what becomes of verdicts.
_ALL = frozenset(option.name for option in options.VERDICTS)


def add_arguments(groups: Groups, only: Container[str] = _ALL) -> None:
    """Add the options of every command that gives verdicts to its groups selection, output and gating.

    `only` some of those that say what becomes of them.
    """
    add_options(groups, (option for option in options.VERDICTS if option.name in only))
    groups[options.SELECTION].add_argument(
        "-k", dest="selection", metavar="EXPR",
        help="judge only what matches: an expression over SCENARIO:REQUIREMENT, as for pytest's -k (default: all)",
    )  # fmt: skip
    output = groups[options.OUTPUT]
    output.add_argument(
        "--format", default="text", metavar="FORMAT", **one_of(WRITERS, "format"),
        help=f"what standard output holds: {', '.join(WRITERS)} (default: text)",
    )  # fmt: skip
    output.add_argument("-v", "--verbose", action="store_true", help="leave nothing out (default: long lists are cut)")


def check(arguments: argparse.Namespace) -> None:
    """Raise UsageError for what cannot be done here, before anything is sent."""
    if arguments.update_baseline:
        from conformance.run import baseline  # noqa: PLC0415 - comparing, only where it is used

        baseline.refuse_update(os.environ)


def check_baseline(arguments: argparse.Namespace, target: Mapping[str, object]) -> None:
    """Raise UsageError or UnreadableInput, before anything is sent, for a baseline that cannot be used."""
    if options.baselines(vars(arguments)) is not None:
        from conformance.run import baseline  # noqa: PLC0415 - see above

        baseline.check(options.given(vars(arguments)), target)


def finish(report: Report, arguments: argparse.Namespace, *, silent: bool = False) -> int:
    """Keep the report and show it; the exit code of all, the verdict's first.

    `silent` is for what was shown before: each subject as a line of JSON, or in words everything there is to say.
    Raises ConformanceError for what could not be written, after the report was shown.
    """
    return shown(kept(report, arguments), arguments, silent=silent)


def kept(report: Report, arguments: argparse.Namespace) -> Kept:
    """Update the list of known failures, report what changed in it, and write the folder of `--out`."""
    done = saving.kept(report, options.given(vars(arguments)))
    if done.changes is not None:
        amended(done.changes)
    return done


def shown(done: Kept, arguments: argparse.Namespace, *, silent: bool = False) -> int:
    """Show a report that was kept, and what its baseline says. Raises ConformanceError for what was not written."""
    if not silent:
        show(done.report, arguments)
    elif arguments.format == "json":
        write(f"{last_line(done.report)}\n")
    if done.unwritten is not None:
        raise done.unwritten
    if arguments.out is not None:
        say_where(arguments.out)
    return settle(done.report, arguments)


def settle(report: Report, arguments: argparse.Namespace) -> int:
    """Compare with the baseline, or write it, where that was asked for; the exit code of all, the verdict's first."""
    if options.baselines(vars(arguments)) is None:
        return exit_code(report)
    from conformance.run import baseline  # noqa: PLC0415 - see above

    settled = baseline.settled(report, vars(arguments))
    if arguments.format == "text" and not arguments.update_baseline:
        write(f"\n{settled.text}")
    else:
        sys.stderr.write(settled.text)
    return worst(exit_code(report), settled.exit_code)


def amended(changes: Sequence[str]) -> None:
    """Say what was changed in the list of known failures."""
    for change in changes or ("nothing to change",):
        print(f"conformance: known failures: {safe(change)}", file=sys.stderr)


def style(verbose: bool, out: str | None = None) -> Style:
    """How text may look here: as wide as the terminal, and coloured where that is wanted."""
    colour = coloured(os.environ, terminal=sys.stdout.isatty())
    # Lines over 120 characters are hard to read, and below 60 the fields have no room beside their labels.
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 120)
    return Style(width, colour, verbose, out and folder_shown(out))


def coloured(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether text is coloured: NO_COLOR says never, FORCE_COLOR always, else it is on a terminal that can."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        return True
    return terminal and environment.get("TERM") != "dumb"


def show(report: Report, arguments: argparse.Namespace) -> None:
    """Print the report in one of its forms: text fits the terminal, JSON is one subject a line and a summary."""
    form = arguments.format
    if form == "text":
        write(text(report, style(arguments.verbose, arguments.out)))
    elif form == "json":
        write("".join(f"{each}\n" for each in lines(report)))
    else:
        write(WRITERS[form].render(report))


def show_unreached(report: Report, arguments: argparse.Namespace) -> None:
    """For programs, the last line alone: the error says it to people, and no scenario was begun."""
    if arguments.format == "json":
        write(f"{last_line(replace(report, subjects=()))}\n")


def write(content: str) -> None:
    """Print text as UTF-8 or, where standard output cannot carry it, with what it can."""
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(content.encode(encoding, "backslashreplace").decode(encoding))


def shows(arguments: argparse.Namespace) -> bool:
    """Whether anybody is going to see what shows a departure: text on a terminal and lines of JSON have no room."""
    return arguments.out is not None or arguments.format not in ("text", "json")


def keep(report: Report, out: str) -> None:
    """Write the report into the folder of `--out`, in every form, in the place of what is there."""
    folder.write_anew(report, out)
    say_where(out)


#: Characters of the longest path.
_PATH = 4096


def folder_shown(name: str) -> str:
    """The name of a folder as commands and messages may hold it."""
    return safe(secrets_of(known_secrets()).hidden(name), _PATH)


def say_where(out: str) -> None:
    """Say where the report is."""
    written = ", ".join(writer.file for writer in WRITERS.values())
    print(f"conformance: wrote {folder_shown(out)}/: {written}", file=sys.stderr)
