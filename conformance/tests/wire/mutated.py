"""Transcripts that went wrong in any way: values of other types, events out of their places, bytes and heads damaged.

What is drawn comes from a `Random`, so that a test, which hands in Hypothesis's own, gets a shrunk and repeatable case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

from conformance import files
from conformance.model import Chunk, Ended, Exchange, Operation, Response, Transcript
from conformance.wire import cassette

T = TypeVar("T")

#: Stands where a value is going to be.
_HERE = "\x00here\x00"
_ESCAPED = json.dumps(_HERE).encode()

#: What no implementation should send, as JSON or as nearly JSON.
STRANGE = (
    *(b"null", b"true", b"false", b"0", b"-1", b"1.5", b"[]", b"{}", b'""', b'"done"', b'"thread.run"', b"[[]]"),
    *(b"NaN", b"1e999", b"-Infinity", b"18446744073709551616", b"1750000000123", b"9" * 1000, b"9" * 5000, b""),
    *(b'"\\ud83d"', b'"\\u0000"', b'"\\u001b[2J\\u202e"', b'"</script><b>"', b'{"id":1,"id":2}', b'"' + b"x" * 3000),
    *(b"[" * 990 + b"]" * 990, b'{"a":' * 985 + b"1" + b"}" * 985, b"[" * 10_000, b"\xff\xfe", b'"\xc3"'),
    *(b"[null]", b'[{"index":0}]', b'[{"index":-1,"type":"text"}]', b'{"index":"0"}', b'[[[{"a":[1]}]]]', b'["a",1]'),
    *(b'[{"index":0,"type":"text","text":{"value":null,"annotations":[7]}}]', b'{"type":"function","function":3}'),
)

#: Blocks that stand between events now and then.
_BLOCKS = (
    *(b"event: done\ndata: [DONE]\n\n", b"data: [DONE]\n\n", b"\n\n", b":\n\n", b"event\ndata\n\n", b"id: \x00\n\n"),
    *(b"event: error\ndata: null\n\n", b"event: \x1b[2J\ndata: {}\n\n", b"data: {}\n\n", b"\xff\xfe\n", b"data: [\n\n"),
    *(b'data: {"event":"thread.run.queued","data":[1]}\n\n', b'data: {"event":[],"data":{}}\n\n', b"retry: 9\n\n"),
)


@cache
def seeds() -> tuple[Transcript, ...]:
    """Every reference cassette."""
    found = sorted((files.cassettes_folder() / "reference").glob("*.jsonl"))
    return tuple(cassette.read(path.read_text("utf-8").splitlines(keepends=True), path.name) for path in found)


def mutated(seed: Transcript, chance: Random, most: int = 4) -> Transcript:
    """The seed with one to `most` things gone wrong; one time in four, nobody knows which scenario it was."""
    exchanges = list(seed.exchanges)
    for _ in range(chance.randint(1, most)):
        index = chance.randrange(len(exchanges)) if exchanges else -1
        _pick(chance, (*[_inside] * 6, _around))(exchanges, index, chance)
    traits = frozenset(trait for trait in sorted(seed.traits) if chance.random() > 0.05)
    return replace(seed, exchanges=tuple(exchanges), traits=traits, scenario=_pick(chance, (*[seed.scenario] * 3, "x")))


def _pick(chance: Random, things: Sequence[T]) -> T:
    return things[chance.randrange(len(things))]


def _around(exchanges: list[Exchange], index: int, chance: Random) -> None:
    """Lose, repeat or swap whole exchanges."""
    if index < 0:
        return
    other = chance.randrange(len(exchanges))
    match chance.randrange(3):
        case 0:
            del exchanges[index]
        case 1:
            exchanges.insert(other, exchanges[index])
        case _:
            exchanges[index], exchanges[other] = exchanges[other], exchanges[index]


def _inside(exchanges: list[Exchange], index: int, chance: Random) -> None:
    """Damage one exchange."""
    if index >= 0:
        exchanges[index] = _pick(chance, _DAMAGES)(exchanges[index], chance)


def _answer_of(exchange: Exchange) -> bytes:
    return b"".join(chunk.data for chunk in exchange.response.chunks) if exchange.response else b""


def _answered(exchange: Exchange, body: bytes, chance: Random) -> Exchange:
    """The exchange with another body, cut anywhere."""
    if exchange.response is None:
        return exchange
    cuts = sorted(chance.randint(0, len(body)) for _ in range(chance.randint(0, 3)))
    borders = [0, *cuts, len(body)]
    chunks = tuple(Chunk(at, body[start:end]) for at, (start, end) in enumerate(pairwise(borders)))
    return replace(exchange, response=replace(exchange.response, chunks=chunks))


def _in_json(exchange: Exchange, chance: Random) -> Exchange:
    """Put something strange in the place of any value of an answer, or of the data of any event."""
    blocks = re.split(rb"(?<=\n\n)", _answer_of(exchange))
    at = chance.randrange(len(blocks))
    head, data, rest = blocks[at].partition(b"data: ")
    blocks[at] = head + data + strange(rest, chance) + b"\n\n" if data else strange(head, chance)
    return _answered(exchange, b"".join(blocks), chance)


def strange(written: bytes, chance: Random) -> bytes:
    """A JSON document with one value replaced, or one member lost; what is none, or too deep, is damaged as bytes."""
    try:
        return _replaced(json.loads(written), chance)
    except (ValueError, RecursionError):
        return torn(written, chance)


def _replaced(document: object, chance: Random) -> bytes:
    places = list(_places(document))
    if not places:
        return _pick(chance, STRANGE)
    holder, key = _pick(chance, places)
    kind = chance.random()
    if kind < 0.15:
        del holder[key]
    elif kind < 0.35:
        other, name = _pick(chance, places)
        holder[key] = json.loads(json.dumps(other[name]))
    else:
        holder[key] = _HERE
    return json.dumps(document).encode().replace(_ESCAPED, _pick(chance, STRANGE), 1)


def _places(document: object) -> Iterator[tuple[Any, Any]]:
    """Every place of a value in a document: what holds it, and its key there."""
    waiting = [document]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            yield holder, key
            waiting.append(holder[key])  # type: ignore[index]


def _in_order(exchange: Exchange, chance: Random) -> Exchange:
    """Lose, repeat, swap or add events."""
    blocks = re.split(rb"(?<=\n\n)", _answer_of(exchange))
    one, other = chance.randrange(len(blocks)), chance.randrange(len(blocks))
    match chance.randrange(5):
        case 0:
            del blocks[one]
        case 1:
            blocks.insert(other, blocks[one])
        case 2:
            blocks[one], blocks[other] = blocks[other], blocks[one]
        case 3:
            del blocks[min(one, other) : max(one, other)]
        case _:
            blocks.insert(one, _pick(chance, _BLOCKS))
    return _answered(exchange, b"".join(blocks), chance)


def torn(data: bytes, chance: Random) -> bytes:
    """Bytes cut, repeated or overwritten anywhere."""
    start, end = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
    middle = _pick(chance, (b"", data[start:end] * 2, b"\r", b"\n\n", b"\xf0\x9f", *STRANGE))
    return data[:start] + middle + data[end if chance.random() < 0.5 else start :]


def _in_bytes(exchange: Exchange, chance: Random) -> Exchange:
    return _answered(exchange, torn(_answer_of(exchange), chance), chance)


def _renamed(exchange: Exchange, chance: Random) -> Exchange:
    """Give one event the name of another."""
    body = _answer_of(exchange)
    names = re.findall(rb"^event: (.*)$", body, re.MULTILINE)
    if not names:
        return exchange
    old, new = _pick(chance, names), _pick(chance, (*names, b"", b"thread.run.expired", b"thread.run.step.delta"))
    return _answered(exchange, body.replace(b"event: " + old, b"event: " + new, chance.choice((1, -1))), chance)


def _in_request(exchange: Exchange, chance: Random) -> Exchange:
    request = exchange.request
    target = _pick(chance, (request.target, "", "/", "/threads/%2e%2e/runs/%ff/submit_tool_outputs", "\udc80?"))
    method = _pick(chance, (request.method, "PUT", ""))
    body = _pick(chance, (strange, torn))(request.body, chance)
    return replace(exchange, request=replace(request, body=body, target=target, method=method))


def _in_head(exchange: Exchange, chance: Random) -> Exchange:
    response = exchange.response
    if response is None or chance.random() < 0.1:
        return replace(exchange, response=None, failure=_pick(chance, (None, "no answer")))
    fields = (
        ("Content-Type", _pick(chance, ("text/event-stream", "application/json; charset=\x1b", "", "text/html"))),
        ("Content-Length", _pick(chance, ("-1", "9" * 5000, "x", "\u0663"))),
        ("Retry-After", _pick(chance, ("9" * 5000, "soon", "\u0663", "Fri, 99 Foo 1999"))),
        (_pick(chance, ("openai-poll-after-ms", "Connection", "Transfer-Encoding", "")), "\udcff"),
    )
    headers = tuple(field for field in (*response.headers, *fields) if chance.random() < 0.7)
    status = _pick(chance, (response.status, 0, 101, 200, 201, 204, 302, 400, 404, 429, 500, 999))
    ended = _pick(chance, tuple(Ended))
    return replace(exchange, response=_headed(response, status, headers, ended))


def _headed(response: Response, status: int, headers: tuple[tuple[str, str], ...], ended: Ended) -> Response:
    return replace(response, status=status, headers=headers, ended=ended)


def _in_meaning(exchange: Exchange, chance: Random) -> Exchange:
    """Take it for an exchange of another operation, or of another situation."""
    situation = frozenset(chance.sample(("no-key", "no-beta", "concurrent", "unknown-run", "reordered"), 2))
    return replace(exchange, operation=_pick(chance, tuple(Operation)), situation=situation)


_DAMAGES: Sequence[Callable[[Exchange, Random], Exchange]] = (
    *[_in_json] * 8, *[_in_order] * 3, _in_bytes, _renamed, _renamed, _in_request, _in_head, _in_meaning,
)  # fmt: skip
