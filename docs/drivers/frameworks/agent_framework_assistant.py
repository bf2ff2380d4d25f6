"""Answers a question with OpenAIAssistantsClient of `agent-framework-openai` 1.0.0rc6 from PyPI, the last one with it.

    conformance client -k streamed [--persistent] -- python docs/drivers/frameworks/agent_framework_assistant.py

It always asks the server for a stream, also where its user wants the answer as a whole.
"""

import asyncio
import sys

from agent_framework.openai import OpenAIAssistantsClient
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play


async def answer() -> Told:
    """Ask the question."""
    async with OpenAIAssistantsClient(model="gpt-4o", assistant_name="Weather") as client:
        agent = client.as_agent(instructions=INSTRUCTIONS, tools=list(FUNCTIONS))
        return {"text": "".join([update.text async for update in agent.run(QUESTION, stream=True)])}


def converse(_: bool) -> Told:
    """Ask the question."""
    return asyncio.run(answer())


if __name__ == "__main__":
    sys.exit(play("agent-framework-openai", converse))
