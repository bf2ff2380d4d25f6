"""Recorded exchanges as text for people: compact, with the members that matter and no others.

Documents of this API carry twenty-five members of which two matter at a time: long ones are cut to those, and the
rest is an ellipsis.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import islice

from conformance.model import Exchange, Operation, Outcome, Response, Transcript
from conformance.report.plain import safe

#: Documents with more members than this are cut.
_WHOLE = 6

#: Members that always matter.
_ALWAYS = frozenset({"id", "status"})

#: Longest line shown: what a story needs fits, a long output does not.
_LIMIT = 1000

#: Lines of one body and of all exchanges that are shown together: several times what fits on a page.
_LINES, _MOST = 2_000, 5_000

_REQUEST_FIELDS = ("Authorization", "OpenAI-Beta", "Content-Type")
_RESPONSE_FIELDS = ("Content-Type", "Content-Encoding", "Transfer-Encoding", "Retry-After", "x-should-retry")


def lines(transcript: Transcript, telling: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the exchanges line by line, safe to print. `telling` are members to show beside `id` and `status`."""
    shown = telling | _ALWAYS
    # When a client comes back is its own doing, so that it is shown.
    timed = transcript.outcome is not None
    told = (line for exchange in transcript.exchanges for line in _exchange(exchange, shown, timed=timed))
    kept = [*islice(told, _MOST)]
    if next(told, None) is not None:
        kept.append(f"(more than {_MOST} lines: the others are left out)")
    return tuple(safe(line, _LIMIT) for line in (*kept, *_outcome(transcript.outcome)))


def _outcome(outcome: Outcome | None) -> Iterator[str]:
    """How a client ended, and what it wrote down."""
    if outcome is None:
        return
    yield "the client did not exit" if outcome.exit_code is None else f"the client exited with code {outcome.exit_code}"
    if outcome.document is not None:
        yield f"the client reported {json.dumps(outcome.document, ensure_ascii=False)}"
    yield ""


def telling(one: Transcript, other: Transcript) -> frozenset[str]:
    """Return the members, at any depth, that make the difference between two transcripts."""
    ours, theirs = list(_documents(one)), list(_documents(other))
    matched = SequenceMatcher(None, [*map(json.dumps, ours)], [*map(json.dumps, theirs)], autojunk=False)
    changes = [(ours[a:b], theirs[c:d]) for change, a, b, c, d in matched.get_opcodes() if change == "replace"]
    return frozenset(name for change in changes for pair in zip(*change, strict=False) for name in _differing(*pair))


def _differing(one: object, other: object) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() | other.keys():
            if one.get(name) != other.get(name) or (name in one) != (name in other):
                yield name
                yield from _differing(one.get(name), other.get(name))
    elif isinstance(one, list) and isinstance(other, list):
        for pair in zip(one, other, strict=False):
            yield from _differing(*pair)


def _documents(transcript: Transcript) -> Iterator[object]:
    for exchange in transcript.exchanges:
        for line in _body_lines(exchange.response):
            document = _document(line.removeprefix("data: "))
            if document is not None:
                yield document


def _exchange(exchange: Exchange, shown: frozenset[str], *, timed: bool) -> Iterator[str]:
    request, response = exchange.request, exchange.response
    judged = exchange.operation is Operation.SUBMIT
    yield f"> {request.method} {request.target}{f'  (at {exchange.began_ms / 1000:g} s)' if timed else ''}"
    if judged:
        yield from (f"> {name}: {value}" for name, value in request.headers if name in _REQUEST_FIELDS)
    if request.body:
        yield f"> {_cut_line(request.body.decode(errors='replace'), shown)}"
    if response is None:
        yield f"< (no answer: {exchange.failure})"
    else:
        yield from _response(response, shown, judged=judged)
    yield ""


def _response(response: Response, shown: frozenset[str], *, judged: bool) -> Iterator[str]:
    fields = "".join(f"  {name}: {value}" for name, value in response.headers if judged and name in _RESPONSE_FIELDS)
    yield f"< {response.status}{fields}"
    body = _body_lines(response)
    yield from (f"< {_cut_line(line, shown)}".rstrip() for line in body[:_LINES])
    if len(body) > _LINES:
        yield f"< ({len(body) - _LINES} more lines of the body are left out here)"
    if len(response.chunks) > 1:
        first, last = response.chunks[0].ms // 1000, response.ended_ms // 1000
        yield f"< (first event after {first} s, {response.ended} after {last} s)"


def _body_lines(response: Response | None) -> list[str]:
    body = b"".join(chunk.data for chunk in response.chunks) if response is not None else b""
    return body.decode(errors="replace").removesuffix("\n").split("\n") if body else []


def _cut_line(line: str, shown: frozenset[str]) -> str:
    """The line with its JSON document cut; any other line as it is."""
    field = "data: " if line.startswith("data: ") else ""
    document = _document(line.removeprefix(field))
    try:
        return line if document is None else field + _cut(document, shown)
    except RecursionError:  # nested deeper than anything of this API
        return line


def _document(text: str) -> object:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _cut(value: object, shown: frozenset[str]) -> str:
    if isinstance(value, dict):
        whole = len(value) <= _WHOLE
        kept = [f"{json.dumps(name)}: {_cut(value[name], shown)}" for name in value if whole or name in shown]
        return "{" + ", ".join(kept if whole else [*kept, "…"]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_cut(member, shown) for member in value) + "]"
    return json.dumps(value, ensure_ascii=False)
