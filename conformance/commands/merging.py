"""`conformance report merge A B … --out DIR`: the reports of all shards of a run, made the report of the whole."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from conformance import files
from conformance.commands import verdicts
from conformance.errors import UsageError
from conformance.report import folder, reader
from conformance.report.merge import Part, merge
from conformance.report.result import exit_code
from conformance.report.text import text

#: The word that says so, where a report would be named.
WORD = "merge"


def run(names: Sequence[str], arguments: argparse.Namespace) -> int:
    """Write the whole report into the folder of `--out`, and show it; the exit code is that of the whole run."""
    if not names or arguments.out is None:
        missing = "--out DIR is missing" if names else "no report was named"
        raise UsageError(f"report merge: {missing}", "Example: conformance report merge a.json b.json --out whole")
    out = files.named_folder(arguments.out)
    inside = [name for name in names if Path(name).parent.resolve() == out.resolve()]
    if inside:
        raise UsageError(f"{inside[0]} would be replaced by the merged report", "Choose another folder for --out.")
    folder.abandon(out)
    report = merge([_part(name) for name in names])
    verdicts.write(text(report, verdicts.style(arguments.verbose, arguments.out)))
    verdicts.keep(report, arguments.out)
    return exit_code(report)


def _part(name: str) -> Part:
    document = reader.document(files.read(Path(name), files.REPORT), name)
    reader.check_names(document, name)
    return Part(name, document["suite"]["version"], reader.report(document, name))
