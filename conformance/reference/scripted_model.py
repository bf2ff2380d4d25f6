"""The scripted model: which calls a run makes, and what it does with their outputs.

The run's metadata names a scenario under `conformance_scenario`; without one the model calls every function of the
run once and answers with a message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from types import MappingProxyType
from typing import Any

from conformance.contract.scenarios import BY_ID
from conformance.model import Scenario
from conformance.reference.objects import Document
from conformance.reference.scripts import SCRIPTS, Call, Round, Script

#: The key of a run's metadata that names a scenario.
SCENARIO = "conformance_scenario"

#: What the model says for each type of a parameter.
_EXAMPLES: Mapping[str, object] = MappingProxyType(
    {"string": "Köln, 🌍", "integer": 7, "number": 2.5, "boolean": True, "null": None}
)

#: What the first submission of a run meets, by how its scenario is answered: a row of the table of refusals.
HINDRANCES: Mapping[str, str] = MappingProxyType(
    {
        "rate-limited": "busy",
        "request-timeout": "timed-out",
        "conflict": "conflict",
        "fault-before": "fault",
        "connection-lost": "fault",
        "retry-declined": "fault-for-good",
    }
)

#: How deep the model follows a tool's schema: deeper ones belong to no real tool.
_DEPTH = 8

#: Characters of arguments in one delta; short, so that most calls arrive in several.
_PIECE = 6


def rounds(run: Document, fallback: str | None) -> tuple[Round, ...]:
    """Return what the model does in each round of a run; `fallback` is a scenario id."""
    scenario = scenario_of(run, fallback)
    functions = _functions(run)
    wanted = len(functions) if scenario is None else scenario.calls
    if not run["parallel_tool_calls"]:
        wanted = min(wanted, 1)
    calls = tuple(_call(function) for function in islice(cycle(functions), wanted))
    script = SCRIPTS["text"] if scenario is None else _script(scenario)
    return (*(Round(script, calls),) * script.rounds, Round(script))


def _script(scenario: Scenario) -> Script:
    script = SCRIPTS[scenario.script]
    return replace(script, hindrance=HINDRANCES.get(scenario.answer, script.hindrance))


def scenario_of(run: Document, fallback: str | None) -> Scenario | None:
    """Return the scenario that a run plays, where it names one."""
    named = run["metadata"].get(SCENARIO, fallback)
    return BY_ID.get(named) if isinstance(named, str) else None


def _functions(run: Document) -> Sequence[Document]:
    """The functions the run may call: none, one or all, as its tool_choice says."""
    functions = [tool["function"] for tool in run["tools"] if tool["type"] == "function"]
    match run["tool_choice"]:
        case "none":
            return []
        case {"type": "function", "function": {"name": name}}:
            return [function for function in functions if function["name"] == name]
    return functions


def _call(function: Document) -> Call:
    arguments = json.dumps(_example(function.get("parameters"), _DEPTH), ensure_ascii=False, separators=(",", ":"))
    pieces = tuple(arguments[start : start + _PIECE] for start in range(0, len(arguments), _PIECE))
    return Call(function["name"], pieces)


def _example(schema: Any, depth: int) -> object:  # noqa: ANN401
    """A value that fits the usual kinds of schema; of a schema nobody can read, an empty object."""
    match schema:
        case {"const": value} | {"enum": [value, *_]} | {"default": value}:
            return value
        case {"type": "array", "items": items} if depth:
            return [_example(items, depth - 1)]
        case {"type": "array"}:
            return []
        case {"type": str() as type_} | {"type": [str() as type_, *_]} if type_ in _EXAMPLES:
            return _EXAMPLES[type_]
        case {"properties": dict() as properties} if depth:
            return {name: _example(property_, depth - 1) for name, property_ in properties.items()}
    return {}
