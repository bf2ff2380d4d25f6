"""A comparison as Markdown, for a step summary or a comment: what it came to, and a table of the changes."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.comparison.groups import Group, counts, groups, notes, word
from conformance.report.counts import many
from conformance.report.markdown import code
from conformance.report.plain import safe
from conformance.verdict.compare import Comparison

#: Rows of the table, names in a cell and lines of a shape before the rest is counted: comments have limits.
_ROWS, _NAMES, _LINES = 200, 4, 12


def render(comparison: Comparison, strict: bool) -> str:
    """The whole comparison."""
    return "\n\n".join(_parts(comparison, strict)) + "\n"


def _parts(comparison: Comparison, strict: bool) -> Iterator[str]:
    yield f"### {word(comparison, strict)} since {code(comparison.old.name)}"
    yield counts(comparison)
    said = [*notes(comparison)]
    if said:
        yield "\n".join(f"- {code(note)}" for note in said)
    found = groups(comparison)
    if found:
        rows = [_row(group) for group in found[:_ROWS]]
        rows += [f"| and {len(found) - _ROWS} more | | | |"] if len(found) > _ROWS else []
        yield "\n".join(("| change | requirement | where | verdict |", "|---|---|---|---|", *rows))
    if comparison.reshaped:
        yield f"<details><summary>{many(len(comparison.reshaped), 'response shape')} changed</summary>"
        for subject, lines in list(comparison.reshaped.items())[:_ROWS]:
            more = [f"and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
            yield "\n".join((code(subject), "", "```diff", *map(_fenced, lines[:_LINES]), *more, "```"))
        yield "</details>"


def _row(group: Group) -> str:
    kind = f"**{group.title}**" if group.regression else group.title
    more = f" and {len(group.subjects) - _NAMES} more" if len(group.subjects) > _NAMES else ""
    where = ", ".join(map(_cell, group.subjects[:_NAMES])) + more
    said = group.statuses
    said += "" if group.finding is None else f": {_cell(group.finding.message)}, got {_cell(group.finding.got)}"
    said += f"; due to it: {', '.join(map(_cell, group.effects))}" if group.effects else ""
    return f"| {kind} | `{group.requirement}` {group.level} | {where} | {said} |"


def _fenced(line: str) -> str:
    return safe(line).replace("`", "'")


def _cell(text: str) -> str:
    """A code span that cannot leave the cell of a table."""
    return code(text).replace("|", "\\|")
