"""A comparison for its readers: one module a form, each with `render(comparison, strict) -> str`, and nothing decided.

`WRITERS` is the table of forms, as on the command line.
"""

from __future__ import annotations

from importlib import import_module

from conformance.verdict.compare import Comparison

#: Form -> the module of this package that renders it; loaded when it is wanted.
WRITERS = {
    "text": "text",
    "json": "document",
    "markdown": "markdown",
    "junit": "junit",
    "html": "html",
    "sarif": "sarif",
}


def render(comparison: Comparison, form: str, *, strict: bool) -> str:
    """The comparison in one of its forms; `strict` says whether new warnings and other shapes fail."""
    return str(import_module(f"conformance.report.comparison.{WRITERS[form]}").render(comparison, strict))
