"""Answers a question with `azure-ai-agents` from PyPI, which calls the functions and submits by itself.

    conformance client --azure [--persistent] -- python docs/drivers/frameworks/azure_ai_agents_automatic.py

docs/drivers/azure_ai_agents.py submits by hand. Its run shows its status.
"""

import os
import sys

from azure.ai.agents import AgentsClient
from azure.ai.agents.models import AgentEventHandler, FunctionTool, MessageDeltaChunk, ThreadRun
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from program import FUNCTIONS, INSTRUCTIONS, QUESTION, Told, play


class Handler(AgentEventHandler):
    """Keeps the run and the text of a stream."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, str] = {"text": ""}

    def on_thread_run(self, run: ThreadRun) -> None:
        """The run goes on."""
        self.told["status"] = run.status

    def on_message_delta(self, delta: MessageDeltaChunk) -> None:
        """A piece of text comes."""
        self.told["text"] += delta.text

    def on_error(self, data: str) -> None:
        """The server failed."""
        self.told["error"] = data


def converse(streamed: bool) -> Told:
    """Ask the question."""
    credential = AzureKeyCredential(os.environ["OPENAI_API_KEY"])
    key = AzureKeyCredentialPolicy(credential, "Authorization", prefix="Bearer")
    with AgentsClient(os.environ["AZURE_OPENAI_ENDPOINT"], credential, authentication_policy=key) as client:
        tools = FunctionTool(set(FUNCTIONS))
        client.enable_auto_function_calls(tools)
        agent = client.create_agent(model="gpt-4o", name="Weather", instructions=INSTRUCTIONS, tools=tools.definitions)
        thread = client.threads.create()
        client.messages.create(thread.id, role="user", content=QUESTION)
        if streamed:
            with client.runs.stream(thread.id, agent_id=agent.id, event_handler=Handler()) as handler:
                handler.until_done()
            return handler.told
        run = client.runs.create_and_process(thread.id, agent_id=agent.id, polling_interval=1)
        if run.status != "completed":
            return {"status": run.status}
        last = next(iter(client.messages.list(thread.id, run_id=run.id, limit=1)), None)
        text = "" if last is None else "".join(part.text.value for part in last.text_messages)
        return {"status": run.status, "text": text}


if __name__ == "__main__":
    sys.exit(play("azure-ai-agents", converse))
