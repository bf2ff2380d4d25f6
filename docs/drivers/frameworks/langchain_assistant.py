"""Answers a question with OpenAIAssistantRunnable of `langchain` 0.3, or of `langchain-classic`, from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/langchain_assistant.py

It has no streams.
"""

import sys

from langchain_core.tools import tool
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play

try:
    from langchain_classic.agents import AgentExecutor
    from langchain_classic.agents.openai_assistant import OpenAIAssistantRunnable

    PACKAGE = "langchain-classic"
except ImportError:
    from langchain.agents import AgentExecutor
    from langchain.agents.openai_assistant import OpenAIAssistantRunnable

    PACKAGE = "langchain"


def converse(_: bool) -> Told:
    """Ask the question."""
    tools = [tool(function) for function in FUNCTIONS]
    agent = OpenAIAssistantRunnable.create_assistant(
        name="Weather", instructions=INSTRUCTIONS, tools=tools, model="gpt-4o", as_agent=True, check_every_ms=50.0
    )
    return {"text": AgentExecutor(agent=agent, tools=tools).invoke({"content": QUESTION})["output"]}


if __name__ == "__main__":
    sys.exit(play(PACKAGE, converse))
