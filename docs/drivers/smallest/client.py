"""Submits tool outputs with Python's standard library alone (run with 3.11).

conformance client -- python docs/drivers/smallest/client.py
conformance client --persistent -- python docs/drivers/smallest/client.py
"""

import io
import json
import os
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

MOVING = {"queued", "in_progress", "cancelling"}


def events(answer: HTTPResponse) -> Iterator[tuple[str, str]]:
    """Name and data of each event; a text wrapper knows the three ends of lines and the byte order mark."""
    name, data = "", []
    for line in io.TextIOWrapper(answer, encoding="utf-8-sig"):
        field, _, value = line.removesuffix("\n").partition(":")
        if line == "\n":
            if data:
                yield name, "\n".join(data)
            name, data = "", []
        elif field == "event":
            name = value.removeprefix(" ")
        elif field == "data":
            data.append(value.removeprefix(" "))


def text_of(parts: list[dict[str, Any]]) -> str:
    """The text in the content of a message or of a delta."""
    return "".join(part["text"].get("value", "") for part in parts if part["type"] == "text")


def listen(answer: HTTPResponse) -> tuple[dict[str, Any], str]:
    """The run and the text of a stream. Raises where it breaks off."""
    run, text = {}, ""
    for name, data in events(answer):
        if data == "[DONE]":
            return run, text
        if name == "error":
            raise RuntimeError(data)
        if name == "thread.message.delta":
            text += text_of(json.loads(data)["delta"]["content"])
        elif name.startswith("thread.run.") and not name.startswith("thread.run.step."):
            run = json.loads(data)
    if run.get("status") in (None, *MOVING):
        raise RuntimeError("the stream ended before the run did")
    return run, text


def drive(given: Mapping[str, str]) -> dict[str, Any]:
    """Answer every round of the run, and say what became of it."""
    thread = f"{given['OPENAI_BASE_URL']}/threads/{given['CONFORMANCE_THREAD_ID']}"
    path = f"{thread}/runs/{given['CONFORMANCE_RUN_ID']}"
    headers = {
        "Authorization": f"Bearer {given['OPENAI_API_KEY']}",
        "Content-Type": "application/json",
        "OpenAI-Beta": "assistants=v2",
    }
    outputs, streamed = json.loads(given["CONFORMANCE_TOOL_OUTPUTS"]), given["CONFORMANCE_STREAM"] == "true"

    def ask(url: str, body: object = None) -> HTTPResponse:
        sent = None if body is None else json.dumps(body).encode()
        answer: HTTPResponse = urllib.request.urlopen(urllib.request.Request(url, sent, headers), timeout=20)  # noqa: S310
        return answer

    run, text = json.load(ask(path)), None
    while run["status"] == "requires_action":
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        body: dict[str, Any] = {
            "tool_outputs": [{"tool_call_id": call["id"], "output": outputs[call["id"]]} for call in calls]
        }
        answer = ask(f"{path}/submit_tool_outputs", body | ({"stream": True} if streamed else {}))
        if streamed and not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            raise RuntimeError(f"a stream was asked for, and {answer.headers.get('Content-Type')} came")
        run, text = listen(answer) if streamed else (json.load(answer), None)
        while run["status"] in MOVING:
            time.sleep(0.05)
            run = json.load(ask(path))
    if text is None and run["status"] == "completed":
        text = text_of(json.load(ask(f"{thread}/messages?run_id={run['id']}"))["data"][0]["content"])
    return {"status": run["status"], "text": text}


def outcome(given: Mapping[str, str]) -> dict[str, Any]:
    """What became of the run, or the error that was raised."""
    try:
        return {name: value for name, value in drive(given).items() if value is not None}
    except Exception as raised:
        return {"error": f"{type(raised).__name__}: {raised}"}


if "CONFORMANCE_PERSISTENT" in os.environ:
    for line in sys.stdin:
        said = outcome(json.loads(line))
        print(json.dumps({"exit": int("error" in said), **said}), flush=True)
else:
    said = outcome(os.environ)
    Path(os.environ["CONFORMANCE_OUTCOME"]).write_text(json.dumps(said), encoding="utf-8")
    sys.exit(int("error" in said))
