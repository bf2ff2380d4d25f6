"""What recorders really write: packed bodies, absent ones, hostile documents, other protocols in the same file."""

from __future__ import annotations

import base64
import builtins
import gzip
import json
import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from conformance import files
from conformance.errors import UnreadableInput
from conformance.model import Exchange, Operation, Status, Transcript
from conformance.tests.wire.transcripts import event
from conformance.verdict.judge import judge
from conformance.wire.recordings import read

PATH = "/v1/threads/t/runs/r/submit_tool_outputs"
URL = f"https://api.example.com{PATH}"
SENT = '{"tool_outputs":[{"tool_call_id":"c","output":"ü"}],"stream":true}'
STREAM = event("thread.run.queued", {"a": "é"}) + b"event: done\ndata: [DONE]\n\n"
TYPE = ("Content-Type", "text/event-stream")


def only(name: str, content: bytes | str) -> Transcript:
    (transcript,) = read(name, content.encode() if isinstance(content, str) else content, None)
    return transcript


def one(name: str, content: bytes | str) -> Exchange:
    (exchange,) = only(name, content).exchanges
    return exchange


def body(exchange: Exchange) -> bytes:
    assert exchange.response is not None
    return b"".join(chunk.data for chunk in exchange.response.chunks)


def vcrpy(response: dict[str, Any], request: dict[str, Any] | None = None) -> str:
    asked = {"method": "POST", "uri": URL, "body": SENT, "headers": {"A": ["b"]}, **(request or {})}
    return json.dumps({"version": 1, "interactions": [{"request": asked, "response": response}]})


def har(
    content: object, *, status: int = 200, headers: Sequence[object] = ({"name": "a", "value": "b"},), **more: Any
) -> str:
    request = {"method": "POST", "url": URL, "headers": [], "postData": {"text": SENT}}
    entry = {"request": request, "response": {"status": status, "headers": list(headers), "content": content}, **more}
    return json.dumps({"log": {"creator": {"name": "Firefox"}, "entries": [entry]}})


def nock(response: object, headers: object = TYPE, **more: Any) -> str:
    call = {"scope": "https://api.example.com:443", "method": "POST", "path": PATH, "body": SENT, "status": 200}
    return json.dumps([{**call, "response": response, "rawHeaders": headers, **more}])


def wiremock(response: dict[str, Any], request: dict[str, Any] | None = None) -> str:
    return json.dumps({"request": {"url": PATH, "method": "POST", **(request or {})}, "response": response})


def exvcr(**response: Any) -> str:
    whole = {"binary": False, "type": "ok", "status_code": 200, "headers": dict([TYPE]), **response}
    return json.dumps([{"request": {"method": "post", "url": URL, "body": SENT}, "response": whole}])


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def coded(coding: str, **body: str) -> str:
    return vcrpy({"status": {"code": 200}, "headers": {"Content-Encoding": [coding]}, "body": body})


def quoted(prefix: str, end: str = "\n") -> str:
    return "".join(f"{prefix}{line}".rstrip() + end for line in STREAM.decode().splitlines())


