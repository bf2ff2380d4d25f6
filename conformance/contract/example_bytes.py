"""A story of small data as the bytes it would have been on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from conformance.model import (
    Author,
    Chunk,
    Ended,
    Exchange,
    Headers,
    Operation,
    Outcome,
    Request,
    Response,
    Side,
    Transcript,
)

Tree = dict[str, Any]

_THREAD = "/v1/threads/thread_1"
_TARGETS: Mapping[str, tuple[str, str]] = {
    "submit": ("POST", f"{_THREAD}/runs/run_1/submit_tool_outputs"),
    "get-run": ("GET", f"{_THREAD}/runs/run_1"),
    "list-steps": ("GET", f"{_THREAD}/runs/run_1/steps"),
    "list-messages": ("GET", f"{_THREAD}/messages"),
    "other": ("GET", ""),
}

#: Milliseconds from one event to the next: the stories' own timestamps span three seconds over thirteen events.
_PACE = 250

#: Milliseconds from one exchange to the next.
_APART = 10_000


def transcript_of(story: Tree) -> Transcript:
    """Return the transcript of a story: its `exchanges` by name, each with what was sent and what came back.

    In the story of a client every request is the client's, and the answers are ours; in that of a gateway so are both
    behind it.
    """
    rows = dict(story["exchanges"])
    ended = rows.pop("outcome", None)
    traits = frozenset(story["traits"].split())
    authors = (Author.HARNESS, Author.IMPLEMENTATION)
    sends, answers = reversed(authors) if "client" in traits else authors
    sides = {Side.FRONT: (sends, answers), Side.BEHIND: (answers, sends)}
    exchanges = tuple(
        _exchange(row, index, *sides[Side(row.get("side", Side.FRONT))]) for index, row in enumerate(rows.values())
    )
    outcome = None if ended is None else Outcome(ended["exit_code"], ended.get("document"))
    # A name of its own: under the id of a scenario it would be planned as one.
    return Transcript(f"example-{story['name']}", exchanges, traits, outcome=outcome)


def _exchange(row: Tree, index: int, sends: Author, answers: Author) -> Exchange:
    method, target = _TARGETS[row["operation"]]
    body = row.get("body")
    sent = b"" if body is None else _text_of(body).encode()
    request = Request(sends, row.get("method", method), row.get("target", target), _headers(row["sends"]), sent)
    response = None if row["status"] is None else _response(row, answers)
    situation = frozenset(row.get("situation", ()))
    began = 0 if "concurrent" in situation else row.get("began_ms", index * _APART)
    failure = "the connection was closed without an answer" if response is None else None
    side = Side(row.get("side", Side.FRONT))
    return Exchange(Operation(row["operation"]), began, request, response, failure, situation, side)


def _response(row: Tree, answers: Author) -> Response:
    chunks = _chunks(row)
    ended_ms = row.get("ended_ms", chunks[-1].ms + 5 if chunks else _PACE)
    headers, ended = _headers(row["headers"]), Ended(row.get("ended", "complete"))
    return Response(answers, row["status"], headers, chunks, ended, ended_ms)


def _headers(fields: Mapping[str, str]) -> Headers:
    return tuple(fields.items())


def _chunks(row: Tree) -> tuple[Chunk, ...]:
    encoded = [piece.encode(row.get("encoding", "utf-8")) for piece in _pieces(row)]
    if "cut" in row:
        whole, size = b"".join(encoded), row["cut"]
        return tuple(Chunk(_PACE, whole[at : at + size]) for at in range(0, len(whole), size))
    first, pace, late = len(encoded) if row.get("held_back") else 1, row.get("pace", _PACE), row.get("late", 0)
    return tuple(Chunk(max(first, index) * pace + late, data) for index, data in enumerate(encoded, 1) if data)


def _pieces(row: Tree) -> list[str]:
    if "stream" in row:
        blocks = [_block(event) for event in row["stream"].values()]
        first = [row["first"]] if "first" in row else []
        return [*first, *(_respelt(block, row.get("respelt", {})) for block in blocks)]
    return [row["text"] if "text" in row else _text_of(row["json"])]


def _respelt(block: str, spellings: Mapping[str, str]) -> str:
    for usual, other in spellings.items():
        block = block.replace(usual, other)
    return block


def _block(event: Tree) -> str:
    name = f"event: {event['event']}\n" if "event" in event else ""
    end = event.get("end", "\n\n")
    return f"{name}data: {_text_of(event['data'])}{end}"


def _text_of(value: object) -> str:
    """A string as it is, anything else as JSON; half a character can only be written as an escape."""
    if isinstance(value, str):
        return value
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)
