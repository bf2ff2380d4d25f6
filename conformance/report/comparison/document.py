"""A comparison as a JSON document, described by schemas/own/comparison.json."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from conformance.report.comparison.groups import word
from conformance.report.plain import safe
from conformance.verdict.compare import Change, Comparison, Edition, Kind

#: Raised whenever the document changes in a way its readers notice.
FORMAT = 1


def render(comparison: Comparison, strict: bool) -> str:
    """The whole document, indented for people who look into it."""
    return json.dumps(comparison_document(comparison, strict), indent=1) + "\n"


def comparison_document(comparison: Comparison, strict: bool) -> dict[str, Any]:
    """Who was compared, what it came to, and everything that is not what it was."""
    shapes = comparison.reshaped.items()
    kinds = Counter(change.kind for change in comparison.changes)
    return {
        "comparison": FORMAT,
        "verdict": word(comparison, strict),
        "strict": strict,
        "old": _edition(comparison.old),
        "new": _edition(comparison.new),
        "compared": comparison.compared,
        "apart": comparison.apart,
        "counts": {kind.value: kinds[kind] for kind in Kind},
        "changes": [_change(change) for change in comparison.changes],
        "shapes": [{"subject": safe(name), "lines": [*map(safe, lines)]} for name, lines in shapes],
    }


def _edition(edition: Edition) -> dict[str, Any]:
    return {"name": safe(edition.name), "terms": {word: safe(text) for word, text in edition.terms.items()}}


def _change(change: Change) -> dict[str, Any]:
    finding = change.finding
    told = {} if finding is None else {name: safe(getattr(finding, name)) for name in ("message", "expected", "got")}
    return {
        "kind": change.kind.value,
        "subject": safe(change.subject),
        "requirement": change.requirement,
        "level": change.level.value,
        "old": change.old,
        "new": change.new,
        "regression": change.regression,
        **({} if change.because is None else {"because": change.because}),
        **told,
    }
