"""The hostilities, one row each: what a server that is otherwise the reference does, and what is to be said of it."""

from __future__ import annotations

import gzip
from typing import NamedTuple

from conformance.tests.hostile.damages import (
    CHUNKED,
    STEERING,
    begun,
    bomb,
    byte_by_byte,
    chunk,
    cut,
    for_ever,
    framed,
    in_milliseconds,
    member,
    misled,
    moved,
    quoted,
    raw,
    rewritten,
    silence,
    texts,
    without,
)
from conformance.tests.hostile.server import KEY, Damage, body_of, head_of

SUBMIT = "POST .*/submit_tool_outputs"
LOOK = "GET .*"
ALL = ".*"
NEVER = "nothing"

STREAM, PLAIN = "stream-one-call", "json-one-call"

_DELTA = b'event: thread.message.delta\ndata: {"id":"msg_1","object":"thread.message.delta","delta":{}}\n\n'
BOMB = raw(lambda answer: head_of(answer, "Content-Encoding: gzip") + bomb(9_000_000))

_NESTED = b"[" * 10_000 + b"]" * 10_000
PATHS = "../../../etc/passwd?x=1#'\"<b>;$(id)&%2e%2e\\"


class Row(NamedTuple):
    """One hostility: where it strikes, what it does, and what is to be said: a requirement, `pass`, or a reason."""

    name: str
    at: str
    damage: Damage
    told: str
    scenario: str = STREAM
    after: int = 0
    prefix: str = ""


