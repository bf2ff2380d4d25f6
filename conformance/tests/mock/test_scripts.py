"""Every scenario's script over a real socket: streamed, plainly, and the same twice."""

from __future__ import annotations

import json

import httpx
import pytest

from conformance.contract import schema
from conformance.contract.scenarios import SCENARIOS, SCRIPTS
from conformance.mock.server import Mock
from conformance.reference.behaviour import Behaviour, stays
from conformance.reference.submission import waits
from conformance.tests.mock.conftest import BETA, Client, calls, events, outputs

#: One scenario for each script.
BY_SCRIPT = {scenario.script: scenario for scenario in reversed(SCENARIOS)}

#: How a run ends once its outputs are accepted.
ENDS = {
    **dict.fromkeys(SCRIPTS, "completed"),
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
    "error": "failed",
}
HINDERED = {"busy": 429, "fault": 500}


def served(client: Client, run: dict[str, object], *, stream: bool, script: str) -> httpx.Response:
    answer = client.submit(run, stream=stream)
    if script in HINDERED:
        assert answer.status_code == HINDERED[script]
        answer = client.submit(run, stream=stream)
    assert answer.status_code == 200
    return answer


def test_every_script_has_a_scenario() -> None:
    assert set(BY_SCRIPT) == set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_streamed(client: Client, script: str) -> None:
    scenario = BY_SCRIPT[script]
    run = client.wait(scenario.id)
    assert len(calls(run)) == scenario.calls
    answer = served(client, run, stream=True, script=script)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["transfer-encoding"] == "chunked"
    told = events(answer.text)
    if script == "round":
        assert [name for name, _ in told][-2:] == ["thread.run.requires_action", "done"]
        again = told[-2][1]
        assert not {call["id"] for call in calls(run)} & {call["id"] for call in calls(again)}
        told = events(served(client, again, stream=True, script=script).text)
    for name, data in told[:-1]:
        assert schema.explain("ErrorResponse" if name == "error" else schema.SCHEMA_OF_EVENT[name], data) == ()
    assert told[-1] == ("done", "[DONE]")
    last = "error" if script == "error" else f"thread.run.{ENDS[script]}"
    assert told[-2][0] == last
    after = client.look()
    assert after["status"] == ENDS[script]
    if script != "error":
        assert after == told[-2][1]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_polled(client: Client, script: str) -> None:
    run = client.wait(BY_SCRIPT[script].id)
    first = served(client, run, stream=False, script=script).json()
    assert first["status"] == ("expired" if script == "expired" else "queued")
    assert first["required_action"] is None
    after = client.settle()
    if script == "round":
        assert after["status"] == "requires_action"
        client.submit(after)
        after = client.settle()
    assert after["status"] == ENDS[script]
    assert client.look() == after
    steps = client.get(f"{client.path}/steps")["data"]
    messages = client.get(f"/threads/{client.thread}/messages", run_id=client.run)["data"]
    assert all(schema.explain("RunStepObject", step) == () for step in steps)
    assert all(schema.explain("MessageObject", message) == () for message in messages)
    assert not [item for item in [*steps, *messages] if item["status"] == "in_progress"]
    assert after["usage"]["total_tokens"] == sum(step["usage"]["total_tokens"] for step in steps)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_stream_and_looks_tell_the_same_of_what_is_left(client: Client, script: str) -> None:
    def left(*, stream: bool) -> list[tuple[object, ...]]:
        run = client.wait(BY_SCRIPT[script].id)
        served(client, run, stream=stream, script=script)
        client.settle()
        steps = client.get(f"{client.path}/steps")["data"]
        messages = client.get(f"/threads/{client.thread}/messages")["data"]
        return [(item["object"], item["status"], str(item.get("content"))) for item in [*steps, *messages]]

    assert left(stream=True) == left(stream=False)


