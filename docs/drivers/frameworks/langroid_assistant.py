"""Answers a question with an OpenAIAssistant of `langroid` 0.67 from PyPI, the last one with it.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/langroid_assistant.py

It has no streams.
"""

import os
import sys

from program import INSTRUCTIONS, QUESTION, Told, get_sky, get_temperature, get_wind_speed, play, without_tokenizer

without_tokenizer("cl100k_base")

from langroid.agent.openai_assistant import (  # noqa: E402 - it looks for the tokenizer
    OpenAIAssistant,
    OpenAIAssistantConfig,
)
from langroid.agent.tool_message import ToolMessage  # noqa: E402
from langroid.language_models import OpenAIGPTConfig  # noqa: E402
from langroid.utils.configuration import Settings, temporary_settings  # noqa: E402


class GetTemperature(ToolMessage):
    """The temperature in a city, in degrees."""

    request: str = "get_temperature"
    purpose: str = "To look up the temperature in a <city>."
    city: str

    def handle(self) -> str:
        """Look it up."""
        return get_temperature(self.city)


class GetWindSpeed(ToolMessage):
    """The speed of the wind in a city, in metres per second."""

    request: str = "get_wind_speed"
    purpose: str = "To look up the speed of the wind in a <city>."
    city: str

    def handle(self) -> str:
        """Look it up."""
        return get_wind_speed(self.city)


class GetSky(ToolMessage):
    """What the sky over a city looks like, in a word."""

    request: str = "get_sky"
    purpose: str = "To look up what the sky over a <city> looks like."
    city: str

    def handle(self) -> str:
        """Look it up."""
        return get_sky(self.city)


def converse(_: bool) -> Told:
    """Ask the question. Answers of former runs are not taken from its cache, and functions go by the assistant."""
    llm = OpenAIGPTConfig(
        chat_model="gpt-4o", api_base=os.environ["OPENAI_BASE_URL"], api_key=os.environ["OPENAI_API_KEY"], stream=False
    )
    with temporary_settings(Settings(cache=False, quiet=True)):
        config = OpenAIAssistantConfig(
            name="Weather", system_message=INSTRUCTIONS, llm=llm, use_functions_api=True, use_tools_api=False
        )
        agent = OpenAIAssistant(config)
        agent.enable_message([GetTemperature, GetWindSpeed, GetSky])
        answer = agent.llm_response(QUESTION)
        while (result := agent.agent_response(answer)) is not None:
            answer = agent.llm_response(result)
        return {"text": answer.content}


if __name__ == "__main__":
    sys.exit(play("langroid", converse))
