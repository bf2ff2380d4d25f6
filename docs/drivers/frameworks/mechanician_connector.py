"""Answers a question with OpenAIAssistantsConnector of `mechanician-openai` from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/mechanician_connector.py

It has no streams.
"""

import sys

from mechanician import TAGAI
from mechanician.ai_tools import AITools
from mechanician_openai import OpenAIAssistantsConnector
from program import INSTRUCTIONS, QUESTION, TOOLS, Told, get_sky, get_temperature, get_wind_speed, play


class Weather(AITools):
    """What the assistant can look up; a function gets its arguments as an object."""

    def get_temperature(self, given: dict[str, str]) -> str:
        """In degrees."""
        return get_temperature(**given)

    def get_wind_speed(self, given: dict[str, str]) -> str:
        """In metres per second."""
        return get_wind_speed(**given)

    def get_sky(self, given: dict[str, str]) -> str:
        """In a word."""
        return get_sky(**given)


def converse(_: bool) -> Told:
    """Ask the question."""
    connector = OpenAIAssistantsConnector(model_name="gpt-4o", create_new_assistant="True")
    TAGAI(connector, ai_instructions=INSTRUCTIONS, tool_instructions=TOOLS, tools=Weather())
    return {"text": connector.submit_prompt(QUESTION)}


if __name__ == "__main__":
    sys.exit(play("mechanician-openai", converse))
