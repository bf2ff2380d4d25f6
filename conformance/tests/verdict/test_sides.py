"""Of a transcript of both sides of what stands between, a server is judged behind it and a client in front."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Exchange, Role, Side, Subject
from conformance.reference.events import Event, encode
from conformance.tests.verdict.streams import HAPPY, OUTPUTS, WAITING, looked, streamed, submission, transcript, without
from conformance.verdict.judge import judge


def told(events: list[Event], body: object = None) -> Exchange:
    return submission(streamed(b"".join(map(encode, events))), OUTPUTS | {"stream": True} if body is None else body)


def broken(subject: Subject) -> dict[str, set[int]]:
    return {v.requirement: {f.exchange for f in v.findings} for v in subject.verdicts if v.findings}


def behind(*exchanges: Exchange) -> tuple[Exchange, ...]:
    return tuple(replace(exchange, side=Side.BEHIND) for exchange in exchanges)


def test_a_server_is_judged_by_what_it_answered_behind() -> None:
    right, wrong = (looked(WAITING), told(HAPPY)), (looked(WAITING), told(without(HAPPY, "done")))
    assert not broken(judge(transcript(*wrong, *behind(*right))))
    assert broken(judge(transcript(*right, *behind(*wrong)))) == {"done.present": {3}}


def test_a_client_is_judged_by_what_it_sent_in_front() -> None:
    right, wrong = told(HAPPY), told(HAPPY, {"tool_outputs": [], "stream": True})
    subject = judge(transcript(*behind(wrong), looked(WAITING), right), role=Role.CLIENT)
    assert "sending.every-call" not in broken(subject)
    subject = judge(transcript(*behind(right), looked(WAITING), wrong), role=Role.CLIENT)
    assert broken(subject)["sending.every-call"] == {2}


def test_one_side_alone_is_the_whole() -> None:
    wrong = (looked(WAITING), told(without(HAPPY, "done")))
    assert broken(judge(transcript(*wrong))) == {"done.present": {1}}
