"""Answers a question with an Agency of `agency-swarm` 0.7 from PyPI, the last one with assistants.

conformance client [--persistent] -- python docs/drivers/frameworks/agency_swarm_assistant.py
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from agency_swarm import Agency, Agent, set_openai_key
from agency_swarm.tools import BaseTool
from agency_swarm.util.streaming import AgencyEventHandler
from program import INSTRUCTIONS, QUESTION, Told, get_sky, get_temperature, get_wind_speed, play
from pydantic import Field


class GetTemperature(BaseTool):
    """The temperature in a city, in degrees."""

    city: str = Field(description="Which city")

    def run(self) -> str:
        """Look it up."""
        return get_temperature(self.city)


class GetWindSpeed(BaseTool):
    """The speed of the wind in a city, in metres per second."""

    city: str = Field(description="Which city")

    def run(self) -> str:
        """Look it up."""
        return get_wind_speed(self.city)


class GetSky(BaseTool):
    """What the sky over a city looks like, in a word."""

    city: str = Field(description="Which city")

    def run(self) -> str:
        """Look it up."""
        return get_sky(self.city)


class Handler(AgencyEventHandler):
    """Hears all of a stream, and keeps nothing: the answer is what the agency returns."""


def converse(streamed: bool) -> Told:
    """Ask the question. The framework keeps one client and a file of settings: both are made anew."""
    set_openai_key(os.environ["OPENAI_API_KEY"])
    with TemporaryDirectory() as folder:
        agent = Agent(
            name="Weather",
            description="Looks up the weather.",
            instructions=INSTRUCTIONS,
            tools=[GetTemperature, GetWindSpeed, GetSky],
            model="gpt-4o",
        )
        agency = Agency([agent], settings_path=str(Path(folder) / "settings.json"))
        if streamed:
            return {"text": agency.get_completion_stream(QUESTION, event_handler=Handler)}
        return {"text": agency.get_completion(QUESTION)}


if __name__ == "__main__":
    sys.exit(play("agency-swarm", converse))
