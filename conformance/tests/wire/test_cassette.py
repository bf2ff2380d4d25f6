"""A transcript at rest comes back exactly; whatever happened to it since is told."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings

from conformance.errors import DamagedCassette, OwnError
from conformance.model import Outcome, Transcript
from conformance.tests.wire.transcripts import ANY, event, exchange, transcript
from conformance.wire import cassette

SMALL = transcript(
    exchange(event("thread.run.queued", {"status": "queued", "note": "é"}) + b"\xff", 7, 60, request=b'{"a":1}'),
    provenance={"kind": "test"},
    outcome=Outcome(0, {"text": "fine"}),
)


def lines_of(subject: Transcript) -> list[str]:
    return list(cassette.write(subject, recorded="2026-11-20T10:02:11Z", by="a test"))


def sealed(lines: list[str]) -> list[str]:
    """The lines with a footer that fits them: what a careful forger would do."""
    digest = sha256("".join(lines[:-1]).encode()).hexdigest()
    footer = json.loads(lines[-1])
    return [*lines[:-1], json.dumps(footer | {"sha256": digest}, separators=(",", ":")) + "\n"]


def changed(number: int, old: str, new: str) -> list[str]:
    lines = lines_of(SMALL)
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new)
    return lines


@settings(derandomize=True, deadline=None, database=None, max_examples=60)
@given(ANY)
def test_any_transcript_comes_back_exactly(subject: Transcript) -> None:
    lines = lines_of(subject)
    told = {"recorded": "2026-11-20T10:02:11Z", "by": "a test"}
    assert cassette.read(lines, "x") == replace(subject, provenance={**subject.provenance, **told})
    assert all(line.isascii() and line.count("\n") == 1 and line.endswith("\n") for line in lines)


def test_writing_what_was_read_gives_the_same_bytes() -> None:
    lines = lines_of(SMALL)
    assert lines_of(cassette.read(lines, "x")) == lines


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line_ends_do_not_matter(end: str) -> None:
    lines = [line.rstrip("\n") + end for line in lines_of(SMALL)]
    assert cassette.read([*lines, ""], "x") == cassette.read(lines_of(SMALL), "x")


def test_a_lone_surrogate_is_kept() -> None:
    subject = replace(SMALL, scenario="name-\udce9")
    assert cassette.read(lines_of(subject), "x").scenario == "name-\udce9"


def test_chunks_are_text_where_they_are_whole_characters() -> None:
    body = "é".encode()
    kinds = [json.loads(line) for line in lines_of(transcript(exchange(body + body, 1, 2)))]
    assert [(line["t"], "text" in line) for line in kinds if "t" in line and "end" not in line] == [
        (0, False), (1, False), (2, True),
    ]  # fmt: skip


def test_every_kind_of_line_is_in_the_one_schema() -> None:
    import jsonschema_rs

    from conformance.contract.data import schema_text

    schema = json.loads(schema_text("own/cassette.json"))
    jsonschema_rs.meta.validate(schema)
    for line in [*lines_of(SMALL), '{"failure":"refused"}']:
        assert jsonschema_rs.is_valid(schema, json.loads(line)), line


@pytest.mark.parametrize("left", range(len(lines_of(SMALL))))
def test_truncated_after_any_line(left: int) -> None:
    with pytest.raises(DamagedCassette, match=rf"x\.jsonl: line {left}: .*truncated"):
        cassette.read(lines_of(SMALL)[:left], "x.jsonl")


@pytest.mark.parametrize("number", range(len(lines_of(SMALL))))
def test_without_any_one_line(number: int) -> None:
    lines = lines_of(SMALL)
    with pytest.raises(DamagedCassette, match=r"line [0-9]"):
        cassette.read(lines[:number] + lines[number + 1 :], "x")


def test_no_altered_byte_goes_unnoticed() -> None:
    lines = lines_of(SMALL)
    text = "".join(lines)
    for at in range(len(text) - 1):
        altered = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        with pytest.raises(DamagedCassette):
            cassette.read(altered.split("\n"), "x")


LAST = len(lines_of(SMALL)) - 1


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "truncated"),
        (["event: done\n"], "line 1: not JSON"),
        (["[1]\n"], "line 1: not a JSON object"),
        (["[" * 100_000], "line 1: not JSON"),
        (['{"log":{}}\n'], "line 1: a line of kind unknown cannot follow nothing"),
        (changed(0, '"cassette":1', '"cassette":2'), "line 1: this cassette is of a version"),
        (changed(0, '"cassette":1', '"cassette":"1"'), "line 1: this cassette is of a version"),
        (changed(1, '"POST"', "NaN"), "line 2: not JSON"),
        (changed(1, '"submit"', '"steal"'), "line 2: /request/operation of this request line must be one of submit, "),
        (changed(1, '"began_ms":0', '"began_ms":-1'), "line 2: /request/began_ms .* must be at least"),
        (changed(2, "200", "1e999"), "line 3: /response/status of this response line must be of type integer"),
        (changed(2, "200", "20000"), "line 3: /response/status of this response line must be at most"),
        (changed(2, "200", "600"), "line 3: /response/status of this response line must be at most"),
        (changed(2, "200", "99"), "line 3: /response/status of this response line must be at least"),
        (sealed(changed(3, '"t":0', '"t":2')), "line 5: its time is earlier"),
        (sealed(changed(6, '"t":3', '"t":1')), "line 7: its time is earlier"),
        (changed(3, '"t":0', '"t":-5'), "line 4: /t of this chunk line must be at least"),
        (changed(3, '"t":0', '"t":99999999999'), "line 4: /t of this chunk line must be at most"),
        (changed(3, '"t":0', '"t":' + "9" * 5000), "line 4: "),
        (changed(3, '"text"', '"html"'), "line 4: this chunk line has a member that the format does not know"),
        (changed(5, '"base64":"', '"base64":"*'), "line 6: the bytes are neither text nor base64"),
        (sealed(changed(3, "event", "evens")), "line 7: length or digest"),
        (sealed(changed(6, '"bytes":', '"bytes":1')), "line 7: length or digest"),
        (sealed(changed(6, '"bytes":', '"bytes":999999999999999')), "line 7: /bytes .* must be at most"),
        (changed(LAST, '"exchanges":1', '"exchanges":2'), "count or digest"),
        (changed(1, "POST", "POS"), "count or digest"),
        ([*lines_of(SMALL), lines_of(SMALL)[0]], f"line {LAST + 2}: a line of kind header cannot follow footer"),
        (sealed(changed(0, "a-scenario", "sk-" + "a1B2" * 8)), "unsafe.*api key"),
        (sealed(changed(1, '"headers":[]', '"headers":[["Authorization","Bearer abc"]]')), "unsafe.*Authorization"),
        (sealed(changed(1, r'{\"a\":1}', r"{\"a\":\"sk-aaaaaaaaaaaaaaaaaaaaaaaa\"}")), "unsafe.*request body: api key"),
    ],
)  # fmt: skip
def test_damage_is_told_with_its_line_and_what_to_do(lines: list[str], told: str) -> None:
    with pytest.raises(DamagedCassette, match=told) as caught:
        cassette.read(lines, "x.jsonl")
    assert caught.value.message.startswith("x.jsonl: ")
    assert caught.value.hint
    assert caught.value.exit_code == 4
    assert "aaaa" not in str(caught.value)


@pytest.mark.parametrize(
    ("subject", "secrets", "place"),
    [
        (transcript(exchange(b"", sent=(("AUTHORIZATION", "Bearer k"),))), (), "request header AUTHORIZATION"),
        (transcript(exchange(b"", target="/v1/x?api-key=abc")), (), "query"),
        (transcript(exchange(b"data: sk-0123456789abcdefghij\n\n", 9)), (), "response body: api key"),
        (transcript(exchange(b'{"a":"my-can"}\n{"b":"ary"}', request=b"my-canary")), ("my-canary",), "request body"),
        (replace(SMALL, slip="eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abcdefghijkl"), (), "web token"),
    ],
)
def test_the_writer_refuses_to_write_a_secret(subject: Transcript, secrets: tuple[str, ...], place: str) -> None:
    lines = cassette.write(subject, recorded="", by="a test", secrets=secrets)
    with pytest.raises(OwnError, match=place):
        next(lines)


def test_sums_read_like_those_of_sha256sum() -> None:
    assert cassette.sums([("b", "22"), ("a", "11")]) == "11  a\n22  b\n"
