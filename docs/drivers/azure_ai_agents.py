"""Submits tool outputs with the `azure-ai-agents` package from PyPI.

    conformance client --azure [--persistent] -- python docs/drivers/azure_ai_agents.py

The client retries as it does by default. A failure is what it raises, or an error event that it hands over.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from azure.ai.agents import AgentsClient
from azure.ai.agents.models import AgentEventHandler, MessageDeltaChunk, RunStatus, ThreadRun, ToolOutput
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import AzureKeyCredentialPolicy

#: Statuses in which a run is still at work.
WORKING = {RunStatus.QUEUED, RunStatus.IN_PROGRESS, RunStatus.CANCELLING}

#: Seconds between two looks at a run.
PAUSE = 0.05


class Handler(AgentEventHandler):
    """Keeps the run and the text of a stream."""

    def __init__(self) -> None:
        super().__init__()
        self.run: ThreadRun | None = None
        self.text = ""
        self.error: str | None = None

    def on_thread_run(self, run: ThreadRun) -> None:
        """The run goes on."""
        self.run = run

    def on_message_delta(self, delta: MessageDeltaChunk) -> None:
        """A piece of text comes."""
        self.text += delta.text

    def on_error(self, data: str) -> None:
        """The server failed."""
        self.error = data


def streamed(client: AgentsClient, where: dict[str, str], outputs: list[ToolOutput]) -> tuple[ThreadRun | None, str]:
    """Submit one round's outputs and follow the stream."""
    handler = Handler()
    client.runs.submit_tool_outputs_stream(**where, tool_outputs=outputs, event_handler=handler)
    handler.until_done()
    if handler.error is not None:
        raise RuntimeError(handler.error)
    return handler.run, handler.text


def polled(client: AgentsClient, where: dict[str, str], outputs: list[ToolOutput]) -> tuple[ThreadRun, str | None]:
    """Submit one round's outputs and look at the run until it rests."""
    run = client.runs.submit_tool_outputs(**where, tool_outputs=outputs)
    while run.status in WORKING:
        time.sleep(PAUSE)
        run = client.runs.get(**where)
    if run.status != RunStatus.COMPLETED:
        return run, None
    last = next(iter(client.messages.list(where["thread_id"], run_id=where["run_id"], limit=1)), None)
    return run, "" if last is None else "".join(part.text.value for part in last.text_messages)


def converse(given: Mapping[str, str]) -> dict[str, str]:
    """Answer every round of the run; what the user of the package sees. Raises what the package raises."""
    submit = streamed if given["CONFORMANCE_STREAM"] == "true" else polled
    where = {"thread_id": given["CONFORMANCE_THREAD_ID"], "run_id": given["CONFORMANCE_RUN_ID"]}
    outputs = json.loads(given["CONFORMANCE_TOOL_OUTPUTS"])
    credential = AzureKeyCredential(given["OPENAI_API_KEY"])
    key = AzureKeyCredentialPolicy(credential, "Authorization", prefix="Bearer")
    with AgentsClient(given["AZURE_OPENAI_ENDPOINT"], credential, authentication_policy=key) as client:
        run, text = client.runs.get(**where), None
        while run is not None and run.status == RunStatus.REQUIRES_ACTION:
            calls = run.required_action.submit_tool_outputs.tool_calls
            answers = [ToolOutput(tool_call_id=call.id, output=outputs[call.id]) for call in calls]
            run, text = submit(client, where, answers)
    told = {"status": run and str(run.status.value), "text": text}
    return {name: value for name, value in told.items() if value is not None}


def outcome(given: Mapping[str, str]) -> dict[str, str]:
    """What the user of the package is told in one scenario, or the error that was raised."""
    try:
        said = converse(given)
    except Exception as raised:
        said = {"error": f"{type(raised).__name__}: {raised}"}
    print(version("azure-ai-agents"), said)
    return said


def main(given: Mapping[str, str]) -> int:
    """Play one scenario, or those that come as lines; exit code 0 where the package raised nothing."""
    if "CONFORMANCE_PERSISTENT" in given:
        for line in sys.stdin:
            said = outcome(json.loads(line))
            print(json.dumps({"exit": int("error" in said), **said}), flush=True)
        return 0
    said = outcome(given)
    if "CONFORMANCE_OUTCOME" in given:
        Path(given["CONFORMANCE_OUTCOME"]).write_text(json.dumps(said), encoding="utf-8")
    return int("error" in said)


if __name__ == "__main__":
    sys.exit(main(os.environ))
