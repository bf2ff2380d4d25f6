"""Answers a question with GPTAssistantAgent of `pyautogen` 0.2, or of `ag2`, from PyPI.

    conformance client -k plain [--persistent] -- python docs/drivers/frameworks/autogen_0_2_assistant.py pyautogen

It has no streams.
"""

import os
import sys

from autogen import UserProxyAgent
from autogen.agentchat.contrib.gpt_assistant_agent import GPTAssistantAgent
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, TOOLS, Told, play


def converse(_: bool) -> Told:
    """Ask the question."""
    access = {"base_url": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"]}
    agent = GPTAssistantAgent(
        name="Weather",
        instructions=INSTRUCTIONS,
        llm_config={"config_list": [{"model": "gpt-4o", **access}], "check_every_ms": 50},
        assistant_config={"tools": TOOLS},
    )
    agent.register_function({function.__name__: function for function in FUNCTIONS})
    user = UserProxyAgent(name="User", human_input_mode="NEVER", code_execution_config=False)
    return {"text": user.initiate_chat(agent, message=QUESTION, max_turns=1, silent=True).summary}


if __name__ == "__main__":
    sys.exit(play(sys.argv[1], converse))
