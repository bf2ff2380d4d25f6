"""Answers a question with OpenAIAssistantAgent of `llama-index-agent-openai` from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/llama_index_assistant.py

It has no streams.
"""

import sys

from llama_index.agent.openai import OpenAIAssistantAgent
from llama_index.core.tools import FunctionTool
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play


def converse(_: bool) -> Told:
    """Ask the question."""
    tools = [FunctionTool.from_defaults(fn=function) for function in FUNCTIONS]
    agent = OpenAIAssistantAgent.from_new(name="Weather", instructions=INSTRUCTIONS, tools=tools, model="gpt-4o")
    return {"text": str(agent.chat(QUESTION))}


if __name__ == "__main__":
    sys.exit(play("llama-index-agent-openai", converse))
