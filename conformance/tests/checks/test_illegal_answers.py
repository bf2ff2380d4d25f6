"""What is wrong in plain answers, in refusals and in what is accepted is told once, under its own name."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.model import Ended, Operation
from conformance.tests.checks.mutations import (
    Case,
    Edit,
    Play,
    answers,
    becomes,
    case,
    ends,
    header,
    look,
    nothing_after,
    shown,
    status,
    streams,
    submission,
    tell,
    tell_not,
    turn,
)

JSON, ONE = "json-one-call", "stream-one-call"
HTML = b"<!DOCTYPE html><html><body><h1>It works</h1></body></html>"
APP = "application/json"


def error(message: object = "No.", type_: object = "invalid_request_error", code: object = None, **more: object) -> Any:
    return {"error": {"message": message, "type": type_, "param": None, "code": code, **more}}


def refuses(code: int, body: object = None, kind: str | None = APP) -> Edit:
    """Refused, and nobody looks afterwards."""

    def edit(play: Play) -> None:
        answers(code, kind, error() if body is None else body)(play)
        nothing_after(play)

    return edit


def accepts(code: int = 200, **changes: object) -> Edit:
    """The submission at hand is accepted: the run that was read before it, gone on."""

    def edit(play: Play) -> None:
        run = play.drafts[0].document
        answers(code, APP, {**run, "status": "queued", "required_action": None, **changes})(play)
        nothing_after(play)

    return edit


def accepts_streamed(play: Play) -> None:
    run = play.drafts[0].document
    queued = {**run, "status": "queued", "required_action": None}
    failed = {**queued, "status": "failed", "failed_at": run["created_at"] + 90,
              "last_error": {"code": "server_error", "message": "x"}}  # fmt: skip
    streams(200, ("thread.run.queued", queued), ("thread.run.failed", failed), ("done", "[DONE]"))(play)
    nothing_after(play)


_ENVELOPE = "errors.message errors.envelope errors.content-type"

REFUSED = [
    *(case("request.path", name, f"{code} {kind}", refuses(code, body, kind), also=_ENVELOPE if kind != APP else "")
      for name in (JSON, ONE) for code in (404, 405)
      for body, kind in ((None, APP), (HTML, "text/html"), (b"", None), ({"detail": "Not Found"}, APP + "; charset=utf-8"))
      if not (isinstance(body, dict))),
    case("request.path", JSON, "404 with a detail", refuses(404, {"detail": "Not Found"}), also="errors.message"),
    *(case("request.bearer", name, f"{code}", refuses(code, error(code="invalid_api_key")))
      for name in (JSON, ONE) for code in (401, 403)),
    case("request.bearer", JSON, "401 without a word", refuses(401, b"", None), also=_ENVELOPE),
    *(case("request.beta-accepted", name, what, refuses(400, body)) for name in (JSON, ONE) for what, body in {
        "the code": error("You must ...", code="invalid_beta"),
        "the words": error("The header OpenAI-Beta must not be assistants=v2."),
    }.items()),
    *(case("submission.accepted|request.minimal-body", JSON, f"{code}", refuses(code)) for code in (400, 409, 422)),
    *(case("request.path", name, f"redirected with {code}", refuses(code)) for name in (JSON, ONE) for code in (301, 302, 307)),
    *(case("submission.accepted|request.minimal-body|request.stream-absent", JSON, f"{code}",
           refuses(code, error(type_="server_error"))) for code in (500, 502, 503)),
    *(case("submission.accepted", ONE, f"{code}", refuses(code)) for code in (400, 409, 422, 500)),
    *(case("submission.accepted", "json-three-calls", f"{code}", refuses(code)) for code in (409,)
      if code == 0),
    *(case("request.stream-false|submission.accepted", "json-stream-false", f"{code}", refuses(code)) for code in (400, 422)),
    *(case("submission.opaque-accepted", name, f"{code}", refuses(code)) for code in (400, 413)
      for name in ("json-opaque-outputs", "stream-opaque-outputs")),
    case("submission.opaque-accepted", "json-opaque-outputs", "500", refuses(500, error(type_="server_error"))),
    *(case("submission.any-order", name, "400", refuses(400)) for name in ("json-reordered", "stream-reordered")),
    *(case("request.stream-null", "json-stream-null", f"{code}", refuses(code)) for code in (400, 422)),
    case("request.minimal-body", JSON, "stream is wanted", refuses(400, error("Missing required parameter: 'stream'.", param="stream"))),
    case("submission.accepted|submission.still-accepted", "after-refusals", "400", refuses(400)),
    *(case("submission.still-accepted", name, f"{code}", submission(1), refuses(code))
      for name in ("partial-plain", "partial-streamed") for code in (400, 409, 500)),
    case("submission.still-accepted", "partial-split", "400", submission(2), refuses(400)),
]  # fmt: skip

STREAMED = [
    *(case(f"request.stream-{word}", base, "a stream", accepts_streamed)
      for word, base in (("absent", JSON), ("false", "json-stream-false"), ("null", "json-stream-null"))),
    case("request.stream-absent", JSON, "an empty stream", answers(200, "text/event-stream", b""), nothing_after),
    case("request.stream-absent|response.run-object", JSON, "a stream that says it is JSON", accepts_streamed, header("Content-Type", APP)),
    case("request.stream-false", "json-stream-false", "an empty stream", answers(200, "text/event-stream", b""), nothing_after),
    case("request.stream-true", ONE, "JSON", accepts()),
    case("request.stream-true", "stream-three-calls", "JSON", accepts()),
    case("request.stream-true", "stream-next-round", "JSON", accepts()),
    case("request.stream-type", "stream-as-string", "taken for true", accepts_streamed),
    case("request.stream-type", "stream-as-string", "taken for false", accepts()),
    case("request.extra-key", "extra-key", "taken", accepts()),
]  # fmt: skip

_SHAPES: dict[str, tuple[object, str | None]] = {
    "an empty object": ({}, APP), "null": (b"null", APP), "a list": ([], APP), "a word": (b'"queued"', APP),
    "nothing": (b"", APP), "half of it": (b'{"id":"run_1","object":"thread.run"', APP), "HTML": (HTML, "text/html"),
    "HTML called JSON": (HTML, APP), "an acknowledgement": ({"success": True}, APP), "a list of it": ({"object": "list", "data": []}, APP),
    "XML": (b"<run/>", "application/xml"), "an error with 200": (error(), APP), "bytes": (b"\xff\xfe{}", APP),
    "nothing, no type": (b"", None),
}  # fmt: skip
PLAIN = [
    *(case("response.status-200", name, f"status {code}", status(code))
      for name in (JSON, "json-three-calls", "json-stream-false") for code in (201, 202, 203)),
    case("response.status-200", JSON, "204", answers(204, None, b""), nothing_after),
    *(case("response.content-type", JSON, f"{kind}", header("Content-Type", kind))
      for kind in (None, "text/plain", "text/html; charset=utf-8", "application/octet-stream", "text/json")),
    *(case("response.run-object", name, what, answers(200, kind, body), nothing_after, also="response.content-type")
      for name in (JSON, "json-stream-false") for what, (body, kind) in _SHAPES.items()),
    *(case("response.run-object", JSON, what, edit) for what, edit in {
        **{f"no {key}": tell_not(key) for key in ("id", "object", "created_at", "thread_id", "assistant_id", "status")},
        "object run": tell("object", "run"), "a status of its own": tell("status", "waiting"), "status null": tell("status", None),
        "id a number": tell("id", 7), "tools null": tell("tools", None), "model null": tell("model", None),
        "metadata a list": tell("metadata", []), "a step": tell("object", "thread.run.step"),
        "in a list": becomes(lambda run: [run]), "in an envelope": becomes(lambda run: {"run": run}),
        "a brace too many": becomes(lambda run: __import__("json").dumps(run) + "}"),
        "NaN": becomes(lambda run: __import__("json").dumps({**run, "temperature": float("nan")})),
        "Python": becomes(repr), "twice": becomes(lambda run: __import__("json").dumps(run) * 2),
        "Latin-1": becomes(lambda run: __import__("json").dumps({**run, "instructions": "é"}, ensure_ascii=False).encode("latin-1")),
    }.items()),
    *(case("response.run-fields", JSON, f"no {key}", tell_not(key)) for key in ("model", "instructions", "tools", "usage", "metadata")),
    *(case("response.run-ids", JSON, f"another {key}", tell(key, "other_999")) for key in ("id", "thread_id")),
    case("response.run-ids", JSON, "another run and thread", tell("id", "run_999"), tell("thread_id", "thread_999")),
    case("response.run-ids", "json-three-calls", "another run", tell("id", "run_999")),
    *(case("response.moved-on", name, "still waiting", becomes_what_it_was) for name in (JSON, "json-three-calls", "json-next-round")
      for becomes_what_it_was in (lambda play: before(play),)),
    case("response.moved-on", "json-three-calls", "one call still pending", lambda play: before(play, keep=1)),
    *(case("response.moved-on", JSON, f"{word} with calls", lambda play, word=word: before(play, status=word))
      for word in ("queued", "in_progress", "completed")),
    *(case("response.seconds", JSON, f"{key} in milliseconds", tell(key, lambda at: at * 1000)) for key in ("created_at", "expires_at", "started_at")),
    *(case("response.seconds|response.run-object", JSON, f"{key} is {value!r}", tell(key, value))
      for key in ("created_at", "expires_at") for value in ("2026-11-23T00:00:00Z", "1760000000", 1.5, True, [])),
    *(case("response.run-object|submission.accepted", JSON, f"{how.value} after half of it",
           becomes(lambda run: __import__("json").dumps(run)[:200]), ends(how), nothing_after)
      for how in (Ended.SHORT, Ended.RESET, Ended.TIMEOUT)),
]  # fmt: skip


def before(play: Play, *, keep: int | None = None, **changes: object) -> None:
    """The answer is the run as it was before, still waiting."""
    run = play.drafts[0].document
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    run["required_action"]["submit_tool_outputs"]["tool_calls"] = calls[:keep]
    answers(200, APP, {**run, **changes})(play)
    nothing_after(play)


#: Scenario -> the rule that its acceptance breaks.
MUST_REFUSE = {
    "unknown-id": "submission.unknown-id-refused", "unknown-id-added": "submission.unknown-id-refused",
    "empty-list": "submission.empty-not-resumed", "missing-outputs": "submission.outputs-required",
    "missing-id": "submission.id-required", "number-output": "submission.output-string",
    "boolean-output": "submission.output-string", "object-output": "submission.output-string",
    "array-output": "submission.output-string", "malformed-json": "errors.malformed-json",
    "unknown-run": "errors.unknown-run", "unknown-thread": "errors.unknown-thread",
    "other-thread": "submission.other-thread-refused", "no-key": "errors.no-key", "wrong-key": "errors.wrong-key",
    "null-output": "submission.output-not-null", "duplicate-id": "submission.duplicate-refused",
    "extra-key": "request.extra-key", "stream-as-string": "request.stream-type",
    "expired-run": "submission.expired-refused", "cancelled-run": "submission.cancelled-refused",
    "partial-plain": "submission.partial-refused",
}  # fmt: skip
MUSTS = {name: rule for name, rule in MUST_REFUSE.items() if rule not in (
    "submission.output-not-null", "submission.duplicate-refused", "request.extra-key", "request.stream-type",
    "submission.expired-refused", "submission.cancelled-refused")}  # fmt: skip

ACCEPTED = [
    *(case(rule, name, f"accepted with {code}", accepts(code)) for name, rule in MUST_REFUSE.items() for code in (200, 201, 202)),
    *(case(rule, name, "redirected", refuses(302, b"", None)) for name, rule in MUSTS.items() if rule != "submission.empty-not-resumed"),
    *(case(f"{rule}|errors.no-server-fault", name, f"{code}", refuses(code, error(type_="server_error")))
      for name, rule in MUST_REFUSE.items() for code in (500, 503)),
    *(case(rule if name != "empty-list" else f"{rule}|submission.empty-refused", name, "accepted by a stream", accepts_streamed) for name, rule in MUST_REFUSE.items()
      if name not in ("stream-as-string",)),
    *(case(rule, name, "accepted without a word", answers(200, None, b""), nothing_after) for name, rule in MUSTS.items()
      if rule != "submission.empty-not-resumed"),
    *(case("submission.unknown-id-refused|errors.stream-refused-plainly", "unknown-id-streamed", what, edit) for what, edit in {
        "a stream": accepts_streamed,
        "an error event": streams(200, ("error", error()), ("done", "[DONE]")),
        "an empty stream": answers(200, "text/event-stream", b""),
        "JSON": accepts(),
    }.items()),
    case("submission.partial-refused|errors.stream-refused-plainly", "partial-streamed", "a stream", accepts_streamed),
    case("submission.partial-refused", "partial-plain", "the rest waits", lambda play: accumulates(play)),
    case("submission.split-refused|submission.partial-refused", "partial-split", "outputs add up", submission(1), accepts()),
    case("submission.split-refused|submission.partial-refused", "partial-split", "outputs add up to a stream", submission(1),
         accepts_streamed),
    case("submission.split-refused|submission.partial-refused", "partial-split", "both accepted", lambda play: adds_up(play)),
    *(case("submission.again-refused", "again-plain", f"accepted with {code}", submission(1), accepts(code)) for code in (200, 202)),
    case("submission.again-refused|errors.stream-refused-plainly", "again-streamed", "a stream again", submission(1), accepts_streamed),
    case("submission.again-refused|errors.no-server-fault", "again-plain", "500", submission(1), refuses(500)),
    *(case("submission.state-refused", "completed-run", f"accepted with {code}", submission(1), accepts(code)) for code in (200, 302)),
    case("submission.state-refused", "completed-run", "answered with the completed run", submission(1), accepts(status="completed")),
    case("submission.state-refused|errors.no-server-fault", "completed-run", "500", submission(1), refuses(500)),
    case("submission.concurrent", "concurrent", "both accepted", submission(1), accepts()),
    case("submission.concurrent", "concurrent", "both refused", submission(0), refuses_both := (lambda play: neither(play))),
]  # fmt: skip


def accumulates(play: Play) -> None:
    """The first output is taken, the run waits for the others."""
    run = play.drafts[0].document
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    del calls[:1]
    answers(200, APP, run)(play)
    at = play.at
    look(1)(play)
    answers(200, APP, run)(play)
    nothing_after(play)
    play.at = at


def adds_up(play: Play) -> None:
    accumulates_first = play.drafts[0].document
    del accumulates_first["required_action"]["submit_tool_outputs"]["tool_calls"][:1]
    at = play.at
    answers(200, APP, accumulates_first)(play)
    look(1)(play)
    answers(200, APP, accumulates_first)(play)
    submission(1)(play)
    accepts()(play)
    play.at = at


def neither(play: Play) -> None:
    for number in (0, 1):
        submission(number)(play)
        answers(400, APP, error())(play)
    nothing_after(play)


GRADED = [
    *(case(rule, name, f"{code}", submission(number), answers(code, APP, error())) for rule, name, number, codes in (
        ("submission.partial-error", "partial-plain", 0, (409, 422, 404)), ("submission.partial-error", "partial-streamed", 0, (422,)),
        ("submission.empty-refused", "empty-list", 0, (404, 422)), ("submission.state-error", "completed-run", 1, (404, 409, 422)),
        ("submission.other-thread-404", "other-thread", 0, (400, 403)), ("errors.wrong-key-401", "wrong-key", 0, (400, 403, 404)),
        ("errors.no-key-401", "no-key", 0, (400, 403)), ("errors.unknown-thread-404", "unknown-thread", 0, (400, 422)),
        ("errors.unknown-run-404", "unknown-run", 0, (400, 422)), ("errors.malformed-json-400", "malformed-json", 0, (415, 422)),
    ) for code in codes),
    case("submission.partial-error", "partial-plain", "of another type", answers(400, APP, error(type_="server_error"))),
    case("submission.empty-refused", "empty-list", "answered with the run as it is", lambda play: unmoved(play)),
    *(case("request.other-methods", "other-methods", f"{code}", turn(Operation.OTHER, number), answers(code, APP, body))
      for number, code, body in ((0, 200, {"object": "thread.run"}), (1, 200, {}), (2, 500, error()), (3, 204, b""), (0, 302, b""),
                                 (1, 400, error()))),
    *(case("request.beta-missing", "no-beta-header", f"{code}", refuses(code, error(type_="server_error"))) for code in (500, 502, 302)),
]  # fmt: skip


def unmoved(play: Play) -> None:
    answers(200, APP, play.drafts[0].document)(play)


BODIES: dict[str, tuple[str, object, str | None]] = {
    "nothing": ("errors.message", b"", None), "nothing, called JSON": ("errors.message", b"", APP),
    "HTML": ("errors.message", HTML, "text/html"), "text": ("errors.message", b"Bad Request", "text/plain"),
    "HTML called JSON": ("errors.message", HTML, APP),
    "a detail": ("errors.message", {"detail": "No."}, APP), "details": ("errors.message", {"detail": [{"loc": ["body"], "msg": "x"}]}, APP),
    "a problem": ("errors.message", {"type": "about:blank", "title": "Bad Request", "status": 400}, "application/problem+json"),
    "an error that is text": ("errors.message", {"error": "No."}, APP), "a bare error": ("errors.message", error()["error"], APP),
    "no message": ("errors.message", {"error": {"type": "invalid_request_error", "param": None, "code": None}}, APP),
    "an empty message": ("errors.message", error(""), APP), "a message that is null": ("errors.message", error(None), APP),
    "a message that is a list": ("errors.message", error(["No."]), APP), "an empty error": ("errors.message", {"error": {}}, APP),
    "error null": ("errors.message", {"error": None}, APP), "a list": ("errors.message", [], APP), "null": ("errors.message", b"null", APP),
    "half of it": ("errors.message", b'{"error":{"message":"No."', APP),
    "no type": ("errors.envelope", {"error": {"message": "No.", "param": None, "code": None}}, APP),
    "no param": ("errors.envelope", {"error": {"message": "No.", "type": "x", "code": None}}, APP),
    "no code": ("errors.envelope", {"error": {"message": "No.", "type": "x", "param": None}}, APP),
    "a code that is a number": ("errors.envelope", error(code=400), APP), "type null": ("errors.envelope", error(type_=None), APP),
    "called text": ("errors.content-type", error(), "text/plain"), "called nothing": ("errors.content-type", error(), None),
    "called HTML": ("errors.content-type", error(), "text/html; charset=utf-8"),
}  # fmt: skip
ENVELOPES = [
    case(rule, name, what, answers(code, kind, body),
         also="errors.envelope errors.content-type submission.partial-error" if rule == "errors.message" else "")
    for name, code in (("unknown-id", 400), ("malformed-json", 400), ("unknown-run", 404), ("unknown-id-streamed", 400), ("wrong-key", 401),
                       ("number-output", 400))
    for what, (rule, body, kind) in BODIES.items()
]  # fmt: skip

LUCK = [
    *(case("errors.rate-limit", "server-fault", f"Retry-After {value}", answers(429, APP, error()), header("Retry-After", value))
      for value in ("soon", "0", "-1", "1.5", "", "Wed, 21 Oct 2026 07:28:00 GMT")),
    *(case("errors.rate-limit|errors.message", "server-fault", f"429 with {what}", answers(429, kind, body))
      for what, body, kind in (("nothing", b"", None), ("HTML", HTML, "text/html"), ("a detail", {"detail": "slow"}, APP))),
    *(case("errors.server-fault", "server-fault", what, answers(500, kind, body))
      for what, body, kind in (("nothing", b"", None), ("HTML", HTML, "text/html"), ("text", b"Internal Server Error", "text/plain"),
                               ("a detail", {"detail": "x"}, APP))),
]  # fmt: skip

ATOMIC = [
    *(case("submission.atomic", name, what, look(1), edit, nothing_after, submission(0))
      for name in ("unknown-id", "number-output", "malformed-json", "partial-plain", "other-thread")
      for what, edit in {
          "the run has gone on": becomes(lambda run: {**run, "status": "in_progress", "required_action": None}),
          "the run has failed": becomes(lambda run: {**run, "status": "failed", "required_action": None, "failed_at": run["created_at"] + 9,
                                                     "last_error": {"code": "server_error", "message": "x"}}),
          "an output was kept": tell("required_action/submit_tool_outputs/tool_calls", lambda calls: calls[1:]),
          "other metadata": tell("metadata", {"changed": "yes"}),
      }.items()),
    case("submission.atomic|submission.empty-not-resumed", "empty-list", "refused, and the run goes on", look(1),
         becomes(lambda run: {**run, "status": "in_progress", "required_action": None}), submission(0)),
    case("submission.empty-not-resumed", "empty-list", "a run in progress", accepts(status="in_progress")),
    case("submission.empty-not-resumed", "empty-list", "a run completed", accepts(status="completed")),
]  # fmt: skip

_STEPS = Operation.LIST_STEPS, -1
_MESSAGES = Operation.LIST_MESSAGES, -1
SURFACE = [
    *(case("surface.run-after", ONE, f"the run reads {word}", look(-1), tell("status", word)) for word in ("in_progress", "queued", "failed")),
    case("surface.run-after", "stream-failed", "the run reads completed", look(-1), tell("status", "completed")),
    case("surface.run-after", ONE, "the run still waits", look(-1), lambda play: answers(200, APP, play.drafts[0].document)(play)),
    *(case("surface.steps-after", ONE, what, turn(*_STEPS), edit) for what, edit in {
        "no steps": tell("data", []), "one step less": tell("data", lambda steps: steps[1:]),
        "a step in progress": tell("data/0/status", "in_progress"),
        "another output": tell("data/1/step_details/tool_calls/0/function/output", "other"),
        "another message": tell("data/0/step_details/message_creation/message_id", "msg_999"),
    }.items()),
    *(case("surface.messages-after", ONE, what, turn(*_MESSAGES), edit) for what, edit in {
        "no messages": tell("data", []), "another text": tell("data/0/content/0/text/value", "other"),
        "no text": tell("data/0/content", []), "another id": tell("data/0/id", "msg_999"),
    }.items()),
    *(case("surface.pending-calls", name, what, look(0), edit, nothing_but_this) for name in (JSON, ONE, "json-three-calls")
      for nothing_but_this in (lambda play: None,)
      for what, edit in {
        "no action": tell("required_action", None),
        "no calls": tell("required_action/submit_tool_outputs/tool_calls", []),
        "null for an id": tell("required_action/submit_tool_outputs/tool_calls/0/id", None),
        "an empty id": tell("required_action/submit_tool_outputs/tool_calls/0/id", ""),
        "no id": tell_not("required_action/submit_tool_outputs/tool_calls/0/id"),
      }.items()),
    case("surface.pending-calls", "json-three-calls", "one id for all", look(0), lambda play: alike(play)),
]  # fmt: skip


def alike(play: Play) -> None:
    def same(calls: list[dict[str, object]]) -> list[dict[str, object]]:
        return [{**call, "id": calls[0]["id"]} for call in calls]

    tell("required_action/submit_tool_outputs/tool_calls", same)(play)


CASES = [*REFUSED, *STREAMED, *PLAIN, *ACCEPTED, *GRADED, *ENVELOPES, *LUCK, *ATOMIC, *SURFACE]


@pytest.mark.parametrize("spoilt", CASES, ids=str)
def test_one_defect_of_an_answer_is_told_once_and_where_it_is(spoilt: Case) -> None:
    shown(spoilt)
