"""A run that waits for outputs, brought about without a socket: for clients that submit and do nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.model import Author, Exchange, Headers, Request, Response, Scenario
from conformance.reference.api import Api
from conformance.reference.behaviour import Behaviour
from conformance.reference.objects import Document, to_json
from conformance.reference.scripted_model import SCENARIO
from conformance.wire import strict_json
from conformance.wire.recordings.operation import of_target

#: Answers a request.
Ask = Callable[[Request], Response]

_PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}

#: The functions of the assistant, as many as a scenario has pending calls, and what each of them returns.
FUNCTIONS: Mapping[str, str] = {"get_temperature": "21 °C", "get_wind_speed": "3 m/s", "get_sky": "sunny ☀"}

_HEADERS: Headers = (("Content-Type", "application/json"), ("OpenAI-Beta", "assistants=v2"))

#: Looks after which every run of a script waits for outputs, or has ended, with some to spare.
_LOOKS = 16


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """Where the run is, and what is to be submitted."""

    assistant_id: str
    thread_id: str
    run_id: str
    #: Call id to output, for the calls of every round: ids are known beforehand, since they come from counters.
    outputs: Mapping[str, str]
    #: How it came about, from the creation of the run on.
    exchanges: tuple[Exchange, ...]


def waiting_run(ask: Ask, scenario: Scenario, api_key: str) -> WaitingRun:
    """Bring a run about that waits as the scenario wants it; nothing may have been asked of the server before."""
    brought = _Bringing(ask, scenario, api_key)
    outputs = _rehearsed(scenario)
    return WaitingRun(brought.assistant_id, brought.thread_id, brought.run_id, outputs, tuple(brought.exchanges))


@cache
def _rehearsed(scenario: Scenario) -> Mapping[str, str]:
    """The outputs of every round, from a run of its own that is played to its end."""
    return _Bringing(Api(None, scenario.id, Behaviour()).answer, scenario, "").outputs()


class _Bringing:
    """One assistant, one thread and one run, asked for and looked at until the run waits."""

    def __init__(self, ask: Ask, scenario: Scenario, api_key: str) -> None:
        self._ask = ask
        self._headers = (*_HEADERS, ("Authorization", f"Bearer {api_key}"))
        self.exchanges: list[Exchange] = []
        self.assistant_id = self._create("/assistants", {"model": "gpt-4o", "tools": _tools(scenario.calls)})
        question = {"role": "user", "content": "What is the weather in Köln?"}
        self.thread_id = self._create("/threads", {"messages": [question]})
        self.exchanges.clear()
        wanted = {"assistant_id": self.assistant_id, "metadata": {SCENARIO: scenario.id}}
        self.run_id = self._create(f"/threads/{self.thread_id}/runs", wanted)
        self._path = f"/threads/{self.thread_id}/runs/{self.run_id}"
        self._calls = self._waits()

    def outputs(self) -> dict[str, str]:
        """Submit in every round what its calls return; call id to output."""
        said: dict[str, str] = {}
        while self._calls:
            round_ = {call["id"]: FUNCTIONS[call["function"]["name"]] for call in self._calls}
            outputs = [{"tool_call_id": call_id, "output": output} for call_id, output in round_.items()]
            self._asked("POST", f"{self._path}/submit_tool_outputs", {"tool_outputs": outputs})
            said |= round_
            self._calls = [call for call in self._waits() if call["id"] not in said]
        return said

    def _waits(self) -> list[Document]:
        """Look until the run waits or has ended; the calls it waits for."""
        for _ in range(_LOOKS):
            run = self._asked("GET", self._path)
            if run["status"] not in ("queued", "in_progress"):
                break
        action = run["required_action"]
        return [] if action is None else list(action["submit_tool_outputs"]["tool_calls"])

    def _create(self, path: str, document: Document) -> str:
        return str(self._asked("POST", path, document)["id"])

    def _asked(self, method: str, path: str, document: Document | None = None) -> Document:
        body = b"" if document is None else to_json(document)
        request = Request(Author.HARNESS, method, f"/v1{path}", self._headers, body)
        response = self._ask(request)
        self.exchanges.append(Exchange(of_target(method, request.target), 0, request, response))
        found: Any = strict_json.read(b"".join(chunk.data for chunk in response.chunks))
        return dict(found)


def _tools(count: int) -> list[Document]:
    return [
        {"type": "function", "function": {"name": name, "parameters": _PLACE}}
        for name, _ in zip(FUNCTIONS, range(count), strict=False)
    ]
