"""Answers a question with an Assistant of `marvin` 2.3 from PyPI, the last one with assistants.

    conformance client -k streamed [--persistent] -- python docs/drivers/frameworks/marvin_assistant.py

It always asks the server for a stream.
"""

import os
import sys

from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play, without_tokenizer

without_tokenizer("o200k_base")

import marvin  # noqa: E402 - it looks for the tokenizer
from marvin.beta.assistants import Assistant, Thread  # noqa: E402
from openai import AsyncAssistantEventHandler  # noqa: E402


def converse(_: bool) -> Told:
    """Ask the question."""
    marvin.settings.openai.api_key = os.environ["OPENAI_API_KEY"]
    marvin.settings.openai.base_url = os.environ["OPENAI_BASE_URL"]
    assistant = Assistant(name="Weather", instructions=INSTRUCTIONS, tools=list(FUNCTIONS), model="gpt-4o")
    run = assistant.say(QUESTION, thread=Thread(), event_handler_class=AsyncAssistantEventHandler)
    texts = (part.text.value for message in run.messages if message.role == "assistant" for part in message.content)
    return {"status": run.run.status, "text": "".join(texts)}


if __name__ == "__main__":
    sys.exit(play("marvin", converse))
