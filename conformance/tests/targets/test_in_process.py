"""Whatever is played in process is what is played over a socket, but for what a connection adds and for time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache

import pytest

from conformance.contract.scenarios import BY_ID, SCENARIOS
from conformance.model import Chunk, Exchange, Headers, Request, Response, Status, Transcript
from conformance.proof.faults import FAULTS
from conformance.proof.faults.applied import behaviour_with
from conformance.reference.behaviour import Behaviour
from conformance.targets.builtin_mock import BuiltIn
from conformance.targets.in_process import InProcess
from conformance.targets.server import ServerTarget
from conformance.verdict.judge import judge

#: Fields that a connection adds, and the key, which is another one.
_OF_THE_CONNECTION = frozenset({"host", "connection", "authorization"})


def _played(target: ServerTarget) -> Mapping[str, Transcript]:
    with closing(target):
        return {one.id: target.exchange(one) for one in SCENARIOS}


@cache
def _over_sockets() -> Mapping[str, Transcript]:
    return _played(BuiltIn())


@cache
def _in_process() -> Mapping[str, Transcript]:
    return _played(InProcess())


def _fields(headers: Headers) -> Headers:
    return tuple(field for field in headers if field[0].lower() not in _OF_THE_CONNECTION)


def _request(request: Request) -> Request:
    return replace(request, headers=_fields(request.headers))


def _response(response: Response | None) -> Response | None:
    if response is None:
        return None
    whole = (Chunk(0, b"".join(chunk.data for chunk in response.chunks)),)
    return replace(response, headers=_fields(response.headers), chunks=whole, ended_ms=0)


def _timeless(exchange: Exchange) -> Exchange:
    return replace(exchange, began_ms=0, request=_request(exchange.request), response=_response(exchange.response))


def _comparable(transcript: Transcript) -> Transcript:
    exchanges = tuple(map(_timeless, transcript.exchanges))
    if "concurrent" in transcript.scenario:  # which of two is served is chance
        exchanges = tuple(sorted(exchanges, key=lambda one: one.response.status if one.response else 0))
    return replace(transcript, exchanges=exchanges, provenance={})


@pytest.mark.parametrize("scenario", [one.id for one in SCENARIOS])
def test_the_transcript_is_the_one_over_a_socket(scenario: str) -> None:
    assert _comparable(_in_process()[scenario]) == _comparable(_over_sockets()[scenario])


def test_it_is_the_same_each_time() -> None:
    assert _played(InProcess()) == _in_process()


def test_nothing_is_wrong_with_the_reference() -> None:
    subjects = [judge(transcript) for transcript in _in_process().values()]
    assert [
        (subject.name, verdict.requirement, verdict.status)
        for subject in subjects
        for verdict in subject.verdicts
        if verdict.status in (Status.FAIL, Status.WARN, Status.ERROR)
    ] == []


@pytest.mark.parametrize(
    ("fault", "scenario"),
    [("drop-done", "stream-one-call"), ("accepts-partial", "partial-plain"), ("error-as-text", "unknown-run")],
)
def test_a_fault_can_be_played(fault: str, scenario: str) -> None:
    with closing(InProcess(behaviour_with(fault))) as target:
        subject = judge(target.exchange(BY_ID[scenario]))
    found = {verdict.requirement for verdict in subject.verdicts for one in verdict.findings if one.primary}
    assert found
    assert found <= FAULTS[fault].breaks


def test_a_connection_that_is_closed_without_an_answer_is_recorded_as_such() -> None:
    behaviour = Behaviour(respond=lambda request, planned: None if "submit" in request.target else planned)
    with closing(InProcess(behaviour)) as target:
        transcript = target.exchange(BY_ID["json-one-call"])
    assert [one.failure for one in transcript.exchanges if "submit" in one.request.target] == [
        "the connection was closed without an answer"
    ]
