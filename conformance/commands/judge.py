"""`conformance judge`: the verdicts on recordings, without a network and without pytest."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from conformance.commands import verdicts
from conformance.errors import DEBUG, ConformanceError, OwnError, UnreadableInput
from conformance.files import prepare_folder
from conformance.model import Operation, Report, Role, Subject
from conformance.report.exhibits import Exhibitor
from conformance.report.json_writer import line
from conformance.report.plain import told
from conformance.run import inputs, options
from conformance.run.run import judge_recording
from conformance.run.selection import selection
from conformance.verdict import known

_AGAIN = "conformance judge"

#: What is known of the target before the first recording is read.
_TARGET = {"kind": "recordings"}

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
    """Judge every file, each as soon as it is read; 3 after a slip of ours, 4 where one could not be read."""
    verdicts.check(arguments)
    said = options.given(vars(arguments))
    options.check_verdicts(said)
    wanted = selection(arguments.selection) if arguments.selection else None
    profile = options.profile(said, Role(arguments.role or Role.SERVER), arguments.selection)
    rows = known.holding(options.known_failures(said), _TARGET)
    if arguments.out is not None:
        prepare_folder(Path(arguments.out))
    subjects: list[Subject] = []
    errors: list[ConformanceError] = []
    interrupted = None
    exhibitor = Exhibitor() if verdicts.shows(arguments) else None
    began = datetime.now(UTC)
    judging = partial(
        judge_recording,
        profile=profile,
        role=None if arguments.role is None else profile.role,
        operation=_OPERATIONS[arguments.operation],
        wanted=wanted,
        known_failures=rows,
        today=f"{began:%Y-%m-%d}",
        exhibitor=exhibitor,
        shapes=options.shapes(said),
    )
    try:
        for name in inputs.names(arguments.paths):
            subjects.append(_judged(name, judging, errors))
            if arguments.format == "json":
                verdicts.write(f"{line(subjects[-1], 'file')}\n")
    except KeyboardInterrupt:
        interrupted = "interrupted from the keyboard"
    report = Report(
        {**_TARGET, "name": f"{len(subjects)} recording{'s' * (len(subjects) != 1)}"},
        tuple(subjects),
        interrupted=interrupted,
        profile=replace(profile, role=_role(subjects)),
        again=_AGAIN,
        began=f"{began:%Y-%m-%dT%H:%M:%SZ}",
        took_ms=(datetime.now(UTC) - began) // timedelta(milliseconds=1),
        exhibits=() if exhibitor is None else exhibitor.exhibits,
        known_failures=rows,
    )
    report = verdicts.updated(known.checked(report), said)
    # In words, nothing is left to say where every file was told to be unreadable; each line of JSON was said before.
    if arguments.format != "json" and (arguments.format != "text" or len(errors) < len(subjects)):
        verdicts.show(report, arguments)
    if arguments.out is not None:
        verdicts.keep(report, arguments.out)
    code = verdicts.settle(report, arguments)
    codes = {code, *(error.exit_code for error in errors)}
    return next((code for code in (3, 4) if code in codes), code)


def _judged(name: str, judging: Callable[..., Subject], errors: list[ConformanceError]) -> Subject:
    """The verdicts on one file; what goes wrong with it is told at once, kept, and does not end the run."""
    try:
        return judging(name, inputs.read(name))
    except UnreadableInput as reason:
        error: ConformanceError = reason
    except Exception as slip:
        if os.environ.get(DEBUG):
            raise
        error = OwnError.from_slip(slip, name)
    print(told(error), file=sys.stderr)
    errors.append(error)
    return Subject(name, (), error.message)


def _role(subjects: Sequence[Subject]) -> Role:
    """Whose bytes were judged: the client's where nothing else was."""
    roles = {verdict.role for subject in subjects for verdict in subject.verdicts}
    return Role.CLIENT if roles == {Role.CLIENT} else Role.SERVER
