"""Answers a question with OpenAIAssistantAgent of `autogen-ext` from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/autogen_assistant.py

Its on_messages_stream hands over what its agent does one after another; it asks the server for no stream.
"""

import asyncio
import sys

from autogen_agentchat.messages import TextMessage
from autogen_core import CancellationToken
from autogen_ext.agents.openai import OpenAIAssistantAgent
from openai import AsyncOpenAI
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play


async def answer() -> Told:
    """Ask the question."""
    async with AsyncOpenAI() as client:
        agent = OpenAIAssistantAgent(
            name="Weather",
            description="Looks up the weather.",
            client=client,
            model="gpt-4o",
            instructions=INSTRUCTIONS,
            tools=FUNCTIONS,
        )
        response = await agent.on_messages([TextMessage(source="user", content=QUESTION)], CancellationToken())
        return {"text": response.chat_message.content}


def converse(_: bool) -> Told:
    """Ask the question."""
    return asyncio.run(answer())


if __name__ == "__main__":
    sys.exit(play("autogen-ext", converse))
