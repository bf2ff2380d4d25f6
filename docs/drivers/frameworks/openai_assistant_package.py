"""Answers a question with an OpenAIAssistant of `openai-assistant` from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/openai_assistant_package.py

It has no streams.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from openai import AsyncOpenAI
from openai_assistant import OpenAIAssistant, init, register_functions
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, TOOLS, Told, play


def asynchronous(function: Callable[[str], str]) -> Callable[[str], Awaitable[str]]:
    """The function in the form that the package wants."""

    async def called(city: str) -> str:
        return function(city)

    return called


async def answer() -> Told:
    """Ask the question."""
    async with AsyncOpenAI() as client:
        init(client)
        register_functions({function.__name__: asynchronous(function) for function in FUNCTIONS})
        made = await client.beta.assistants.create(model="gpt-4o", instructions=INSTRUCTIONS, tools=TOOLS)
        assistant = OpenAIAssistant(made.id)
        await assistant.initialize_thread_id()
        text = await assistant.send_request(QUESTION)
        return {} if text is None else {"text": text}


def converse(_: bool) -> Told:
    """Ask the question."""
    return asyncio.run(answer())


if __name__ == "__main__":
    sys.exit(play("openai-assistant", converse))
