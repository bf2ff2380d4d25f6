"""Decoders and readers take any bytes: an answer or their own word for no, and the same however the bytes are cut."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import PurePath
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance import files
from conformance.errors import UnreadableInput
from conformance.model import Transcript
from conformance.tests.wire.mutated import STRANGE, strange, torn
from conformance.tests.work import steps
from conformance.wire import cassette, recordings, strict_json
from conformance.wire.redact import redact
from conformance.wire.sse import Decoder

FUZZED = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))

#: What means something to one of the formats, more often than chance would bring it.
_WORDS = (
    *(b"\r", b"\n", b"\r\n", b"\n\n", b"event: ", b"data: ", b"data", b":", b"id: 1\x00", b"retry: 9" + b"9" * 5000),
    *(b"\xef\xbb\xbf", b"\xff", b"\xf0\x9f\x98", b"[DONE]", b"event: done", b"HTTP/1.1 200 OK\r\n", b'{"cassette":1'),
    *(
        b'{"Entries": [',
        b'{"request":{',
        b'{"response":{',
        b'"headers":[["',
        b'{"t":0,"text":"',
        b"}",
        b"]",
        b'"',
        b"\\u",
    ),
    *STRANGE,
)
hostile_bytes = st.lists(st.sampled_from(_WORDS) | st.binary(max_size=12), max_size=12).map(b"".join)

NAMES = ("x.sse", "x.jsonl", "x.json", "x.txt", "-", "", "../\x1b.SSE")


def events_of(pieces: list[bytes]) -> tuple[object, ...]:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    decoder.close()
    return events, decoder.defects, decoder.last_event_id, decoder.retry


@settings(FUZZED, max_examples=100)
@given(hostile_bytes, st.integers(0, 200), st.integers(0, 200))
def test_a_stream_of_any_bytes_is_the_same_however_it_is_cut(data: bytes, one: int, other: int) -> None:
    low, high = sorted((one, other))
    whole = events_of([data])
    assert events_of([data[:low], data[low:high], data[high:]]) == whole
    for event in whole[0]:  # type: ignore[attr-defined]
        assert 0 <= event.start < event.end <= len(data)


@settings(FUZZED, max_examples=100)
@given(hostile_bytes)
@example(b"[" * 100_000)
@example(b'{"a":' * 600 + b"1" + b"}" * 600)
@example(b"-" + b"9" * 100_000)
@example(b"1" + b"e9" * 3)
def test_json_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    try:
        document = strict_json.read(data)
    except strict_json.NotJson as refused:
        assert 0 <= refused.offset <= len(data)
        assert refused.reason.isprintable()
        return
    assert str(document) is not None  # not so deep that Python could not walk it
    assert document == document or "nan" not in repr(document)  # noqa: PLR0124


def read(name: str, data: bytes, request: bytes | None = None) -> tuple[Transcript, ...]:
    """What a recording holds; nothing where it is refused in a sentence for people."""
    try:
        return recordings.read(name, data, request)
    except UnreadableInput as refused:
        assert refused.message
        return ()


@settings(FUZZED, max_examples=100)
@given(hostile_bytes, st.sampled_from(NAMES), st.none() | hostile_bytes)
def test_a_recording_of_any_bytes_is_read_or_refused(data: bytes, name: str, request: bytes | None) -> None:
    for transcript in read(name, data, request):
        redact(transcript)


def recorded() -> list[bytes]:
    """A few of each: our cassettes, raw streams, session records where they are there."""
    reference = sorted((files.cassettes_folder() / "reference").glob("*.jsonl"))[::9]
    real = sorted(PATH.glob("*/*.json"))[:3] if PATH.is_dir() else []
    return [path.read_bytes() for path in (*reference, *real)]


PATH = files.cassettes_folder().parent.parent / "shared" / "wire"


@settings(FUZZED, max_examples=80)
@given(st.integers(0, 2**64))
def test_a_damaged_recording_is_read_or_refused(chance: int) -> None:
    draw = Random(chance)
    found = recorded()
    content = found[draw.randrange(len(found))]
    lines = content.splitlines(keepends=True)
    at = draw.randrange(len(lines))
    lines[at] = strange(lines[at], draw) if draw.random() < 0.7 else torn(lines[at], draw)
    if draw.random() < 0.3:
        other = draw.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    for transcript in read("x.jsonl" if content.startswith(b'{"cassette"') else "x.json", b"".join(lines)):
        assert PurePath(transcript.scenario or "x").name is not None
        redact(transcript)


#: Contents that grow with a number.
GROWING = {
    "JSON that only the strict reader takes": lambda size: (
        b'["\\ud800",' + b"[1.5],".join([b'"x",'] * (size // 10)) + b"1]"
    ),
    "JSON that breaks at its end": lambda size: b"[" + b'{"a":"\\u00e9"},' * (size // 15),
    "nested JSON": lambda size: (b"[" * 400 + b"]" * 400 + b",") * (size // 801),
}


@pytest.mark.parametrize("content", GROWING)
def test_json_is_read_with_linear_work(content: str) -> None:
    def tried(size: int) -> None:
        with suppress(strict_json.NotJson):
            strict_json.read(GROWING[content](size))

    small, large = steps(lambda: tried(2_500)), steps(lambda: tried(20_000))
    assert large <= 9 * small, "eight times the bytes: linear is 8, quadratic 64"


def test_a_cassette_is_read_with_linear_work() -> None:
    head, request, response, *_ = (
        (files.cassettes_folder() / "reference" / "json-one-call.jsonl").read_text("utf-8").splitlines(keepends=True)
    )

    def tried(count: int) -> None:
        lines = [head, request, response, *[json.dumps({"t": 1, "text": "x" * 20}) + "\n"] * count]
        with suppress(UnreadableInput):
            cassette.read(lines, "x")

    small, large = steps(lambda: tried(100)), steps(lambda: tried(800))
    assert large <= 9 * small, "eight times the lines: linear is 8, quadratic 64"
