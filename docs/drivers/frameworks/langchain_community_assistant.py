"""Answers a question with OpenAIAssistantV2Runnable of `langchain-community` from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/langchain_community_assistant.py

It has no streams.
"""

import sys

from langchain_classic.agents import AgentExecutor
from langchain_community.agents.openai_assistant import OpenAIAssistantV2Runnable
from langchain_core.tools import tool
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play


def converse(_: bool) -> Told:
    """Ask the question."""
    tools = [tool(function) for function in FUNCTIONS]
    agent = OpenAIAssistantV2Runnable.create_assistant(
        name="Weather", instructions=INSTRUCTIONS, tools=tools, model="gpt-4o", as_agent=True, check_every_ms=50.0
    )
    return {"text": AgentExecutor(agent=agent, tools=tools).invoke({"content": QUESTION})["output"]}


if __name__ == "__main__":
    sys.exit(play("langchain-community", converse))
