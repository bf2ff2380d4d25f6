"""The instructions of a real model, so that it calls our functions; the reference server needs none of it."""

from __future__ import annotations

from conformance.model import Scenario

_PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}

#: The functions an assistant gets, as many as a scenario has pending calls. Distinct, so that a model has a reason
#: to call each of them once.
_FUNCTIONS = (
    ("get_temperature", "The temperature at a place right now."),
    ("get_wind_speed", "The wind speed at a place right now."),
    ("get_rain_probability", "The probability of rain at a place today."),
)

MESSAGE = (
    "Ask your functions about Reykjavik now, every one of them, then tell me in one short sentence what they said."
)


def tools(scenario: Scenario) -> list[object]:
    """The function tools of an assistant; a function need not have more than a name."""
    functions = _FUNCTIONS[: scenario.calls]
    if "bare-function" in scenario.traits:
        return [{"type": "function", "function": {"name": name}} for name, _ in functions]
    return [
        {"type": "function", "function": {"name": name, "description": description, "parameters": _PLACE}}
        for name, description in functions
    ]


def instructions(scenario: Scenario, extra: str | None) -> str:
    """The instructions of an assistant: which calls are wanted, in how many rounds, and what then."""
    names = [name for name, _ in _FUNCTIONS[: scenario.calls]]
    said = [
        "You know nothing by yourself; you only repeat what your functions return.",
        f"Before you say anything, call each of your functions exactly once, all in the same turn: {', '.join(names)}.",
    ]
    if scenario.script == "round":
        said.append(f"When the first output has come, call {names[0]} exactly once more, whatever the output says.")
    said.append("When all outputs have come, answer in one short sentence and call nothing again.")
    return " ".join([*said, extra or ""]).strip()
