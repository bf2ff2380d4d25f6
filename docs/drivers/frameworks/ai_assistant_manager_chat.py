"""Answers a question with a Chat of `ai-assistant-manager` from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/ai_assistant_manager_chat.py

It has no streams, and hands its user one call at a time.
"""

import sys

from ai_assistant_manager.chats.chat import Chat, RequiresActionException
from ai_assistant_manager.clients.openai_api import OpenAIClient, build_openai_client
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, TOOLS, Told, play

BY_NAME = {function.__name__: function for function in FUNCTIONS}


def converse(_: bool) -> Told:
    """Ask the question."""
    client = OpenAIClient(build_openai_client(), open_ai_model="gpt-4o")
    assistant = client.assistants_create("Weather", INSTRUCTIONS, [], TOOLS)
    chat = Chat(client, assistant.id)
    chat.start()
    try:
        return {"text": chat.send_user_message(QUESTION).message}
    except RequiresActionException as wanted:
        call = wanted.data
    while True:
        try:
            output = BY_NAME[call.name](**call.arguments)
            return {"text": chat.submit_tool_outputs(call.run_id, call.tool_call_id, output).message}
        except RequiresActionException as wanted:
            call = wanted.data


if __name__ == "__main__":
    sys.exit(play("ai-assistant-manager", converse))
