"""Answers a question with an OpenAIAssistantAgent of `semantic-kernel` from PyPI, whose tools the framework calls.

    conformance client -- python docs/drivers/semantic_kernel_agent.py

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


async def converse(streamed: bool) -> dict[str, str]:
    """Ask the question; what the user of the framework sees. Raises what the framework raises."""
    client = AsyncOpenAI()
    definition = await client.beta.assistants.create(model="gpt-4o", name="Weather", instructions="Look it up.")
    agent = OpenAIAssistantAgent(client=client, definition=definition, plugins=[Weather()])
    thread = AssistantAgentThread(client=client)
    if streamed:
        chunks = [str(chunk.message) async for chunk in agent.invoke_stream(messages=QUESTION, thread=thread)]
        return {"text": "".join(chunks)}
    return {"text": str(await agent.get_response(messages=QUESTION, thread=thread))}


def main(given: Mapping[str, str]) -> int:
    """Exit code 0 where the framework raised nothing; what it reported goes into the outcome file."""
    try:
        said, code = asyncio.run(converse(given["CONFORMANCE_STREAM"] == "true")), 0
    except Exception as raised:
        said, code = {"error": f"{type(raised).__name__}: {raised}"}, 1
    print(version("semantic-kernel"), said)
    if "CONFORMANCE_OUTCOME" in given:
        Path(given["CONFORMANCE_OUTCOME"]).write_text(json.dumps(said), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(os.environ))