@pytest.mark.parametrize("stream", [False, True])
def test_a_run_created_streamed_stops_at_its_calls(client: Client, stream: bool) -> None:
    run = client.wait()
    client.submit(run, stream=True)
    body = {"assistant_id": run["assistant_id"], "stream": True}
    answer = client.http.post(f"/threads/{client.thread}/runs", json=body)
    told = events(answer.text)
    assert [name for name, _ in told][:3] == ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
    assert [name for name, _ in told][-2:] == ["thread.run.requires_action", "done"]
    client.run = told[0][1]["id"]
    assert client.look() == told[-2][1]
    assert client.submit(told[-2][1], stream=stream).status_code == 200


def test_outputs_come_back_as_they_were_sent(client: Client) -> None:
    run = client.wait("stream-three-calls")
    texts = ['\u0000\r\n\u2028\U0001f30d"\\', '{"json": [1, 2]}', "x" * 60 * 1024]
    items = [{"tool_call_id": call["id"], "output": text} for call, text in zip(calls(run), texts, strict=True)]
    path = f"{client.path}/submit_tool_outputs"
    told = events(client.http.post(path, json={"stream": True, "tool_outputs": items[::-1]}).text)
    shown = told[0][1]["step_details"]["tool_calls"]
    assert [call["function"]["output"] for call in shown] == texts


def test_a_lone_surrogate_comes_back_and_an_absent_output_is_the_empty_text(client: Client) -> None:
    run = client.wait("stream-three-calls")
    items = outputs(run)
    del items[1]["output"]
    items[0]["output"] = "\ud800"
    body = json.dumps({"tool_outputs": items, "stream": True})
    answer = client.http.post(f"{client.path}/submit_tool_outputs", content=body)
    assert answer.status_code == 200
    shown = events(answer.text)[0][1]["step_details"]["tool_calls"]
    assert [call["function"]["output"] for call in shown] == ["\ud800", "", "get_mood: ü"]


def test_a_mock_can_be_told_what_its_runs_play() -> None:
    with Mock(scenario="stream-failed") as mock:
        client = Client(mock.base_url)
        assert events(client.submit(client.wait(), stream=True).text)[-2][0] == "thread.run.failed"
        client.http.close()


def test_a_decision_of_the_server_can_be_replaced() -> None:
    with Mock(behaviour=Behaviour(accepted=stays)) as mock:
        client = Client(mock.base_url)
        run = client.wait()
        assert client.submit(run).json() == run
        client.http.close()
    with Mock(behaviour=Behaviour(rules=(waits,))) as mock:
        client = Client(mock.base_url)
        run = client.wait()
        assert client.submit(run, tool_outputs=[*outputs(run), *outputs(run)]).status_code == 200
        client.http.close()


def test_the_same_requests_get_the_same_bytes() -> None:
    def told() -> list[tuple[list[tuple[bytes, bytes]], bytes]]:
        with Mock() as mock:
            client = Client(mock.base_url)
            heard: list[tuple[list[tuple[bytes, bytes]], bytes]] = []

            def hear(answer: httpx.Response) -> None:
                heard.append((answer.headers.raw, answer.read()))

            client.http.event_hooks["response"].append(hear)
            for scenario in ("stream-two-messages", "json-three-calls", "stream-expired"):
                run = client.wait(scenario)
                client.submit(run, stream=scenario.startswith("stream"))
                client.settle()
                client.get(f"{client.path}/steps")
            client.http.close()
            return heard

    first, second = told(), told()
    assert len(first) > 15
    assert first == second


def test_requests_are_recorded_as_they_arrived(mock: Mock, client: Client) -> None:
    run = client.wait()
    client.http.post(
        f"{client.path}/submit_tool_outputs", content=b'{ "tool_outputs":[] }', headers={b"X-Odd": b"\xe9"}
    )
    last = mock.requests[-1]
    assert last.request.method == "POST"
    assert last.request.target == f"/v1{client.path}/submit_tool_outputs"
    assert last.request.body == b'{ "tool_outputs":[] }'
    assert ("OpenAI-Beta", BETA["OpenAI-Beta"]) in last.request.headers
    assert ("X-Odd", "\xe9") in last.request.headers
    assert [recorded.ms for recorded in mock.requests] == sorted(recorded.ms for recorded in mock.requests)
    assert run["id"] == client.run
