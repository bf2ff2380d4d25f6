"""Each row of the table of refusals over a real socket, and that a refusal changes nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.contract import schema
from conformance.mock.server import Mock
from conformance.reference.refusals import REFUSALS
from conformance.reference.submission import ALL_OUTPUTS, LONGEST_OUTPUT
from conformance.tests.mock.conftest import BETA, Client, calls, outputs

Outputs = list[dict[str, Any]]
Make = Callable[[Outputs], Any]


def first(**changes: object) -> Make:
    """All outputs, the first one changed; a field that becomes ... is left out."""

    def made(given: Outputs) -> Any:
        changed = {**given[0], **changes}
        return {"tool_outputs": [{k: v for k, v in changed.items() if v is not ...}, *given[1:]]}

    return made


#: Bodies that must be refused with 400: what is sent, then parameter and code of the error.
REFUSED: dict[str, tuple[Make, str | None, str | None]] = {
    "partial": (lambda given: {"tool_outputs": given[:1]}, None, None),
    "the rest": (lambda given: {"tool_outputs": given[1:]}, None, None),
    "unknown id": (first(tool_call_id="call_of_nobody"), None, None),
    "unknown id added": (
        lambda given: {"tool_outputs": [*given, {"tool_call_id": "call_of_nobody", "output": ""}]},
        None,
        None,
    ),
    "twice": (lambda given: {"tool_outputs": [given[0], *given]}, None, None),
    "twice for another": (lambda given: {"tool_outputs": [given[0], given[0], given[1]]}, None, None),
    "empty": (lambda given: {"tool_outputs": []}, None, None),
    "missing": (lambda given: {"stream": False}, "tool_outputs", "missing_required_parameter"),
    "nothing": (lambda given: {}, "tool_outputs", "missing_required_parameter"),
    "null outputs": (lambda given: {"tool_outputs": None}, "tool_outputs", "missing_required_parameter"),
    "outputs by id": (lambda given: {"tool_outputs": {"call": "x"}}, "tool_outputs", "invalid_type"),
    "item no object": (lambda given: {"tool_outputs": ["x"]}, "tool_outputs[0]", "invalid_type"),
    "no id": (first(tool_call_id=...), "tool_outputs[0].tool_call_id", "missing_required_parameter"),
    "null id": (first(tool_call_id=None), "tool_outputs[0].tool_call_id", "missing_required_parameter"),
    "number id": (first(tool_call_id=7), "tool_outputs[0].tool_call_id", "invalid_type"),
    "null output": (first(output=None), "tool_outputs[0].output", "invalid_type"),
    "number output": (first(output=21), "tool_outputs[0].output", "invalid_type"),
    "boolean output": (first(output=True), "tool_outputs[0].output", "invalid_type"),
    "object output": (first(output={"a": 1}), "tool_outputs[0].output", "invalid_type"),
    "array output": (first(output=["a"]), "tool_outputs[0].output", "invalid_type"),
    "long output": (first(output="x" * (LONGEST_OUTPUT + 1)), "tool_outputs[0].output", "string_above_max_length"),
    "long outputs": (first(output="x" * ALL_OUTPUTS), "tool_outputs", "invalid_value"),
    "extra key": (lambda given: {"tool_outputs": given, "thread_id": "x"}, "thread_id", "unknown_parameter"),
    "stream as string": (lambda given: {"tool_outputs": given, "stream": "true"}, "stream", "invalid_type"),
    "stream as number": (lambda given: {"tool_outputs": given, "stream": 1}, "stream", "invalid_type"),
    "an array": (lambda given: given, None, None),
    "broken JSON": (lambda given: json.dumps({"tool_outputs": given})[:-3].encode(), None, None),
    "no number of JSON": (lambda given: b'{"tool_outputs": NaN}', None, None),
    "not UTF-8": (lambda given: b'{"tool_outputs": [{"tool_call_id": "\xff"}]}', None, None),
    "nested too deeply": (lambda given: b'{"tool_outputs": ' + b"[" * 100_000, None, None),
    "a number too long": (lambda given: b'{"tool_outputs": ' + b"9" * 5000 + b"}", None, None),
    "an endless number": (lambda given: b'{"tool_outputs": 1e999}', None, None),
}


@pytest.fixture(scope="module")
def waiting() -> Iterator[tuple[Client, dict[str, Any]]]:
    """One run that waits for three outputs, shared: if a refusal changed anything the next test would tell."""
    with Mock() as mock:
        client = Client(mock.base_url)
        yield client, client.wait()
        client.http.close()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_submission_is_refused_and_nothing_changes(
    waiting: tuple[Client, dict[str, Any]], case: str, stream: bool
) -> None:
    client, run = waiting
    make, param, code = REFUSED[case]
    body = make(outputs(run))
    if stream and isinstance(body, dict):
        body = {"stream": True} | body
    content = body if isinstance(body, bytes) else json.dumps(body)
    steps = client.get(f"{client.path}/steps")
    answer = client.http.post(f"{client.path}/submit_tool_outputs", content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert schema.explain("ErrorResponse", answer.json()) == ()
    error = answer.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert client.look() == run
    assert client.get(f"{client.path}/steps") == steps


def test_the_refusal_of_a_partial_submission_names_both_lists(client: Client) -> None:
    run = client.wait()
    ids = [call["id"] for call in calls(run)]
    body = {"tool_outputs": outputs(run)[:1]}
    message = client.http.post(f"{client.path}/submit_tool_outputs", json=body).json()["error"]["message"]
    assert message == f"Expected tool outputs for call_ids {ids}, got {ids[:1]}"


def test_a_refused_run_is_still_served(client: Client) -> None:
    run = client.wait()
    half = {"tool_outputs": outputs(run)[:2]}
    assert client.http.post(f"{client.path}/submit_tool_outputs", json=half).status_code == 400
    rest = {"tool_outputs": outputs(run)[2:]}
    assert client.http.post(f"{client.path}/submit_tool_outputs", json=rest).status_code == 400
    assert client.submit(run).status_code == 200
    assert client.settle()["status"] == "completed"


def test_the_status_is_asked_before_the_ids_and_named(client: Client) -> None:
    wrong = {"tool_outputs": [{"tool_call_id": "call_of_nobody", "output": ""}]}
    run = client.start()
    seen = []
    while run["status"] != "completed":
        if run["status"] == "requires_action":
            assert client.submit(run).status_code == 200
        else:
            answer = client.http.post(f"{client.path}/submit_tool_outputs", json=wrong)
            seen.append((answer.status_code, answer.json()["error"]["message"]))
        run = client.look()
    again = client.http.post(f"{client.path}/submit_tool_outputs", json=wrong)
    seen.append((again.status_code, again.json()["error"]["message"]))
    # The answer to the submission is queued; the look after it finds the run in progress.
    assert seen == [
        (400, f'Runs in status "{status}" do not accept tool outputs.')
        for status in ("queued", "in_progress", "in_progress", "completed")
    ]


@pytest.mark.parametrize("stream", [False, True])
def test_the_same_submission_again_is_refused(client: Client, stream: bool) -> None:
    run = client.wait()
    assert client.submit(run, stream=stream).status_code == 200
    again = client.submit(run, stream=stream)
    assert again.status_code == 400
    status = "completed" if stream else "queued"
    assert again.json()["error"]["message"] == f'Runs in status "{status}" do not accept tool outputs.'


def test_a_cancelled_and_an_expired_run_take_no_outputs(client: Client) -> None:
    run = client.wait()
    client.http.post(f"{client.path}/cancel")
    assert 'status "cancelling"' in client.submit(run).text.replace("\\", "")
    client.settle()
    assert 'status "cancelled"' in client.submit(run).text.replace("\\", "")
    run = client.wait("expired-run")
    assert [client.look()["status"] for _ in range(3)] == ["requires_action", "requires_action", "expired"]
    assert 'status "expired"' in client.submit(run).text.replace("\\", "")
    (step,) = client.get(f"{client.path}/steps")["data"]
    assert step["status"] == "expired"


def test_of_many_submissions_at_once_exactly_one_is_served(mock: Mock, client: Client) -> None:
    run = client.wait()
    start = threading.Barrier(8)
    found: list[int] = []

    def submit() -> None:
        with httpx.Client(base_url=mock.base_url, headers=BETA, verify=False) as http:
            start.wait()
            found.append(
                http.post(f"{client.path}/submit_tool_outputs", json={"tool_outputs": outputs(run)}).status_code
            )

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [400] * 7


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/threads/thread_none/runs/{run}", "No thread found with id 'thread_none'."),
        ("/threads/{thread}/runs/run_none", "No run found with id 'run_none'."),
        ("/threads/{other}/runs/{run}", "No run found with id '{run}'."),
    ],
)
def test_what_does_not_exist_is_404_for_every_operation_on_a_run(client: Client, path: str, message: str) -> None:
    run = client.wait()
    ids = {"thread": client.thread, "run": client.run, "other": client.post("/threads", {})["id"]}
    at = path.format(**ids)
    answers = [
        client.http.post(f"{at}/submit_tool_outputs", json={"tool_outputs": outputs(run)}),
        client.http.post(f"{at}/submit_tool_outputs", json={"tool_outputs": outputs(run), "stream": True}),
        client.http.get(at),
        client.http.post(f"{at}/cancel"),
        client.http.get(f"{at}/steps"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, message.format(**ids))
    assert client.look() == run


@pytest.mark.parametrize(
    ("operation", "body", "status", "param"),
    [
        ("POST /assistants", {}, 400, "model"),
        ("POST /assistants", {"model": 7}, 400, "model"),
        ("POST /assistants", {"model": "m", "tools": {}}, 400, "tools"),
        ("POST /assistants", {"model": "m", "tools": ["x"]}, 400, "tools[0]"),
        ("POST /assistants", {"model": "m", "tools": [{}]}, 400, "tools[0].type"),
        ("POST /assistants", {"model": "m", "tools": [{"type": "function"}]}, 400, "tools[0].function"),
        (
            "POST /assistants",
            {"model": "m", "tools": [{"type": "function", "function": {}}]},
            400,
            "tools[0].function.name",
        ),
        ("POST /threads", {"metadata": []}, 400, "metadata"),
        ("POST /threads", {"messages": [{"role": "user"}]}, 400, "messages[0].content"),
        ("POST /threads", {"messages": [{"role": "tool", "content": ""}]}, 400, "messages[0].role"),
        ("POST /threads", {"messages": [{"role": {}, "content": ""}]}, 400, "messages[0].role"),
        ("POST /threads/{thread}/messages", {"role": "user", "content": [{"type": "text"}]}, 400, "content[0].text"),
        ("POST /threads/{thread}/runs", {}, 400, "assistant_id"),
        ("POST /threads/{thread}/runs", {"assistant_id": "asst_none"}, 404, None),
        ("POST /threads/runs", {"assistant_id": "asst_none"}, 404, None),
        ("POST /threads/runs", {"assistant_id": "a", "thread": {"messages": {}}}, 400, "thread.messages"),
        ("POST /threads/{thread}/runs", {"assistant_id": "a", "stream": "true"}, 400, "stream"),
        ("GET /assistants/asst_none", None, 404, None),
        ("GET /threads/{thread}/messages/msg_none", None, 404, None),
        ("GET /threads/{thread}/runs/run_none/steps/step_none", None, 404, None),
    ],
)
def test_other_bodies_and_ids_are_refused_with_the_field_at_fault(
    client: Client, operation: str, body: object, status: int, param: str | None
) -> None:
    thread = client.post("/threads", {})["id"]
    method, path = operation.format(thread=thread).split(" ")
    answer = client.http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
    assert schema.explain("ErrorResponse", answer.json()) == ()
    assert client.get(f"/threads/{thread}/messages")["data"] == []


def test_a_thread_is_locked_while_a_run_holds_it(client: Client) -> None:
    run = client.wait()
    message = client.http.post(f"/threads/{client.thread}/messages", json={"role": "user", "content": "More"})
    second = client.http.post(f"/threads/{client.thread}/runs", json={"assistant_id": run["assistant_id"]})
    assert (message.status_code, second.status_code) == (400, 400)
    assert client.run in message.text and client.run in second.text
    client.submit(run, stream=True)
    assert client.post(f"/threads/{client.thread}/messages", {"role": "user", "content": "More"})["role"] == "user"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": "Bearer right-key"}, 200, None),
        ({"authorization": "bearer right-key"}, 200, None),
        ({"api-key": "right-key"}, 200, None),
        ({}, 401, None),
        ({"Authorization": "Bearer"}, 401, None),
        ({"Authorization": "Basic right-key"}, 401, None),
        ({"Authorization": "Bearer wrong"}, 401, "invalid_api_key"),
        ({"Authorization": b"Bearer \xe9"}, 401, "invalid_api_key"),
        ({"api-key": "wrong"}, 401, "invalid_api_key"),
    ],
)
def test_a_configured_key_is_asked_for(headers: dict[str, Any], status: int, code: str | None) -> None:
    with Mock("right-key") as mock, httpx.Client(verify=False) as http:
        answer = http.post(f"{mock.base_url}/threads", json={}, headers={**BETA, **headers})
        assert answer.status_code == status
        assert "right-key" not in answer.text
        if status == 401:
            error = answer.json()["error"]
            assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, code)


def test_without_a_configured_key_any_will_do(client: Client) -> None:
    assert client.http.post("/threads", json={}, headers={"Authorization": "Bearer anything"}).status_code == 200


def test_a_busy_server_serves_the_second_try(client: Client) -> None:
    run = client.wait("rate-limited")
    busy = client.submit(run)
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
    assert schema.explain("ErrorResponse", busy.json()) == ()
    assert client.look() == run
    assert client.submit(run).status_code == 200
    assert client.settle()["status"] == "completed"


def test_a_fault_before_anything_was_accepted_leaves_the_run_waiting(client: Client) -> None:
    run = client.wait("server-fault")
    fault = client.submit(run)
    assert (fault.status_code, fault.json()["error"]["type"]) == (500, "server_error")
    assert client.look() == run
    assert client.submit(run).status_code == 200


def test_every_row_is_an_error_by_its_schema() -> None:
    for row in REFUSALS.values():
        assert 400 <= row.status <= 503
        assert row.message
        assert row.type in {"invalid_request_error", "rate_limit_error", "server_error"}
