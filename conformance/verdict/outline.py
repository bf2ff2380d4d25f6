"""What exchanges look like once everything is left out that is new in every run: for comparisons, not for judging.

An outline keeps operation, method, path, status, media type, the sequence of events, the fields of each kind of
object, and how a body ended. Ids, times, texts and numbers that vary are gone: deltas in a row are one entry,
however many there were, and so are looks in a row that look the same. Only what the implementation itself wrote
is told of. Linear in the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from urllib.parse import unquote_plus

from conformance.contract.lifecycle import WORDS
from conformance.model import Author, Exchange, Operation, Request, Response, Transcript
from conformance.verdict.without_ids import without_ids
from conformance.walk.http_response import document_of, is_event_stream, looks_like_stream, media_type
from conformance.walk.place import DONE
from conformance.wire.compact_json import compact
from conformance.wire.identifier import COLLECTIONS
from conformance.wire.sse import Decoder, Event
from conformance.wire.strict_json import NotJson, read

#: One exchange: `operation`, `method`, `path`, and where they are known `query`, `sent`, `status`, `media`,
#: `events`, `other_events`, `fields`, `ended`.
Outline = Mapping[str, object]

#: Operations whose requests only look: how often somebody looks until a run has moved on is chance.
_LOOKS = frozenset({Operation.GET_RUN, Operation.LIST_STEPS, Operation.LIST_MESSAGES})

#: Of what has no natural end this much is kept; the longest recorded stream has 60 entries once deltas are folded.
_MOST = 200

#: A name that a target made up is kept up to this length.
_LONGEST = 64

#: Stands behind the name of an event of which there were any number in a row.
MANY = " \u00d7 n"

_NAME = re.compile(r"[\w./-]+")


def outline(transcript: Transcript) -> tuple[Outline, ...]:
    """The outlines of what an implementation took part in, in order, at most the first two hundred."""
    kept: list[Outline] = []
    part = (exchange for exchange in transcript.exchanges if _took_part(exchange))
    for at_once, exchanges in groupby(part, key=lambda exchange: "concurrent" in exchange.situation):
        if at_once:  # which of them comes first is chance
            kept += sorted(map(_exchange, exchanges), key=compact)
            continue
        for exchange in exchanges:
            seen = _exchange(exchange)
            if exchange.operation not in _LOOKS or not kept or kept[-1] != seen:
                kept.append(seen)
    return tuple(kept[:_MOST])


def _took_part(exchange: Exchange) -> bool:
    sides = (exchange.request, exchange.response)
    return any(side is None or side.author is Author.IMPLEMENTATION for side in sides)


def _exchange(exchange: Exchange) -> Outline:
    request, response = exchange.request, exchange.response
    return {
        "operation": exchange.operation.value,
        "method": _named(request.method),
        "path": path_form(request.target),
        **(_request(request) if request.author is Author.IMPLEMENTATION else {}),
        **({"ended": "no answer"} if response is None else _response(response)),
    }


def path_form(target: str) -> str:
    """The path with a word in the place of every id, and without its query."""
    segments = target.partition("?")[0].split("/")[:_MOST]
    return "/".join(
        _named(segment) if segment in COLLECTIONS else COLLECTIONS.get(before, _named(segment))
        for before, segment in zip(("", *segments), segments, strict=False)
    )


def _request(request: Request) -> dict[str, object]:
    pairs = request.target.partition("?")[2].split("&")[:_MOST]
    query = sorted({_named(unquote_plus(pair.partition("=")[0])) for pair in pairs})
    try:
        document = read(request.body)
    except NotJson:
        document = None
    said = {"query": " ".join(query).strip(), "sent": " ".join(_keys(document))}
    return {name: names for name, names in said.items() if names}


def _response(response: Response) -> dict[str, object]:
    if response.author is not Author.IMPLEMENTATION:
        return {"status": response.status}
    said = {"status": response.status, "media": _named(media_type(response) or "none"), "ended": response.ended.value}
    if is_event_stream(response) or looks_like_stream(response):
        return {**said, **_stream(response)}
    fields = _Fields()
    fields.take(document_of(response)[0])
    return {**said, **fields.document()}


def _stream(response: Response) -> dict[str, object]:
    names: list[str] = []
    others: dict[str, None] = {}
    fields = _Fields()
    for event in _events(response):
        name = "done" if event.data.strip() == DONE else event.name or "message"
        if name not in WORDS and name != "message":
            others[_named(name)] = None
            continue
        word = f"{name}{MANY}" if name.endswith(".delta") else name
        if len(names) < _MOST and not (names and names[-1] == word and word != name):
            names.append(word)
        if name != "done":
            fields.take_data(event.data)
    unknown = {"other_events": " ".join(sorted(others)[:_MOST])} if others else {}
    return {"events": names, **unknown, **fields.document()}


def _events(response: Response) -> Iterator[Event]:
    decoder = Decoder()
    for chunk in response.chunks:
        yield from decoder.events(chunk.data)
    decoder.close()


class _Fields:
    """The names of fields by the kind of object that has them, over everything that one answer holds."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def take_data(self, data: bytes) -> None:
        """Take the data of an event."""
        try:
            self.take(read(data))
        except NotJson:
            return

    def take(self, document: object) -> None:
        """Take a document: each object in it that says what it is, and an error."""
        level = [document]
        while level:
            for value in level:
                self._object(value)
            level = [
                child
                for value in level
                for child in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
            ]

    def _object(self, value: object) -> None:
        if not isinstance(value, dict):
            return
        kind = value.get("object")
        if isinstance(kind, str) and (kind in self._seen or len(self._seen) < _MOST):
            self._add(_named(kind), value)
        if isinstance(value.get("error"), dict):
            self._add("error", value["error"])

    def _add(self, kind: str, value: Mapping[str, object]) -> None:
        kept = self._seen.setdefault(kind, set())
        if len(kept) < _MOST:
            kept.update(_keys(value))

    def document(self) -> dict[str, object]:
        """The sorted names by kind, each kind's in one text, where there are any."""
        fields = {kind: " ".join(sorted(names)) for kind, names in sorted(self._seen.items())}
        return {"fields": fields} if fields else {}


def _keys(document: object) -> list[str]:
    return sorted({_named(key) for key in _first(document)}) if isinstance(document, dict) else []


def _first(names: Iterable[str]) -> Iterator[str]:
    for _, name in zip(range(_MOST), names, strict=False):
        yield name


def _named(name: str) -> str:
    """A name as it may be kept: no id, nothing that steers a terminal, not longer than names are."""
    short = without_ids(name[: 2 * _LONGEST])[:_LONGEST]
    return short if _NAME.fullmatch(short) or not short else "…"
