"""Answers a question with an AssistantManager of `astra-assistants` from PyPI.

    conformance client -k streamed [--persistent] -- python docs/drivers/frameworks/astra_assistants_manager.py

It always asks the server for a stream.
"""

import sys

from astra_assistants.astra_assistants_manager import AssistantManager
from astra_assistants.tools.tool_interface import ToolInterface
from openai import OpenAI
from program import INSTRUCTIONS, QUESTION, Told, get_sky, get_temperature, get_wind_speed, play
from pydantic import BaseModel


class Place(BaseModel):
    """Where the weather is."""

    city: str


class Temperature(ToolInterface):
    """The temperature in a city."""

    def call(self, arguments: Place) -> dict[str, str]:
        """The temperature in a city, in degrees."""
        return {"output": get_temperature(arguments.city)}


class WindSpeed(ToolInterface):
    """The speed of the wind in a city."""

    def call(self, arguments: Place) -> dict[str, str]:
        """The speed of the wind in a city, in metres per second."""
        return {"output": get_wind_speed(arguments.city)}


class Sky(ToolInterface):
    """What the sky over a city looks like."""

    def call(self, arguments: Place) -> dict[str, str]:
        """What the sky over a city looks like, in a word."""
        return {"output": get_sky(arguments.city)}


def converse(_: bool) -> Told:
    """Ask the question. What a function returned comes between the texts, as an object."""
    with OpenAI() as client:
        manager = AssistantManager(
            instructions=INSTRUCTIONS, tools=[Temperature(), WindSpeed(), Sky()], client=client, name="Weather"
        )
        return {"text": "".join(piece for piece in manager.stream_thread(QUESTION) if isinstance(piece, str))}


if __name__ == "__main__":
    sys.exit(play("astra-assistants", converse))
