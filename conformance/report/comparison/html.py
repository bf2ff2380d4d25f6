"""A comparison as a page by itself."""

from __future__ import annotations

from conformance.report.comparison.groups import counts, groups, notes, word
from conformance.report.page import page
from conformance.verdict.compare import Comparison


def render(comparison: Comparison, strict: bool) -> str:
    """The whole comparison."""
    return page(
        "comparison.html",
        style="sheet.css",
        word=word(comparison, strict),
        counts=counts(comparison),
        comparison=comparison,
        groups=groups(comparison),
        notes=tuple(notes(comparison)),
    )
