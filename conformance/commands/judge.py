"""`conformance judge`: the verdicts on recordings, without a network and without pytest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from conformance.commands import verdicts
from conformance.errors import ConformanceError
from conformance.model import Operation, Role, Subject
from conformance.report.exhibits import Exhibitor
from conformance.report.json_writer import line
from conformance.report.plain import error_text, safe
from conformance.run import options, recordings, saving, verdict_options
from conformance.run.selection import selection

#: Entries of folders that are named one by one.
_SHOWN = 10

#: What `--operation` takes, and which operation each word means.
_OPERATIONS = {"auto": None, "submit": Operation.SUBMIT, "create-run": Operation.CREATE_RUN}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is judged, and the options of every command that gives verdicts."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or - for standard input")
    parser.add_argument(
        "--role",
        choices=[role.value for role in Role],
        help="whose bytes are judged (default: who a cassette is about; of other recordings the server)",
    )
    parser.add_argument(
        "--operation", choices=tuple(_OPERATIONS), default="auto",
        help="what a raw stream answers (default: what its request or its first event says)",
    )  # fmt: skip
    verdicts.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge every file, each as soon as it is read; 4 where one could not be read, 3 after a slip of ours."""
    said = options.given(vars(arguments))
    saving.prepare(said, arguments.paths)
    verdicts.check(arguments)
    verdict_options.check(said)
    role = None if arguments.role is None else Role(arguments.role)
    wanted = selection(arguments.selection) if arguments.selection else None
    profile = verdict_options.profile(said, role or Role.SERVER, arguments.selection)
    rows = verdict_options.known_failures(said)
    errors: list[ConformanceError] = []

    def failed(error: ConformanceError) -> None:
        print(error_text(error), file=sys.stderr)
        errors.append(error)

    left: list[str] = []

    report = recordings.judged(
        arguments.paths,
        recordings.Question(role, _OPERATIONS[arguments.operation], wanted),
        profile=profile,
        known_failures=rows,
        exhibitor=Exhibitor() if verdicts.shows(arguments) else None,
        shapes=options.shapes(said),
        on_subject=_write_line if arguments.format == "json" else _say_nothing,
        failed=failed,
        passed_over=lambda path, why: left.append(f"{path}: {why}"),
    )
    _say_passed_over(left)
    # In words, nothing is left to say where every file was reported as unreadable; each line of JSON was said before.
    silent = arguments.format == "json" or (arguments.format == "text" and len(errors) == len(report.subjects))
    return verdicts.finish(report, arguments, silent=silent)


def _write_line(subject: Subject) -> None:
    verdicts.write(f"{line(subject, 'file')}\n")


def _say_passed_over(left: Sequence[str]) -> None:
    """Say what lies in a folder and was not opened: a path that is named is followed wherever it leads."""
    for entry in left[:_SHOWN]:
        print(f"conformance: passed over {safe(entry)}", file=sys.stderr)
    if len(left) > _SHOWN:
        print(f"conformance: passed over {len(left) - _SHOWN} more", file=sys.stderr)


def _say_nothing(_: Subject) -> None:
    """The report says everything in the end."""
