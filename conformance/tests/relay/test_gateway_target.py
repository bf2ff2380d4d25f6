"""The gateway as a target: a right one passes in process, what is kept of it is judged the same, redacted too."""

from __future__ import annotations

import http.client
from contextlib import closing
from dataclasses import replace
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
from conformance.wire.secret import Secrets

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


@pytest.mark.parametrize("habit", KEPT)
def test_a_cassette_of_both_sides_is_judged_the_same(habit: str) -> None:
    for scenario in dict.fromkeys(("relay-streamed", *DECLARED[habit].scenarios)):
        if scenario not in LONG:
            live = played(habit, scenario)
            lines = cassette.write(redact(live, ("key-of-the-upstream-mock",)), recorded="", by="a test")
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


def test_our_own_key_is_no_secret_whose_words_are_taken_out_of_what_is_said() -> None:
    assert Secrets([API_KEY]).values == ()
