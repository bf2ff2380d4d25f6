"""What the walk keeps of a stream when it is asked: every event in its lane, and where the stream stood."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.lifecycle import WORDS
from conformance.files import cassettes_folder
from conformance.model import Chunk, Operation, Transcript
from conformance.walk.moments import MOST, Moments
from conformance.walk.schedule import Schedule
from conformance.walk.transcript import walk
from conformance.wire import cassette

STREAMED = sorted(path.stem for path in (cassettes_folder() / "reference").glob("stream-*.jsonl"))


def reference(name: str) -> Transcript:
    return cassette.read((cassettes_folder() / f"reference/{name}.jsonl").read_text("utf-8").splitlines(), name)


def submitted(transcript: Transcript) -> int:
    return next(at for at, one in enumerate(transcript.exchanges) if one.operation is Operation.SUBMIT)


def streamed(transcript: Transcript, body: bytes) -> Transcript:
    """The transcript with another stream in answer to its first submission."""
    at = submitted(transcript)
    exchange = transcript.exchanges[at]
    assert exchange.response is not None
    other = replace(exchange, response=replace(exchange.response, chunks=(Chunk(7, body),)))
    return replace(transcript, exchanges=(*transcript.exchanges[:at], other, *transcript.exchanges[at + 1 :]))


def seen(transcript: Transcript, *events: int | None) -> tuple[Moments, int]:
    at = submitted(transcript)
    kept = Moments((at, event) for event in events or (None,))
    walk(transcript, Schedule(), moments=kept)
    return kept, at


def test_in_a_legal_stream_every_event_is_one_of_those_that_were_allowed() -> None:
    looked = 0
    for name in STREAMED:
        kept, at = seen(reference(name), *range(200))
        for index, moment in enumerate(kept.of(at)):
            allowed = kept.standing(at, index).allowed
            assert moment.event in allowed or moment.event not in WORDS, (name, index, moment, allowed)
            looked += 1
    assert looked > 300


def test_the_states_are_those_that_the_walk_was_in() -> None:
    kept, at = seen(reference("stream-one-call"), 0, None)
    assert kept.standing(at, 0).states == {"run": "waiting"}
    states = {"run": "completed", "step 1": "completed", "step 2": "completed", "message 1": "completed"}
    assert kept.standing(at, None) == (states, ())
    assert kept.standing(at, 3) == kept.standing(at + 1, None) == ({}, ())


def test_what_an_unreadable_event_says_is_taken_to_be_of_what_is_open() -> None:
    transcript = reference("stream-one-call")
    response = transcript.exchanges[submitted(transcript)].response
    assert response is not None
    body = b"".join(chunk.data for chunk in response.chunks)
    first = body.index(b"event: thread.message.delta")
    cut = body[:first] + b'event: thread.message.delta\ndata: {"id": "msg_\n\n' + body[first:]
    kept, at = seen(streamed(transcript, cut))
    assert {moment.lane for moment in kept.of(at)} == {"run", "step 1", "step 2", "message 1", ""}
    assert {moment.event for moment in kept.of(at) if not moment.lane} == {"done"}


def test_what_is_kept_of_a_stream_ends_somewhere() -> None:
    body = b"event: x\ndata: 1\n\n" * (MOST + 7)
    kept, at = seen(streamed(reference("stream-one-call"), body))
    assert len(kept.of(at)) == MOST


def test_of_a_plain_answer_nothing_is_kept() -> None:
    kept, at = seen(reference("json-one-call"))
    assert kept.of(at) == () and kept.standing(at, None) == ({}, ())
