"""The answer as a stream: its head, its bytes, and how its body ended."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from email.message import Message

from conformance.model import Ended, Finding, Operation
from conformance.walk.documents import number
from conformance.walk.http_response import header, is_event_stream
from conformance.walk.observation import Observation
from conformance.walk.occasions import BODY, END, HEAD
from conformance.walk.registry import check

#: How text in UTF-16 begins: what was saved by a Windows shell often is.
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

#: A model that worked for this long by the server's own clock, …
_WORKED_SECONDS = 3
#: … for most of the time in which its reader waited, …
_OTHER_SECONDS = 10
#: … yet whose events all came within this time, was held back by a buffer.
_BURST_MS = 100


@check("framing.status-200", on=[HEAD])
def status_200(observation: Observation) -> Iterable[Finding] | None:
    """The status of a stream is 200."""
    response = observation.response
    if response is None:
        return None
    # Creating something may be answered with 201; that is all a stream that creates a run is excused for.
    if response.status == 200 or (response.status == 201 and observation.stream.operation is Operation.CREATE_RUN):
        return ()
    return [observation.finding("another-status", "the stream has another status", "200", str(response.status))]


@check("framing.content-type", on=[HEAD])
def content_type(observation: Observation) -> Iterable[Finding] | None:
    """The media type of a stream is text/event-stream."""
    response = observation.response
    if response is None or observation.hidden_type:
        return None
    if is_event_stream(response):
        return ()
    got = header(response.headers, "content-type")
    said = "the answer does not say that it is a stream"
    return [observation.finding("another-type", said, "Content-Type: text/event-stream", got or "no Content-Type")]


@check("framing.charset", on=[HEAD])
def charset(observation: Observation) -> Iterable[Finding] | None:
    """A charset, where one is given, is utf-8."""
    response = observation.response
    if response is None or not is_event_stream(response):
        return None
    message = Message()
    message["content-type"] = header(response.headers, "content-type") or ""
    got = message.get_content_charset()
    if got in (None, "utf-8", "utf8"):
        return ()
    return [
        observation.finding("another-charset", "the stream says another charset", "charset=utf-8 or none", str(got))
    ]


@check("framing.not-empty", on=[BODY])
def not_empty(observation: Observation) -> Iterable[Finding]:
    """The body holds at least one event."""
    response = observation.response
    if observation.stream.count or response is None:
        return ()
    size = sum(len(chunk.data) for chunk in response.chunks)
    got = f"{size} bytes that hold no event" if size else "an empty body"
    return [observation.finding("empty", "the stream holds no event", "the events of the run", got)]


@check("framing.utf8", on=[BODY])
def utf8(observation: Observation) -> Iterable[Finding] | None:
    """Every byte is part of valid UTF-8."""
    found = [defect for defect in observation.stream.defects if defect.kind == "invalid-utf8"]
    if not found and not observation.stream.count:
        return None
    return [
        observation.finding(
            "not-utf8",
            "the stream is not UTF-8",
            "valid UTF-8",
            "UTF-16, by its byte order mark" if _is_utf16(observation) else defect.message,
            at=observation.stream.spoilt.get(defect),
            span=(defect.start, defect.end),
        )
        for defect in found
    ]


def _is_utf16(observation: Observation) -> bool:
    response = observation.response
    first = response.chunks[0].data if response is not None and response.chunks else b""
    return first.startswith(_UTF16_MARKS)


@check("framing.blank-line", on=[BODY])
def blank_line(observation: Observation) -> Iterable[Finding] | None:
    """Every event is ended by a blank line; without one a reader joins it to the next, or throws it away."""
    stream, response = observation.stream, observation.response
    found = [defect for defect in stream.defects if defect.kind != "invalid-utf8"]
    if response is not None and response.ended in (Ended.TIMEOUT, Ended.ABORTED):
        # We stopped reading: what the block at hand would have come to is not known.
        found = [defect for defect in found if defect.kind != "unterminated"]
    rest = stream.unterminated
    another_body = not stream.count and rest is not None and not rest.name and not rest.data
    if another_body or (stream.error is not None and stream.ends_in_unterminated_done):
        # A body that holds no event at all is reported as that. After an error event nothing must still come, so a
        # `[DONE]` that is half there is none the worse.
        found = [defect for defect in found if defect.kind != "unterminated"]
    if not found and not observation.stream.count:
        return None
    return [
        observation.finding(
            defect.kind, "an event is not ended by a blank line", "a blank line after each event", defect.message,
            at=stream.spoilt.get(defect), span=(defect.start, defect.end),
        )
        for defect in found
    ]  # fmt: skip


@check("framing.event-name", on=[END])
def event_name(observation: Observation) -> Iterable[Finding]:
    """Every event has a name of its own; it is one mistake, however many events show it."""
    stream = observation.stream
    if stream.nameless is None:
        return ()
    message = f"{stream.nameless_count} of {stream.count} events have no name"
    return [observation.finding("nameless", message, "an event field in each event", "data alone", at=stream.nameless)]


@check("framing.complete", on=[BODY])
def complete(observation: Observation) -> Iterable[Finding] | None:
    """The body is ended as HTTP demands: the last chunk, or all bytes of its length."""
    response = observation.response
    if response is None or response.ended in (Ended.ABORTED, Ended.TIMEOUT):
        return None
    if response.ended is Ended.COMPLETE:
        return ()
    size = sum(len(chunk.data) for chunk in response.chunks)
    got = f"{response.ended} after {size} bytes"
    return [
        observation.finding("cut-off", "the body was cut off", "a body ended by HTTP framing", got, span=(size, size))
    ]


def _last_time(observation: Observation) -> int | None:
    """The latest of the times that the server itself gives: of the run's end, and of what was created before it."""
    stream = observation.stream
    ends = (number(stream.terminal_document, f"{word}_at") for word in ("completed", "failed", "cancelled"))
    return max((at for at in (*ends, stream.created_at) if at is not None), default=None)


@check("framing.flushed", on=[END])
def flushed(observation: Observation) -> Iterable[Finding] | None:
    """Events come as they occur. It shows only where the server's own clock says that the model worked for long."""
    stream = observation.stream
    started = number(stream.run_before, "started_at")
    ended = _last_time(observation)
    if started is None or ended is None:
        return None
    worked = ended - started
    if stream.terminal is None or not _WORKED_SECONDS <= worked < stream.terminal.ms / 1000 + 1:
        return None
    if stream.terminal.ms / 1000 > worked + _OTHER_SECONDS:
        return None  # its reader may have been the one that was late
    if stream.terminal.ms - stream.first_ms > _BURST_MS:
        return ()
    got = f"all events within {stream.terminal.ms - stream.first_ms} ms, though the run took {ended - started} s"
    return [
        observation.finding(
            "held-back", "the events were held back", "each event when it occurs", got, at=stream.terminal
        )
    ]
