"""The gateway as a target: a right one passes in process, what is kept of it is judged the same, redacted too."""

from __future__ import annotations

import http.client
import threading
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest

from conformance.contract.gateway_scenarios import GATEWAY_SCENARIOS
from conformance.contract.scenarios import BY_ID
from conformance.model import Ended, Profile, Report, Role, Side, Status, Subject, Transcript
from conformance.relay.bundled import in_process
from conformance.relay.habits import DECLARED
from conformance.report import html
from conformance.report.exhibits import Exhibitor
from conformance.report.text import surroundings
from conformance.targets.gateway import API_KEY, SocketEnds
from conformance.targets.settings import Settings
from conformance.verdict.judge import judge
from conformance.wire import cassette
from conformance.wire.redact import redact
from conformance.wire.secret import secrets_of

#: Scenarios whose bodies are long: redacting them takes a second each.
LONG = {"relay-large", "relay-million", "relay-slow-reader"}

#: Habits whose transcripts are kept: one of each kind.
KEPT = (
    *("plainly", "joins-events", "drops-beta", "drops-key", "another-key", "rewrites-requests", "drops-query"),
    *(
        "maps-ids",
        "maps-ids-anew",
        "maps-model",
        "mixes-runs",
        "compresses",
        "buffers-4k",
        "own-errors",
        "drops-retry-after",
    ),
)


def played(habit: str, scenario: str) -> Transcript:
    with closing(in_process(DECLARED[habit])) as target:
        return target.exchange(BY_ID[scenario])


def told(subject: Subject) -> list[tuple[str, str, int, list[int]]]:
    found = subject.verdicts
    return [(v.requirement, v.status.value, len(v.findings), [f.exchange for f in v.findings]) for v in found]


@pytest.mark.parametrize("scenario", [each.id for each in GATEWAY_SCENARIOS if "stalls" not in each.traits])
def test_a_right_gateway_passes_everything_that_is_planned(scenario: str) -> None:
    transcript = played("plainly", scenario)
    assert (transcript.untestable, transcript.slip) == (None, None)
    assert {exchange.side for exchange in transcript.exchanges} == set(Side)
    subject = judge(transcript)
    assert {verdict.status for verdict in subject.verdicts} == {Status.PASS}
    assert {verdict.role for verdict in subject.verdicts} == {Role.GATEWAY}


@pytest.mark.parametrize(
    ("failure", "status"),
    [("no answer", Status.PASS), ("no answer within 60 s", Status.WARN), ("no answer within 2 s", Status.UNTESTABLE)],
)
@pytest.mark.parametrize("scenario", ["relay-cut-short", "relay-reset", "relay-reset-at-once"])
def test_a_gateway_may_drop_the_client_whose_upstream_broke_off_at_once(
    scenario: str, failure: str, status: Status
) -> None:
    live = played("plainly", scenario)
    dropped = tuple(
        each if each.side is Side.BEHIND else replace(each, response=None, failure=failure) for each in live.exchanges
    )
    found = {verdict.requirement: verdict.status for verdict in judge(replace(live, exchanges=dropped)).verdicts}
    assert found.pop("relay.upstream-left") is status
    assert set(found.values()) == {Status.PASS}


@pytest.mark.parametrize("habit", KEPT)
def test_a_cassette_of_both_sides_is_judged_the_same(habit: str) -> None:
    for scenario in dict.fromkeys(("relay-streamed", *DECLARED[habit].scenarios)):
        if scenario not in LONG:
            live = played(habit, scenario)
            lines = cassette.write(redact(live, (API_KEY,)), recorded="", by="a test")
            assert told(judge(cassette.read(lines, "x"))) == told(judge(live))


def test_what_shows_a_finding_says_nothing_of_states_and_every_format_can_be_written() -> None:
    transcript = played("reorders", "relay-streamed")
    subject = judge(transcript)
    exhibitor = Exhibitor()
    exhibitor.look(transcript, subject)
    (shown,) = exhibitor.exhibits
    assert (shown.event is not None, dict(shown.states), shown.allowed) == (True, {}, ())
    assert [label for label, _ in surroundings(shown)] == ["events"]
    report = Report({"kind": "gateway"}, (subject,), profile=Profile(role=Role.GATEWAY), exhibits=exhibitor.exhibits)
    page = html.render(report)
    assert "what went in, what came out" in page
    assert "Would have been legal" not in page


