"""Faults in refusals and faults: their status, their body, and errors inside a stream."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Exchange, Operation, Response
from conformance.proof.faults.registry import BROKEN, REFUSED, Applies, body_fault, event_fault, fault
from conformance.proof.faults.responses import as_stream, document_of, with_body, with_document, with_header
from conformance.reference.objects import Document, assistant, error, run, to_json
from conformance.wire.sse import encode

#: Every refusal but a rate limit, which has a requirement of its own.
_REFUSED = Applies(statuses=range(400, 429))


def _worded(wording: bytes) -> Applies:
    return Applies(statuses=REFUSED, wording=wording)


@body_fault("error-as-detail", breaks={"errors.message"}, applies=_REFUSED)
def error_as_detail(document: Document) -> Document:
    """A refusal says why under `detail`, as some frameworks do."""
    return {"detail": document["error"]["message"]}


@body_fault("error-as-text", breaks={"errors.message"}, applies=_REFUSED)
def error_as_text(document: Document) -> Document:
    """The error is a sentence in the place of an object."""
    return {"error": document["error"]["message"]}


@body_fault("error-without-words", breaks={"errors.message"}, applies=_REFUSED)
def error_without_words(document: Document) -> Document:
    """The message of a refusal is empty."""
    return {"error": {**document["error"], "message": ""}}


@fault("refusal-without-body", breaks={"errors.message"}, applies=_REFUSED)
def refusal_without_body(_exchange: Exchange, response: Response) -> Response:
    """A refusal has no body."""
    return with_header(with_body(response, b"", "text/plain"), "Content-Type", None)


@fault("refusal-as-page", breaks={"errors.message"}, applies=_REFUSED)
def refusal_as_page(_exchange: Exchange, response: Response) -> Response:
    """A refusal is a page of a proxy."""
    return with_body(response, b"<!doctype html><title>Bad Request</title>", "text/html")


@body_fault("error-without-code", breaks={"errors.envelope"}, applies=_REFUSED)
def error_without_code(document: Document) -> Document:
    """The error of a refusal has no code and no param."""
    return {"error": {"message": document["error"]["message"], "type": document["error"]["type"]}}


@body_fault("error-code-number", breaks={"errors.envelope"}, applies=_REFUSED)
def error_code_number(document: Document) -> Document:
    """The code of an error is a number."""
    return {"error": {**document["error"], "code": 400}}


@fault("refusal-as-plain-text", breaks={"errors.content-type"}, applies=_REFUSED)
def refusal_as_plain_text(_exchange: Exchange, response: Response) -> Response:
    """The JSON of a refusal is sent as plain text."""
    return with_header(response, "Content-Type", "text/plain")


@fault("refused-in-stream", breaks={"errors.stream-refused-plainly"}, applies=Applies(statuses=REFUSED, asked="true"))
def refused_in_stream(_exchange: Exchange, response: Response) -> Response:
    """A streamed submission is refused by an error event in a stream with status 200."""
    told = encode("error", to_json(document_of(response)))
    return replace(as_stream(response, (told, encode("done", b"[DONE]"))), status=200)


@fault("refused-as-fault", breaks={"errors.no-server-fault", "request.beta-missing"}, applies=_REFUSED)
def refused_as_fault(_exchange: Exchange, response: Response) -> Response:
    """What the client got wrong is answered as a fault of the server."""
    return replace(response, status=500)


@fault("beta-missing-fault", breaks={"request.beta-missing"}, applies=_worded(b"OpenAI-Beta"))
def beta_missing_fault(_exchange: Exchange, response: Response) -> Response:
    """A request without the beta header breaks the server."""
    return replace(response, status=500)


@fault("beta-missing-redirect", breaks={"request.beta-missing"}, applies=_worded(b"OpenAI-Beta"))
def beta_missing_redirect(_exchange: Exchange, response: Response) -> Response:
    """A request without the beta header is sent elsewhere."""
    return with_header(replace(response, status=307), "Location", "/v2/")


@fault("wrong-key-403", breaks={"errors.wrong-key-401"}, applies=_worded(b"Incorrect API key"))
def wrong_key_403(_exchange: Exchange, response: Response) -> Response:
    """A wrong key is refused with 403."""
    return replace(response, status=403)


@fault("no-key-403", breaks={"errors.no-key-401"}, applies=_worded(b"No API key"))
def no_key_403(_exchange: Exchange, response: Response) -> Response:
    """A missing key is refused with 403."""
    return replace(response, status=403)


@fault("unknown-thread-400", breaks={"errors.unknown-thread-404"}, applies=_worded(b"No thread found"))
def unknown_thread_400(_exchange: Exchange, response: Response) -> Response:
    """An unknown thread is refused with 400."""
    return replace(response, status=400)


@fault(
    "unknown-run-400",
    breaks={"errors.unknown-run-404", "submission.other-thread-404"},
    applies=_worded(b"No run found"),
)
def unknown_run_400(_exchange: Exchange, response: Response) -> Response:
    """A run that is unknown, or unknown in this thread, is refused with 400."""
    return replace(response, status=400)


@fault("malformed-422", breaks={"errors.malformed-json-400"}, applies=_worded(b"could not be parsed"))
def malformed_422(_exchange: Exchange, response: Response) -> Response:
    """A body that is not JSON is refused with 422."""
    return replace(response, status=422)


@fault("empty-422", breaks={"submission.empty-refused"}, applies=_worded(b", got []"))
def empty_422(_exchange: Exchange, response: Response) -> Response:
    """An empty list of outputs is refused with 422."""
    return replace(response, status=422)


@fault("calls-409", breaks={"submission.partial-error", "submission.empty-refused"}, applies=_worded(b"Expected tool"))
def calls_409(_exchange: Exchange, response: Response) -> Response:
    """Outputs that do not fit the pending calls are refused with 409."""
    return replace(response, status=409)


@body_fault("calls-server-error", breaks={"submission.partial-error"}, applies=_worded(b"Expected tool outputs"))
def calls_server_error(document: Document) -> Document:
    """Outputs that do not fit the pending calls are refused with an error of type server_error."""
    return {"error": {**document["error"], "type": "server_error"}}


@fault("state-409", breaks={"submission.state-error"}, applies=_worded(b"Runs in status"))
def state_409(_exchange: Exchange, response: Response) -> Response:
    """A run that does not wait is refused with 409."""
    return replace(response, status=409)


@fault(
    "other-methods-served",
    breaks={"request.other-methods"},
    applies=Applies(operations=frozenset({Operation.OTHER}), statuses=REFUSED, wording=b"Not allowed to"),
)
def other_methods_served(_exchange: Exchange, response: Response) -> Response:
    """Any method on the path is answered like a look at the run."""
    settings: Document = {"model": "m", "tools": []}
    by = assistant("asst_1", 1_750_000_000, settings)
    return replace(with_document(response, run("run_1", "thread_1", 1_750_000_000, by, {})), status=200)


@fault(
    "other-methods-400",
    breaks={"request.other-methods"},
    applies=Applies(operations=frozenset({Operation.OTHER}), statuses=REFUSED, wording=b"Not allowed to"),
)
def other_methods_400(_exchange: Exchange, response: Response) -> Response:
    """Other methods on the path are refused as if the body were wrong."""
    return replace(response, status=400)


_BUSY = _worded(b"Too many requests")


@fault("retry-after-zero", breaks={"errors.rate-limit"}, applies=_BUSY)
def retry_after_zero(_exchange: Exchange, response: Response) -> Response:
    """A rate limit asks to come back after no time at all."""
    return with_header(response, "Retry-After", "0")


@fault("retry-after-word", breaks={"errors.rate-limit"}, applies=_BUSY)
def retry_after_word(_exchange: Exchange, response: Response) -> Response:
    """A rate limit says `soon` when to come back."""
    return with_header(response, "Retry-After", "soon")


@fault(
    "rate-limit-without-body",
    breaks={"errors.rate-limit"},
    applies=_BUSY,
)
def rate_limit_without_body(_exchange: Exchange, response: Response) -> Response:
    """A rate limit is answered with an HTML page of a proxy."""
    return with_body(response, b"<!doctype html><title>Slow down</title>", "text/html")


@fault("fault-as-page", breaks={"errors.server-fault"}, applies=Applies(statuses=BROKEN))
def fault_as_page(_exchange: Exchange, response: Response) -> Response:
    """A server error is answered with an HTML page."""
    return with_body(response, b"<!doctype html><title>Oops</title>", "text/html")


@event_fault("error-event-detail", "error", breaks={"errors.stream-event"})
def error_event_detail(document: Document) -> Document:
    """The error event carries `detail`."""
    return {"detail": document["error"]["message"]}


@event_fault("error-event-empty", "error", breaks={"errors.stream-event"})
def error_event_empty(_document: Document) -> Document:
    """The error event carries an empty object."""
    return {}


@event_fault("error-event-bare", "error", equivalent="the bare error object is the documented form (ERR-STREAM)")
def error_event_bare(document: Document) -> Document:
    """The error event carries the error without its wrapping."""
    return dict(document["error"])


@body_fault("fault-typed-otherwise", applies=Applies(statuses=BROKEN), equivalent="no requirement names the type")
def fault_typed_otherwise(document: Document) -> Document:
    """A fault of the server has a type of its own."""
    return error(document["error"]["message"], "internal_error")
