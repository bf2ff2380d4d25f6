"""That the endpoint is there and takes what a client sends: path, method, key, header, body, stream flag."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.checks.shared.acceptance import acceptable, astray, refused
from conformance.model import Finding, Operation, Response
from conformance.walk.documents import text
from conformance.walk.http_response import (
    body_of,
    error_of,
    got_refusal,
    got_status,
    is_event_stream,
    looks_like_stream,
    served,
)
from conformance.walk.observation import Observation
from conformance.walk.occasions import ANSWER, CLOSE
from conformance.walk.registry import check

#: A refusal that asks for a field; whatever else a refusal says is reported by submission.accepted.
_ASKS_FOR_MORE = re.compile(rb"(?i)\b(stream|required|missing)\b")
#: Statuses that say that the operation itself is not offered, whatever was submitted.
_NO_OPERATION = frozenset({405, 501})
_METHODS = frozenset({"GET", "PUT", "PATCH", "DELETE"})


@check("request.path", on=[ANSWER])
def path(observation: Observation) -> Iterable[Finding] | None:
    """A valid submission is answered at this path, not sent elsewhere; without a POST there is no such operation."""
    sent, response = observation.submitted, observation.response
    if sent is None or response is None:
        return None
    unknown = response.status in _NO_OPERATION and not sent.refusable and not astray(observation)
    if not unknown and not acceptable(observation):
        return None
    if not unknown and response.status != 404 and not 300 <= response.status < 400:
        return ()
    target = observation.exchange.request.target
    return [
        observation.finding("absent", "the endpoint is not there", f"POST {target} is served", got_status(response))
    ]


@check("request.other-methods", on=[CLOSE])
def other_methods(observation: Observation) -> Iterable[Finding] | None:
    """Other methods on the path are refused."""
    asked = [
        (index, exchange.request.method, exchange.response)
        for index, exchange in enumerate(observation.transcript.exchanges)
        if exchange.operation is Operation.OTHER
        and exchange.request.method in _METHODS
        and exchange.request.target.partition("?")[0].endswith("/submit_tool_outputs")
    ]
    if not asked:
        return None
    return [
        observation.finding(
            "not-refused",
            f"{method} on the path is not refused",
            "404 or 405",
            got_status(response),
            details=(method,),
            exchange=index,
        )
        for index, method, response in asked
        if response is None or response.status not in (404, 405)
    ]


@check("request.bearer", on=[ANSWER])
def bearer(observation: Observation) -> Iterable[Finding] | None:
    """The configured key is taken."""
    response = observation.response
    if response is None or "key" not in observation.held or not acceptable(observation):
        return None
    if response.status not in (401, 403):
        return ()
    return [observation.finding("refused", "the configured key is refused", "it is accepted", got_status(response))]


@check("request.beta-accepted", on=[ANSWER])
def beta_accepted(observation: Observation) -> Iterable[Finding] | None:
    """The header OpenAI-Beta: assistants=v2 is no reason to refuse."""
    response = observation.response
    sent = {name.lower(): value for name, value in observation.exchange.request.headers}
    if response is None or sent.get("openai-beta") != "assistants=v2" or not acceptable(observation):
        return None
    if served(response):
        return ()
    error = error_of(response)
    said, code = text(error, "message") or "", text(error, "code") or ""
    if not ("beta" in code.lower() or "openai-beta" in said.lower()):
        return ()
    return [
        observation.finding("refused", "the beta header is refused", "it is accepted or ignored", got_status(response))
    ]


@check("request.beta-missing", on=[ANSWER])
def beta_missing(observation: Observation) -> Iterable[Finding] | None:
    """Without the beta header the submission is served, or refused with 4xx."""
    sent = observation.submitted
    if sent is None or "no-beta" not in sent.faults:
        return None
    response = observation.response
    if response is not None and (response.status == 200 or 400 <= response.status < 500):
        return ()
    return [
        observation.finding(
            "neither",
            "neither served nor refused without the beta header",
            "200 or 4xx",
            got_status(response),
        )
    ]


@check("request.minimal-body", on=[ANSWER])
def minimal_body(observation: Observation) -> Iterable[Finding] | None:
    """A body of tool_outputs alone is enough."""
    sent, response = observation.submitted, observation.response
    if sent is None or sent.body is None or sent.body.keys() != {"tool_outputs"} or not acceptable(observation):
        return None
    if response is None or served(response):
        return None if response is None else ()
    if response.status not in (400, 422) or not _ASKS_FOR_MORE.search(body_of(response)):
        return None
    return [observation.finding("refused", "a body of tool_outputs alone is refused", "200", got_refusal(response))]


def _plain(observation: Observation, *said: object) -> Iterable[Finding] | None:
    """For a body whose `stream` is among `said`: the answer is JSON; a refusal is left to submission.accepted.

    A stream that nobody asked for is none the better for what is not known of the run.
    """
    sent, response = observation.submitted, observation.response
    if sent is None or sent.body is None or response is None or sent.refusable or "approvals" in sent.faults:
        return None
    if sent.body.get("stream", "absent") not in said:
        return None
    if not acceptable(observation) and (not served(response) or _other_kind(response)):
        return None
    if served(response) and _other_kind(response):
        return ()
    if served(response):
        return [
            observation.finding("streamed", "a stream came that was not asked for", "a JSON run", "text/event-stream")
        ]
    if response.status in (400, 422) and said != ("absent",):
        return [observation.finding("refused", "this value of stream is refused", "a JSON run", got_refusal(response))]
    return None


@check("request.stream-absent", on=[ANSWER])
def stream_absent(observation: Observation) -> Iterable[Finding] | None:
    """Without `stream` the answer is JSON."""
    return _plain(observation, "absent")


@check("request.stream-false", on=[ANSWER])
def stream_false(observation: Observation) -> Iterable[Finding] | None:
    """With stream false the answer is JSON."""
    return _plain(observation, False)


@check("request.stream-null", on=[ANSWER])
def stream_null(observation: Observation) -> Iterable[Finding] | None:
    """With stream null the answer is JSON."""
    return _plain(observation, None)


@check("request.stream-true", on=[ANSWER])
def stream_true(observation: Observation) -> Iterable[Finding] | None:
    """With stream true the answer is a stream, whatever Accept says."""
    sent, response = observation.submitted, observation.response
    if sent is None or not sent.stream or response is None or sent.refusable or "approvals" in sent.faults:
        return None
    if response.status == 406 and acceptable(observation):
        return [
            observation.finding(
                "accept-decides",
                "the Accept header decides what comes",
                "a stream whatever Accept says",
                "406",
            )
        ]
    if not served(response):
        return None
    if not _other_kind(response):
        return ()
    got = next((value for name, value in response.headers if name.lower() == "content-type"), "another body")
    return [observation.finding("not-streamed", "stream true is not answered by a stream", "text/event-stream", got)]


def _other_kind(response: Response) -> bool:
    """Whether a body is plainly something else than a stream; one that merely lacks its type is reported as such."""
    return not is_event_stream(response) and not looks_like_stream(response)


@check("request.stream-type", on=[ANSWER])
def stream_type(observation: Observation) -> Iterable[Finding] | None:
    """A `stream` that is no boolean is refused."""
    return refused(observation, "string-stream", "a stream flag that is not a boolean is accepted")


@check("request.extra-key", on=[ANSWER])
def extra_key(observation: Observation) -> Iterable[Finding] | None:
    """A top-level key the API does not know is refused."""
    return refused(observation, "extra-key", "an unknown key is accepted")