def test_what_a_server_and_a_client_would_be_told_is_not_mixed_with_it() -> None:
    transcript = played("plainly", "relay-streamed")
    assert {verdict.role for verdict in judge(transcript, role=Role.SERVER).verdicts} == {Role.SERVER}


def test_a_gateway_that_gives_up_within_the_pause_is_not_asked_to_sit_through_it() -> None:
    from conformance.relay.habit import plainly
    from conformance.relay.in_process import InProcessEnds
    from conformance.targets.gateway import GatewayTarget

    for limit, plays in ((None, True), (1.0, False), (5.0, True)):
        with closing(GatewayTarget(InProcessEnds(plainly), limit=limit)) as target:
            assert target.plays(BY_ID["relay-pause"]) is plays
            assert not target.plays(BY_ID["relay-stall"])
            assert not target.plays(BY_ID["stream-one-call"])


class LateRoutes(BaseHTTPRequestHandler):
    """A gateway that answers by itself until `asked` has come to `late`."""

    upstream = ""
    asked = 0
    late = 0

    def do_GET(self) -> None:
        """Pass on, or say that there is no such route."""
        type(self).asked += 1
        status = 404
        if self.asked > self.late:
            with closing(http.client.HTTPConnection(self.upstream)) as connection:
                connection.request("GET", self.path)
                status = connection.getresponse().status
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("late", "patience", "passed"), [(2, 60.0, True), (1000, 0.1, False), (0, 0.0, False)])
def test_a_gateway_that_takes_up_its_routes_late_is_waited_for(late: int, patience: float, passed: bool) -> None:
    handler = type("Handler", (LateRoutes,), {"late": late})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()

        def started(upstream: str) -> Settings:
            handler.upstream = urlsplit(upstream).netloc  # type: ignore[attr-defined]
            return Settings(base_url=f"http://127.0.0.1:{server.server_port}/v1")

        with closing(SocketEnds(started, patience=patience)):
            asked: int = handler.asked  # type: ignore[attr-defined]
        server.shutdown()
        serving.join()
    assert (asked == late + 1) is passed
    assert (asked > 0) is (patience > 0)


def test_the_key_of_the_upstream_hides_no_word_of_ours() -> None:
    said = "the client had left, and the upstream went on"
    assert secrets_of((API_KEY,)).hidden(said) == said


@pytest.mark.parametrize(("after", "status"), [(100, Status.PASS), (4_800, Status.WARN)])
def test_a_gateway_whose_own_limit_ends_the_silence_has_not_noticed_its_client(after: int, status: Status) -> None:
    transcript = played("stays", "relay-leaves")
    answers = [(each, each.response) for each in transcript.exchanges if each.response is not None]
    left = {each.request.target: answer.ended_ms for each, answer in answers if each.side is Side.FRONT}
    exchanges = tuple(
        replace(each, response=replace(answer, ended=Ended.ABORTED, ended_ms=left[each.request.target] + after))
        if each.side is Side.BEHIND
        else each
        for each, answer in answers
    )
    (verdict,) = (
        each
        for each in judge(replace(transcript, exchanges=exchanges)).verdicts
        if each.requirement == "relay.client-left"
    )
    assert verdict.status is status


def test_what_a_gateway_calls_its_upstream_is_its_own_affair() -> None:
    found: list[str] = []

    def started(upstream: str) -> Settings:
        found.append(upstream)
        return Settings(upstream, API_KEY)

    with closing(SocketEnds(started)):
        where = urlsplit(found[0])
        asking = http.client.HTTPConnection(where.netloc)
        asking.request("GET", f"{where.path}/models", headers={"Host": "api.openai.com", "Authorization": "Bearer x"})
        assert asking.getresponse().status == 401
        asking.close()
