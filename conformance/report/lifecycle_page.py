"""The state tables: docs/lifecycle.md for readers, with a diagram each, written anew by `make docs`; JSON for programs.

python -m conformance.report.lifecycle_page json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from conformance.contract.lifecycle import TABLES, Table, as_json

_INTRODUCTION = """\
# The states of a run, its steps and its messages within one stream

These diagrams are generated from the state tables that the suite uses (`conformance/contract/lifecycle.py`); `python -m
conformance.report.lifecycle_page json` prints the tables as JSON. An arrow is an event, labelled with the last part of
its name. The list below each diagram names the events that break a requirement in a state.
"""

_NOTES = {
    "run": "`waiting` is the run before its first event: in requires_action if outputs are submitted, not yet existing "
    "if a run is created. After the end of the run or thread.run.requires_action only `done` may come; anything else "
    "is reported by order.terminal-once, order.terminal-last and order.requires-action-ends.",
    "step": "`inherited` is a step of an earlier stream: its first event in this stream ends it. Only steps of type "
    "tool_calls are inherited.",
    "message": "A message may be cut short before it is in progress, but not completed.",
}


def _diagram(table: Table) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {table.start}"
    for (state, word), move in table.moves.items():
        if move.breaks is None and state not in table.ended:
            yield f"    {state} --> {move.to}: {word}"
    for state in table.states():
        if state in table.ended:
            yield f"    {state} --> [*]"
    yield "```"


def _breaking(table: Table) -> Iterator[str]:
    breaking: dict[tuple[str, str], list[str]] = {}
    for (state, word), move in table.moves.items():
        if move.breaks is not None:
            breaking.setdefault((move.breaks, state), []).append(f"`{word}`")
    for (requirement, state), words in breaking.items():
        yield f"- in `{state}`: {', '.join(words)} breaks [{requirement}](requirements.md)"


def lifecycle_markdown() -> str:
    """The text of docs/lifecycle.md."""
    lines = [_INTRODUCTION]
    for table in TABLES.values():
        lines += [f"## {table.entity.capitalize()}", "", _NOTES[table.entity], "", *_diagram(table), ""]
        lines += [*_breaking(table), ""]
    return "\n".join(lines)


def lifecycle_json() -> str:
    """The tables for programs: every state, every move, and what a move breaks."""
    return json.dumps(as_json(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write({"markdown": lifecycle_markdown, "json": lifecycle_json}[sys.argv[1]]())