PACKED = gzip.compress(STREAM, mtime=0)
HALVES = (PACKED[:20], PACKED[20:])
GZIP = ({"name": "content-encoding", "value": "gzip"},)
BODIES: dict[str, tuple[str, str | bytes]] = {
    "a gzipped body in !!binary": (
        "x.yaml",
        f"interactions:\n- request: {{method: POST, uri: '{URL}', body: null, headers: {{}}}}\n"
        f"  response:\n    body: {{string: !!binary {b64(PACKED)}}}\n"
        "    headers: {content-encoding: [gzip]}\n    status: {code: 200, message: OK}\nversion: 1\n",
    ),
    "a binary of Ruby": (
        "x.yml",
        f"---\nhttp_interactions:\n- request:\n    method: :post\n    uri: {URL}\n    body:\n      encoding: UTF-8\n"
        f"      string: ''\n    headers: {{}}\n  response:\n    status:\n      code: 200\n      message:\n"
        f"    headers: {{}}\n    body:\n      encoding: ASCII-8BIT\n      string: !binary |-\n        {b64(STREAM)}\n"
        "  recorded_at: Sat, 27 Apr 2024 22:07:45 GMT\nrecorded_with: VCR 6.2.0\n",
    ),
    "packed, as the head says": ("x.json", coded("gzip", base64_string=b64(PACKED))),
    "unpacked before, the head says packed": ("x.json", coded("gzip", string=STREAM.decode())),
    "packed, byte by byte a character": ("x.json", coded("gzip", string=PACKED.decode("latin-1"))),
    "deflate": ("x.json", coded("deflate", base64_string=b64(zlib.compress(STREAM)))),
    "brotli that was undone": ("x.json", coded("br", string=STREAM.decode())),
    "in pieces": ("x.json", vcrpy({"status": {"code": 200}, "body": {"string": STREAM.decode().splitlines(True)}})),
    "an older stub": ("x.json", vcrpy({"status_code": 200, "headers": {"a": "b"}, "content": STREAM.decode()})),
    "go-vcr": ("x.json", vcrpy({"status": "200 OK", "code": 200, "body": STREAM.decode()}, {"uri": None, "url": URL})),
    "a byte order mark before the document": ("x.json", "\ufeff" + coded("", string=STREAM.decode())),
    "an archive": ("x.har", har({"text": STREAM.decode(), "size": 1})),
    "an archive in base64": ("x.har", har({"text": b64(STREAM), "encoding": "base64"})),
    "Polly.js, packed": ("x.har", har({"text": json.dumps([*map(b64, HALVES)]), "encoding": "base64"}, headers=GZIP)),
    "older Polly.js, packed": ("x.har", har({"text": json.dumps([PACKED.hex()]), "_isBinary": True}, headers=GZIP)),
    "nock": ("x.json", nock(STREAM.decode())),
    "nock, packed": ("x.json", nock([half.hex() for half in HALVES], ["Content-Encoding", "gzip"])),
    "nock, binary": ("x.json", nock(STREAM.hex(), {"content-type": "x"}, responseIsBinary=True)),
    "exvcr": ("x.json", exvcr(body=STREAM.decode())),
    "exvcr, binary": ("x.json", exvcr(body=b64(b"\x83m" + len(STREAM).to_bytes(4, "big") + STREAM), binary=True)),
    "one mapping": ("x.json", wiremock({"body": STREAM.decode(), "headers": {"Content-Type": "text/event-stream"}})),
    "one mapping in base64": ("x.json", wiremock({"base64Body": b64(STREAM)}, {"urlPath": PATH, "url": None})),
    "indented": ("x.txt", "\n\n" + quoted("    ")),
    "indented by tabs, fenced": ("x.md", "```text\n" + quoted("\t") + "```\n"),
    "quoted in a mail": ("-", quoted("> ", "\r\n")),
    "quoted twice": ("-", quoted(">> ")),
    "a JSON string": ("-", json.dumps(STREAM.decode())),
    "bytes of Python": ("-", f"b'{STREAM.decode()}'".replace("\n", "\\n")),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content"), BODIES.values(), ids=BODIES)
def test_a_body_comes_in_as_it_was_sent(name: str, content: str | bytes) -> None:
    exchange = one(name, content)
    assert exchange.operation is Operation.SUBMIT
    assert body(exchange).rstrip(b"\n") == STREAM.rstrip(b"\n")
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.reconstructed) == (200, False)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (nock({"a": 1}), b'{"a":1}'),
        (nock(None, ["content-type", "application/json"]), b"null"),
        (wiremock({"status": 200, "jsonBody": {"a": [1]}}), b'{"a":[1]}'),
    ],
)
def test_a_parsed_body_is_written_again(content: str, expected: bytes) -> None:
    response = one("x.json", content).response
    assert response is not None
    assert (response.chunks[0].data, response.reconstructed) == (expected, True)


