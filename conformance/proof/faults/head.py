"""Faults in the status line and the header fields of an answer that is served."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Exchange, Response
from conformance.proof.faults.pieces import pieces_of
from conformance.proof.faults.registry import Applies, fault
from conformance.proof.faults.responses import (
    as_stream,
    document_of,
    header,
    with_body,
    with_document,
    with_header,
)
from conformance.reference.objects import to_json
from conformance.wire.sse import encode

_STREAM = Applies(streamed=True)
_PLAIN = Applies(streamed=False)


@fault("stream-201", breaks={"framing.status-200"}, applies=_STREAM)
def stream_201(_exchange: Exchange, response: Response) -> Response:
    """The stream is answered with 201, as if something had been created."""
    return replace(response, status=201)


@fault("stream-202", breaks={"framing.status-200"}, applies=_STREAM)
def stream_202(_exchange: Exchange, response: Response) -> Response:
    """The stream is answered with 202, as if the work began later."""
    return replace(response, status=202)


@fault("plain-201", breaks={"response.status-200"}, applies=_PLAIN)
def plain_201(_exchange: Exchange, response: Response) -> Response:
    """The plain answer has status 201, as if something had been created."""
    return replace(response, status=201)


@fault("plain-202", breaks={"response.status-200"}, applies=_PLAIN)
def plain_202(_exchange: Exchange, response: Response) -> Response:
    """The plain answer has status 202, as if the work began later."""
    return replace(response, status=202)


@fault("stream-as-text", breaks={"framing.content-type"}, applies=_STREAM)
def stream_as_text(_exchange: Exchange, response: Response) -> Response:
    """The stream says that it is plain text."""
    return with_header(response, "Content-Type", "text/plain; charset=utf-8")


@fault("stream-as-json", breaks={"framing.content-type"}, applies=_STREAM)
def stream_as_json(_exchange: Exchange, response: Response) -> Response:
    """The stream says that it is JSON, as the Accept header of most clients asks."""
    return with_header(response, "Content-Type", "application/json")


@fault("stream-without-type", breaks={"framing.content-type"}, applies=_STREAM)
def stream_without_type(_exchange: Exchange, response: Response) -> Response:
    """The stream has no Content-Type."""
    return with_header(response, "Content-Type", None)


@fault("stream-latin-1", breaks={"framing.charset"}, applies=_STREAM)
def stream_latin_1(_exchange: Exchange, response: Response) -> Response:
    """The stream says that it is ISO-8859-1."""
    return with_header(response, "Content-Type", "text/event-stream; charset=iso-8859-1")


@fault("plain-as-text", breaks={"response.content-type"}, applies=_PLAIN)
def plain_as_text(_exchange: Exchange, response: Response) -> Response:
    """The run is sent as plain text."""
    return with_header(response, "Content-Type", "text/plain; charset=utf-8")


@fault("plain-without-type", breaks={"response.content-type"}, applies=_PLAIN)
def plain_without_type(_exchange: Exchange, response: Response) -> Response:
    """The run is sent without a Content-Type."""
    return with_header(response, "Content-Type", None)


@fault("json-for-stream", breaks={"request.stream-true"}, applies=_STREAM)
def json_for_stream(_exchange: Exchange, response: Response) -> Response:
    """Whoever asked for a stream gets the run as JSON, as their Accept header says."""
    run = next((one.document for one in pieces_of(response) if one.name.startswith("thread.run.q")), {})
    return with_document(response, run)


def _streamed(response: Response) -> Response:
    document = document_of(response)
    status = document["status"]
    return as_stream(response, [encode(f"thread.run.{status}", to_json(document))])


@fault("stream-for-absent", breaks={"request.stream-absent"}, applies=Applies(streamed=False, asked="absent"))
def stream_for_absent(_exchange: Exchange, response: Response) -> Response:
    """Whoever says nothing of a stream gets one."""
    return _streamed(response)


@fault("stream-for-false", breaks={"request.stream-false"}, applies=Applies(streamed=False, asked="false"))
def stream_for_false(_exchange: Exchange, response: Response) -> Response:
    """Whoever says that no stream is wanted gets one."""
    return _streamed(response)


@fault("stream-for-null", breaks={"request.stream-null"}, applies=Applies(streamed=False, asked="null"))
def stream_for_null(_exchange: Exchange, response: Response) -> Response:
    """Whoever says null for stream gets one."""
    return _streamed(response)


@fault("html-for-run", breaks={"response.run-object", "response.content-type"}, applies=_PLAIN)
def html_for_run(_exchange: Exchange, response: Response) -> Response:
    """A proxy answers 200 with a page of its own."""
    return with_body(response, b"<!doctype html><title>Welcome</title>", "text/html")


@fault("html-for-stream", breaks={"request.stream-true"}, applies=_STREAM)
def html_for_stream(_exchange: Exchange, response: Response) -> Response:
    """A proxy answers a stream's request with a page of its own."""
    return with_body(response, b"<!doctype html><title>Welcome</title>", "text/html")


@fault(
    "without-request-id",
    applies=_STREAM,
    equivalent="x-request-id is OpenAI's own field; no requirement asks for it",
)
def without_request_id(_exchange: Exchange, response: Response) -> Response:
    """The answer does not say which request it answers."""
    return with_header(response, "x-request-id", None) if header(response, "x-request-id") else response
