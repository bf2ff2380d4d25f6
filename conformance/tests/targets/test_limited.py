"""Servers that give little are judged by what they give: few calls, runs that are over, nobody who works on them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import pytest

from conformance.contract.scenarios import BY_ID, SCENARIOS
from conformance.errors import NotThisApi
from conformance.model import JUDGED, Status, Verdict
from conformance.targets.http import HttpTarget
from conformance.targets.settings import GivenRun, Header, Settings
from conformance.tests.targets import limited
from conformance.tests.targets.limited import KEY, Limited, in_process
from conformance.tests.targets.servers import RawServer, SmallApi, refuse
from conformance.verdict.judge import judge

#: What only several pending calls can show: outputs in another order, and some of them.
SEVERAL = {"json-reordered", "stream-reordered", "partial-plain", "partial-split", "partial-streamed"}

#: Breaches of a server that accepts whatever is submitted, which show on a run that is over too.
ACCEPTED = {
    "submission.state-refused", "submission.outputs-required", "submission.id-required", "submission.output-string",
    "submission.empty-refused", "submission.output-not-null", "submission.other-thread-refused",
    "errors.malformed-json", "errors.unknown-run", "errors.unknown-thread", "errors.no-key", "errors.wrong-key",
    "request.extra-key", "request.stream-type", "request.other-methods",
}  # fmt: skip

#: What a refusal shows of a run that is over: that it is refused, how, and what does not hang on its state.
REFUSED = {
    "submission.state-refused", "submission.state-error", "submission.atomic", "submission.other-thread-refused",
    "submission.other-thread-404", "errors.message", "errors.envelope", "errors.content-type", "errors.no-server-fault",
    "errors.stream-refused-plainly", "errors.unknown-run", "errors.unknown-run-404", "errors.unknown-thread",
    "errors.unknown-thread-404", "errors.no-key", "errors.no-key-401", "errors.wrong-key", "errors.wrong-key-401",
    "request.other-methods",
}  # fmt: skip


def verdicts(api: Limited) -> tuple[Verdict, ...]:
    with closing(in_process(api)) as target:
        played = [target.exchange(scenario) for scenario in SCENARIOS if target.plays(scenario)]
    assert [transcript.slip for transcript in played if transcript.slip] == []
    return tuple(verdict for transcript in played for verdict in judge(transcript).verdicts)


def by_status(found: tuple[Verdict, ...]) -> Mapping[Status, set[str]]:
    return {status: {v.requirement for v in found if v.status is status} for status in Status}


def test_a_server_that_checks_nothing_never_passes_because_its_runs_are_over() -> None:
    seen = by_status(verdicts(limited.checks_nothing(KEY)))
    assert seen[Status.PASS] == set()
    assert seen[Status.FAIL] | seen[Status.WARN] == ACCEPTED


def test_a_refusal_of_a_run_that_is_over_shows_nothing_of_ids_and_bodies() -> None:
    seen = by_status(verdicts(limited.completes_at_once(KEY)))
    assert seen[Status.FAIL] | seen[Status.WARN] == set()
    assert seen[Status.PASS] == REFUSED
    alike = by_status(verdicts(limited.refuses_whatever_comes(KEY)))
    hidden = {"errors.no-key", "errors.no-key-401", "errors.wrong-key", "errors.wrong-key-401"}
    hidden |= {"submission.other-thread-refused", "submission.other-thread-404"}
    assert alike[Status.PASS].isdisjoint(hidden)
    assert hidden <= alike[Status.UNTESTABLE]


def test_what_did_not_show_says_that_the_run_was_over() -> None:
    with closing(in_process(limited.completes_at_once(KEY))) as target:
        found = judge(target.exchange(BY_ID["missing-id"])).verdicts
    (verdict,) = (verdict for verdict in found if verdict.requirement == "submission.id-required")
    assert (verdict.status, verdict.reason) == (
        Status.UNTESTABLE,
        "the run was over before the outputs came, so nothing showed it",
    )


def test_a_model_that_makes_one_call_at_a_time_leaves_only_what_needs_several() -> None:
    found = verdicts(limited.calls_one_at_a_time(KEY))
    assert by_status(found)[Status.FAIL] | by_status(found)[Status.WARN] == set()
    judged = {verdict.scenario for verdict in found if verdict.status in JUDGED}
    with closing(in_process(limited.calls_one_at_a_time(KEY))) as target:
        asked = {scenario.id for scenario in SCENARIOS if target.plays(scenario) and scenario.script == "text"}
    assert asked - judged == SEVERAL


def test_a_run_that_never_moves_is_told_after_one() -> None:
    api = limited.never_moves(KEY)
    with closing(in_process(api)) as target, pytest.raises(NotThisApi) as told:
        target.exchange(BY_ID["json-one-call"])
    assert "still queued at the last of" in told.value.message
    assert "--provision static" in str(told.value.hint)
    assert sum(len(thread.runs) for thread in api.state.threads.values()) <= 1


def test_a_run_that_stalls_where_others_moved_is_untestable_alone() -> None:
    api = limited.stops_working(KEY, after=1)
    with closing(in_process(api)) as target:
        first, second = (target.exchange(BY_ID[name]) for name in ("json-one-call", "json-stream-false"))
    assert first.untestable is None
    assert "the run never asked for outputs; statuses seen: queued" in str(second.untestable)


def test_a_server_that_wants_a_header_is_told_once_with_the_option_that_adds_one() -> None:
    with RawServer(limited.wants_a_header()) as server:
        with closing(HttpTarget(Settings(server.base_url))) as target, pytest.raises(NotThisApi) as told:
            target.exchange(BY_ID["json-one-call"])
        assert "refuses the very first request" in told.value.message
        assert "Missing required header: X-Tenant" in told.value.message
        assert "--header 'NAME: VALUE'" in str(told.value.hint)
        settings = Settings(server.base_url, headers=(Header("X-Tenant", "one"),))
        with closing(HttpTarget(settings)) as target:
            assert target.exchange(BY_ID["json-one-call"]).untestable is None


@pytest.mark.parametrize("status", [400, 422])
def test_a_mock_that_refuses_the_made_up_ids_is_judged_for_it(status: int) -> None:
    with RawServer(lambda connection, request: connection.sendall(refuse(status))) as server:
        settings = Settings(server.base_url, provision="static")
        with closing(HttpTarget(settings)) as target:
            found = judge(target.exchange(BY_ID["json-one-call"])).verdicts
    assert "submission.accepted" in {verdict.requirement for verdict in found if verdict.status is Status.FAIL}


@pytest.mark.parametrize(("calls", "scenario"), [(1, "stream-one-call"), (3, "stream-one-call")])
def test_the_calls_of_a_given_run_are_read_from_it(calls: int, scenario: str) -> None:
    api = SmallApi()
    api.runs, api._run_tools = {"run_a": "requires_action"}, {"run_a": calls}
    with RawServer(api) as server:
        settings = Settings(server.base_url, provision="run", runs=(GivenRun("t", "run_a"),))
        with closing(HttpTarget(settings)) as target:
            (played,) = (scenario for scenario in SCENARIOS if target.plays(scenario))
            transcript = target.exchange(played)
    assert (played.id, transcript.untestable) == (scenario, None)
    assert api.runs == {"run_a": "completed"}


def test_a_stream_is_asked_for_by_accept_too() -> None:
    with closing(in_process(Limited(KEY))) as target:
        asked = {
            name: [
                dict(exchange.request.headers)["Accept"]
                for exchange in target.exchange(BY_ID[name]).exchanges
                if exchange.request.method == "POST"
            ]
            for name in ("stream-one-call", "stream-accept-header")
        }
    assert asked == {"stream-one-call": ["application/json"], "stream-accept-header": ["text/event-stream"]}
