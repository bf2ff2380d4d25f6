"""What every command that gives verdicts has in common: its options, and where the verdicts go."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Container, Sequence

from conformance.model import Report
from conformance.report import folder
from conformance.report.document import kind_of
from conformance.report.json_writer import line
from conformance.report.plain import safe
from conformance.report.result import exit_code, worst
from conformance.report.text import Style, text
from conformance.report.writers import WRITERS
from conformance.run import options, saving
from conformance.run.saving import Kept

#: The names of the options that say what becomes of verdicts.
_ALL = frozenset(option.name for option in options.VERDICTS)


def add_arguments(parser: argparse.ArgumentParser, only: Container[str] = _ALL) -> None:
    """Add the options of every command that gives verdicts; `only` some of those that say what becomes of them."""
    for option in (option for option in options.VERDICTS if option.name in only):
        parser.add_argument(f"--{option.name}", dest=option.key, **option.arguments())
    parser.add_argument("-k", dest="selection", metavar="EXPR", help="only these of scenario:requirement, as in pytest")
    parser.add_argument(
        "--format", choices=tuple(WRITERS), default="text", help="what standard output holds (default: text)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="leave nothing out")


def check(arguments: argparse.Namespace) -> None:
    """Raise UsageError for what is not done here, before anything is asked."""
    if arguments.update_baseline:
        from conformance.run import baseline  # noqa: PLC0415 - comparing, only where it is used

        baseline.refuse_update(os.environ)


def finish(report: Report, arguments: argparse.Namespace, *, silent: bool = False) -> int:
    """Keep the report and show it, unless there is nothing left to say; the exit code of all, the verdict's first.

    Raises ConformanceError for what could not be written, after the report was shown.
    """
    return shown(kept(report, arguments), arguments, silent=silent)


def kept(report: Report, arguments: argparse.Namespace) -> Kept:
    """Update the list of known failures, which is told, and write the folder of `--out`."""
    done = saving.kept(report, options.given(vars(arguments)))
    if done.changes is not None:
        amended(done.changes)
    return done


def shown(done: Kept, arguments: argparse.Namespace, *, silent: bool = False) -> int:
    """Show a report that was kept, and what its baseline says. Raises ConformanceError for what was not written."""
    if not silent:
        show(done.report, arguments)
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
    """How text may look here: as wide as the terminal, coloured only on one, never where NO_COLOR is set."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    # Lines over 120 characters are hard to read, and below 60 the fields have no room beside their labels.
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 120)
    return Style(width, colour, verbose, out)


def show(report: Report, arguments: argparse.Namespace) -> None:
    """Print the report in one of its forms: text fits the terminal, JSON is one subject a line."""
    form = arguments.format
    if form == "text":
        write(text(report, style(arguments.verbose, arguments.out)))
    elif form == "json":
        write("".join(f"{line(subject, kind_of(report))}\n" for subject in report.subjects))
    else:
        write(WRITERS[form].render(report))


def write(content: str) -> None:
    """Print text as UTF-8 or, where standard output cannot carry it, with what it can."""
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(content.encode(encoding, "backslashreplace").decode(encoding))


def shows(arguments: argparse.Namespace) -> bool:
    """Whether anybody is going to see what shows a departure: text on a terminal and lines of JSON have no room."""
    return arguments.out is not None or arguments.format not in ("text", "json")


def keep(report: Report, out: str) -> None:
    """Write the report into the folder of `--out`, in every form."""
    folder.write(report, out)
    say_where(out)


def say_where(out: str) -> None:
    """Say where the report lies."""
    print(f"conformance: wrote {out}/: {', '.join(writer.file for writer in WRITERS.values())}", file=sys.stderr)
