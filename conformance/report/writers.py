"""Every form a report takes: what it is called on the command line, its file, and the module that renders it.

Each module has a function `render(report) -> str`, which is given nothing else: the report is the only source. A
module is loaded when its form is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

from conformance.model import Report

#: Where the cassettes lie that repeat departures, beside the forms of a report; each is named for its requirement.
REPRO = "repro"

#: Where that lies what a client printed, each file named for its scenario.
CLIENTS = "clients"

#: Where the cassettes of a gateway are, with both of its sides.
CASSETTES = "cassettes"


class Writer(NamedTuple):
    """One form of a report."""

    #: The file it is kept in, in the folder of `--out`.
    file: str
    #: The module of this package that renders it.
    module: str

    def render(self, report: Report) -> str:
        """The report in this form."""
        return str(import_module(f"conformance.report.{self.module}").render(report))


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "text": Writer("report.txt", "text"),
        "json": Writer("report.json", "json_writer"),
        "markdown": Writer("report.md", "markdown"),
        "junit": Writer("junit.xml", "junit"),
        "sarif": Writer("report.sarif", "sarif"),
        "badge": Writer("badge.json", "badge"),
        "html": Writer("index.html", "html"),
        "github": Writer("annotations.txt", "github"),
    }
)