@pytest.mark.parametrize(
    "content",
    [
        vcrpy({"status": {"code": 200}, "headers": {"a": "b"}, "body": {"string": ""}}, {"body": None}),
        vcrpy({"status": {"code": 200}, "headers": {"a": "b"}, "body": None}),
        har({"text": "", "size": 0}),
        har({"size": 0, "mimeType": "application/json"}),
        har({"size": 0, "mimeType": "text/event-stream"}).replace("Firefox", "Polly.JS"),
        nock(""),
        exvcr(body=""),
        wiremock({"status": 200, "headers": {"a": "b"}}),
    ],
)
def test_an_empty_answer_is_empty(content: str) -> None:
    response = one("x.json", content).response
    assert response is not None
    assert (response.status, response.chunks) == (200, ())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (har({"size": 831, "mimeType": "text/event-stream"}), "does not hold the body"),
        (har({"size": 0, "mimeType": "text/event-stream"}), "does not hold the body"),
        (har({"_file": "a.txt"}), "file of its own"),
        (har({}, status=0), "no answer"),
        (exvcr(type="error", status_code=None, body="timeout"), "no answer"),
        (wiremock({"fault": "CONNECTION_RESET_BY_PEER"}), "no answer"),
        (wiremock({"status": 200, "bodyFileName": "a.json"}), "file of its own"),
        (coded("br", base64_string=b64(b"\x8b\xff\x00\xfe")), "content coding br"),
        (coded("gzip", base64_string=b64(gzip.compress(bytes(70 * 2**20), 1))), "when unpacked, as no answer is"),
    ],
)  # fmt: skip
def test_what_was_not_kept_is_no_answer(content: str, why: str) -> None:
    exchange = one("x.json", content)
    assert exchange.response is None
    assert exchange.failure is not None
    assert why in exchange.failure


@pytest.mark.parametrize(("coding", "package"), [("br", "brotli"), ("zstd", "zstandard")])
def test_a_coding_of_a_package_is_undone_where_it_is_installed(coding: str, package: str) -> None:
    module = pytest.importorskip(package)
    packed = module.compress(STREAM)
    assert body(one("x.json", coded(coding, base64_string=b64(packed)))) == STREAM
    bomb = one("x.json", coded(coding, base64_string=b64(module.compress(bytes(8 * 2**20)))))
    assert bomb.response is None


def test_header_fields_keep_their_case_and_repeat_and_pseudo_fields_go() -> None:
    fields = [[":status", "200"], ["Set-Cookie", "a"], ["set-cookie", "b"], ["Content-Length", 7]]
    exchange = one("x.json", vcrpy({"status": {"code": 200}, "headers": fields, "body": {"string": "x"}}))
    assert exchange.response is not None
    assert exchange.response.headers == (("Set-Cookie", "a"), ("set-cookie", "b"), ("Content-Length", "7"))


def test_a_file_in_which_no_answer_has_a_head_shows_none() -> None:
    transcript = only("x.json", nock(STREAM.decode(), []))
    assert transcript.provenance == {"kind": "recording without headers", "format": "nock"}
    response = transcript.exchanges[0].response
    assert response is not None
    assert response.headers == (("content-type", "text/event-stream"),)


def test_an_archive_is_put_in_order_and_other_protocols_are_passed_over() -> None:
    def entry(url: str, second: int, **more: Any) -> dict[str, Any]:
        request = {"method": "GET", "url": url, "headers": []}
        response = {"status": 200, "headers": [], "content": {"text": "{}"}}
        return {
            "startedDateTime": f"2026-01-02T03:04:{second:02}+01:00",
            "request": request,
            "response": response,
            **more,
        }

    entries = [
        entry("https://api.example.com/v1/threads/t/runs/r", 9),
        entry("https://other.example.com/weather?city=x#part", 1),
        entry("wss://api.example.com/v1/live", 2),
        entry("https://api.example.com/v1/live", 3, _webSocketMessages=[]),
    ]
    transcript = only("x.har", json.dumps({"log": {"entries": entries}}))
    assert [(e.operation, e.request.target) for e in transcript.exchanges] == [
        (Operation.OTHER, "/weather?city=x"),
        (Operation.GET_RUN, "/v1/threads/t/runs/r"),
    ]


