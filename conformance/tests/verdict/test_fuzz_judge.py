"""The judge takes whatever a transcript holds: a verdict on everything planned, no slip of ours, in linear time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.contract.scenarios import BY_ID
from conformance.model import Chunk, Ended, Report, Role, Status, Subject, Transcript
from conformance.reference.events import Event, encode
from conformance.report.json_writer import line
from conformance.report.style import Style
from conformance.report.text import text
from conformance.tests.verdict.streams import HAPPY, WAITING, answer, looked, streamed, submission, transcript
from conformance.tests.wire.mutated import mutated, seeds
from conformance.tests.wire.transcripts import ANY
from conformance.tests.work import steps
from conformance.verdict.judge import judge, planned
from conformance.wire.strict_json import MAX_DEPTH

FUZZED = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))

#: Characters that would steer a terminal, and halves of characters, which no file takes.
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def sound(subject: Subject) -> None:
    """No slip of ours in the verdicts, and whatever a target said is safe to print."""
    slips = [(v.requirement, v.reason) for v in subject.verdicts if v.status is Status.ERROR]
    assert slips == []
    written = text(
        Report({"kind": "http", "base_url": "x"}, (subject,), again="conformance judge"), Style(verbose=True)
    )
    assert _STEERING.search(written) is None
    assert json.loads(line(subject, "scenario"))["planned"] >= 0


@settings(FUZZED, max_examples=100)
@given(st.integers(0, 2**64))
def test_what_went_wrong_in_any_way_is_judged(chance: int) -> None:
    draw = Random(chance)
    spoilt = mutated(seeds()[draw.randrange(len(seeds()))], draw)
    subject = judge(spoilt)
    sound(subject)
    if spoilt.scenario in BY_ID:
        told = {verdict.requirement for verdict in subject.verdicts}
        assert {row.id for row in planned(BY_ID[spoilt.scenario], spoilt.traits)} <= told


@settings(FUZZED, max_examples=60)
@given(st.binary(max_size=400), st.sampled_from(Ended))
def test_any_bytes_are_judged_as_a_stream(data: bytes, ended: Ended) -> None:
    begun = b"".join(map(encode, HAPPY[: len(data) % len(HAPPY)]))
    sound(judge(transcript(looked(WAITING), submission(streamed(begun + data, ended)))))


@settings(FUZZED, max_examples=60)
@given(ANY, st.sampled_from(Role))
def test_any_transcript_is_judged(any_: Transcript, role: Role) -> None:
    judged = judge(replace(any_, slip=None), role=role)
    sound(judged)


#: A piece of a message whose part is of a type nobody knows: legal, and it needs no index.
_UNKNOWN_PART = {"id": "msg", "object": "thread.message.delta", "delta": {"content": [{"type": "hologram"}]}}


def test_a_part_of_an_unknown_type_is_taken_wherever_it_comes() -> None:
    own = next(dict(event.data) for event in HAPPY if event.name == "thread.message.created")  # type: ignore[arg-type]
    piece = Event("thread.message.delta", _UNKNOWN_PART | {"id": own["id"]})
    for at in range(1, len(HAPPY)):
        events = [*HAPPY[:at], piece, *HAPPY[at:]]
        sound(judge(transcript(looked(WAITING), submission(streamed(b"".join(map(encode, events)))))))


def test_documents_as_deep_as_they_are_read_are_compared_and_shown() -> None:
    deep: dict[str, object] = {}
    for _ in range(MAX_DEPTH - 2):
        deep = {"a": deep}
    refused = answer({"error": {"message": deep}}, 400)
    sound(judge(transcript(looked(WAITING | {"metadata": deep}), submission(refused), looked(WAITING))))


@pytest.mark.parametrize("after", ["9" * 5000, "0" * 5000, "\u0663", "-1", ""])
def test_any_retry_after_is_judged(after: str) -> None:
    busy = answer({}, 429)
    sound(judge(transcript(looked(WAITING), submission(replace(busy, headers=(("Retry-After", after),))))))


def test_all_references_are_sound_as_they_are() -> None:
    for seed in seeds():
        sound(judge(seed))


def _one(name: str) -> bytes:
    return next(encode(event) for event in HAPPY if event.name == name)


def _numbered(block: bytes) -> Callable[[int], bytes]:
    """The block, its entity under a new id each time."""
    own = json.loads(block.partition(b"data: ")[2])["id"].encode()
    return lambda number: block.replace(own, b"new_%d" % number)


def _repeated(block: bytes) -> Callable[[int], bytes]:
    return lambda number: block


_STEP = _numbered(_one("thread.run.step.created"))
_MESSAGE = _numbered(_one("thread.message.created"))
_ID = json.loads(_one("thread.message.created").partition(b"data: ")[2])["id"].encode()
_CALL_DELTA = (
    b'event: thread.run.step.delta\ndata: {"id":"step_x","object":"thread.run.step.delta","delta":{"step_details":'
    b'{"type":"tool_calls","tool_calls":[{"index":%d,"id":"c%d","type":"function","function":{"name":"f"}}]}}}\n\n'
)
_PART_DELTA = (
    b'event: thread.message.delta\ndata: {"id":"%s","object":"thread.message.delta","delta":{"content":'
    b'[{"index":%d,"type":"text","text":{"value":"x"}}]}}\n\n'
)
_WAITING = b"event: thread.run.requires_action\ndata: %s\n\n" % json.dumps(WAITING).encode()

#: Floods: what comes again and again, one kind after the other, each with its number.
FLOODS: dict[str, tuple[Callable[[int], bytes], ...]] = {
    "steps that never end": (_STEP,),
    "steps, then deltas without ids": (_STEP, _repeated(b'event: thread.run.step.delta\ndata: {"delta":{}}\n\n')),
    "messages, then steps": (_MESSAGE, _STEP),
    "messages, then their ends": (_MESSAGE, _numbered(_one("thread.message.completed"))),
    "calls, then the question for outputs": (lambda n: _CALL_DELTA % (n, n), _repeated(_WAITING)),
    "parts, then the end of the message": (
        lambda n: _PART_DELTA % (_ID, n),
        _repeated(_one("thread.message.completed")),
    ),
    "run events that fit no schema": (_repeated(b"event: thread.run.queued\ndata: {}\n\n"),),
    "events that are no JSON": (_repeated(b"event: thread.run.queued\ndata: {\n\n"),),
    "events of unknown names": (lambda number: b"event: x%d\ndata: {}\n\n" % number,),
    "ends": (_repeated(_one("thread.run.completed")), _repeated(b"event: done\ndata: [DONE]\n\n")),
    "nameless events": (_repeated(b"data:\n\n"),),
    "bytes that are no characters": (_repeated(b"data: \xff\n\n"),),
}


def flooded(flood: tuple[Callable[[int], bytes], ...], count: int) -> Transcript:
    events = [encode(event) for event in HAPPY[:6]]
    events += [kind(number) for kind in flood for number in range(count)]
    response = replace(streamed(b"", Ended.ABORTED), chunks=(Chunk(1, b"".join(events)),))
    return transcript(looked(WAITING), submission(response))


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_judged_with_linear_work(flood: str) -> None:
    small, large = (flooded(FLOODS[flood], count) for count in (100, 400))
    judge(small)  # what is loaded and cached once is no work of the first
    assert steps(lambda: judge(large)) <= 4.5 * steps(lambda: judge(small)), "linear is 4, quadratic 16"
