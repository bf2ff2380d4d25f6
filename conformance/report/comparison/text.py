"""A comparison for people: what it came to, what is not comparable, each change once, response shapes that changed."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.comparison.groups import Group, counts, groups, notes, word
from conformance.report.plain import field, listing, safe
from conformance.verdict.compare import Comparison

#: Characters of a line, as wide as a terminal usually is.
_WIDTH = 100

#: Names in a list, and lines of a shape, before the rest is counted.
_NAMES, _LINES = 8, 20


def render(comparison: Comparison, strict: bool) -> str:
    """The whole comparison."""
    return "\n\n".join((_head(comparison, strict), *map(_block, groups(comparison)), *_shapes(comparison))) + "\n"


def _head(comparison: Comparison, strict: bool) -> str:
    lines = [f"{word(comparison, strict)}  since {safe(comparison.old.name)}", counts(comparison)]
    lines += [field("note", safe(note), _WIDTH) for note in notes(comparison)]
    return "\n".join(lines)


def _block(group: Group) -> str:
    said = " (known or not scored: no regression)" if _excused(group) else ""
    lines = [f"{group.title.upper()}  {group.requirement}  {group.level}  {group.statuses}{said}"]
    lines.append(listing("in", tuple(map(safe, group.subjects)), _WIDTH, _NAMES))
    if group.finding is not None:
        lines.append(field("found", safe(group.finding.message), _WIDTH))
        lines.append(field("expected", safe(group.finding.expected), _WIDTH))
        lines.append(field("got", safe(group.finding.got), _WIDTH))
    if group.effects:
        lines.append(listing("effects", group.effects, _WIDTH, _NAMES))
    lines.append(field("rule", group.sentence, _WIDTH))
    return "\n".join(lines)


def _excused(group: Group) -> bool:
    return not group.regression and group.new == "fail"


def _shapes(comparison: Comparison) -> Iterator[str]:
    for subject, lines in comparison.reshaped.items():
        shown = [f"  {safe(line)}" for line in lines[:_LINES]]
        shown += [f"  and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
        yield "\n".join((f"RESPONSE SHAPE CHANGED  {safe(subject)}", *shown))
