"""A server over HTTP: first contact, provisioning, what is played, what is told once, and what is removed again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.contract.scenarios import BY_ID, SCENARIOS
from conformance.errors import BudgetReached, NotThisApi, UnreachableTarget
from conformance.model import Ended, Exchange, Operation, Transcript
from conformance.targets.http import HttpTarget
from conformance.targets.settings import GivenRun, Settings
from conformance.tests.pace import limit, short
from conformance.tests.targets.servers import RawServer, SmallApi, answer, refuse

KEY = "sk-canary-0123456789"

WEDGED = f"3 requests in a row got no answer within {short():g} s"


@contextmanager
def target(handler: Any, **settings: Any) -> Iterator[HttpTarget]:
    with RawServer(handler) as server:
        reached: dict[str, Any] = {"timeout": limit(), "api_key": KEY} | settings
        under_test = HttpTarget(Settings(server.base_url, **reached))
        yield under_test
        under_test.close()


def play(under_test: HttpTarget, *ids: str) -> list[Transcript]:
    return [under_test.exchange(BY_ID[name]) for name in ids]


def submissions(transcript: Transcript) -> list[Exchange]:
    return [exchange for exchange in transcript.exchanges if exchange.operation is Operation.SUBMIT]


def statuses(transcript: Transcript) -> list[int | None]:
    return [exchange.response.status if exchange.response else None for exchange in submissions(transcript)]


def outputs(exchange: Exchange) -> list[str]:
    return [item["tool_call_id"] for item in json.loads(exchange.request.body)["tool_outputs"]]


def constant(reply: bytes) -> Any:
    return lambda connection, request: connection.sendall(reply)


# First contact


@pytest.mark.parametrize(
    ("reply", "message", "hint"),
    [
        (answer(200, "<!doctype html><p>hi", content_type="text/html"), "web page", "prefix"),
        (answer(404, "<html>", content_type="text/html"), "web page", "prefix"),
        (answer(404, {"detail": "Not Found"}), "offers nothing of this API", "prefix"),
        (answer(405, b""), "offers nothing of this API", "prefix"),
        (answer(200, "pong", content_type="text/plain"), "not as this API", "prefix"),
        *(
            (answer(308, b"", f"Location: {location}"), "redirects", hint)
            for location, hint in (
                ("https://elsewhere.example/v1", "to https://elsewhere.example/v1 : if"),
                ("https://elsewhere.example/v1/threads", "to https://elsewhere.example/v1 : if"),
                ("https://u:p@elsewhere.example/v1/threads/?a=b", "to https://elsewhere.example/v1 : if"),
                ("//elsewhere.example/v1/threads", "to http://elsewhere.example/v1 : if"),
                ("/v1/threads/", "the same place"),
                ("http://[", "to http://[ : if"),
            )
        ),
        (answer(302, b""), "redirects", "does not say where to"),
        (answer(401, {"error": {"message": f"bad key {KEY}"}}), "does not let us in", "--api-key-env"),
    ],
)
def test_what_is_not_this_api_is_told_once_with_advice(reply: bytes, message: str, hint: str) -> None:
    with target(constant(reply)) as under_test, pytest.raises(NotThisApi, match=message) as caught:
        under_test.exchange(BY_ID["json-one-call"])
    assert hint in str(caught.value.hint)
    assert KEY not in str(caught.value)


def test_an_api_below_another_prefix_is_suggested_and_the_trial_removed() -> None:
    def prefixed(connection: Any, request: bytes) -> None:
        good = b" /v1/api/v1/threads" in request.partition(b"\r\n")[0]
        connection.sendall(answer(200, {"id": "thread_1"}) if good else answer(404, {}))

    with RawServer(prefixed) as server:
        under_test = HttpTarget(Settings(server.base_url, timeout=limit()))
        with pytest.raises(NotThisApi) as caught:
            under_test.exchange(BY_ID["json-one-call"])
        assert under_test.close() == ()
        assert f"{server.base_url}/api/v1 ?" in str(caught.value.hint)
        assert server.requests[-1].startswith(b"DELETE /v1/api/v1/threads/thread_1 ")


@pytest.mark.parametrize(
    ("asked", "offered", "more"),
    [
        ("", "/v1", {}),
        ("/v2", "/v1", {}),
        ("/v1", "", {}),
        ("/v2", "/openai/v1", {"provision": "static"}),
        ("/v2", "/v2/api/v1", {"provision": "run", "runs": (GivenRun("thread_1", "run_1"),)}),
    ],
    ids=str,
)
def test_common_prefixes_are_tried_below_the_path_and_at_the_origin(
    asked: str, offered: str, more: dict[str, Any]
) -> None:
    def prefixed(connection: Any, request: bytes) -> None:
        good = request.split(b" ")[1].startswith(f"{offered}/threads".encode())
        connection.sendall(answer(200, {"id": "thread_1"}) if good else answer(404, {}))

    with RawServer(prefixed) as server:
        origin = server.base_url.removesuffix("/v1")
        under_test = HttpTarget(Settings(origin + asked, timeout=limit(), **more))
        with pytest.raises(NotThisApi) as caught:
            under_test.exchange(BY_ID["json-one-call"])
        assert under_test.close() == ()
        removed = [request for request in server.requests if request.startswith(b"DELETE")]
    assert caught.value.hint == f"Did you mean {origin}{offered} ?"
    assert len(removed) == (not more)


def test_a_server_that_keeps_state_is_not_taken_for_a_static_mock() -> None:
    unknown = answer(404, {"error": {"message": "No thread found with id 'thread_conformance'."}})
    with target(constant(unknown), provision="static") as under_test, pytest.raises(NotThisApi) as caught:
        under_test.exchange(BY_ID["json-one-call"])
    assert "--provision api" in str(caught.value.hint)


@pytest.mark.parametrize("provision", ["api", "static"])
def test_no_hint_names_what_was_given_already(provision: str) -> None:
    def nothing(connection: Any, request: bytes) -> None:
        path = request.split(b" ")[1].decode()
        connection.sendall(answer(404, {"message": f"Cannot POST {path}"}))

    with target(nothing, provision=provision) as under_test, pytest.raises(NotThisApi) as caught:
        under_test.exchange(BY_ID["json-one-call"])
    assert ("--provision static" in str(caught.value.hint)) is (provision == "api")
    assert "keeps" not in str(caught.value.hint)


@pytest.mark.parametrize("more", [{}, {"max_requests": 1}], ids=["gone", "out of budget"])
@pytest.mark.parametrize("provision", ["api", "static"])
def test_what_ends_the_search_for_the_api_does_not_hide_what_was_found(provision: str, more: dict[str, Any]) -> None:
    class Once(RawServer):
        def _accept(self) -> None:
            connection, _ = self._listener.accept()
            if not more:
                self._listener.close()
            self._serve(connection)

    with Once(constant(answer(404, {"detail": "Not Found"}))) as server:
        under_test = HttpTarget(Settings(server.base_url, timeout=limit(), provision=provision, **more))
        with pytest.raises(NotThisApi, match="404"):
            under_test.exchange(BY_ID["json-one-call"])


def test_a_web_page_is_quoted_without_its_markup() -> None:
    page = "<!doctype html><title>It&#39;s down</title><style>p{}</style><script>evil()</script><p class=x>Back <b>soon"
    reply = answer(503, page, content_type="text/html")
    with target(constant(reply)) as under_test, pytest.raises(NotThisApi) as caught:
        under_test.exchange(BY_ID["json-one-call"])
    assert caught.value.message.endswith("was answered 503: It's down Back soon")


def test_a_dead_proxy_is_named_without_its_password() -> None:
    with RawServer(constant(b"")) as server:
        gone = server.base_url.removesuffix("/v1").removeprefix("http://")
    under_test = HttpTarget(Settings("http://behind.invalid/v1", timeout=limit(), proxy=f"http://me:hunter2@{gone}"))
    with pytest.raises(UnreachableTarget, match=f"behind.invalid through the proxy {gone}: .*refused") as caught:
        under_test.exchange(BY_ID["json-one-call"])
    assert "Is the proxy running" in str(caught.value.hint)
    assert "hunter2" not in str(caught.value)


def test_nothing_at_all_is_unreachable() -> None:
    with RawServer(constant(b"")) as server:
        gone = server.base_url
    under_test = HttpTarget(Settings(gone, timeout=limit()))
    with pytest.raises(UnreachableTarget, match="refused"):
        under_test.exchange(BY_ID["json-one-call"])
    assert under_test.close() == ()


@pytest.mark.parametrize("handler", [constant(b""), lambda connection, request: connection.recv(1)])
def test_a_port_that_speaks_no_http_is_unreachable(handler: Any) -> None:
    with target(handler, timeout=short()) as under_test, pytest.raises(UnreachableTarget, match="no HTTP answer"):
        under_test.exchange(BY_ID["json-one-call"])


def test_a_server_without_assistants_is_told_how_to_be_judged() -> None:
    api = SmallApi()
    api.changes["POST", "/assistants"] = lambda path, body: refuse(404)
    with target(api) as under_test, pytest.raises(NotThisApi) as caught:
        under_test.exchange(BY_ID["json-one-call"])
    assert "--provision assistant" in str(caught.value.hint)


# Provisioning


@pytest.mark.parametrize("creates", [200, 201])
def test_everything_created_is_removed_again(creates: int) -> None:
    api = SmallApi(creates=creates)
    with RawServer(api) as server:
        under_test = HttpTarget(Settings(server.base_url, timeout=limit()))
        plain, refused = play(under_test, "json-three-calls", "empty-list")
        assert (plain.untestable, plain.slip, statuses(plain)) == (None, None, [200])
        assert (refused.untestable, statuses(refused)) == (None, [400])
        assert under_test.close() == ()
    made = sum(method == "POST" and path in ("/threads", "/assistants") for method, path in api.seen)
    assert sum(method == "DELETE" for method, _ in api.seen) == made == 4
    assert set(api.runs.values()) == {"completed", "cancelled"}


def test_what_cannot_be_removed_is_listed() -> None:
    api = SmallApi()
    api.changes["DELETE", "/assistants/.*"] = lambda path, body: refuse(500)
    with RawServer(api) as server:
        under_test = HttpTarget(Settings(server.base_url, timeout=limit()))
        play(under_test, "json-one-call")
        assert under_test.close() == ("DELETE /assistants/assistant_2: answered 500",)
        assert under_test.close() == ()


def test_after_an_interrupt_everything_is_still_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    api = SmallApi()
    with RawServer(api) as server:
        under_test = HttpTarget(Settings(server.base_url, timeout=limit()))
        monkeypatch.setattr("conformance.targets.acts.body", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            play(under_test, "json-one-call")
        assert under_test.close() == ()
    assert set(api.runs.values()) == {"cancelled"}
    assert sum(method == "DELETE" for method, _ in api.seen) == 3


@pytest.mark.parametrize(
    "calls", [[{"id": None}] * 3, [{"id": ""}] * 3, [{"id": "call_0"}] * 3, [], [{}, {}, {}]], ids=str
)
def test_call_ids_that_cannot_be_used_are_asked_of_the_steps(calls: list[Any]) -> None:
    with target(SmallApi(calls)) as under_test:
        (transcript,) = play(under_test, "json-three-calls")
    assert transcript.untestable is None
    assert [exchange.operation for exchange in transcript.exchanges][:3] == [
        Operation.GET_RUN,
        Operation.LIST_STEPS,
        Operation.SUBMIT,
    ]
    assert outputs(submissions(transcript)[0]) == ["call_0", "call_1", "call_2"]
    assert statuses(transcript) == [200]


def test_a_model_that_never_calls_is_untestable_and_not_asked_for_ever() -> None:
    api = SmallApi()
    api.changes["GET", "/threads/[^/]+/runs/[^/]+"] = lambda path, body: answer(200, {"status": "completed"})
    with target(api) as under_test:
        transcripts = play(under_test, "json-one-call", "stream-one-call", "json-stream-false", "json-stream-null")
    assert all("never asked for outputs; statuses seen: completed" in str(t.untestable) for t in transcripts)
    assert not any(t.exchanges for t in transcripts)
    assert "not tried again" in str(transcripts[3].untestable)
    assert len(api.runs) == 3


def test_a_wrong_number_of_calls_is_untestable() -> None:
    with target(SmallApi([{"id": "call_0"}])) as under_test:
        (transcript,) = play(under_test, "json-reordered")
    assert transcript.untestable == "the scenario needs 2 pending calls, the run asks for 1"


def test_refusals_share_a_run_until_one_is_accepted() -> None:
    api = SmallApi(key=KEY)
    with target(api) as under_test:
        play(under_test, "empty-list", "missing-outputs", "unknown-run", "no-key")
        assert len(api.runs) == 1
        api.changes["POST", ".*/submit_tool_outputs"] = lambda path, body: answer(200, {})
        play(under_test, "missing-id")
        assert len(api.runs) == 1
        del api.changes["POST", ".*/submit_tool_outputs"]
        play(under_test, "number-output", "array-output")
        assert len(api.runs) == 2


def test_a_shared_run_that_has_expired_meanwhile_is_replaced() -> None:
    api = SmallApi()
    with target(api) as under_test:
        play(under_test, "empty-list")
        api.runs = dict.fromkeys(api.runs, "expired")
        (transcript,) = play(under_test, "missing-outputs")
    assert len(api.runs) == 2
    assert json.loads(transcript.exchanges[0].response.chunks[0].data)["status"] == "requires_action"  # type: ignore[union-attr]


def test_a_given_run_serves_one_acceptance_and_a_second_one_the_refusals() -> None:
    api = SmallApi()
    api.runs = {"run_a": "requires_action", "run_b": "requires_action"}
    api._run_tools = {"run_a": 1, "run_b": 3}
    given = (GivenRun("t", "run_a", ("call_0",)), GivenRun("t", "run_b", ("call_0", "call_1", "call_2")))
    with target(api, provision="run", runs=given[:1]) as under_test:
        assert [s.id for s in SCENARIOS if under_test.plays(s)] == ["stream-one-call"]
    with target(api, provision="run", runs=(*given, GivenRun("t", "run_c", given[1].call_ids))) as under_test:
        played = [s.id for s in SCENARIOS if under_test.plays(s)]
        assert {"stream-one-call", "stream-three-calls", "json-three-calls"} == set(played)
        one, three = play(under_test, "stream-one-call", "stream-three-calls")
        assert (statuses(one), statuses(three)) == ([200], [200])
        assert outputs(submissions(three)[0]) == ["call_0", "call_1", "call_2"]
        assert under_test.close() == ()
    assert not any(method == "DELETE" for method, _ in api.seen)


def test_a_static_mock_is_asked_what_needs_no_state() -> None:
    api = SmallApi()
    api.changes["POST", ".*"] = lambda path, body: answer(200, {"id": "string", "status": "queued"})
    with target(api, provision="static") as under_test:
        assert under_test.traits == {"key"}
        assert {s.id for s in SCENARIOS if under_test.plays(s)} >= {
            "json-one-call",
            "stream-one-call",
            "malformed-json",
        }
        assert not any(under_test.plays(BY_ID[name]) for name in ("again-plain", "unknown-id", "expired-run"))
        transcripts = play(under_test, *(s.id for s in SCENARIOS if under_test.plays(s)))
    assert all(t.untestable is None and t.slip is None for t in transcripts)
    assert {e.operation for t in transcripts for e in t.exchanges} == {Operation.SUBMIT, Operation.OTHER}
    assert outputs(submissions(transcripts[1])[0]) == ["call_1", "call_2", "call_3"]


def test_a_static_mock_without_the_operation_is_told_apart_by_a_path_nobody_offers() -> None:
    with (
        target(constant(answer(404, {"title": "no route"})), provision="static") as under_test,
        pytest.raises(NotThisApi, match="does not know the operation"),
    ):
        under_test.exchange(BY_ID["json-one-call"])


def test_a_run_created_by_a_stream_brings_that_stream_along() -> None:
    api = SmallApi()

    def stream(path: str, body: bytes) -> bytes:
        assert json.loads(body)["stream"] is True
        api.runs["run_9"], api._run_tools["run_9"] = "requires_action", 1
        event = (
            b'event: thread.run.created\ndata: {"object":"thread.run","id":"run_9"}\n\nevent: done\ndata: [DONE]\n\n'
        )
        return answer(200, event, content_type="text/event-stream")

    api.changes["POST", "/threads/[^/]+/runs"] = stream
    with target(api, create_streamed=True) as under_test:
        (transcript,) = play(under_test, "json-one-call")
    assert transcript.exchanges[0].operation is Operation.CREATE_RUN
    assert statuses(transcript) == [200]


# Situations


def test_each_situation_is_brought_about_as_its_word_says() -> None:
    with target(SmallApi(key=KEY)) as under_test:
        transcripts = play(
            under_test, "json-one-call", "unknown-run", "unknown-thread", "other-thread", "no-key", "wrong-key",
            "no-beta-header", "other-methods",
        )  # fmt: skip
    usual, run, thread, other, no_key, *_, methods = transcripts
    asked = {t.scenario: submissions(t)[0].request for t in transcripts if submissions(t)}
    owned = transcripts[1].exchanges[0].request.target.split("/")
    for transcript, differs in ((run, 5), (thread, 3), (other, 3)):
        parts = asked[transcript.scenario].target.split("/")
        assert [index for index, (a, b) in enumerate(zip(owned, parts, strict=False)) if a != b] == [differs]
    assert dict(asked["json-one-call"].headers)["Authorization"] == f"Bearer {KEY}"
    assert "Authorization" not in dict(asked["no-key"].headers)
    assert dict(asked["wrong-key"].headers)["Authorization"] != f"Bearer {KEY}"
    assert "OpenAI-Beta" not in dict(asked["no-beta-header"].headers)
    assert [e.request.method for e in methods.exchanges] == ["GET", "GET", "PUT", "PATCH", "DELETE", "GET"]
    assert [submissions(t)[0].situation for t in (run, no_key)] == [{"unknown-run"}, {"no-key"}]
    assert usual.traits == BY_ID["json-one-call"].traits | {"state", "key"}


def test_concurrent_submissions_are_under_way_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=limit())
    api = SmallApi()

    def handler(connection: Any, request: bytes) -> None:
        if b"/submit_tool_outputs" in request.partition(b"\r\n")[0]:
            both.wait()
        api(connection, request)

    with target(handler) as under_test:
        (transcript,) = play(under_test, "concurrent")
    assert sorted(map(str, statuses(transcript))) == ["200", "400"]
    first, second = submissions(transcript)
    assert first.request == second.request


def test_a_situation_that_does_not_come_about_is_untestable() -> None:
    api = SmallApi()
    api.changes["POST", ".*/cancel"] = lambda path, body: refuse(404)
    with target(api) as under_test:
        cancelled, again = play(under_test, "cancelled-run", "json-next-round")
    assert "could not be cancelled" in str(cancelled.untestable)
    assert "statuses seen: requires_action, completed" in str(again.untestable)


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (403, False)])
def test_what_is_gone_already_is_not_left_over(status: int, gone: bool) -> None:
    api = SmallApi()
    api.changes["DELETE", "/threads/.*"] = lambda path, body: refuse(status)
    with target(api) as under_test:
        play(under_test, "json-one-call")
        left = under_test.close()
    assert (left == ()) is gone


# Patience


def test_429_is_waited_for_and_every_try_is_recorded() -> None:
    dated = answer(429, {}, "Retry-After: Thu, 01 Jan 2026 00:00:00 GMT")
    api, tries = SmallApi(), iter([answer(429, {}, "Retry-After: 0"), dated])
    api.changes["POST", ".*/submit_tool_outputs"] = lambda path, body: (
        next(tries, None) or api._submit(path.split("/")[4], body)
    )
    with target(api) as under_test:
        (transcript,) = play(under_test, "json-one-call")
    assert statuses(transcript) == [429, 429, 200]
    assert len({exchange.request for exchange in submissions(transcript)}) == 1


def test_a_storm_of_429_ends_and_is_nobodys_fault() -> None:
    api = SmallApi()
    api.changes["POST", ".*/submit_tool_outputs"] = lambda path, body: answer(429, {}, "Retry-After: 0")
    with target(api) as under_test:
        (transcript,) = play(under_test, "json-one-call")
    assert statuses(transcript) == [429] * 4
    assert transcript.untestable == "the submission was answered 429 to the last"


def test_a_wait_of_an_hour_is_not_waited() -> None:
    api = SmallApi()
    api.changes["POST", "/threads/[^/]+/messages"] = lambda path, body: answer(429, {}, "Retry-After: 3600")
    with target(api) as under_test:
        (transcript,) = play(under_test, "json-one-call")
    assert "was answered 429" in str(transcript.untestable)


def test_a_wedged_server_is_told_once() -> None:
    api = SmallApi()
    wedged = threading.Event()

    def handler(connection: Any, request: bytes) -> None:
        if wedged.is_set() or b"/submit_tool_outputs" in request.partition(b"\r\n")[0]:
            wedged.set()
            connection.recv(1)
        else:
            api(connection, request)

    with RawServer(handler) as server:
        under_test = HttpTarget(Settings(server.base_url, timeout=short()))
        transcripts = play(under_test, *(s.id for s in SCENARIOS if under_test.plays(s)))
        leftovers = under_test.close()
    first, _, *rest = transcripts
    assert first.untestable is None
    assert statuses(first) == [None]
    assert {t.untestable for t in rest} == {WEDGED}
    assert len(leftovers) == 3
    assert all(line.endswith(WEDGED) for line in leftovers)


def test_streams_that_never_end_are_given_up_while_the_rest_goes_on() -> None:
    api = SmallApi()

    def handler(connection: Any, request: bytes) -> None:
        if b'"stream":true' in request:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n")
            connection.recv(1)
        else:
            api(connection, request)

    with target(handler, timeout=short()) as under_test:
        transcripts = play(
            under_test,
            "stream-one-call",
            "stream-three-calls",
            "stream-reordered",
            "stream-nul-output",
            "json-one-call",
        )
    assert [t.untestable is None for t in transcripts] == [True, True, True, False, True]
    assert [submissions(t)[0].response.ended for t in transcripts[:3]] == [Ended.TIMEOUT] * 3  # type: ignore[union-attr]
    assert "streamed submit ran into the timeout" in str(transcripts[3].untestable)
    assert statuses(transcripts[4]) == [200]


def test_a_server_that_dies_is_told_once() -> None:
    api = SmallApi()
    with RawServer(api) as server:
        under_test = HttpTarget(Settings(server.base_url, timeout=limit()))
        play(under_test, "json-one-call")
    first, second = play(under_test, "json-three-calls", "empty-list")
    assert "can no longer be reached" in str(first.untestable)
    assert first.untestable == second.untestable
    assert len(under_test.close()) == 3


def test_the_budget_of_requests_is_kept() -> None:
    api = SmallApi()
    with target(api, max_requests=20) as under_test:
        with pytest.raises(BudgetReached, match="20 requests"):
            play(under_test, *(s.id for s in SCENARIOS if under_test.plays(s)))
        assert len(api.seen) == 20


def test_what_it_costs_is_an_upper_bound() -> None:
    api = SmallApi(key=KEY)
    lax = {"extra-key", "stream-as-string"}  # this server accepts them, which costs runs that nobody can foresee
    with target(api, timeout=short()) as under_test:
        scenarios = [s for s in SCENARIOS if under_test.plays(s) and s.id not in lax]
        cost = under_test.cost(scenarios)
        play(under_test, *(s.id for s in scenarios))
        assert len(api.runs) == cost["runs"]
        assert len(api.seen) <= cost["requests"]


def test_our_own_slip_is_told_as_one_and_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def slips(*_: object) -> bytes:
        raise RuntimeError(f"oops {KEY}")

    monkeypatch.setattr("conformance.targets.acts.body", slips)
    with target(SmallApi()) as under_test:
        (transcript,) = play(under_test, "json-one-call")
    assert transcript.slip == "RuntimeError: oops …"
