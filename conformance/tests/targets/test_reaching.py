"""Every situation comes about at the reference server, whichever way runs are brought to wait there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from conformance.contract.scenarios import BY_ID, SCENARIOS
from conformance.errors import NotThisApi, UsageError
from conformance.mock.server import Mock
from conformance.model import Ended, Operation
from conformance.targets.http import HttpTarget
from conformance.targets.settings import GivenRun, Settings
from conformance.tests.pace import limit
from conformance.tests.targets.servers import RawServer, answer

KEY = "sk-canary-0123456789"
SCRIPTED = frozenset({"scripted"})


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    server = Mock(KEY)
    yield server
    server.close()


def settings(mock: Mock, **more: Any) -> Settings:
    return Settings(mock.base_url, api_key=KEY, timeout=limit(), **more)


def test_every_scenario_comes_about_and_everything_is_removed(mock: Mock) -> None:
    target = HttpTarget(settings(mock), traits=SCRIPTED)
    began = len(mock.requests)
    cost = target.cost(SCENARIOS)
    assert target.traits == {"state", "key", "scripted"}
    for scenario in SCENARIOS:
        assert target.plays(scenario)
        transcript = target.exchange(scenario)
        assert (transcript.untestable, transcript.slip) == (None, None), scenario.id
        asked = [exchange for exchange in transcript.exchanges if exchange.operation is not Operation.GET_RUN]
        assert len(asked) >= sum(act.do not in ("get-run", "settle", "expire") for act in scenario.acts), scenario.id
        assert all(exchange.response for exchange in transcript.exchanges), scenario.id
        assert {exchange.response.ended for exchange in transcript.exchanges if exchange.response} == {Ended.COMPLETE}
        if scenario.id == "rate-limited":
            busy, served = (exchange for exchange in transcript.exchanges if exchange.operation is Operation.SUBMIT)
            assert served.began_ms - busy.began_ms >= 1000  # its Retry-After
        began_ms = [exchange.began_ms for exchange in transcript.exchanges]
        assert began_ms == sorted(began_ms)
    assert len(mock.requests) - began <= cost["requests"]
    assert target.close() == ()


@pytest.mark.parametrize("streamed", [False, True])
def test_a_ready_assistant_runs_with_our_functions(mock: Mock, streamed: bool) -> None:
    assistant_id = create(mock, "/assistants", {"model": "m", "tools": []})
    more = {"provision": "assistant", "assistant_id": assistant_id, "create_streamed": streamed}
    target = HttpTarget(settings(mock, **more), traits=SCRIPTED)
    for name in ("json-three-calls", "stream-one-call", "stream-next-round", "empty-list"):
        transcript = target.exchange(BY_ID[name])
        assert (transcript.untestable, transcript.slip) == (None, None), name
        created = [exchange.operation for exchange in transcript.exchanges].count(Operation.CREATE_RUN)
        assert created == int(streamed)
    assert target.close() == ()


def test_a_given_run_is_submitted_to(mock: Mock) -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("a", "b", "c")]
    assistant_id = create(mock, "/assistants", {"model": "m", "tools": tools})
    thread_id = create(mock, "/threads", {})
    run_id = create(mock, f"/threads/{thread_id}/runs", {"assistant_id": assistant_id})
    target = HttpTarget(settings(mock, provision="run", runs=(GivenRun(thread_id, run_id),)))
    (scenario,) = (scenario for scenario in SCENARIOS if target.plays(scenario))
    transcript = target.exchange(scenario)
    assert (scenario.id, transcript.untestable, transcript.slip) == ("stream-one-call", None, None)
    assert target.close() == ()


@pytest.mark.parametrize(("host", "hint"), [("behind.invalid", "prefix"), ("api.openai.com", "switched this API off")])
def test_a_proxy_is_gone_through_and_what_lies_behind_is_told(host: str, hint: str) -> None:
    with RawServer(lambda connection, request: connection.sendall(answer(404, {"detail": "?"}))) as server:
        target = HttpTarget(Settings(f"http://{host}/v1", proxy=server.base_url.removesuffix("/v1"), timeout=limit()))
        with pytest.raises(NotThisApi, match="offers nothing of this API") as caught:
            target.exchange(BY_ID["json-one-call"])
        target.close()
    assert hint in str(caught.value.hint)
    assert server.requests[0].startswith(f"POST http://{host}/v1/threads HTTP/1.1\r\nHost: {host}\r\n".encode())


def test_a_certificate_file_that_is_none_is_told(tmp_path: Any) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(UsageError, match="CA file"):
            HttpTarget(Settings("https://h", ca_file=str(tmp_path / name)))


def create(mock: Mock, path: str, document: dict[str, object]) -> str:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "OpenAI-Beta": "assistants=v2"}
    with urlopen(Request(mock.base_url + path, json.dumps(document).encode(), headers)) as reply:
        created: str = json.load(reply)["id"]
    return created
