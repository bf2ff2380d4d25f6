"""What the programs beside it have in common: the question, the functions that answer it, and how scenarios come.

A framework creates its assistant, thread and run, calls the functions and submits what they return. It tells its user
texts and exceptions, and rarely the status of a run.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

QUESTION = "How warm is it in Oslo, how does the wind blow, and what does the sky look like?"
INSTRUCTIONS = "Look it up."


def get_temperature(city: str) -> str:
    """The temperature in a city, in degrees."""
    return f"21 °C in {city}"


def get_wind_speed(city: str) -> str:
    """The speed of the wind in a city, in metres per second."""
    return f"3 m/s in {city}"


def get_sky(city: str) -> str:
    """What the sky over a city looks like, in a word."""
    return f"sunny in {city}"


#: What the assistant can look up.
FUNCTIONS = (get_temperature, get_wind_speed, get_sky)

#: What a framework that wants a description of a function is told, in the form of the API.
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": function.__name__,
            "description": function.__doc__,
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    for function in FUNCTIONS
]

#: What the user of a framework is told in one scenario: text, and the status of the run where the framework shows it.
Told = Mapping[str, str]


def without_tokenizer(name: str) -> None:
    """Spare `tiktoken` its download of a tokenizer, which some frameworks want when they are imported.

    One that knows bytes only stands in: nothing here rests on how many tokens there are.
    """
    import tiktoken  # noqa: PLC0415 - few of the frameworks bring it

    ranks = {bytes([byte]): byte for byte in range(256)}
    tiktoken.registry.ENCODINGS[name] = tiktoken.Encoding(name, pat_str=".", mergeable_ranks=ranks, special_tokens={})


def outcome(package: str, converse: Callable[[bool], Told], given: Mapping[str, str]) -> Told:
    """Play a scenario; what the framework told, or the error that it raised. What it prints goes to standard error."""
    os.environ.update(given)
    with redirect_stdout(sys.stderr):
        try:
            said = converse(given["CONFORMANCE_STREAM"] == "true")
        except Exception as raised:
            said = {"error": f"{type(raised).__name__}: {raised}"}
        print(version(package), said)
    return said


def play(package: str, converse: Callable[[bool], Told]) -> int:
    """Play one scenario, or those that come as lines; exit code 0 where the framework raised nothing.

    `converse` asks the question, with a stream or without, of the server that the variables of the environment name,
    and raises what the framework raises.
    """
    if "CONFORMANCE_PERSISTENT" in os.environ:
        for line in sys.stdin:
            said = outcome(package, converse, json.loads(line))
            print(json.dumps({"exit": int("error" in said), **said}), flush=True)
        return 0
    said = outcome(package, converse, os.environ)
    if "CONFORMANCE_OUTCOME" in os.environ:
        Path(os.environ["CONFORMANCE_OUTCOME"]).write_text(json.dumps(said), encoding="utf-8")
    return int("error" in said)