def test_a_redirect_is_no_answer_of_its_own() -> None:
    moved = {"method": "POST", "url": "http://a.example.com" + PATH, "headers": [], "postData": {"text": SENT}}
    to = [{"name": "Location", "value": f"https://b.example.com{PATH}"}]
    entries = [
        {"request": moved, "response": {"status": 308, "headers": to, "content": {"text": ""}}},
        {"request": moved, "response": {"status": 200, "headers": to, "content": {"text": STREAM.decode()}}},
    ]
    assert body(one("x.har", json.dumps({"log": {"entries": entries}}))) == STREAM


def test_mappings_come_in_the_order_in_which_they_were_recorded() -> None:
    mappings = [
        {**json.loads(wiremock({"status": status})), "insertionIndex": index} for status, index in ((201, 7), (202, 3))
    ]
    transcript = only("x.json", json.dumps({"mappings": mappings, "meta": {"total": 2}}))
    assert [e.response.status for e in transcript.exchanges if e.response] == [202, 201]


@pytest.mark.parametrize("counted", ["up", "down", "not"])
@pytest.mark.parametrize("listed", [1, -1])
def test_mappings_that_were_written_from_the_last_request_on_are_turned_round(counted: str, listed: int) -> None:
    """As WireMock 3 writes them; WireMock 2 wrote from the first on."""
    waiting = {"id": "run_1", "status": "requires_action", "required_action": {"calls": [{"id": "call_1"}]}}
    outputs = {"bodyPatterns": [{"equalToJson": '{"tool_outputs":[{"tool_call_id":"call_1"}]}'}]}
    after = {"id": "run_1", "status": "completed", "steps": [{"id": "call_1"}]}
    run = PATH.removesuffix("/submit_tool_outputs")
    told: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, str]]] = [
        ("GET", run, {}, waiting, {"requiredScenarioState": "Started", "newScenarioState": "2"}),
        ("POST", PATH, outputs, {"id": "run_1", "status": "queued"}, {}),
        ("GET", run, {}, after, {"requiredScenarioState": "2"}),
    ]
    mappings: list[dict[str, Any]] = [
        {
            "request": {"method": method, "url": url, **asked},
            "response": {"jsonBody": answer},
            "scenarioName": "s",
            **states,
        }
        for method, url, asked, answer, states in told
    ]
    if counted != "not":
        mappings = [{**each, "insertionIndex": at if counted == "up" else -at} for at, each in enumerate(mappings)]
    for some in (mappings, mappings[:2], [*mappings[:1], *mappings[2:]]):
        transcript = only("x.json", json.dumps({"mappings": some[::listed]}))
        assert [e.request.target for e in transcript.exchanges] == [each["request"]["url"] for each in some]
        assert json.loads(body(transcript.exchanges[0]))["status"] == "requires_action"


CURL = f"""\
$ curl -vN https://api.example.com{PATH}
* Connected to api.example.com (127.0.0.1) port 443 (#0)
> POST {PATH} HTTP/1.1\r
> Host: api.example.com\r
> Authorization: Bearer sk-x\r
>\x20\r
}} [67 bytes data]
* upload completely sent off: 67 out of 67 bytes
< HTTP/1.1 100 Continue\r
<\x20\r
< HTTP/1.1 200 OK\r
< Content-Type: text/event-stream\r
< Transfer-Encoding: chunked\r
<\x20\r
{{ [831 bytes data]
{STREAM.decode()}* Connection #0 to host api.example.com left intact
"""


