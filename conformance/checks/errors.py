"""How refusals and server errors are reported: status, envelope, and errors inside a stream."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.checks.shared.acceptance import Refusal, refusals
from conformance.contract.schema import accepts, explain
from conformance.model import Finding, Response
from conformance.walk.documents import member, shown, text
from conformance.walk.http_response import (
    body_of,
    error_of,
    got_status,
    header,
    is_event_stream,
    looks_like_stream,
    media_type,
    served,
)
from conformance.walk.observation import Observation
from conformance.walk.occasions import ANSWER
from conformance.walk.registry import check
from conformance.wire.replaced import is_replaced

#: A stream that begins with an error event.
_ERROR_FIRST = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:(?::[^\r\n]*)?[\r\n])*event: ?error[\r\n]")


def _refusal(observation: Observation) -> Response | None:
    """The answer at hand where it is a 4xx."""
    response = observation.response
    return response if response is not None and 400 <= response.status < 500 else None


@check("errors.message", on=[ANSWER])
def message(observation: Observation) -> Iterable[Finding] | None:
    """A refusal says why."""
    response = _refusal(observation)
    if response is None:
        return None
    said = text(error_of(response), "message")
    if said:
        return ()
    got = got_status(response) if said is None else "an empty message"
    return [
        observation.finding(
            "no-message", "the refusal does not say why", "a text in error.message", got, pointer="/error/message"
        )
    ]


@check("errors.envelope", on=[ANSWER])
def envelope(observation: Observation) -> Iterable[Finding] | None:
    """An error has message, type, param and code."""
    response = _refusal(observation)
    error = error_of(response) if response is not None else None
    if error is None:
        return None if response is None else [_envelope(observation, "no-error", "no error object")]
    missing = [name for name in ("message", "type", "param", "code") if name not in error]
    if missing:
        return [_envelope(observation, "members-absent", f"without {', '.join(missing)}", *missing)]
    return [
        _envelope(observation, "misfit", shown(error), found.pointer.strip("/")) for found in explain("Error", error)
    ]


def _envelope(observation: Observation, kind: str, got: str, *members: str) -> Finding:
    """A finding on the error object; where a single member of it is wrong, at that one."""
    expected = '{"error": {"message", "type", "param", "code"}}'
    pointer = f"/error/{members[0]}" if len(members) == 1 and members[0] else "/error"
    return observation.finding(kind, "the error has another shape", expected, got, pointer=pointer)


@check("errors.content-type", on=[ANSWER])
def content_type(observation: Observation) -> Iterable[Finding] | None:
    """An error comes as application/json."""
    response = _refusal(observation)
    if response is None or observation.hidden_type:
        return None
    kind = media_type(response)
    if kind == "application/json":
        return ()
    return [
        observation.finding(
            "another-type", "the error has another media type", "application/json", kind or "no Content-Type"
        )
    ]


@check("errors.stream-refused-plainly", on=[ANSWER])
def stream_refused_plainly(observation: Observation) -> Iterable[Finding] | None:
    """A streamed submission is refused by a plain HTTP error, never inside a stream."""
    sent, response = observation.submitted, observation.response
    if sent is None or not sent.stream or not sent.refusable or response is None:
        return None
    streamed = is_event_stream(response) or looks_like_stream(response)
    if not streamed:
        return () if not served(response) else None
    if not _ERROR_FIRST.match(body_of(response)):
        return None  # taken, not refused: that is reported by the rule of the fault
    return [
        observation.finding(
            "streamed", "a refusal came as a stream", "a plain 4xx with a JSON error", got_status(response)
        )
    ]


@check("errors.no-server-fault", on=[ANSWER])
def no_server_fault(observation: Observation) -> Iterable[Finding] | None:
    """What a client got wrong is never the server's fault."""
    sent, response = observation.submitted, observation.response
    if sent is None or not sent.refusable or response is None or response.status < 400:
        return None  # taken: whether it would be refused as a fault of the server is not known
    if response.status < 500:
        return ()
    faults = ", ".join(sorted(sent.faults))
    return [
        observation.finding(
            "server-fault",
            "an invalid submission is answered with a server error",
            f"4xx, for a submission with {faults}",
            got_status(response),
            details=(faults,),
        )
    ]


refusals(
    Refusal("errors.wrong-key", "wrong-key", "a wrong key is not refused"),
    Refusal("errors.wrong-key-401", "wrong-key", "a wrong key is refused with another status", (401,)),
    Refusal("errors.no-key", "no-key", "a missing key is not refused"),
    Refusal("errors.no-key-401", "no-key", "a missing key is refused with another status", (401,)),
    Refusal("errors.unknown-thread", "unknown-thread", "an unknown thread is not refused"),
    Refusal("errors.unknown-thread-404", "unknown-thread", "an unknown thread is refused with another status", (404,)),
    Refusal("errors.unknown-run", "unknown-run", "an unknown run is not refused"),
    Refusal("errors.unknown-run-404", "unknown-run", "an unknown run is refused with another status", (404,)),
    Refusal("errors.malformed-json", "malformed", "a body that is not JSON is not refused"),
    Refusal("errors.malformed-json-400", "malformed", "a body that is not JSON is refused with another status", (400,)),
)


@check("errors.rate-limit", on=[ANSWER])
def rate_limit(observation: Observation) -> Iterable[Finding] | None:
    """A rate limit is answered with an error, and Retry-After, where it is there, as whole seconds."""
    response = observation.response
    if response is None or response.status != 429:
        return None
    found = []
    after = header(response.headers, "retry-after")
    hidden = "ids" not in observation.held and is_replaced(after)
    if after is not None and not hidden and not (after.isascii() and after.isdigit() and after.strip("0")):
        found.append(observation.finding("retry-after", "Retry-After is invalid", "an integer ≥ 1", shown(after)))
    if text(error_of(response), "message") is None:
        found.append(_envelope(observation, "no-message", got_status(response)))
    return found


@check("errors.server-fault", on=[ANSWER])
def server_fault(observation: Observation) -> Iterable[Finding] | None:
    """A server error is answered with a JSON error."""
    response = observation.response
    if response is None or response.status < 500:
        return None
    if text(error_of(response), "message") is not None:
        return ()
    return [_envelope(observation, "no-message", got_status(response))]


@check("errors.stream-event", on=["error"])
def stream_event(observation: Observation) -> Iterable[Finding] | None:
    """An error event carries the error: bare, as documented, or wrapped, as it was observed."""
    if observation.not_json is not None:
        return None
    document = observation.document
    if accepts("Error", document) or accepts("ErrorResponse", document):
        return ()
    bare = member(document, "error") or document
    if isinstance(text(bare, "message"), str) and isinstance(text(bare, "type"), str):
        # The other two keys are demanded by nobody who reads errors from a stream.
        return ()
    expected = '{"message", "type", …}, bare or inside "error"'
    return [observation.finding("no-error", "the error event carries no error", expected, shown(document))]