ENDLESS = (
    Row("endless events", SUBMIT, for_ever(begun(), _DELTA), "order.terminal-present"),
    Row("endless comments", SUBMIT, for_ever(begun(), b": still here\n\n"), "order.terminal-present"),
    Row("a byte now and then", SUBMIT, byte_by_byte, "submission.accepted"),
    Row(
        "one endless line",
        SUBMIT,
        for_ever(lambda answer: head_of(answer) + b"data: ", b"x" * 4096),
        "framing.not-empty",
    ),
    Row(
        "endless JSON",
        SUBMIT,
        for_ever(lambda answer: head_of(answer) + b'{"a":"', b"x" * 4096),
        "response.run-object",
        PLAIN,
    ),
    Row("1 GiB announced", SUBMIT, silence(begun(f"Content-Length: {2**30}")), "order.terminal-present"),
    Row("1 GiB announced, JSON", SUBMIT, silence(begun(f"Content-Length: {2**30}")), "response.run-object", PLAIN),
    Row("a bomb as stream", SUBMIT, BOMB, "framing.not-empty"),
    Row("a bomb as JSON", SUBMIT, BOMB, "response.run-object", PLAIN),
    Row("a bomb as a run", LOOK, BOMB, "the run cannot be read", PLAIN),
    Row(
        "a flood of headers",
        SUBMIT,
        for_ever(lambda answer: b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 200),
        "submission.accepted",
    ),
    Row(
        "one endless header",
        SUBMIT,
        for_ever(lambda answer: b"HTTP/1.1 200 OK\r\nX: ", b"y" * 4096),
        "submission.accepted",
    ),
    Row(
        "1xx without end",
        SUBMIT,
        for_ever(lambda answer: b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
        "submission.accepted",
    ),
    Row(
        "101",
        SUBMIT,
        raw(lambda answer: b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        "submission.accepted",
    ),
    Row(
        "a chunk extension without end",
        SUBMIT,
        for_ever(lambda answer: head_of(answer, CHUNKED) + b"5;", b"x" * 4096),
        "framing.complete",
    ),
    Row(
        "trailers without end",
        SUBMIT,
        for_ever(lambda answer: head_of(answer, CHUNKED) + chunk(body_of(answer)) + b"0\r\n", b"X: y\r\n" * 100),
        "framing.complete",
    ),
    Row("wedged after the third request", ALL, silence(lambda answer: b""), "no answer within", after=3),
    Row("wedged at the submission", SUBMIT, silence(lambda answer: b""), "submission.accepted"),
    Row("429 for ever", ALL, rewritten(lambda body: b"{}", "Retry-After: 0", status=429), "was answered 429"),
    Row(
        "429 for ever, submitting",
        SUBMIT,
        rewritten(lambda body: b"{}", "Retry-After: 0", status=429),
        "429 to the last",
    ),
    Row(
        "429 for 10^5000 seconds",
        SUBMIT,
        rewritten(lambda body: b"{}", "Retry-After: " + "9" * 5000, status=429),
        "429 to the last",
    ),
    Row(
        "always queued, poll in 10^5000 ms",
        LOOK,
        rewritten(without(b"requires_action", b"queued"), "openai-poll-after-ms: " + "9" * 5000),
        "never asked for outputs",
        PLAIN,
    ),
)

ELSEWHERE = (
    Row("a redirect to itself", SUBMIT, moved("/v1/threads/t/runs/r/submit_tool_outputs"), "request.path"),
    Row("a redirect to a file", SUBMIT, moved("file:///etc/passwd?{key}"), "request.path", PLAIN),
    Row("a redirect of a look", LOOK, moved("https://127.0.0.1:1/{key}", 302), "was answered 302", PLAIN),
    Row("a redirect at first contact", "POST /threads", moved("ftp://127.0.0.1/{key}", 301), "only redirects", PLAIN),
    Row("a redirect that is no address", ALL, moved("http://x/\x1b[2J{key}\xad"), "only redirects", PLAIN),
)

BROKEN = (
    Row("reset at once", SUBMIT, cut(0, reset=True), "submission.accepted"),
    Row("reset in the status line", SUBMIT, cut(0.001, reset=True), "submission.accepted"),
    Row("reset after the head", SUBMIT, cut(0.015, reset=True), "framing.complete"),
    Row("reset in an event", SUBMIT, cut(0.5, reset=True), "framing.complete"),
    Row("reset in JSON", SUBMIT, cut(0.9, reset=True), "response.run-object", PLAIN),
    Row("reset after the end", SUBMIT, cut(1, reset=True), "pass"),
    Row("half closed at once", SUBMIT, cut(0, reset=False), "submission.accepted"),
    Row("half closed in the status line", SUBMIT, cut(0.001, reset=False), "submission.accepted"),
    Row("half closed after the head", SUBMIT, cut(0.015, reset=False), "framing.complete"),
    Row("half closed in an event", SUBMIT, cut(0.5, reset=False), "framing.complete"),
    Row("half closed in JSON", SUBMIT, cut(0.9, reset=False), "response.run-object", PLAIN),
    Row("half closed after the end", SUBMIT, cut(1, reset=False), "pass"),
    Row("a length too long", SUBMIT, misled(9), "framing.complete"),
    Row("a length too short", SUBMIT, misled(-9), "framing.blank-line"),
    Row("a length too short, JSON", SUBMIT, misled(-9), "response.run-object", PLAIN),
    *(
        Row(f"a length of {length[:9]}", SUBMIT, framed(f"Content-Length: {length}"), "submission.accepted")
        for length in ("-5", "5, 6", "many", "9" * 5000, "")
    ),
    *(
        Row(f"a chunk of {size[:20]!r}", SUBMIT, framed(CHUNKED, before=size + b"\r\n"), "framing.complete")
        for size in (b"zz", b"-5", b"f" * 16, b"f" * 30, b"5", b"")
    ),
    Row(
        "no last chunk",
        SUBMIT,
        raw(lambda answer: head_of(answer, CHUNKED) + chunk(body_of(answer))),
        "framing.complete",
    ),
    Row("a coding of its own", SUBMIT, framed("Transfer-Encoding: rot13"), "submission.accepted"),
    Row("gzip that is none", SUBMIT, framed("Content-Encoding: gzip"), "framing.complete"),
    Row("no head", SUBMIT, raw(body_of), "submission.accepted"),
    Row(
        "HTTP/1.0, ended by closing", ALL, raw(lambda answer: head_of(answer, version="1.0") + body_of(answer)), "pass"
    ),
    Row(
        "gzip",
        ALL,
        raw(lambda answer: head_of(answer, "Content-Encoding: gzip") + gzip.compress(body_of(answer))),
        "pass",
    ),
)

MAD = (
    Row("no UTF-8 in events", SUBMIT, rewritten(without(b'"value":"', b'"value":"\xff\xc3(')), "framing.utf8"),
    Row(
        "no UTF-8 in JSON",
        SUBMIT,
        rewritten(without(b'"model":"', b'"model":"\xff\xc3(')),
        "response.run-object",
        PLAIN,
    ),
    Row("no UTF-8 anywhere", ALL, rewritten(without(b'"object":"', b'"object":"\xff\xc3(')), "not as this API", PLAIN),
    Row("half characters in events", SUBMIT, rewritten(texts("\ud83d")), "content.submitted-calls"),
    Row("half characters in JSON", ALL, rewritten(texts("\ud83d")), "pass", PLAIN),
    Row("NaN in events", SUBMIT, rewritten(member("created_at", b"NaN")), "events.json"),
    Row("NaN in JSON", SUBMIT, rewritten(member("created_at", b"NaN")), "response.run-object", PLAIN),
    Row("NaN anywhere", ALL, rewritten(member("created_at", b"NaN")), "not as this API", PLAIN),
    Row("names twice", ALL, rewritten(member("created_at", b'"x","created_at":1750000001')), "pass", PLAIN),
    Row(
        "10,000 lists in an event",
        SUBMIT,
        rewritten(without(b'"metadata":{', b'"x":%s,"metadata":{' % _NESTED)),
        "events.json",
    ),
    Row("10,000 lists in JSON", SUBMIT, rewritten(member("created_at", _NESTED)), "response.run-object", PLAIN),
    Row("10,000 lists in a run", LOOK, rewritten(member("created_at", _NESTED)), "the run cannot be read", PLAIN),
    Row("400 lists anywhere", ALL, rewritten(member("created_at", b"[" * 400 + b"]" * 400)), "response.seconds", PLAIN),
    Row("1,000 digits in events", SUBMIT, rewritten(member("created_at", b"1" * 1000)), "events.seconds"),
    Row("5,000 digits anywhere", ALL, rewritten(member("created_at", b"1" * 5000)), "response.seconds", PLAIN),
    Row("1e999 anywhere", ALL, rewritten(member("created_at", b"1e999")), "response.seconds", PLAIN),
    Row("a clock in milliseconds", ALL, rewritten(in_milliseconds), "events.seconds"),
    Row("a clock in milliseconds, JSON", ALL, rewritten(in_milliseconds), "response.seconds", PLAIN),
    Row(
        "2,000 pending calls of one id",
        LOOK,
        rewritten(without(b'"tool_calls":[', b'"tool_calls":[' + b'{"id":"x","type":"function"},' * 2000)),
        "usable call ids",
        PLAIN,
    ),
)

NAMED = (
    *(
        Row(f"ids that begin with {prefix[:12]!r}", NEVER, byte_by_byte, "pass", scenario, prefix=prefix)
        for prefix in (PATHS, "../", "\u65e5\u672c")
        for scenario in (STREAM, PLAIN)
    ),
    *(
        Row(f"ids that begin with {prefix[:12]!r}", NEVER, byte_by_byte, "not as this API", prefix=prefix)
        for prefix in ("a\r\nX-Injected: 1\r\n\r\n", "\x1b[2J", "\ud800", "\u202e", "x" * 10_000)
    ),
    Row("an id of two dots", "POST .*/runs", rewritten(member("id", b'".."')), "no JSON object that has an id"),
    Row("call ids of two lines", LOOK, rewritten(without(b'"call_', b'"\\n../call_')), "usable call ids"),
    Row("the key for an id", "POST .*", rewritten(member("id", b'"%s"' % KEY.encode())), "could be provisioned"),
)

STEERED = (
    Row("every text of events", SUBMIT, rewritten(texts(STEERING)), "content.submitted-calls"),
    Row("every text anywhere", ALL, rewritten(texts(STEERING)), "content.submitted-outputs"),
    Row("every text of JSON", ALL, rewritten(texts(STEERING)), "pass", PLAIN),
    Row(
        "every type and state", SUBMIT, rewritten(member("type|object|status|role", quoted(STEERING))), "events.status"
    ),
    Row("every id", SUBMIT, rewritten(member("id", quoted(STEERING))), "order.new-ids"),
    Row(
        "event names",
        SUBMIT,
        rewritten(without(b"event: thread.message.delta", b"event: \x1b[2J\xc2\x9b31m\x00\xe2\x80\xae</b>")),
        "content.message-text",
    ),
    Row("member names", SUBMIT, rewritten(without(b'"metadata"', quoted(STEERING))), "events.schema"),
    Row("the state of a run", LOOK, rewritten(member("status", quoted(STEERING))), "never asked for outputs", PLAIN),
    Row(
        "an error object",
        SUBMIT,
        rewritten(lambda body: b'{"error":{"message":%s,"type":%s,"code":%s}}' % ((quoted(STEERING),) * 3), status=400),
        "submission.accepted",
        PLAIN,
    ),
    Row(
        "a page for an error",
        SUBMIT,
        rewritten(lambda body: b"<html>\x9b" + STEERING.encode(), status=502),
        "submission.accepted",
        PLAIN,
    ),
    Row(
        "a page for a thread",
        "POST /threads",
        rewritten(lambda body: b"<h1>\x9b" + STEERING.encode(), status=502),
        "could be provisioned",
        PLAIN,
    ),
    Row(
        "the content type",
        SUBMIT,
        raw(
            lambda answer: (
                b"HTTP/1.1 200 \x9b</b>\r\nContent-Length: 2\r\n"
                b"Content-Type: text/html\xe2\x80\xae\xc2\x9b31m<script>\r\n\r\nhi"
            )
        ),
        "request.stream-true",
    ),
    Row(
        "the key in an error",
        SUBMIT,
        rewritten(lambda body: b'{"error":{"message":"%s","type":"x"}}' % KEY.encode(), status=401),
        "request.bearer",
        PLAIN,
    ),
    Row(
        "the key in escapes",
        SUBMIT,
        rewritten(lambda body: b'{"error":{"message":%s}}' % quoted(KEY), status=400),
        "submission.accepted",
        PLAIN,
    ),
    Row(
        "the key in the page of a thread",
        "POST /threads",
        rewritten(lambda body: b"no " + KEY.encode(), status=401),
        "not let us in",
        PLAIN,
    ),
    Row(
        "the key as the state of a run",
        LOOK,
        rewritten(member("status", b'"%s"' % KEY.encode())),
        "never asked for outputs",
        PLAIN,
    ),
    Row(
        "the key as an event name",
        SUBMIT,
        rewritten(without(b"thread.message.delta\n", KEY.encode() + b"\n")),
        "content.message-text",
    ),
    Row(
        "the key as the content type",
        SUBMIT,
        raw(lambda answer: b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 2\r\n\r\nhi" % KEY.encode()),
        "request.stream-true",
    ),
)

ROWS = (*ENDLESS, *ELSEWHERE, *BROKEN, *MAD, *NAMED, *STEERED)
