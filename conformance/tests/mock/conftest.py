"""A mock for each test, and a client that knows how to bring a run about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conformance.mock.server import Mock
from conformance.tests.pace import limit

BETA = {"OpenAI-Beta": "assistants=v2"}

#: Three functions with different names.
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}},
    }
    for name in ("get_weather", "get_time", "get_mood")
]


class Client:
    """Speaks to a mock, and holds the ids of the run it brought about."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, headers=BETA, timeout=limit(), verify=False)
        self.thread = ""
        self.run = ""

    def post(self, path: str, body: object) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        return _document(answer)

    def get(self, path: str, **query: object) -> dict[str, Any]:
        answer = self.http.get(path, params={key: str(value) for key, value in query.items()})
        return _document(answer)

    def start(self, scenario: str | None = None, **settings: object) -> dict[str, Any]:
        """Create an assistant, a thread and a run; return the run as created."""
        assistant = self.post("/assistants", {"model": "gpt-4o", "tools": TOOLS})
        self.thread = self.post("/threads", {"messages": [{"role": "user", "content": "Do it."}]})["id"]
        metadata = {} if scenario is None else {"conformance_scenario": scenario}
        body = {"assistant_id": assistant["id"], "metadata": metadata, **settings}
        run = self.post(f"/threads/{self.thread}/runs", body)
        self.run = run["id"]
        return run

    def wait(self, scenario: str | None = None, **settings: object) -> dict[str, Any]:
        """Start a run and look at it until it waits for outputs."""
        self.start(scenario, **settings)
        return self.settle()

    def look(self) -> dict[str, Any]:
        return self.get(self.path)

    def settle(self) -> dict[str, Any]:
        for _ in range(9):
            run = self.look()
            if run["status"] not in {"queued", "in_progress", "cancelling"}:
                return run
        raise AssertionError(run["status"])

    @property
    def path(self) -> str:
        return f"/threads/{self.thread}/runs/{self.run}"

    def submit(self, run: dict[str, Any], **more: object) -> httpx.Response:
        return self.http.post(f"{self.path}/submit_tool_outputs", json={"tool_outputs": outputs(run), **more})


def _document(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def calls(run: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return made


def outputs(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"tool_call_id": call["id"], "output": f"{call['function']['name']}: ü"} for call in calls(run)]


def events(body: str) -> list[tuple[str, Any]]:
    """The events of a well-formed stream, read with nothing of ours."""
    found = []
    for block in body.removesuffix("\n\n").split("\n\n"):
        name, data = (line.split(": ", 1)[1] for line in block.split("\n"))
        found.append((name, data if name == "done" else json.loads(data)))
    return found


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as served:
        yield served


@pytest.fixture
def client(mock: Mock) -> Iterator[Client]:
    made = Client(mock.base_url)
    yield made
    made.http.close()
