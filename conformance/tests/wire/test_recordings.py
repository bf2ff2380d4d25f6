"""Every known format is found by content and name, and comes in as it was on the wire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.errors import DamagedCassette, UnreadableInput
from conformance.model import Author, Ended, Operation, Transcript
from conformance.tests.wire.transcripts import answer, event, exchange, transcript
from conformance.wire import cassette
from conformance.wire.recordings import READERS, read
from conformance.wire.recordings.operation import of_target

WIRE = Path(__file__).parents[4] / "shared" / "wire"
needs_wire = pytest.mark.skipif(not WIRE.is_dir(), reason="the real recordings are not beside this checkout")

STREAM = event("thread.run.queued", {"a": 1}) + b"event: done\ndata: [DONE]\n\n"
CASSETTE = "".join(cassette.write(transcript(exchange(STREAM)), recorded="", by="a test")).encode()
RECORD = {
    "Entries": [
        {
            "RequestUri": "https://api.example.com/v1/threads/t/runs/r/submit_tool_outputs?x=1",
            "RequestMethod": "POST",
            "RequestHeaders": {"Content-Type": "application/json", "Authorization": "Sanitized"},
            "RequestBody": {"tool_outputs": [], "stream": True},
            "StatusCode": 200,
            "ResponseHeaders": {
                "Content-Type": "text/event-stream; charset=utf-8",
                "Set-Cookie": ["a", "b"],
                "openai-processing-ms": 21,
                "x-ratelimit": [0.5, "9"],
            },
            "ResponseBody": ["event: done\n", "data: [DONE]\n\n"],
        }
    ]
}
CURL = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(STREAM) + STREAM


def one(name: str, content: bytes, request: bytes | None = None) -> Transcript:
    (only,) = read(name, content, request)
    assert only.scenario == name or name.endswith(".jsonl")
    return only


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("x.sse", STREAM, "raw stream"),
        ("x.sse", b"", "raw stream"),
        ("x.SSE", b"<html>", "raw stream"),
        ("x.sse", b'{"object":"thread.run"}', "raw stream"),
        ("x.sse", json.dumps(RECORD).encode(), "raw stream"),
        ("-", STREAM, "raw stream"),
        ("-", b": ping\n\n" + STREAM, "raw stream"),
        ("x.sse", STREAM.decode().encode("utf-16"), "raw stream"),
        ("x.txt", STREAM, "raw stream"),
        ("x.txt", b"\xef\xbb\xbf: ping\n\ndata: x\n\n", "raw stream"),
        ("x.sse", CURL, "curl -i"),
        ("-", CURL, "curl -i"),
        ("-", json.dumps(RECORD).encode(), "session record"),
        ("x.json", b"\xef\xbb\xbf " + json.dumps(RECORD, indent=1).encode(), "session record"),
    ],
)
def test_a_format_is_found_by_content_and_name(name: str, content: bytes, kind: str) -> None:
    assert one(name, content).provenance["kind"] == kind


@pytest.mark.parametrize("name", ["-", "x.jsonl", "x"])
def test_a_cassette_comes_back_as_what_was_written(name: str) -> None:
    (back,) = read(name, b"\xef\xbb\xbf" + CASSETTE, None)
    assert back.exchanges == (exchange(STREAM),)


@pytest.mark.parametrize("content", [b"", b"garbage", CASSETTE[:-90], CASSETTE.replace(b"queued", b"queues")])
def test_a_damaged_cassette_is_told(content: bytes) -> None:
    with pytest.raises(DamagedCassette, match=r"x\.jsonl: line \d+: "):
        read("x.jsonl", content, None)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("notes.txt", b"hello", "not a recording of a known format"),
        ("empty.json", b"", "not a recording of a known format"),
        ("x.json", b"{}", "not a recording of a known format"),
        ("x.bin", bytes(range(256)), "not a recording of a known format"),
        ("x.json", b'{"Entries": [', "not JSON"),
        ("x.json", b'{"Entries": 1}', "/Entries must be of type array"),
        ("x.json", b'{"Entries": [{}]}', "/Entries/0 lacks '"),
        ("x.json", b'{"a": "\\ud800", "Entries": [{}]}', "/Entries/0 lacks '"),
        ("x.json", json.dumps(RECORD).replace("200", '"OK"').encode(), "/Entries/0/StatusCode must be of type integer"),
        ("x.txt", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", "the headers never end"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_is_known(name: str, content: bytes, told: str) -> None:
    with pytest.raises(UnreadableInput, match=told) as caught:
        read(name, content, None)
    assert caught.value.message.startswith(f"{name}: ")
    assert caught.value.hint
    if "known format" in told:
        assert all(reader.title in caught.value.hint for reader in READERS)


@pytest.mark.parametrize(
    ("content", "like"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf \r\n\n", "it is empty"),
        (b"hello", "it is text that begins with 'hello'"),
        (b"Traceback (most recent call last):\n  File", "it is text that begins with 'Traceback"),
        (b"\x1b[31mcurl: (7) Failed", "it is text that begins with '\\?"),
        (b'{"object": "thread.run", "status": "queued"}', "it looks like JSON"),
        (b"[1, 2]", "it looks like JSON"),
        (b"\n<!DOCTYPE html><title>busy</title>", "it looks like a web page"),
        (b"<html>", "it looks like a web page"),
        (b'<?xml version="1.0"?><Error/>', "it looks like a web page"),
        (b"\x1f\x8b\x08\x00", "it is packed .gzip."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "it is binary"),
        (STREAM.decode().encode("utf-16"), "it is text in UTF-16"),
        (STREAM.decode().encode("utf-16-le"), "it is text in UTF-16"),
        (STREAM.decode().encode("utf-16-be"), "it is text in UTF-16"),
        (json.dumps(RECORD).encode("utf-16"), "it is text in UTF-16"),
        (CASSETTE.decode().encode("utf-16"), "it is text in UTF-16"),
    ],
)
@pytest.mark.parametrize("name", ["-", "recording.txt"])
def test_what_no_reader_knows_is_told_by_what_it_looks_like(name: str, content: bytes, like: str) -> None:
    with pytest.raises(UnreadableInput, match=f"not a recording of a known format: {like}") as caught:
        read(name, content, None)
    assert caught.value.message.startswith("standard input: " if name == "-" else "recording.txt: ")
    assert caught.value.hint


def test_a_cassette_in_utf16_is_no_damaged_one() -> None:
    with pytest.raises(UnreadableInput, match="UTF-16") as caught:
        read("x.jsonl", CASSETTE.decode().encode("utf-16"), None)
    assert not isinstance(caught.value, DamagedCassette)


@pytest.mark.parametrize(
    ("body", "request_body", "operation"),
    [
        (event("thread.run.created", {}), None, Operation.CREATE_RUN),
        (b"\xef\xbb\xbf: hi\r\n\r\nevent: thread.created\r\ndata: {}\r\n\r\n", None, Operation.CREATE_RUN),
        (b"retry: 1\n\n" * 20_000 + event("thread.created", {}), None, Operation.CREATE_RUN),
        (event("thread.run.created", {}), b"{}", Operation.SUBMIT),
        (event("thread.run.step.completed", {}) + event("thread.run.created", {}), None, Operation.SUBMIT),
        (b"event: thread.run.created\ndata: {}", None, Operation.SUBMIT),
        (b"", None, Operation.SUBMIT),
        (b"<html>", None, Operation.SUBMIT),
    ],
)
def test_a_raw_stream_is_one_answer(body: bytes, request_body: bytes | None, operation: Operation) -> None:
    subject = one("x.sse", body, request_body)
    (only,) = subject.exchanges
    assert only.operation is operation
    assert (only.request.author, only.request.body) == (Author.HARNESS, request_body or b"")
    assert only.request.reconstructed is (request_body is None)
    assert only.response is not None
    assert (only.response.author, only.response.status) == (Author.IMPLEMENTATION, 200)
    assert only.response.headers == (("content-type", "text/event-stream"),)
    assert only.response.ended is Ended.COMPLETE
    assert answer(subject) == body


@pytest.mark.parametrize(
    ("content", "status", "headers", "body", "ended"),
    [
        (CURL, 200, 2, STREAM, Ended.COMPLETE),
        (CURL[:-3], 200, 2, STREAM[:-3], Ended.SHORT),
        (b"HTTP/2 400 \r\ncontent-type: application/json\r\n\r\n{}", 400, 1, b"{}", Ended.COMPLETE),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 307 X\r\na: b\r\n\r\n" + CURL, 200, 2, STREAM, Ended.COMPLETE),
        (CURL.replace(b"\r\n", b"\n"), 200, 2, STREAM, Ended.COMPLETE),
        (b"HTTP/1.0 204 No Content\r\nServer: x\r\n\r\n", 204, 1, b"", Ended.COMPLETE),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nab", 200, 2, b"ab", Ended.COMPLETE),
    ],
)
def test_curl_prints_status_headers_and_body(
    content: bytes, status: int, headers: int, body: bytes, ended: Ended
) -> None:
    subject = one("-", content)
    response = subject.exchanges[0].response
    assert response is not None
    assert (response.status, len(response.headers), response.ended) == (status, headers, ended)
    assert answer(subject) == body


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("POST", "/v1/threads/t/runs/r/submit_tool_outputs", Operation.SUBMIT),
        ("post", "/openai/threads/t/runs/r/submit_tool_outputs?api-version=x/y", Operation.SUBMIT),
        ("POST", "/v1/threads/runs", Operation.CREATE_RUN),
        ("POST", "/threads/t/runs/", Operation.CREATE_RUN),
        ("GET", "/v1/threads/t/runs/r", Operation.GET_RUN),
        ("GET", "/v1/threads/t/runs/r/steps?limit=3", Operation.LIST_STEPS),
        ("GET", "/v1/threads/t/messages", Operation.LIST_MESSAGES),
        ("GET", "/v1/threads/t/runs", Operation.LIST_RUNS),
        ("POST", "/v1/threads/t/runs/r", Operation.OTHER),
        ("POST", "/v1/threads/t/runs/r/cancel", Operation.OTHER),
        ("POST", "/v1/threads", Operation.OTHER),
        ("GET", "/v1/threads/t/runs/r/submit_tool_outputs", Operation.OTHER),
        ("GET", "/v1/threads/t/messages/m", Operation.OTHER),
    ],
)
def test_an_operation_is_told_by_method_and_path(method: str, target: str, operation: Operation) -> None:
    assert of_target(method, target) is operation


def test_a_session_record_holds_whole_exchanges() -> None:
    (only,) = one("x.json", json.dumps(RECORD).encode()).exchanges
    assert only.operation is Operation.SUBMIT
    assert only.request.target == "/v1/threads/t/runs/r/submit_tool_outputs?x=1"
    assert (only.request.body, only.request.reconstructed) == (b'{"tool_outputs":[],"stream":true}', True)
    assert only.response is not None
    assert not only.response.reconstructed
    assert only.response.headers[1:] == (
        ("Set-Cookie", "a"),
        ("Set-Cookie", "b"),
        ("openai-processing-ms", "21"),
        ("x-ratelimit", "0.5"),
        ("x-ratelimit", "9"),
    )
    assert only.response.chunks[0].data == b"event: done\ndata: [DONE]\n\n"


@pytest.mark.parametrize(
    ("stored", "media_type", "body", "reconstructed"),
    [
        (None, "application/json", b"", False),
        ("<html>é", "text/html", "<html>é".encode(), False),
        (["a\n", "b"], "text/event-stream", b"a\nb", False),
        (["event: a", "data: b", "", ""], "text/event-stream", b"event: a\ndata: b\n\n", False),
        (["a", "b"], "application/json", b'["a","b"]', True),
        ([], "text/event-stream", b"", False),
        ({"a": [1, 2.5, "é"]}, "application/json", b'{"a":[1,2.5,"\\u00e9"]}', True),
        ("\ud800", "text/plain", b"\xed\xa0\x80", False),
    ],
)
def test_bodies_of_a_session_record(stored: object, media_type: str, body: bytes, reconstructed: bool) -> None:
    entry = {**RECORD["Entries"][0], "ResponseBody": stored, "ResponseHeaders": {"Content-Type": media_type}}
    subject = one("x.json", json.dumps({"Entries": [entry]}).encode())
    response = subject.exchanges[0].response
    assert response is not None
    assert (answer(subject), response.reconstructed) == (body, reconstructed)


@needs_wire
@pytest.mark.parametrize(
    ("name", "operations"),
    [
        (
            "FunctionToolsWork.json",
            "other create-run" + " get-run" * 10 + " submit" + " get-run" * 3 + " list-messages",
        ),
        ("StreamingToolCall.json", "other create-run submit"),
    ],
)
def test_real_sessions(name: str, operations: str) -> None:
    content = (WIRE / "session-records" / name).read_bytes()
    subject = one(name, content)
    assert " ".join(exchange.operation for exchange in subject.exchanges) == operations
    for number, entry in enumerate(json.loads(content)["Entries"]):
        if isinstance(entry["ResponseBody"], list):
            body = answer(subject, number)
            assert body.decode() == "".join(entry["ResponseBody"])
            assert body.endswith(b"event: done\ndata: [DONE]\n\n")
        else:
            assert json.loads(answer(subject, number)) == entry["ResponseBody"]


@needs_wire
def test_real_streams_tell_their_operation_themselves() -> None:
    for path in sorted(WIRE.glob("*/*.sse")):
        subject = one(path.name, path.read_bytes())
        assert subject.exchanges[0].operation == path.parent.name
        assert answer(subject) == path.read_bytes()


@needs_wire
def test_real_recordings_survive_the_cassette() -> None:
    for path in sorted((*WIRE.glob("*/*.sse"), *WIRE.glob("*/*.json"))):
        subject = one(path.name, path.read_bytes())
        lines = cassette.write(_without_credentials(subject), recorded="", by="a test")
        assert cassette.read(lines, "x").exchanges == _without_credentials(subject).exchanges


def _without_credentials(subject: Transcript) -> Transcript:
    from conformance.wire.redact import redact

    return redact(subject)
