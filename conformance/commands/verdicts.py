"""What every command that gives verdicts has in common: its options, and where the verdicts go."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from conformance.model import Report
from conformance.report.text import Style, text

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that gives verdicts."""
    parser.add_argument("-k", dest="selection", metavar="EXPR", help="only these of scenario:requirement, as in pytest")
    parser.add_argument("--format", choices=FORMATS, default="text", help="what standard output holds (default: text)")
    parser.add_argument("-v", "--verbose", action="store_true", help="leave nothing out")


def style(verbose: bool) -> Style:
    """How text may look here: as wide as the terminal, coloured only on one, never where NO_COLOR is set."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    # Lines over 120 characters are hard to read, and below 60 the fields have no room beside their labels.
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 120)
    return Style(width, colour, verbose)


def show(report: Report, again: str, verbose: bool) -> None:
    """Print the report for people."""
    write(text(report, again, style(verbose)))


def write(content: str) -> None:
    """Print text as UTF-8 or, where standard output cannot carry it, with what it can."""
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(content.encode(encoding, "backslashreplace").decode(encoding))
