"""The results that are published by themselves: small files that say everything and lead to no report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conformance.files import write_atomically
from conformance.report import badge
from conformance.report.column import Column
from conformance.report.matrix import as_json, as_page
from conformance.report.results_page import as_results


def publish(columns: Sequence[Column], folder: Path, targets: str) -> None:
    """Write page, data and badges into a folder, and the tables as Markdown beside it.

    `targets` is the list that they came from. Raises UsageError where something cannot be written.
    """
    alone = tuple(replace(column, folder="") for column in columns)
    for column in columns:
        if column.report is not None and column.judged and column.folder:
            write_atomically(folder / "badges" / f"{column.folder}.json", badge.render(column.report))
    write_atomically(folder / "data.json", as_json(alone))
    write_atomically(folder / "index.html", as_page(alone))
    write_atomically(folder.with_name(f"{folder.name}.md"), as_results(alone, targets, folder.name))
