"""A comparison as SARIF 2.1.0: its results carry the baseline state that the format has a word for."""

from __future__ import annotations

import json
from typing import Any

from conformance import __version__
from conformance.contract.requirements import REQUIREMENTS
from conformance.report.comparison.groups import Group, counts, groups
from conformance.report.plain import safe
from conformance.verdict.compare import Comparison, Kind

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

#: The words of SARIF 3.27.24 for what became of a result.
_STATES = {Kind.NEW: "new", Kind.WARNED: "new", Kind.CHANGED: "updated", Kind.MENDED: "absent", Kind.CLEARED: "absent"}


def render(comparison: Comparison, strict: bool) -> str:  # noqa: ARG001 - the levels of results know no strictness
    """The log of one comparison."""
    found = groups(comparison)
    rules = list(dict.fromkeys(group.requirement for group in found))
    driver = {
        "name": "submit-tool-outputs-conformance",
        "version": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": _sentence(rule)}} for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "results": [_result(group, rules.index(group.requirement)) for group in found],
        "properties": {
            "old": safe(comparison.old.name),
            "new": safe(comparison.new.name),
            "counts": counts(comparison),
            "reshaped": [*map(safe, comparison.reshaped)],
        },
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _sentence(requirement: str) -> str:
    row = REQUIREMENTS.get(requirement)
    return requirement if row is None else row.sentence


def _result(group: Group, index: int) -> dict[str, Any]:
    shown = "" if group.finding is None else f" Got {group.finding.got}, expected {group.finding.expected}."
    effects = f" Due to it: {', '.join(group.effects)}." if group.effects else ""
    message = safe(f"{group.requirement}, {group.title}: {group.statuses}.{shown}{effects}")
    return {
        "ruleId": group.requirement,
        "ruleIndex": index,
        "level": "error" if group.regression else "note",
        "message": {"text": message.replace("[", "\\[").replace("]", "\\]")},
        "locations": [{"logicalLocations": [{"name": safe(name)}]} for name in group.subjects[:10]],
        **({"baselineState": _STATES[group.kind]} if group.kind in _STATES else {}),
    }
