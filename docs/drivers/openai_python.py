"""Submits tool outputs with the `openai` package from PyPI, 1.x to 3.x.

    conformance client [--persistent] -- python docs/drivers/openai_python.py [plain|poll] [stream|helper] [async]

`plain` or `poll` says how outputs are submitted where no stream is asked for, `stream` (iterate over it) or `helper`
(the event handler) where one is. The client retries as it does by default. A failure is what it raises, or an error
event that it hands over.
"""

import asyncio
import json
import os
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import openai
from openai.resources.beta.threads import AsyncRuns, Runs
from openai.types.beta import AssistantStreamEvent
from openai.types.beta.threads import Message, Run

#: The last run that the package returned, or None, and the text of its answer, or None.
Told = tuple[Run | None, str | None]


def submit(runs: Runs, way: str, asked: dict[str, Any]) -> Told:
    """Submit one round's outputs."""
    if way == "plain":
        run = runs.submit_tool_outputs(**asked)
        return runs.poll(run.id, thread_id=run.thread_id), None
    if way == "poll":
        return runs.submit_tool_outputs_and_poll(**asked), None
    if way == "helper":
        with runs.submit_tool_outputs_stream(**asked) as stream:
            text = "".join(stream.text_deltas)
            return stream.get_final_run(), text
    run, text = None, ""
    for event in runs.submit_tool_outputs(**asked, stream=True):
        run, text = after(event, run, text)
    return run, text


async def submit_async(runs: AsyncRuns, way: str, asked: dict[str, Any]) -> Told:
    """Submit one round's outputs with the asynchronous client."""
    if way == "plain":
        run = await runs.submit_tool_outputs(**asked)
        return await runs.poll(run.id, thread_id=run.thread_id), None
    if way == "poll":
        return await runs.submit_tool_outputs_and_poll(**asked), None
    if way == "helper":
        async with runs.submit_tool_outputs_stream(**asked) as stream:
            text = "".join([delta async for delta in stream.text_deltas])
            return await stream.get_final_run(), text
    run, text = None, ""
    async for event in await runs.submit_tool_outputs(**asked, stream=True):
        run, text = after(event, run, text)
    return run, text


def after(event: AssistantStreamEvent, run: Run | None, text: str) -> Told:
    """What is known after an event of a stream."""
    name = event.event or ""
    if name == "error":
        raise RuntimeError(event.data.message)
    if name == "thread.message.delta":
        return run, text + "".join(part.text.value for part in event.data.delta.content if part.type == "text")
    return (event.data if name.startswith("thread.run.") and ".step." not in name else run), text


def text_of(messages: Iterable[Message]) -> str:
    """The text of messages."""
    return "".join(part.text.value for message in messages for part in message.content if part.type == "text")


def outputs_for(run: Run, outputs: Mapping[str, str]) -> list[dict[str, str]]:
    """One output for every call that the run waits for."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": outputs[call.id]} for call in calls]


def converse(client: openai.OpenAI, way: str, where: dict[str, str], outputs: Mapping[str, str]) -> Told:
    """Answer every round of the run."""
    runs, text = client.beta.threads.runs, None
    run = runs.retrieve(**where)
    while run is not None and run.status == "requires_action":
        run, text = submit(runs, way, {**where, "tool_outputs": outputs_for(run, outputs)})
    if text is None and run.status == "completed":
        text = text_of(client.beta.threads.messages.list(where["thread_id"], run_id=where["run_id"], limit=1).data)
    return run, text


async def converse_async(
    client: openai.AsyncOpenAI, way: str, where: dict[str, str], outputs: Mapping[str, str]
) -> Told:
    """Answer every round of the run with the asynchronous client."""
    runs, text = client.beta.threads.runs, None
    run = await runs.retrieve(**where)
    while run is not None and run.status == "requires_action":
        run, text = await submit_async(runs, way, {**where, "tool_outputs": outputs_for(run, outputs)})
    if text is None and run.status == "completed":
        page = await client.beta.threads.messages.list(where["thread_id"], run_id=where["run_id"], limit=1)
        text = text_of(page.data)
    return run, text


def drive(words: Collection[str], given: Mapping[str, str]) -> dict[str, str]:
    """What the user of the package sees in one scenario. Raises what the package raises."""
    streamed = given["CONFORMANCE_STREAM"] == "true"
    way = ("stream" if "stream" in words else "helper") if streamed else ("plain" if "plain" in words else "poll")
    where = {"run_id": given["CONFORMANCE_RUN_ID"], "thread_id": given["CONFORMANCE_THREAD_ID"]}
    outputs = json.loads(given["CONFORMANCE_TOOL_OUTPUTS"])
    access = {"base_url": given["OPENAI_BASE_URL"], "api_key": given["OPENAI_API_KEY"]}

    async def asynchronously() -> Told:
        async with openai.AsyncOpenAI(**access) as client:
            return await converse_async(client, way, where, outputs)

    if "async" in words:
        run, text = asyncio.run(asynchronously())
    else:
        with openai.OpenAI(**access) as client:
            run, text = converse(client, way, where, outputs)
    told = {"status": run and run.status, "text": text}
    return {name: value for name, value in told.items() if value is not None}


def outcome(words: Collection[str], given: Mapping[str, str]) -> dict[str, str]:
    """What the user of the package is told in one scenario, or the error that was raised."""
    try:
        said = drive(words, given)
    except Exception as raised:
        said = {"error": f"{type(raised).__name__}: {raised}"}
    print(openai.__version__, said)
    return said


def main(words: Collection[str], given: Mapping[str, str]) -> int:
    """Play one scenario, or those that come as lines; exit code 0 where the package raised nothing."""
    if "CONFORMANCE_PERSISTENT" in given:
        for line in sys.stdin:
            said = outcome(words, json.loads(line))
            print(json.dumps({"exit": int("error" in said), **said}), flush=True)
        return 0
    said = outcome(words, given)
    if "CONFORMANCE_OUTCOME" in given:
        Path(given["CONFORMANCE_OUTCOME"]).write_text(json.dumps(said), encoding="utf-8")
    return int("error" in said)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