def test_curl_shows_both_sides() -> None:
    exchange = one("-", CURL)
    assert (exchange.operation, exchange.request.target) == (Operation.SUBMIT, PATH)
    assert exchange.request.headers[1] == ("Authorization", "Bearer sk-x")
    assert exchange.response is not None
    assert [name for name, _ in exchange.response.headers] == ["Content-Type", "Transfer-Encoding"]
    assert body(exchange) == STREAM
    assert body(one("-", CURL.replace("\r\n", "\n"))) == STREAM
    assert body(one("-", CURL.replace("]\n\n* Conn", "]* Conn"))) == STREAM.rstrip(b"\n")
    elsewhere = one("-", CURL.replace(STREAM.decode(), ""))
    assert elsewhere.response is None
    assert elsewhere.failure and "2>&1" in elsewhere.failure
    gone = one("-", CURL.replace("* Connection #0", "curl: (28) Operation timed out\n* Connection #0"))
    assert gone.response is None


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("broken", [b"", b"data: \xff\n"])
def test_a_text_that_a_browser_read_in_another_encoding_is_as_it_was_sent(encoding: str, broken: bytes) -> None:
    """Chromium and mitmproxy do so with a stream that names no charset; nobody else's text is touched."""
    sent = "data: 21 °C — ✓ “so”\n".encode() + broken + b"\n"
    said = sent.decode(encoding, "surrogateescape").translate({0xDC00 + byte: byte for byte in range(0x80, 0xA0)})
    assert body(one("x.har", har({"text": said, "mimeType": "text/event-stream"}))) == sent
    assert body(one("x.har", har({"text": said, "mimeType": "text/event-stream; charset=utf-8"}))) == said.encode()
    for right in ("data: 21 °C\n\n", sent.decode("utf-8", "replace"), "data: ÿ ✓ Â°\n\n"):
        assert body(one("x.har", har({"text": right, "mimeType": "text/event-stream"}))) == right.encode()


def test_an_answer_that_mitmproxy_saw_broken_off_is_there_once_and_not_judged() -> None:
    """Its archive holds such an answer twice, without a body; a stream that was empty took its time to end."""
    document = json.loads(har({"text": "", "size": 0, "mimeType": "text/event-stream"}, timings={"receive": 0}))
    document["log"]["creator"]["name"] = "mitmproxy"
    document["log"]["entries"] *= 2
    exchange = one("x.har", json.dumps(document))
    assert exchange.response is None
    document["log"]["entries"][1] = {**document["log"]["entries"][1], "timings": {"receive": 0.2}}
    assert [body(each) for each in only("x.har", json.dumps(document)).exchanges if each.response] == [b""]
    document["log"]["creator"]["name"] = "Firefox"
    assert [body(each) for each in only("x.har", json.dumps(document)).exchanges] == [b"", b""]


@pytest.mark.parametrize(
    ("encoding", "text"), [("ISO-8859-1", STREAM.decode("latin-1")), ("ISO-8859-1", "✓"), (None, "é")]
)
def test_betamax_says_as_what_it_read_a_body(encoding: str | None, text: str) -> None:
    kept = {"encoding": encoding, "string": text}
    request = {"method": "POST", "uri": URL, "body": {"string": SENT}, "headers": {}}
    response = {"status": {"code": 200}, "headers": {}, "body": kept}
    document = {"http_interactions": [{"request": request, "response": response}]}
    assert body(one("x.json", json.dumps(document))) == (STREAM if text == STREAM.decode("latin-1") else text.encode())


#: What curl prints before a transfer where it shows its meter, and the meter before anything has come.
METER = (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\n"
    "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
)


def test_the_progress_meter_of_curl_stands_before_whatever_comes_next() -> None:
    """It ends no line: the next line of curl, of an answer or of a body begins right behind it."""
    called = METER + CURL.removeprefix(f"$ curl -vN https://api.example.com{PATH}\n")
    slow = called.replace(
        "< HTTP/1.1 200",
        "\r100    62    0     0  100    62      0   1429 --:--:-- --:--:-- --:--:--  1409< HTTP/1.1 200",
    )
    waiting = called.replace(
        "event: done", "\r100   831    0   764  100    67   7203    631 --:--:--  0:00:01 --:--:--    21event: done"
    )
    for text in (called, slow, waiting):
        exchanges = only("-", text + text).exchanges
        assert [body(exchange) for exchange in exchanges] == [STREAM, STREAM], text
    (first, second) = only("-", (called + called).replace(STREAM.decode(), "")).exchanges
    assert first.response is second.response is None


def test_heads_that_curl_shows_twice_are_no_body() -> None:
    """With both `-v` and `-i` they stand before the body as well; the body is then known even where it is empty."""
    head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    assert body(one("-", CURL.replace(STREAM.decode(), head + STREAM.decode()))) == STREAM
    assert body(one("-", CURL.replace(STREAM.decode(), head))) == b""


