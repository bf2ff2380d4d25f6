"""`conformance matrix targets.toml`: servers, clients and gateways judged, each by itself, and shown side by side."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from conformance.commands.arguments import add_options, option_groups
from conformance.commands.verdicts import amended, folder_shown
from conformance.errors import UsageError
from conformance.files import named_folder
from conformance.report import folder
from conformance.report.column import Column
from conformance.report.matrix import as_json, as_markdown, as_page, worst_code
from conformance.report.plain import safe, shortened
from conformance.report.reading import Reading
from conformance.run import matrix, options, publication, readings, verdict_options
from conformance.run.added import added
from conformance.run.collected import PUBLISHED, joined
from conformance.run.environments import Environments
from conformance.run.known_failures import columns as known

#: Targets at a time: each keeps one processor busy now and then.
_JOBS = 2

_OUT = "reports/matrix"

_WORK = "reports/environments"

#: Characters of the longest line that is printed.
_LINE = 2000

#: Names that a line shows, before the rest is counted.
_NAMES = 12

_ALIKE = "Give the report another name: capitals, and - for a space or /, make no difference."

#: What writes each file of the overview.
_FORMS = (as_page, as_json, as_markdown)


USAGE = "TARGETS [options]"
EXAMPLES = (
    "conformance matrix targets.toml",
    "conformance matrix targets.toml --jobs 4 --out reports/matrix",
    "conformance matrix targets.toml --only 'my server' --add 'theirs@1.2=report.json'",
)
DOCS = "docs/reports.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the list of targets, where the reports go, and how many are judged at a time."""
    parser.add_argument(
        "targets",
        metavar="TARGETS",
        help="a TOML file with a table [[server]], [[client]] or [[gateway]] for each target; its keys are the options"
        " of that command, without --",
    )
    groups = option_groups(parser, (options.TARGETS, options.OUTPUT, options.GATING))
    groups[options.TARGETS].add_argument(
        "--jobs", type=options.whole_number, default=_JOBS, metavar="N", help=f"targets at a time (default: {_JOBS})"
    )
    groups[options.TARGETS].add_argument(
        "--only", action="append", default=[], metavar="NAME",
        help="judge this target alone, and keep the reports of the others; repeatable (default: all)",
    )  # fmt: skip
    groups[options.TARGETS].add_argument(
        "--add", action="append", default=[], metavar="NAME@VERSION=FILE",
        help="show a report that was made elsewhere (its report.json) beside the others; repeatable",
    )  # fmt: skip
    groups[options.TARGETS].add_argument(
        "--collect", action="append", default=[], metavar="DIR",
        help="judge nothing: take the newest report of each target from --out and from DIR, the --out folder of another"
        " run; repeatable",
    )  # fmt: skip
    groups[options.TARGETS].add_argument(
        "--work", default=_WORK, metavar="DIR",
        help=f"the folder in which `install` lines install, each once (default: {_WORK})",
    )  # fmt: skip
    groups[options.OUTPUT].add_argument(
        "--out", default=_OUT, metavar="DIR", help=f"the folder for all reports (default: {_OUT})"
    )
    groups[options.OUTPUT].add_argument(
        "--publish", metavar="DIR",
        help="also write the files to publish: short reports, the page, data.json and badges into DIR, tables into"
        " DIR.md; targets that are not judged now stay as published (default: none)",
    )  # fmt: skip
    groups[options.OUTPUT].add_argument(
        "--readings", metavar="FILE",
        help="a TOML file with a table [[reading]] for each finding that somebody explained (default: none)",
    )  # fmt: skip
    add_options(groups, options.KNOWN_FAILURES)


