"""Answers a question with an OpenAIAssistantAgent of `semantic-kernel` from PyPI, whose tools the framework calls.

    conformance client [--persistent] -- python docs/drivers/semantic_kernel_agent.py

The framework creates its assistant, thread and run, and submits by itself what the functions return. It tells its user
texts and exceptions, and no status of a run.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from openai import AsyncOpenAI
from semantic_kernel.agents import AssistantAgentThread, OpenAIAssistantAgent
from semantic_kernel.functions import kernel_function

QUESTION = "How warm is it in Oslo, how does the wind blow, and what does the sky look like?"


class Weather:
    """What the assistant can look up."""

    @kernel_function(description="The temperature in a city")
    def get_temperature(self, city: str) -> str:
        """In degrees."""
        return f"21 °C in {city}"

    @kernel_function(description="The speed of the wind in a city")
    def get_wind_speed(self, city: str) -> str:
        """In metres per second."""
        return f"3 m/s in {city}"

    @kernel_function(description="What the sky over a city looks like")
    def get_sky(self, city: str) -> str:
        """In a word."""
        return f"sunny in {city}"


async def converse(given: Mapping[str, str]) -> dict[str, str]:
    """Ask the question; what the user of the framework is told. Raises what the framework raises."""
    client = AsyncOpenAI(base_url=given["OPENAI_BASE_URL"], api_key=given["OPENAI_API_KEY"])
    definition = await client.beta.assistants.create(model="gpt-4o", name="Weather", instructions="Look it up.")
    agent = OpenAIAssistantAgent(client=client, definition=definition, plugins=[Weather()])
    thread = AssistantAgentThread(client=client)
    if given["CONFORMANCE_STREAM"] == "true":
        chunks = [str(chunk.message) async for chunk in agent.invoke_stream(messages=QUESTION, thread=thread)]
        return {"text": "".join(chunks)}
    return {"text": str(await agent.get_response(messages=QUESTION, thread=thread))}


def outcome(given: Mapping[str, str]) -> dict[str, str]:
    """What the user of the framework is told in one scenario, or the error that was raised."""
    try:
        said = asyncio.run(converse(given))
    except Exception as raised:
        said = {"error": f"{type(raised).__name__}: {raised}"}
    print(version("semantic-kernel"), said)
    return said


def main(given: Mapping[str, str]) -> int:
    """Play one scenario, or those that come as lines; exit code 0 where the framework raised nothing."""
    if "CONFORMANCE_PERSISTENT" in given:
        for line in sys.stdin:
            said = outcome(json.loads(line))
            print(json.dumps({"exit": int("error" in said), **said}), flush=True)
        return 0
    said = outcome(given)
    if "CONFORMANCE_OUTCOME" in given:
        Path(given["CONFORMANCE_OUTCOME"]).write_text(json.dumps(said), encoding="utf-8")
    return int("error" in said)


if __name__ == "__main__":
    sys.exit(main(os.environ))
