"""What every recording of another tool becomes: one transcript of the whole file, built from what the tool kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from conformance.model import Author, Chunk, Ended, Exchange, Headers, Operation, Request, Response, Transcript
from conformance.wire.recordings.body import Body, coding_of, unpacked
from conformance.wire.recordings.entry import Entry
from conformance.wire.recordings.operation import of_target

#: Statuses that send a client elsewhere; what it is answered there is the answer.
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})

#: The medium of a file in which no answer has a header field: a row of `contract.media.MEDIA`.
HEADLESS = "recording without headers"

#: What people may name in a header field's value, as YAML and JSON hold it.
_VALUES = (str, int, float)


class Answer(NamedTuple):
    """What came back, as far as it was kept; a `body` of None was not kept."""

    status: int
    headers: Headers
    body: Body | None


def exchange(method: str, target: str, headers: Headers, asked: Body, answer: Answer | str) -> Exchange:
    """One exchange. An `answer` that is a text says why there is none.

    A body that was not kept, or cannot be unpacked, leaves no answer to look at: nothing is judged by half of one.
    """
    sent = Request(Author.HARNESS, method.upper(), target, headers, *_unpacked_request(headers, asked))
    operation = of_target(method, target)
    if isinstance(answer, str):
        return Exchange(operation, 0, sent, None, answer)
    if answer.body is None:
        return Exchange(operation, 0, sent, None, "the recording does not hold the body of its answer")
    body = unpacked(coding_of(answer.headers), answer.body.data)
    if body.problem:
        return Exchange(operation, 0, sent, None, f"the body of its answer cannot be read: {body.problem}")
    chunks = (Chunk(0, body.data),) if body.data else ()
    ended = Ended.COMPLETE if body.whole else Ended.SHORT
    response = Response(
        Author.IMPLEMENTATION, answer.status, answer.headers, chunks, ended, 0, answer.body.reconstructed
    )
    return Exchange(operation, 0, sent, response)


def transcript(name: str, kind: str, exchanges: Iterable[Exchange]) -> tuple[Transcript, ...]:
    """The whole file as one transcript; answers that only sent the client elsewhere are passed over."""
    kept = tuple(_without_redirects(tuple(exchanges)))
    answers = [each.response for each in kept if each.response is not None and each.operation is not Operation.OTHER]
    if answers and not any(answer.headers for answer in answers):
        kept = tuple(_headed(each) for each in kept)
        return (Transcript(name, kept, provenance={"kind": HEADLESS, "format": kind}),)
    return (Transcript(name, kept, provenance={"kind": kind}),)


def target_of(entry: Entry) -> str:
    """Path and query of a URI. Raises UnreadableInput for what is none, such as a host in half a bracket."""
    try:
        parts = urlsplit(entry.text())
    except ValueError as error:
        entry.refuse(f"no URI: {error}")
    return parts.path + (f"?{parts.query}" if parts.query else "")


def headers(fields: Entry) -> Headers:
    """Header fields: an object of values or lists of values, a list of pairs or of objects, or a flat list.

    Pseudo header fields of HTTP/2 (`:status`) are the request line or status line, and are passed over.
    """
    return tuple(pair for pair in _pairs(fields) if not pair[0].startswith(":"))


def _pairs(fields: Entry) -> Iterator[tuple[str, str]]:
    if fields.value is None:
        return
    if isinstance(fields.value, list):
        yield from _listed(fields)
        return
    for name in fields.members():
        values = fields.get(name)
        for value in values.each() if isinstance(values.value, list) else (values,):
            if value.value is not None:
                yield name, _value(value)


def _listed(fields: Entry) -> Iterator[tuple[str, str]]:
    """Fields in a list: `{"name": …, "value": …}`, `["Name", "value"]`, or names and values in turn."""
    items = list(fields.each())
    if items and all(isinstance(item.value, str) for item in items):
        yield from ((name.text(), value.text()) for name, value in zip(items[::2], items[1::2], strict=False))
        return
    for item in items:
        if isinstance(item.value, list):
            pair = list(item.each())
            if len(pair) != 2:
                item.refuse("a name and a value were expected")
            yield pair[0].text(), _value(pair[1])
        else:
            yield item.get("name", "key").text(), _value(item.get("value"))


def _value(entry: Entry) -> str:
    """A header field's value: a number where whoever wrote the file took it for one, as Content-Length."""
    if entry.value is None:
        return ""
    if isinstance(entry.value, bytes):
        return entry.value.decode("latin-1")
    if isinstance(entry.value, bool) or not isinstance(entry.value, _VALUES):
        entry.refuse("the value of a header field was expected")
    return str(entry.value)


def _unpacked_request(headers: Headers, asked: Body) -> Body:
    return Body(unpacked(coding_of(headers), asked.data).data, asked.reconstructed)


def _without_redirects(exchanges: tuple[Exchange, ...]) -> Iterator[Exchange]:
    for each, following in zip_longest(exchanges, exchanges[1:]):
        if following is None or not _leads(each, following):
            yield each


def _leads(first: Exchange, second: Exchange) -> bool:
    """Whether the first answer sent the client to where the second request went."""
    if first.response is None or first.response.status not in _ELSEWHERE:
        return False
    place = next((value for name, value in first.response.headers if name.lower() == "location"), None)
    if place is None:
        return False
    try:
        there = urlsplit(urljoin(first.request.target, place)).path
    except ValueError:
        return False
    return there.rstrip("/") == second.request.target.partition("?")[0].rstrip("/")


def _headed(each: Exchange) -> Exchange:
    """The answer with the type that its body shows: what a stream is must be known before it can be read."""
    if each.response is None or each.response.headers:
        return each
    start = b"".join(chunk.data for chunk in each.response.chunks)[:1]
    kind = "application/json" if start in (b"{", b"[") else "text/event-stream"
    return replace(each, response=replace(each.response, headers=(("content-type", kind),)))