def run(arguments: argparse.Namespace) -> int:
    """Judge all; the exit code is the worst of theirs. Raises UnreadableInput for a list that is none."""
    _check(arguments)
    out = named_folder(arguments.out)
    before = folder.reports_below(out)
    # An overview of what is not so any more goes at once; reports took hours, and stay until all inputs were read.
    folder.begin(out, matrix.OVERVIEW, kept=before)
    listed = matrix.entries(Path(arguments.targets))
    now = () if arguments.collect else matrix.chosen(listed, arguments.only)
    others = _others(arguments, {entry.folder for entry in listed})
    said = _readings(arguments, [*(entry.name for entry in listed), *(column.name for column in others)])
    rows = verdict_options.known_failures(options.given(vars(arguments)))
    anew = [entry.folder for entry in now]
    kept = [each for each in before if each not in anew] if arguments.only or arguments.collect else []
    folder.begin(out, matrix.OVERVIEW, anew, kept)
    environments = Environments(Path(arguments.work))
    found = matrix.judged(now, out, arguments.jobs, os.environ, _report, environments=environments)
    columns = (*joined(listed, found, out, [Path(each) for each in arguments.collect]), *others)
    columns = columns if said is None else readings.held(columns, said)
    if arguments.update_known_failures:
        amended(known.update(columns, Path(arguments.known_failures)))
        rows = verdict_options.known_failures(options.given(vars(arguments)))
    shown = known.held(columns, rows) if arguments.known_failures else columns
    written = dict(zip(matrix.OVERVIEW, (form(shown) for form in _FORMS), strict=True))
    folder.commit(written, out, matrix.OVERVIEW)
    _say(f"wrote {folder_shown(str(out))}/: {', '.join(written)}")
    if arguments.publish is not None:
        columns = _publish(columns, arguments)
    for line in readings.outdated(columns):
        _say(f"{arguments.readings}: {line}")
    strays = known.strays(columns, rows)
    if strays:
        _say(f"{arguments.known_failures}: no target is named {shortened(strays, _NAMES)}")
    for column in shown:
        for change in column.changes or ():
            print(f"changed         {safe(column.title)}: {safe(change, _LINE)}", flush=True)
    return worst_code(shown)


def _check(arguments: argparse.Namespace) -> None:
    """Raise UsageError for options that are invalid, or invalid together, before anything is touched."""
    verdict_options.check(options.given(vars(arguments)))
    if arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: invalid number of targets at a time", "Use 1 or more.")
    if arguments.collect and arguments.only:
        raise UsageError("--collect judges nothing, and --only says what to judge", "Leave out one of them.")
    if arguments.publish and arguments.known_failures:
        raise UsageError(
            "--publish shows failures as failures, also known ones",
            "Leave out one of --publish and --known-failures; docs/reports.md says what each is for.",
        )
    if arguments.publish is not None:
        publication.check(Path(arguments.publish))


def _others(arguments: argparse.Namespace, taken: Collection[str]) -> tuple[Column, ...]:
    """What others judged: what is added now, and what was published before and is not.

    Raises UsageError for one with the name of a listed target or of another report, or a name whose file is the same.
    """
    now = [added(word) for word in arguments.add]
    before = publication.added(Path(arguments.publish)) if arguments.publish else ()
    names, keys = {column.key: column.name for column in before}, [column.key for column in now]
    for column in now:
        if column.key in taken:
            raise UsageError(f"--add {column.title}: the list has a target of this name", _ALIKE)
        if keys.count(column.key) > 1 or names.get(column.key, column.name) != column.name:
            raise UsageError(f"--add {column.title}: another report has this name", _ALIKE)
    listed = next((column for column in before if column.key in taken), None)
    if listed is not None:
        raise UsageError(
            f"{listed.title}, added before, has the name of a target of the list",
            f"Delete {PUBLISHED}/{publication.ADDED}/{listed.key}.json, or rename the target.",
        )
    return tuple({column.key: column for column in (*before, *now)}.values())


def _readings(arguments: argparse.Namespace, names: Sequence[str]) -> Sequence[Reading] | None:
    return None if arguments.readings is None else readings.readings(Path(arguments.readings), names)


def _publish(columns: Sequence[Column], arguments: argparse.Namespace) -> tuple[Column, ...]:
    """Publish, and return what was published."""
    done = publication.publish(columns, Path(arguments.publish), arguments.targets)
    shown = folder_shown(arguments.publish)
    _say(f"wrote {shown}/ and {shown}.md")
    for note in done.notes:
        _say(note)
    return done.columns


def _report(column: Column) -> None:
    reason = f": {safe(column.reason, _LINE)}" if column.reason else ""
    print(f"{column.word:14}  {column.name}{reason}", flush=True)


def _say(text: str) -> None:
    print(f"conformance: {safe(text, _LINE)}", file=sys.stderr)