@pytest.mark.parametrize("at", [3, len(STREAM) // 2, len(STREAM) - 3])
def test_the_words_of_curl_may_stand_in_the_middle_of_a_line(at: int) -> None:
    """Where both outputs go to one file: curl writes bodies in blocks, and its own words at once."""
    words = (
        "{ [831 bytes data]\n",
        "\r100   831    0   764  100    67   7203    631 --:--:-- --:--:-- --:--:--  7203",
        "\r100   831    0   764  100    67   7203    631 --:--:--  0:00:01 --:--:--  7203\n* Connection #0 to host x\n",
        "* Connection #0 to host api.example.com left intact\n",
    )
    text = STREAM.decode()
    for said in words:
        inserted = text[:at] + said + text[at:]
        assert body(one("-", CURL.replace(text, inserted))) == STREAM, said


def test_curl_called_twice_is_two_exchanges() -> None:
    look = CURL.replace("POST", "GET").replace("/submit_tool_outputs", "")
    assert [e.operation for e in only("-", look + CURL).exchanges] == [Operation.GET_RUN, Operation.SUBMIT]
    (with_request,) = read("x.txt", (look + CURL).encode(), SENT.encode())
    assert [e.request.body for e in with_request.exchanges] == [b"", SENT.encode()]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.yml", "interactions:\n" + BOMB, "aliases repeat"),
        ("x.yml", "interactions: &a\n- *a\n", "an alias of what is not complete"),
        ("x.yml", "interactions: " + "[" * 600 + "]" * 600, "500 lists and objects"),
        ("x.yml", "interactions: [\n", "not YAML"),
        ("x.yml", b"interactions:\n- \xff\xfe\x00", "not YAML"),
        ("x.json", '{"interactions": ' + "[" * 600 + "]" * 600 + "}", "500 arrays and objects"),
        ("x.json", '{"log": {"entries": [', "not JSON"),
        ("x.json", '{"log": {"entries": 1}}', "/log/entries: a list was expected"),
        ("x.json", '{"log": {"entries": [{"request": 1}]}}', "/log/entries/0/request: an object was expected"),
        ("x.json", har({"text": "%%", "encoding": "base64"}), "/content/text: base64 was expected"),
        ("x.json", har({"text": 1, "encoding": "base64"}), "/content/text: a text was expected"),
        ("x.json", har({"text": ""}, headers=[{"name": "a", "value": {}}]), "value of a header field"),
        ("x.json", har({"text": ""}, headers=[["a"]]), "a name and a value were expected"),
        ("x.json", vcrpy({"status": {"code": "OK"}, "headers": {}}), "/status/code: a status of three digits"),
        ("x.json", vcrpy({"status": {"code": 200}}, {"uri": "http://[x"}), "/request/uri: no URI"),
        ("x.json", vcrpy({"status": {"code": 200}}, {"method": None}), "/request/method: a text was expected"),
        ("x.json", nock("xy", responseIsBinary=True), "/0/response: hexadecimal digits"),
        ("x.json", '[{"scope": "", "method": "GET", "path": "/"}, 7]', "/1: an object was expected"),
        ("x.json", '{"http_interactions": {}}', "/http_interactions: a list was expected"),
        ("x.json", '{"mappings": [{"request": {}}]}', "/mappings/0/response: an object was expected"),
    ],
)
def test_what_is_off_is_told_with_its_place(name: str, content: str | bytes, told: str) -> None:
    with pytest.raises(UnreadableInput) as caught:
        only(name, content)
    assert told in caught.value.message
    assert caught.value.message.startswith(name)
    assert caught.value.hint


def test_no_tag_makes_anything() -> None:
    tagged = (
        "interactions:\n- request:\n    method: !!python/unicode 'POST'\n"
        f"    uri: !!python/object/apply:os.system ['{URL}']\n    headers: !!python/object:x.Y {{a: [b]}}\n"
        "  response: {status: {code: 200}, body: {string: x}}\n"
    )
    with pytest.raises(UnreadableInput, match="uri: a text was expected"):
        only("x.yaml", tagged)
    read_as_text = one(
        "x.yaml", tagged.replace(f"!!python/object/apply:os.system ['{URL}']", f"!ruby/object:URI {URL}")
    )
    assert read_as_text.request.method == "POST"
    assert read_as_text.request.headers == (("a", "b"),)


