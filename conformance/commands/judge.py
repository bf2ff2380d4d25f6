"""`conformance judge`: the verdicts on recordings, without a network and without pytest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.commands import verdicts
from conformance.commands.arguments import one_of, option_groups
from conformance.errors import ConformanceError, UsageError
from conformance.model import Operation, Role, Subject
from conformance.report.exhibits import Exhibitor
from conformance.report.json_writer import line
from conformance.report.plain import error_text, safe
from conformance.run import options, public, recordings, repeat_command, saving, verdict_options
from conformance.run.known_secrets import known_secrets
from conformance.run.selection import nothing_selected, selection

#: Entries of folders that are named one by one.
_SHOWN = 10

#: What `--operation` takes, and which operation each word means.
_OPERATIONS = {"auto": None, "submit": Operation.SUBMIT, "create-run": Operation.CREATE_RUN}


USAGE = "PATH ... [options]"
EXAMPLES = (
    "conformance judge recordings/",
    "conformance judge stream.sse --operation submit -k done",
    'curl -sN "$URL" | conformance judge -',
)
DOCS = "docs/recordings.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is judged, and the options of every command that gives verdicts."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="a recording, a folder of them, or - for standard input"
    )
    groups = option_groups(parser, (options.TARGETS, options.SELECTION, options.OUTPUT, options.GATING))
    groups[options.TARGETS].add_argument(
        "--public", metavar="FOLDER",
        help="judge the recordings of cassettes/public.toml, from clones below FOLDER (default: PATH)",
    )  # fmt: skip
    roles = [role.value for role in Role]
    groups[options.TARGETS].add_argument(
        "--role", metavar="ROLE", **one_of(roles, "role"),
        help=f"who is judged: {', '.join(roles)} (default: the side that a cassette is about, else the server)",
    )  # fmt: skip
    groups[options.TARGETS].add_argument(
        "--operation", default="auto", metavar="OPERATION", **one_of(_OPERATIONS, "operation"),
        help=f"what a raw stream answers: {', '.join(_OPERATIONS)} (default: auto, by its request or its first event)",
    )  # fmt: skip
    verdicts.add_arguments(groups)


def run(arguments: argparse.Namespace) -> int:
    """Judge every file, each as soon as it is read; 4 where one could not be read, 3 after an internal error."""
    said = options.given(vars(arguments))
    saving.prepare(said, arguments.paths)
    verdicts.check(arguments)
    if bool(arguments.paths) == (arguments.public is not None):
        raise UsageError("name what to judge", "A PATH, - for standard input, or --public FOLDER.")
    listed = None if arguments.public is None else _listed(arguments.public)
    verdict_options.check(said)
    role = None if arguments.role is None else Role(arguments.role)
    wanted = selection(arguments.selection) if arguments.selection else None
    profile = verdict_options.profile(said, role or Role.SERVER, arguments.selection)
    rows = verdict_options.known_failures(said)
    verdicts.check_baseline(arguments, recordings.TARGET)
    errors: list[ConformanceError] = []
    hints: set[str] = set()

    def failed(error: ConformanceError) -> None:
        print(error_text(error, known_secrets(), hints), file=sys.stderr)
        errors.append(error)

    operation = None if arguments.operation == "auto" else arguments.operation
    left: list[str] = []

    report = recordings.judged(
        arguments.paths if listed is None else listed.recordings,
        recordings.Question(role, _OPERATIONS[arguments.operation], wanted),
        profile=profile,
        again=repeat_command.again_judge(said, role=arguments.role, operation=operation),
        known_failures=rows,
        exhibitor=Exhibitor(secrets=known_secrets()) if verdicts.shows(arguments) else None,
        shapes=options.shapes(said),
        on_subject=_write_line if arguments.format == "json" else _say_nothing,
        failed=failed,
        passed_over=lambda path, why: left.append(f"{path}: {why}"),
    )
    _say_passed_over(left)
    if arguments.selection and report.subjects and not any(subject.verdicts for subject in report.subjects):
        print(f"conformance: {nothing_selected(arguments.selection, report.profile.role)}", file=sys.stderr)
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


def _say_passed_over(left: Sequence[str]) -> None:
    """Say what lies in a folder and was not opened: a path that is named is followed wherever it leads."""
    for entry in left[:_SHOWN]:
        print(f"conformance: passed over {safe(entry)}", file=sys.stderr)
    if len(left) > _SHOWN:
        print(f"conformance: passed over {len(left) - _SHOWN} more", file=sys.stderr)


def _say_nothing(_: Subject) -> None:
    """The report says everything in the end."""
