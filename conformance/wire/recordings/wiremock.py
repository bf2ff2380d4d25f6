"""Stub mappings that WireMock recorded: one a file, or several in `mappings`.

A mapping says what a request must look like, so of the request there is the path and the body it was compared with.
WireMock 2 lists and counts what it recorded from the first request on, WireMock 3 from the last: what must have come
before what says which it was. Nothing is kept of request headers, times and how a body ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from conformance.model import Exchange, Transcript
from conformance.wire.recordings import foreign
from conformance.wire.recordings.beside import Beside, NotBeside
from conformance.wire.recordings.body import Body, from_base64, stored
from conformance.wire.recordings.entry import Entry

TITLE = "stub mappings of WireMock (JSON)"

_HINT = "It should be a mapping with request (method, url) and response (status, headers, body), or `mappings` of them."

#: Where a mapping names the path, the first that is there; patterns name no path.
_PATHS = ("url", "urlPath")

#: An id that an answer gives, and whatever in a request may be one.
_GIVEN = re.compile(rb'"id"\s*:\s*"([\w-]+)"')
_NAMED = re.compile(rb"[\w-]+")

#: The folder, beside that of the mappings, of the files in which bodies are kept, and the member that names one.
BODIES, _FILE = "__files", "bodyFileName"

#: How a mapping compares a body, and so shows what was sent.
_COMPARED = ("equalToJson", "equalTo", "binaryEqualTo")


def fits(document: object) -> bool:
    """Whether a document has the shape of a mapping or of several."""
    if not isinstance(document, Mapping):
        return False
    if isinstance(document.get("mappings"), list):
        return True
    request = document.get("request")
    return "response" in document and isinstance(request, Mapping) and any(key.startswith("url") for key in request)


def read(name: str, document: object, beside: Beside) -> tuple[Transcript, ...]:
    """Read mappings; raises UnreadableInput, with the place, where they are none."""
    counted = _as_counted(_mappings(Entry(document, name, _HINT)))
    exchanges = [_exchange(mapping, beside) for mapping in counted]
    steps = [*_chained(counted), *_named(exchanges)]
    last_first = sum(earlier > later for earlier, later in steps) * 2 > len(steps)
    return foreign.transcript(name, "WireMock", reversed(exchanges) if last_first else exchanges)


def bodies(document: object) -> Iterator[str]:
    """The files that hold bodies. Raises UnreadableInput, with the place, where the document holds no mappings."""
    for mapping in _mappings(Entry(document, "", _HINT)):
        response = mapping.get("response")
        name = response.get(_FILE).value if response.value is not None else None
        if isinstance(name, str):
            yield f"{BODIES}/{name}"


def _mappings(whole: Entry) -> list[Entry]:
    return list(whole.get("mappings").each()) if "mappings" in whole.members() else [whole]


def _as_counted(mappings: list[Entry]) -> list[Entry]:
    def recorded(mapping: Entry) -> int | None:
        index = mapping.get("insertionIndex").value
        return index if isinstance(index, int) else None

    known = [index for mapping in mappings if (index := recorded(mapping)) is not None]
    return sorted(mappings, key=lambda each: recorded(each) or 0) if len(known) == len(mappings) else mappings


def _chained(mappings: Sequence[Entry]) -> Iterator[tuple[int, int]]:
    """Places of mappings of which one follows the other: the same request repeated, which WireMock keeps as states."""
    reached = {_state(mapping, "newScenarioState"): at for at, mapping in enumerate(mappings)}
    for at, mapping in enumerate(mappings):
        state = _state(mapping, "requiredScenarioState")
        if state is not None and state in reached:
            yield reached[state], at


def _state(mapping: Entry, member: str) -> tuple[str, str] | None:
    name, state = mapping.get("scenarioName").value, mapping.get(member).value
    return (name, state) if isinstance(name, str) and isinstance(state, str) else None


def _named(exchanges: Sequence[Exchange]) -> Iterator[tuple[int, int]]:
    """Places of an answer that creates something or asks for outputs, and of a request that names an id of it."""
    given: dict[bytes, int] = {}
    named = [set(_NAMED.findall(each.request.target.encode() + b" " + each.request.body)) for each in exchanges]
    for at, exchange in enumerate(exchanges):
        answer = b"".join(chunk.data for chunk in exchange.response.chunks) if exchange.response else b""
        ids = _GIVEN.findall(answer) if b'"requires_action"' in answer or exchange.request.method == "POST" else ()
        given.update((one, at) for one in ids if one not in named[at])
    for at, ids_of_request in enumerate(named):
        yield from ((given[one], at) for one in ids_of_request if one in given)


def _exchange(mapping: Entry, beside: Beside) -> Exchange:
    request, method = mapping.get("request"), mapping.get("request").get("method")
    return foreign.exchange(
        "GET" if method.value is None else method.text(), _target(request), (), _asked(request),
        _answer(mapping.get("response"), beside),
    )  # fmt: skip


def _target(request: Entry) -> str:
    path = request.get(*_PATHS)
    if path.value is None:
        return "/"
    parameters = request.get("queryParameters")
    pairs = parameters.members() if parameters.value is not None else {}
    equal = {name: each.get("equalTo") for name, each in pairs.items() if isinstance(each, Mapping)}
    query = "&".join(f"{quote(name)}={quote(str(value))}" for name, value in equal.items() if value is not None)
    return foreign.target_of(path) + (f"?{query}" if query else "")


def _asked(request: Entry) -> Body:
    patterns = request.get("bodyPatterns")
    for pattern in patterns.each() if patterns.value is not None else ():
        for how in _COMPARED:
            if how in pattern.members():
                told = pattern.get(how)
                return Body(from_base64(told)) if how == "binaryEqualTo" else stored(told)._replace(reconstructed=True)
    return Body(b"")


def _answer(response: Entry, beside: Beside) -> foreign.Answer | str:
    if response.get("fault").value is not None:
        return "no answer: the mapping breaks the connection"
    try:
        body = _body(response, beside)
    except NotBeside as why:
        return f"the mapping keeps this body in a file of its own, {why}: keep `{BODIES}` beside `mappings`"
    status = response.get("status")
    return foreign.Answer(
        200 if status.value is None else status.status(), foreign.headers(response.get("headers")), body
    )


def _body(response: Entry, beside: Beside) -> Body:
    if response.get(_FILE).value is not None:
        return Body(beside.body(f"{BODIES}/{response.get(_FILE).text()}"))
    if response.get("base64Body").value is not None:
        return Body(from_base64(response.get("base64Body")))
    if "jsonBody" in response.members():
        return stored(response.get("jsonBody"))._replace(reconstructed=True)
    return stored(response.get("body"))
