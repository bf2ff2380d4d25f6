"""Every operation, list parameter and path form, over a real socket."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.contract import schema
from conformance.mock.replies import for_client
from conformance.mock.server import Mock
from conformance.model import Author, Request
from conformance.reference.api import Api
from conformance.reference.behaviour import Behaviour
from conformance.tests.mock.conftest import BETA, TOOLS, Client, calls, events


def test_an_assistant_is_created_read_listed_modified_and_deleted(client: Client) -> None:
    made = client.post("/assistants", {"model": "gpt-4o", "name": "Ada", "tools": TOOLS, "metadata": {"a": "b"}})
    path = f"/assistants/{made['id']}"
    assert made["object"] == "assistant"
    assert client.get(path) == made
    assert client.get("/assistants")["data"] == [made]
    changed = client.post(path, {"name": "Eva", "id": "other", "unknown": 1})
    assert changed == {**made, "name": "Eva"}
    assert client.get(path) == changed
    assert client.http.delete(path).json() == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
    assert client.http.get(path).status_code == 404
    assert client.get("/assistants")["data"] == []


def test_a_thread_is_created_read_modified_and_deleted_with_all_that_is_in_it(client: Client) -> None:
    client.wait()
    path = f"/threads/{client.thread}"
    made = client.get(path)
    assert schema.explain("ThreadObject", made) == ()
    assert client.post(path, {"metadata": {"x": "y"}}) == {**made, "metadata": {"x": "y"}}
    assert client.http.delete(path).json()["object"] == "thread.deleted"
    assert client.http.get(client.path).status_code == 404


def test_messages_are_added_read_modified_and_listed(client: Client) -> None:
    thread = client.post("/threads", {"messages": [{"role": "user", "content": "one"}]})["id"]
    parts = [{"type": "text", "text": "two"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    second = client.post(f"/threads/{thread}/messages", {"role": "assistant", "content": parts})
    assert schema.explain("MessageObject", second) == ()
    assert second["content"][0] == {"type": "text", "text": {"value": "two", "annotations": []}}
    assert second["content"][1] == parts[1]
    path = f"/threads/{thread}/messages/{second['id']}"
    assert client.get(path) == second
    changed = client.post(path, {"metadata": {"k": "v"}, "role": "user"})
    assert changed == {**second, "metadata": {"k": "v"}}
    listed = client.get(f"/threads/{thread}/messages")["data"]
    assert [message["content"][0]["text"]["value"] for message in listed] == ["two", "one"]


def test_a_run_is_looked_at_through_its_states(client: Client) -> None:
    made = client.start()
    states = [made, client.look(), client.look(), client.look()]
    assert [run["status"] for run in states] == ["queued", "in_progress", "requires_action", "requires_action"]
    assert [call["function"]["name"] for call in calls(states[-1])] == ["get_weather", "get_time", "get_mood"]
    assert [call["function"]["arguments"] for call in calls(states[-1])] == ['{"place":"Köln, 🌍"}'] * 3
    assert client.submit(states[-1]).json()["status"] == "queued"
    states = [client.look(), client.look(), client.look()]
    assert [run["status"] for run in states] == ["in_progress", "completed", "completed"]
    assert all(schema.explain("RunObject", run) == () for run in states)


def test_a_look_at_the_list_of_runs_moves_them_on_too(client: Client) -> None:
    client.start()
    listed = [client.get(f"/threads/{client.thread}/runs")["data"][0]["status"] for _ in range(2)]
    assert listed == ["in_progress", "requires_action"]


def test_a_waiting_step_shows_its_calls_and_an_answered_one_its_outputs(client: Client) -> None:
    run = client.wait()
    (step,) = client.get(f"{client.path}/steps")["data"]
    assert schema.explain("RunStepObject", step) == ()
    assert [call["function"]["output"] for call in step["step_details"]["tool_calls"]] == [None] * 3
    assert [call["id"] for call in step["step_details"]["tool_calls"]] == [call["id"] for call in calls(run)]
    client.submit(run)
    client.settle()
    creation, answered = client.get(f"{client.path}/steps")["data"]
    assert (creation["type"], answered["id"], answered["status"]) == ("message_creation", step["id"], "completed")
    assert [call["function"]["output"] for call in answered["step_details"]["tool_calls"]] == [
        "get_weather: ü",
        "get_time: ü",
        "get_mood: ü",
    ]
    assert client.get(f"{client.path}/steps/{step['id']}") == answered


def test_a_run_changes_its_metadata_for_good_and_nothing_else(client: Client) -> None:
    client.start()
    changed = client.post(client.path, {"metadata": {"seen": "yes"}, "model": "other", "status": "completed"})
    assert (changed["metadata"], changed["model"], changed["status"]) == ({"seen": "yes"}, "gpt-4o", "queued")
    assert client.settle()["metadata"] == {"seen": "yes"}


def test_a_run_takes_its_own_settings_before_those_of_the_assistant(client: Client) -> None:
    run = client.start(model="gpt-4o-mini", instructions="Be brief.", temperature=0.1, tools=TOOLS[:1])
    assert (run["model"], run["instructions"], run["temperature"]) == ("gpt-4o-mini", "Be brief.", 0.1)
    assert [call["function"]["name"] for call in calls(client.settle())] == ["get_weather"]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"tool_choice": "none"}, []),
        ({"tools": []}, []),
        ({"tool_choice": "required"}, ["get_weather", "get_time", "get_mood"]),
        ({"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, ["get_time"]),
        ({"parallel_tool_calls": False}, ["get_weather"]),
        ({"metadata": {"conformance_scenario": "json-one-call"}}, ["get_weather"]),
        ({"metadata": {"conformance_scenario": "nobody knows"}}, ["get_weather", "get_time", "get_mood"]),
    ],
    ids=repr,
)
def test_the_model_calls_what_the_run_allows(client: Client, settings: dict[str, Any], names: list[str]) -> None:
    run = client.wait(**settings)
    assert run["status"] == ("requires_action" if names else "completed")
    assert [call["function"]["name"] for call in calls(run)] == names if names else run["required_action"] is None


def test_messages_come_with_a_run_and_carry_its_id(client: Client) -> None:
    run = client.wait(additional_messages=[{"role": "user", "content": "And this."}])
    client.submit(run)
    client.settle()
    path = f"/threads/{client.thread}/messages"
    assert [message["role"] for message in client.get(path)["data"]] == ["assistant", "user", "user"]
    (answer,) = client.get(path, run_id=run["id"])["data"]
    assert (answer["run_id"], answer["status"]) == (run["id"], "completed")


@pytest.mark.parametrize("stream", [False, True])
def test_a_thread_and_its_run_are_created_at_once(client: Client, stream: bool) -> None:
    assistant = client.post("/assistants", {"model": "gpt-4o", "tools": TOOLS})["id"]
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "Hi"}]}, "stream": stream}
    answer = client.http.post("/threads/runs", json=body)
    assert answer.status_code == 200
    if stream:
        told = events(answer.text)
        assert [name for name, _ in told][:3] == ["thread.created", "thread.run.created", "thread.run.queued"]
        assert [name for name, _ in told][-2:] == ["thread.run.requires_action", "done"]
        run = told[1][1]
    else:
        run = answer.json()
    assert len(client.get(f"/threads/{run['thread_id']}/messages")["data"]) == 1


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action"])
def test_a_run_is_cancelled_from_every_state_in_which_it_goes_on(client: Client, status: str) -> None:
    run = client.start()
    while run["status"] != status:
        run = client.look()
    assert client.http.post(f"{client.path}/cancel").json()["status"] == "cancelling"
    run = client.look()
    assert (run["status"], isinstance(run["cancelled_at"], int)) == ("cancelled", True)
    steps = client.get(f"{client.path}/steps")["data"]
    assert [step["status"] for step in steps] == (["cancelled"] if status == "requires_action" else [])
    assert client.http.post(f"{client.path}/cancel").status_code == 400


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"order": "desc"}, [5, 4, 3, 2, 1]),
        ({"order": "asc"}, [1, 2, 3, 4, 5]),
        ({"limit": 2}, [5, 4]),
        ({"order": "asc", "limit": 2}, [1, 2]),
        ({"after": 4}, [3, 2, 1]),
        ({"order": "asc", "after": 4}, [5]),
        ({"before": 2}, [5, 4, 3]),
        ({"before": 2, "limit": 2}, [4, 3]),
        ({"after": 5, "before": 2, "limit": 1}, [4]),
        ({"after": 1}, []),
    ],
    ids=repr,
)
def test_lists_know_order_limit_after_and_before(client: Client, query: dict[str, Any], wanted: list[int]) -> None:
    thread = client.post("/threads", {})["id"]
    path = f"/threads/{thread}/messages"
    ids = [client.post(path, {"role": "user", "content": str(number)})["id"] for number in range(1, 6)]
    cursors = {name: ids[value - 1] if name in {"after", "before"} else value for name, value in query.items()}
    found = client.get(path, **cursors)
    chosen = [ids[number - 1] for number in wanted]
    assert [message["id"] for message in found["data"]] == chosen
    assert (found["first_id"], found["last_id"]) == ((chosen[0], chosen[-1]) if chosen else (None, None))
    assert found["has_more"] == ("limit" in query)
    assert found["object"] == "list"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=²", "order=up", "after=msg_none"]
)
def test_lists_refuse_parameters_that_make_no_sense(client: Client, query: str) -> None:
    thread = client.post("/threads", {})["id"]
    answer = client.http.get(f"/threads/{thread}/messages?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("prefix", "query", "headers", "status"),
    [
        ("/v1", "", BETA, 200),
        ("/v1", "", {}, 400),
        ("/v1", "", {"OpenAI-Beta": "assistants=v1"}, 400),
        ("/v1", "", {"openai-beta": "realtime=v1, assistants=v2"}, 200),
        ("/openai", "?api-version=2024-05-01-preview", {}, 200),
        ("/openai", "", {}, 200),
        ("/openai/v1", "", {}, 200),
        ("", "?api-version=v1", {}, 200),
        ("", "", {}, 400),
        ("", "", BETA, 200),
    ],
)
def test_paths_come_in_every_form_and_only_azures_need_no_beta_header(
    mock: Mock, prefix: str, query: str, headers: dict[str, str], status: int
) -> None:
    answer = httpx.post(f"{mock.origin}{prefix}/threads{query}", json={}, headers=headers, verify=False)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["code"] == "invalid_beta"


def test_ids_in_a_path_are_decoded(client: Client) -> None:
    client.start()
    encoded = client.thread.replace("_", "%5F")
    assert client.get(f"/threads/{encoded}/runs/{client.run}")["id"] == client.run


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/threads/runs", 405),
        ("PUT", "/threads", 405),
        ("DELETE", "/threads/t/runs/r", 405),
        ("GET", "/threads/t/runs/r/submit_tool_outputs", 405),
        ("PUT", "/threads/t/runs/r/submit_tool_outputs", 405),
        ("PATCH", "/threads/t/runs/r/submit_tool_outputs", 405),
        ("DELETE", "/threads/t/runs/r/submit_tool_outputs", 405),
        ("OPTIONS", "/threads/t/runs/r/submit_tool_outputs", 405),
        ("POST", "/threads/t/runs/r/submit_tool_outputs/", 404),
        ("POST", "/threads//runs/r/submit_tool_outputs", 404),
        ("GET", "/nothing", 404),
        ("GET", "/", 404),
        ("GET", "", 404),
    ],
)
def test_other_methods_and_other_paths_are_refused_as_json(client: Client, method: str, path: str, status: int) -> None:
    answer = client.http.request(method, path)
    assert answer.status_code == status
    assert schema.explain("ErrorResponse", answer.json()) == ()


def test_head_is_answered_without_a_body_and_the_connection_goes_on(client: Client) -> None:
    answer = client.http.head("/threads/t")
    assert (answer.status_code, answer.content) == (405, b"")
    assert client.post("/threads", {})["object"] == "thread"


def test_answers_carry_a_request_id_and_looks_at_runs_the_pace(client: Client) -> None:
    client.start()
    one, two = client.http.get(client.path), client.http.get(f"/threads/{client.thread}")
    assert one.headers["x-request-id"] != two.headers["x-request-id"]
    assert one.headers["openai-poll-after-ms"] == "1"
    assert "openai-poll-after-ms" not in two.headers


@pytest.mark.parametrize(
    ("azure", "served"),
    [(False, {"/v1"}), (True, {"/v1", "/openai", "/openai/v1", ""})],
    ids=["the base URL alone", "Azure's forms too"],
)
def test_a_client_is_served_below_what_it_was_handed_and_nowhere_else(azure: bool, served: set[str]) -> None:
    api = Api(None, None, for_client("plainly", azure=azure))
    bases = ("/v1", "/openai", "/openai/v1", "", "/v1/v1", "/v1/deployments/gpt-4o", "/openai/deployments/gpt-4o")
    asked = {base: Request(Author.IMPLEMENTATION, "GET", f"{base}/assistants", (), b"") for base in bases}
    assert {base for base, request in asked.items() if api.answer(request).status == 200} == served
    assert {api.answer(asked[base]).status for base in bases if base not in served} == {404}


def test_a_client_is_served_whichever_version_it_asks_for() -> None:
    request = Request(Author.IMPLEMENTATION, "GET", "/v1/assistants", (("OpenAI-Beta", "assistants=v1"),), b"")
    assert Api(None, None, for_client("plainly")).answer(request).status == 200
    assert Api(None, None, Behaviour()).answer(request).status == 400


def test_several_lines_of_the_beta_header_are_one_list() -> None:
    headers = (("OpenAI-Beta", "realtime=v1"), ("openai-beta", "assistants=v2"))
    request = Request(Author.IMPLEMENTATION, "GET", "/v1/assistants", headers, b"")
    assert Api(None, None, Behaviour()).answer(request).status == 200
