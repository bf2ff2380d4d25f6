"""Answers a question with an OpenAIAssistant of `phidata` from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/phidata_assistant.py

It has no streams. Its run shows its status.
"""

import sys

from phi.assistant.openai import OpenAIAssistant
from phi.assistant.openai.thread import Thread
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play


def converse(_: bool) -> Told:
    """Ask the question."""
    assistant = OpenAIAssistant(name="Weather", model="gpt-4o", instructions=INSTRUCTIONS, tools=list(FUNCTIONS))
    assistant.create()
    thread = Thread()
    thread.create()
    run = thread.run(QUESTION, assistant=assistant)
    if run.status != "completed":
        return {"status": str(run.status)}
    return {"status": run.status, "text": thread.get_messages()[0].get_content_text()}


if __name__ == "__main__":
    sys.exit(play("phidata", converse))
