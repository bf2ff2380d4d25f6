"""`conformance judge`: the verdicts on recordings, without a network and without pytest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.commands import verdicts
from conformance.errors import ConformanceError, UsageError
from conformance.model import Operation, Role, Subject
from conformance.report.exhibits import Exhibitor
from conformance.report.json_writer import line
from conformance.report.plain import error_text, safe
from conformance.run import options, public, recordings, saving, verdict_options
from conformance.run.selection import selection

#: What `--operation` takes, and which operation each word means.
_OPERATIONS = {"auto": None, "submit": Operation.SUBMIT, "create-run": Operation.CREATE_RUN}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is judged, and the options of every command that gives verdicts."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a file, a folder, or - for standard input")
    parser.add_argument(
        "--public", metavar="FOLDER",
        help="instead: the known public recordings, from clones in FOLDER, held against their right verdicts",
    )  # fmt: skip
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
    verdicts.check(arguments)
    if bool(arguments.paths) == (arguments.public is not None):
        raise UsageError("name what to judge", "A PATH, - for standard input, or --public FOLDER.")
    listed = None if arguments.public is None else _listed(arguments.public)
    said = options.given(vars(arguments))
    verdict_options.check(said)
    role = None if arguments.role is None else Role(arguments.role)
    wanted = selection(arguments.selection) if arguments.selection else None
    profile = verdict_options.profile(said, role or Role.SERVER, arguments.selection)
    rows = verdict_options.known_failures(said)
    saving.prepare(said)
    errors: list[ConformanceError] = []

    def failed(error: ConformanceError) -> None:
        print(error_text(error), file=sys.stderr)
        errors.append(error)

    report = recordings.judged(
        arguments.paths if listed is None else listed.recordings,
        recordings.Question(role, _OPERATIONS[arguments.operation], wanted),
        profile=profile,
        known_failures=rows,
        exhibitor=Exhibitor() if verdicts.shows(arguments) else None,
        shapes=options.shapes(said),
        on_subject=_write_line if arguments.format == "json" else _say_nothing,
        failed=failed,
    )
    # In words, nothing is left to say where every file was reported as unreadable; each line of JSON was said before.
    silent = arguments.format == "json" or (arguments.format == "text" and len(errors) == len(report.subjects))
    code = verdicts.finish(report, arguments, silent=silent)
    wrong = [] if listed is None else list(public.departures(report.subjects, listed.recordings))
    for departure in wrong:
        print(f"conformance: {safe(departure)}", file=sys.stderr)
    return 1 if wrong and code not in (3, 4) else code


def _listed(folder: str) -> public.Found:
    """The public recordings that lie in a folder; what is missing or altered is said at once."""
    listed = public.found(Path(folder), public.known())
    for problem in listed.problems:
        print(f"conformance: {safe(problem)}", file=sys.stderr)
    return listed


def _write_line(subject: Subject) -> None:
    verdicts.write(f"{line(subject, 'file')}\n")


def _say_nothing(_: Subject) -> None:
    """The report says everything in the end."""