def test_a_repeated_value_is_read_where_it_is_repeated() -> None:
    content = (
        f"interactions:\n- request: {{method: POST, uri: '{URL}', headers: &h {{a: [b]}}}}\n"
        "  response: {status: {code: 200}, headers: *h, body: {string: x}}\n"
    )
    response = one("x.yaml", content).response
    assert response is not None
    assert response.headers == (("a", "b"),)


def test_without_pyyaml_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name == "yaml":
            raise ImportError
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(UnreadableInput, match="needs PyYAML") as caught:
        only("x.yml", "---\nhttp_interactions: []\n")
    assert "[yaml]" in str(caught.value.hint)


def test_without_mitmproxy_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mitmproxy.io", None)
    with pytest.raises(UnreadableInput, match="needs its package") as caught:
        only("x.mitm", b"1234:9:websocket;0:~8:response;20:7:version;2:20#}")
    assert "mitmdump" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("content", "like"),
    [
        ('{"consumer": {}, "provider": {}, "interactions": []}', "Pact"),
        ('{"info": {}, "item": []}', "Postman"),
        ('{"openapi": "3.1.0", "paths": {}}', "OpenAPI"),
        ('{"data": {"pairs": []}, "meta": {}}', "Hoverfly"),
        ('[{"httpRequest": {}, "httpResponse": {}}]', "MockServer"),
        ('[{"scheme": "https", "host": "x", "request": {}, "response": {}}]', "Charles"),
        ('{"error": {"message": "x"}}', "JSON answer of a server"),
        ("openapi: 3.1.0\ninfo:\n  title: x\n", "OpenAPI"),
        ("---\nresponses:\n- response:\n", "YAML"),
        (b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "network packets"),
        ('[{"hash": "x", "snapshot": {"request": {}, "responses": []}}]', "snapshots of undici"),
        ('{"requests": [], "meta": {"total": 0}, "requestJournalDisabled": false}', "request journal of WireMock"),
        ("== Info: Trying 127.0.0.1\n=> Send header, 9 bytes (0x9)\n", "trace of curl"),
        ("11:15:26.241724 == Info: Trying 127.0.0.1\n", "trace of curl"),
        ("11:15:26.241724 [0-0] == Info: Trying 127.0.0.1\n", "trace of curl"),
        (b"PK\x03\x04", "packed .zip"),
    ],
)  # fmt: skip
def test_a_foreign_file_is_named_for_what_it_looks_like(content: str | bytes, like: str) -> None:
    with pytest.raises(UnreadableInput, match=f"not a recording of a known format: it .*{like}") as caught:
        only("x.txt", content)
    assert caught.value.hint


def failed(name: str, content: bytes | str) -> list[str]:
    verdicts = judge(only(name, content)).verdicts
    return [verdict.requirement for verdict in verdicts if verdict.status is Status.FAIL]


@pytest.mark.parametrize(("times", "shown"), [(1, ["content.message-text"]), (-1, [])])
def test_what_a_recorder_decoded_shows_no_broken_bytes(times: int, shown: list[str]) -> None:
    """As docs/recordings.md says: only a text that is damaged in one place and whole in another is noticed."""
    cassette = (files.cassettes_folder() / "reference" / "stream-one-call.jsonl").read_bytes()
    exchanges = [each for each in only("x.jsonl", cassette).exchanges if each.operation is Operation.SUBMIT]
    broken = body(exchanges[0]).replace(b'"value":"In', b'"value":"\xffn', times)
    kind = "text/event-stream; charset=utf-8"
    decoded = {"mimeType": kind, "text": broken.decode(errors="replace")}
    assert "framing.utf8" in failed("x.sse", broken)
    seen = failed("x.har", har(decoded, headers=({"name": "Content-Type", "value": kind},)))
    assert [each for each in seen if each in ("framing.utf8", "content.message-text")] == shown
