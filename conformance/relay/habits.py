"""What the bundled gateway may do differently: one declaration for each habit, bad or legal.

A habit replaces one thing about a gateway that passes everything on. The bad ones say which requirements they break,
and in which scenarios that shows; the legal ones say why.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from conformance.model import Ended, Headers
from conformance.proof.faults.registry import Fault
from conformance.relay.habit import Answer, Asked, Broken, Habit, Send, plainly
from conformance.wire.sse import Decoder, encode

#: The requests that are meant when a habit is about submissions.
_SUBMIT = "/submit_tool_outputs"

#: Seconds of silence after which the declared gateway gives up, as its scenario declares it.
LIMIT = 2.0

_PING = b": ping\n\n"

#: Bytes that a small buffer takes before it lets go of any.
_BUFFER = 4096

#: Bytes of an output that a habit of cutting leaves.
_CUT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Declared:
    """A habit with all that is known of it."""

    name: str
    #: What it is about.
    layer: str
    #: The habit in one sentence.
    sentence: str
    #: Makes the habit: some keep something over several exchanges.
    make: Callable[[], Habit]
    #: The scenarios that show it, and the requirements that it breaks.
    scenarios: tuple[str, ...] = ()
    breaks: frozenset[str] = frozenset()
    #: Why it is legal, where it breaks nothing.
    legal: str = ""
    #: What is declared of it: traits such as `maps-ids`.
    declares: frozenset[str] = frozenset()


_declared: dict[str, Declared] = {}

#: Every habit by its name, layer by layer; the legal ones come last.
DECLARED: Mapping[str, Declared] = MappingProxyType(_declared)


def _bad(
    layer: str, name: str, sentence: str, make: Callable[[], Habit], *, shown_by: str, breaks: str, declares: str = ""
) -> None:
    """Declare what no gateway may do; scenarios, without `relay-`, and requirements, without `relay.`, are words."""
    shown = tuple(f"relay-{word}" for word in shown_by.split())
    broken = frozenset(f"relay.{word}" for word in breaks.split())
    _declared[name] = Declared(name, layer, sentence, make, shown, broken, declares=frozenset(declares.split()))


def _good(
    name: str, sentence: str, make: Callable[[], Habit], *, legal: str, declares: str = "", shown_by: str = ""
) -> None:
    """Declare what a gateway may do differently without being wrong."""
    shown = tuple(f"relay-{word}" for word in shown_by.split())
    _declared[name] = Declared(name, "legal", sentence, make, shown, legal=legal, declares=frozenset(declares.split()))


# Building blocks.

Pieces = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Block:
    """One event of a stream with its bytes."""

    name: str
    data: bytes
    raw: bytes

    @property
    def is_done(self) -> bool:
        """Whether it is the marker of the end."""
        return self.data == b"[DONE]"


def _is_stream(answer: Answer) -> bool:
    return answer.status == 200 and (_field(answer.headers, "content-type") or "").startswith("text/event-stream")


def _field(headers: Headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _with(headers: Headers, name: str, value: str | None) -> Headers:
    """The fields with another value of one, or without it."""
    kept = tuple((key, old) for key, old in headers if key.lower() != name.lower())
    return kept if value is None else (*kept, (name, value))


async def _blocks(pieces: Pieces) -> AsyncIterator[Block]:
    """The events of a stream as each is there."""
    decoder, body, start = Decoder(), b"", 0
    async for piece in pieces:
        body += piece
        for event in decoder.feed(piece):
            yield Block(event.name, event.data, body[event.start - start : event.end - start])
            body, start = body[event.end - start :], event.end


async def _whole(pieces: Pieces) -> bytes:
    return b"".join([piece async for piece in pieces])


async def _one(data: bytes) -> Pieces:
    yield data


def _is_submission(asked: Asked) -> bool:
    return asked.method == "POST" and _SUBMIT in asked.target


def _on_answers(change: Callable[[Answer], Answer]) -> Callable[[], Habit]:
    """A habit about the answers to submissions."""

    async def habit(asked: Asked, send: Send) -> Answer:
        answer = await send(asked)
        return change(answer) if _is_submission(asked) else answer

    return lambda: habit


def _on_requests(change: Callable[[Asked], Asked]) -> Callable[[], Habit]:
    """A habit about submissions."""

    async def habit(asked: Asked, send: Send) -> Answer:
        return await send(change(asked) if _is_submission(asked) else asked)

    return lambda: habit


def _on_pieces(change: Callable[[Pieces], Pieces]) -> Callable[[], Habit]:
    """A habit about the bytes of a stream."""
    return _on_answers(lambda answer: replace(answer, pieces=change(answer.pieces)) if _is_stream(answer) else answer)


def _on_blocks(change: Callable[[AsyncIterator[Block]], AsyncIterator[bytes]]) -> Callable[[], Habit]:
    """A habit about the events of a stream."""
    return _on_pieces(lambda pieces: change(_blocks(pieces)))


def _each(change: Callable[[Block], bytes]) -> Callable[[], Habit]:
    """A habit about every event by itself."""

    async def changed(blocks: AsyncIterator[Block]) -> AsyncIterator[bytes]:
        async for block in blocks:
            yield change(block)

    return _on_blocks(changed)


def _at(number: int, change: Callable[[list[Block]], list[bytes]], count: int = 1) -> Callable[[], Habit]:
    """A habit about some pieces of text in a row, from the one of a number on."""

    async def changed(blocks: AsyncIterator[Block]) -> AsyncIterator[bytes]:
        held: list[Block] = []
        seen = 0
        async for block in blocks:
            if block.name == "thread.message.delta":
                seen += 1
                if number <= seen < number + count:
                    held.append(block)
                    if len(held) == count:
                        for raw in change(held):
                            yield raw
                    continue
            yield block.raw

    return _on_blocks(changed)


# Time.


async def _all_at_once(pieces: Pieces) -> Pieces:
    yield await _whole(pieces)


async def _when_full(pieces: Pieces) -> Pieces:
    held = b""
    async for piece in pieces:
        held += piece
        if len(held) >= _BUFFER:
            yield held
            held = b""
    yield held


async def _first_and_when_full(pieces: Pieces) -> Pieces:
    yield await anext(pieces, b"")
    async for piece in _when_full(pieces):
        yield piece


_bad("time", "buffers-all", "The gateway passes a stream on once the upstream has ended it.", _on_pieces(_all_at_once),
     shown_by="paced paced-short", breaks="flows")  # fmt: skip
_bad("time", "buffers-4k", "The gateway passes a stream on in blocks of 4 KB.", _on_pieces(_when_full),
     shown_by="paced paced-short", breaks="flows")  # fmt: skip
_bad("time", "buffers-the-rest", "The gateway passes the first event on at once, and the others in blocks of 4 KB.",
     _on_pieces(_first_and_when_full), shown_by="paced", breaks="prompt")  # fmt: skip


def _silent_for(seconds: float, then: Ended | None) -> Callable[[Pieces], Pieces]:
    """Give up after so many silent seconds: break off, or end the body as if it were complete."""

    async def changed(pieces: Pieces) -> Pieces:
        ahead = asyncio.ensure_future(anext(pieces))
        try:
            while True:
                done, _ = await asyncio.wait({ahead}, timeout=seconds)
                if not done:
                    if then is not None:
                        raise Broken(then)
                    return
                try:
                    piece = ahead.result()
                except StopAsyncIteration:
                    return
                yield piece
                ahead = asyncio.ensure_future(anext(pieces))
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
            await _close(pieces)

    return changed


async def _close(pieces: Pieces) -> None:
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()


_bad("time", "times-out", "The gateway breaks off a stream in which nothing came for a second.",
     _on_pieces(_silent_for(1.0, Ended.SHORT)), shown_by="pause", breaks="ends")  # fmt: skip
_bad("time", "times-out-cleanly", "The gateway ends a stream that is silent for a second, as if it were complete.",
     _on_pieces(_silent_for(1.0, None)), shown_by="pause", breaks="cut")  # fmt: skip
_bad("time", "ends-stalled", "The gateway ends a stream that stalls, as if it were complete.",
     _on_pieces(_silent_for(LIMIT, None)), shown_by="stall", breaks="stall", declares="gateway-timeout")  # fmt: skip


class _Detached:
    """Reads the upstream to its end, whether or not anybody is there to take it; `lossy` once the reader is slow."""

    def __init__(self, *, lossy: bool = False) -> None:
        self._lossy = lossy
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, asked: Asked, send: Send) -> Answer:
        answer = await send(asked)
        return replace(answer, pieces=self._taken(answer.pieces)) if _is_stream(answer) else answer

    async def _taken(self, pieces: Pieces) -> Pieces:
        queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(64 if self._lossy else 0)
        task = asyncio.get_running_loop().create_task(self._pump(pieces, queue))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        while (piece := await queue.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def _pump(self, pieces: Pieces, queue: asyncio.Queue[bytes | Exception | None]) -> None:
        end: Exception | None = None
        try:
            async for block in _blocks(pieces):
                if not queue.full():
                    queue.put_nowait(block.raw)
                elif not self._lossy or block.is_done:
                    await queue.put(block.raw)
        except Broken as broken:
            end = broken
        await queue.put(end)


_bad("time", "stays", "The gateway reads the upstream to its end though its client has left.", _Detached,
     shown_by="leaves", breaks="client-left")  # fmt: skip
_bad("time", "drops-for-the-slow", "The gateway drops events that a slow client does not take.",
     lambda: _Detached(lossy=True), shown_by="slow-reader", breaks="events-arrive")  # fmt: skip


# Events.


async def _without_last(blocks: AsyncIterator[Block]) -> AsyncIterator[bytes]:
    held: Block | None = None
    async for block in blocks:
        if held is not None:
            yield held.raw
        held = block


def _inserted(before_done: bytes, behind: bytes = b"") -> Callable[[], Habit]:
    return _each(lambda block: before_done + block.raw + behind if block.is_done else block.raw)


def _rewritten(block: Block) -> bytes:
    return block.raw if block.is_done else _other_data(block, lambda text: json.dumps(json.loads(text)))


def _as_floats(text: str) -> str:
    return json.dumps(json.loads(text, parse_int=lambda digits: int(float(digits))), separators=(",", ":"))


def _other_data(block: Block, change: Callable[[str], str]) -> bytes:
    try:
        return encode(block.name, change(block.data.decode()).encode())
    except ValueError:
        return block.raw


async def _characters_cut(pieces: Pieces) -> Pieces:
    async for piece in pieces:
        yield piece.decode("utf-8", "replace").encode()


def _joined(held: list[Block]) -> list[bytes]:
    return [held[0].raw.rstrip(b"\r\n") + b"\n" + held[1].raw]


_bad("events", "joins-events", "The gateway loses the blank line between two events.", _at(1, _joined, 2),
     shown_by="streamed", breaks="events-arrive")  # fmt: skip
_bad("events", "drops-an-event", "The gateway loses an event.", _at(2, lambda _: []), shown_by="streamed",
     breaks="events-arrive")  # fmt: skip
_bad("events", "drops-the-unknown", "The gateway drops events of a name that it does not know.",
     _each(lambda block: b"" if block.name == "thread.note" else block.raw), shown_by="unknown-events",
     breaks="events-arrive")  # fmt: skip
_bad("events", "drops-the-last", "The gateway loses the last block of a stream.", _on_blocks(_without_last),
     shown_by="streamed", breaks="done")  # fmt: skip
_bad("events", "repeats-an-event", "The gateway passes an event on twice.",
     _at(2, lambda held: [held[0].raw, held[0].raw]), shown_by="streamed", breaks="events-once")  # fmt: skip
_bad("events", "adds-an-event", "The gateway sends an event of its own.",
     _inserted(b'event: usage\ndata: {"tokens":1}\n\n'), shown_by="streamed", breaks="events-once")  # fmt: skip
_bad("events", "reorders", "The gateway swaps two events.",
     _at(1, lambda held: [held[1].raw, held[0].raw], 2), shown_by="streamed", breaks="events-order")  # fmt: skip
_bad("events", "drops-names", "The gateway passes the data of events on without their names.",
     _each(lambda block: encode("", block.data)), shown_by="streamed", breaks="event-names")  # fmt: skip
_bad("events", "rewrites-json", "The gateway reads every event and writes it again.", _each(_rewritten),
     shown_by="streamed", breaks="event-bytes")  # fmt: skip
_bad("events", "rounds-integers", "The gateway reads the numbers of events as floats and writes them again.",
     _each(lambda block: _other_data(block, _as_floats)), shown_by="exact",
     breaks="event-data event-bytes")  # fmt: skip
_bad("events", "cuts-characters", "The gateway decodes each piece of a stream by itself.", _on_pieces(_characters_cut),
     shown_by="byte-by-byte", breaks="event-data")  # fmt: skip
_bad("events", "more-behind-done", "The gateway sends something after [DONE].", _inserted(b"", b"data: bye\n\n"),
     shown_by="streamed", breaks="done")  # fmt: skip
_bad("events", "bytes-behind-done", "The gateway sends a line that is no event after [DONE].", _inserted(b"", b"OK\n"),
     shown_by="streamed", breaks="done")  # fmt: skip
_bad("events", "second-done", "The gateway ends a stream with a [DONE] of its own.",
     _inserted(b"", b"event: done\ndata: [DONE]\n\n"), shown_by="streamed", breaks="done")  # fmt: skip


class _Mixes:
    """Mixes an event of one run into another one that is answered meanwhile."""

    def __init__(self) -> None:
        self._last: dict[str, bytes] = {}

    async def __call__(self, asked: Asked, send: Send) -> Answer:
        answer = await send(asked)
        if not _is_stream(answer):
            return answer
        return replace(answer, pieces=self._mixed(asked.target, answer.pieces))

    async def _mixed(self, target: str, pieces: Pieces) -> Pieces:
        try:
            async for block in _blocks(pieces):
                yield block.raw
                if block.name == "thread.message.delta":
                    for other in [other for run, other in self._last.items() if run != target][:1]:
                        yield other
                    self._last[target] = block.raw
        finally:
            self._last.pop(target, None)


_bad("events", "mixes-runs", "The gateway passes an event of one run on to the client of another one.", _Mixes,
     shown_by="at-once", breaks="apart")  # fmt: skip


# Requests.


async def _twice(asked: Asked, send: Send) -> Answer:
    answer = await send(asked)
    if _is_submission(asked):
        await _close((await send(asked)).pieces)
    return answer


def _document(asked: Asked, change: Callable[[dict[str, object]], object]) -> Asked:
    document = json.loads(asked.body)
    change(document)
    return replace(asked, body=json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _known_alone(document: dict[str, object]) -> None:
    for name in document.keys() - {"tool_outputs", "stream"}:
        del document[name]


def _cut_outputs(document: dict[str, object]) -> None:
    outputs = document["tool_outputs"]
    for output in outputs if isinstance(outputs, list) else ():
        output["output"] = output["output"][:_CUT]


async def _refuses_large(asked: Asked, send: Send) -> Answer:
    if len(asked.body) <= _CUT:
        return await send(asked)
    return Answer(413, (("Content-Type", "application/json"),), _one(b'{"error":{"message":"too large"}}'))


def _without(name: str) -> Callable[[Asked], Asked]:
    return lambda asked: replace(asked, headers=_with(asked.headers, name, None))


_bad("request", "asks-in-1.0", "The gateway asks its upstream with HTTP/1.0.",
     _on_requests(lambda asked: replace(asked, version="1.0")), shown_by="streamed cut-short reset",
     breaks="version")  # fmt: skip
_bad("request", "sends-twice", "The gateway sends a submission twice.", lambda: _twice, shown_by="streamed plain",
     breaks="sent-once")  # fmt: skip
_bad("request", "refuses-large", "The gateway refuses bodies beyond 64 KB.", lambda: _refuses_large, shown_by="large",
     breaks="forwarded")  # fmt: skip
_bad("request", "another-path", "The gateway puts a path of its own before that of the API.",
     _on_requests(lambda asked: replace(asked, target=f"/api{asked.target}")), shown_by="streamed",
     breaks="path")  # fmt: skip
_bad("request", "drops-query", "The gateway passes requests on without their query.",
     _on_requests(lambda asked: replace(asked, target=asked.target.partition("?")[0])), shown_by="query",
     breaks="query")  # fmt: skip
_bad("request", "drops-beta", "The gateway drops OpenAI-Beta.", _on_requests(_without("OpenAI-Beta")),
     shown_by="streamed", breaks="beta")  # fmt: skip
_bad("request", "drops-key", "The gateway drops the credential.", _on_requests(_without("Authorization")),
     shown_by="streamed", breaks="authorization")  # fmt: skip
_bad("request", "another-key", "The gateway sends another key than the client's, though it has none of its own.",
     _on_requests(lambda asked: replace(asked, headers=_with(asked.headers, "Authorization", "Bearer other-key"))),
     shown_by="streamed", breaks="authorization")  # fmt: skip
_bad("request", "rewrites-requests", "The gateway reads every submission and writes it again.",
     _on_requests(lambda asked: replace(asked, body=json.dumps(json.loads(asked.body)).encode())),
     shown_by="streamed", breaks="request-bytes")  # fmt: skip
_bad("request", "drops-members", "The gateway drops members of a submission that it does not know.",
     _on_requests(lambda asked: _document(asked, _known_alone)), shown_by="unknown-member",
     breaks="request-body")  # fmt: skip
_bad("request", "unstreams", "The gateway asks for a plain answer where the client asked for a stream.",
     _on_requests(lambda asked: _document(asked, lambda document: document.pop("stream", None))),
     shown_by="streamed", breaks="request-body")  # fmt: skip
_bad("request", "cuts-outputs", "The gateway cuts outputs beyond 64 KB.",
     _on_requests(lambda asked: _document(asked, _cut_outputs)), shown_by="large", breaks="request-body")  # fmt: skip


# Answers.


def _on_errors(change: Callable[[Answer], Answer]) -> Callable[[], Habit]:
    return _on_answers(lambda answer: change(answer) if answer.status >= 400 else answer)


def _own(answer: Answer, body: bytes, kind: str) -> Answer:
    headers = _with(_with(answer.headers, "Content-Type", kind), "Content-Length", None)
    return replace(answer, headers=headers, pieces=_instead(answer.pieces, body))


async def _instead(pieces: Pieces, body: bytes) -> Pieces:
    """Another body in the place of one that was read."""
    await _whole(pieces)
    yield body


def _of_type(kind: str) -> Callable[[], Habit]:
    return _on_answers(
        lambda answer: replace(answer, headers=_with(answer.headers, "Content-Type", kind))
        if _is_stream(answer) else answer
    )  # fmt: skip


async def _without_null(pieces: Pieces) -> Pieces:
    document = json.loads(await _whole(pieces))
    yield json.dumps({name: value for name, value in document.items() if value is not None}).encode()


async def _zipped(pieces: Pieces) -> Pieces:
    coder = zlib.compressobj(wbits=31)
    async for piece in pieces:
        yield coder.compress(piece) + coder.flush(zlib.Z_SYNC_FLUSH)
    yield coder.flush()


def _loses_the_answer(_answer: Answer) -> Answer:
    raise Broken(Ended.SHORT)


async def _invents(asked: Asked, send: Send) -> Answer:
    try:
        return await send(asked)
    except Broken:
        return Answer(200, (("Content-Type", "application/json"),), _one(b"{}"))


async def _cut_is_clean(pieces: Pieces) -> Pieces:
    with contextlib.suppress(Broken):
        async for piece in pieces:
            yield piece


async def _cut_is_kept(pieces: Pieces) -> Pieces:
    try:
        async for piece in pieces:
            yield piece
    except Broken:
        await asyncio.Event().wait()


async def _whole_is_cut(pieces: Pieces) -> Pieces:
    async for piece in pieces:
        yield piece
    raise Broken(Ended.SHORT)


_bad("answer", "success-for-errors", "The gateway answers 200 where the upstream refused.",
     _on_errors(lambda answer: replace(answer, status=200)), shown_by="refused refused-streamed fault",
     breaks="status-class")  # fmt: skip
_bad("answer", "one-status", "The gateway answers every refusal with 400.",
     _on_errors(lambda answer: replace(answer, status=400 if answer.status < 500 else 500)), shown_by="not-found",
     breaks="status")  # fmt: skip
_bad("answer", "own-errors", "The gateway replaces the upstream's error by its own.",
     _on_errors(lambda answer: _own(answer, b'{"error":{"message":"upstream error"}}', "application/json")),
     shown_by="refused", breaks="error-body")  # fmt: skip
_bad("answer", "own-pages", "The gateway replaces the upstream's error by an HTML page.",
     _on_errors(lambda answer: _own(answer, b"<h1>Error</h1>", "text/html")), shown_by="refused",
     breaks="error-body")  # fmt: skip
_bad("answer", "labels-errors", "The gateway labels every error as plain text.",
     _on_errors(lambda answer: replace(answer, headers=_with(answer.headers, "Content-Type", "text/plain"))),
     shown_by="refused", breaks="error-body")  # fmt: skip
_bad("answer", "drops-retry-after", "The gateway drops Retry-After.",
     _on_errors(lambda answer: replace(answer, headers=_with(answer.headers, "Retry-After", None))),
     shown_by="rate-limited", breaks="retry-after")  # fmt: skip
_bad("answer", "drops-members-of-runs", "The gateway drops members of a run that are null.",
     _on_answers(lambda answer: replace(answer, headers=_with(answer.headers, "Content-Length", None),
                                        pieces=_without_null(answer.pieces))
                 if answer.status == 200 and not _is_stream(answer) else answer),
     shown_by="plain", breaks="answer")  # fmt: skip
_bad("answer", "another-type", "The gateway labels a stream as bytes.", _of_type("application/octet-stream"),
     shown_by="streamed", breaks="content-type")  # fmt: skip
_bad("answer", "drops-charset", "The gateway drops the charset of a stream.", _of_type("text/event-stream"),
     shown_by="streamed", breaks="charset")  # fmt: skip
_bad("answer", "compresses", "The gateway compresses a stream for a client that declined it.",
     _on_answers(lambda answer: replace(answer, headers=_with(answer.headers, "Content-Encoding", "gzip"),
                                        pieces=_zipped(answer.pieces)) if _is_stream(answer) else answer),
     shown_by="streamed", breaks="coding")  # fmt: skip
_bad("answer", "loses-answers", "The gateway closes the connection though the upstream has answered.",
     _on_answers(_loses_the_answer), shown_by="streamed plain", breaks="answered")  # fmt: skip
_bad("answer", "invents-answers", "The gateway answers 200 where the upstream did not answer.", lambda: _invents,
     shown_by="unanswered", breaks="unanswered")  # fmt: skip
_bad("answer", "ends-the-cut", "The gateway ends a stream that the upstream broke off, as if it were complete.",
     _on_pieces(_cut_is_clean), shown_by="cut-short reset", breaks="cut")  # fmt: skip
_bad("answer", "leaves-open", "The gateway leaves a stream open that the upstream broke off.",
     _on_pieces(_cut_is_kept), shown_by="reset", breaks="upstream-left")  # fmt: skip
_bad("answer", "cuts-the-whole", "The gateway breaks off a stream that the upstream has ended.",
     _on_pieces(_whole_is_cut), shown_by="streamed", breaks="ends")  # fmt: skip


# What is mapped.


class _Names(NamedTuple):
    """Where names stand that a gateway gives: those of the upstream, and its own."""

    theirs: re.Pattern[bytes]
    own: re.Pattern[str]


_IDS = _Names(
    re.compile(rb"\b((?:asst|call|msg|run|step|thread)_[0-9A-Za-z]{8,})"),
    re.compile(r"\bgw[0-9]?_((?:asst|call|msg|run|step|thread)_[0-9A-Za-z]{8,})"),
)
_MODELS = _Names(re.compile(rb'(?<="model":")([^"]+)'), re.compile(r'(?<="model":")gw[0-9]?_([^"]+)'))


class _Maps:
    """Gives names of its own: those of the upstream with something before, another each time where not `steady`."""

    def __init__(self, names: _Names, *, steady: bool = True) -> None:
        self._names = names
        self._steady = steady
        self._count = 0

    async def __call__(self, asked: Asked, send: Send) -> Answer:
        target = self._names.own.sub(r"\1", asked.target)
        body = self._names.own.sub(r"\1", asked.body.decode()).encode()
        answer = await send(replace(asked, target=target, body=body))
        headers = _with(answer.headers, "Content-Length", None)
        if _is_stream(answer):
            return replace(answer, headers=headers, pieces=self._mapped(answer.pieces))
        return replace(answer, headers=headers, pieces=self._mapped_whole(answer.pieces))

    async def _mapped(self, pieces: Pieces) -> Pieces:
        async for block in _blocks(pieces):
            yield self._named(block.raw)

    async def _mapped_whole(self, pieces: Pieces) -> Pieces:
        yield self._names.theirs.sub(rb"gw_\1", await _whole(pieces))

    def _named(self, raw: bytes) -> bytes:
        self._count += 1
        other = b"" if self._steady else b"%d" % (self._count % 2)
        return self._names.theirs.sub(rb"gw" + other + rb"_\1", raw)


_bad("mapping", "maps-ids-anew", "The gateway gives an id another name in every second event.",
     lambda: _Maps(_IDS, steady=False), shown_by="streamed", breaks="mapping", declares="maps-ids")  # fmt: skip
_bad("mapping", "maps-models-anew", "The gateway gives a model another name in every second event.",
     lambda: _Maps(_MODELS, steady=False), shown_by="streamed", breaks="mapping", declares="maps-model")  # fmt: skip


# What is legal.


async def _re_chunked(pieces: Pieces) -> Pieces:
    async for piece in pieces:
        for start in range(0, len(piece), 997):
            yield piece[start : start + 997]


async def _kept_alive(pieces: Pieces) -> Pieces:
    yield _PING
    async for block in _blocks(pieces):
        yield block.raw + _PING


async def _resets_the_cut(pieces: Pieces) -> Pieces:
    try:
        async for piece in pieces:
            yield piece
    except Broken:
        raise Broken(Ended.RESET) from None


async def _looks_first(asked: Asked, send: Send) -> Answer:
    answer = await send(asked)
    if not _is_stream(answer):
        return answer
    try:
        first = await anext(answer.pieces, b"")
    except Broken:
        return Answer(502, (("Content-Type", "text/html"),), _one(b"<h1>Bad Gateway</h1>"))
    return replace(answer, pieces=_behind(first, answer.pieces))


async def _behind(first: bytes, pieces: Pieces) -> Pieces:
    yield first
    async for piece in pieces:
        yield piece


async def _tries_again(asked: Asked, send: Send) -> Answer:
    answer = await send(asked)
    if answer.status not in (429, 500):
        return answer
    await _close(answer.pieces)
    return await send(asked)


async def _below(asked: Asked, send: Send) -> Answer:
    return await send(replace(asked, target=f"/openai{asked.target}"))


def _more_fields(answer: Answer) -> Answer:
    more = (("Via", "1.1 gateway"), ("X-Accel-Buffering", "no"), ("Cache-Control", "no-cache"))
    return replace(answer, headers=(*answer.headers, *more))


_good("plainly", "The gateway passes everything on.", lambda: plainly, legal="it conforms")
_good("re-chunks", "The gateway cuts a stream into other pieces.", _on_pieces(_re_chunked),
      legal="pieces say nothing (RFC 9112, 7.1)", shown_by="million slow-reader")  # fmt: skip
_good("adds-headers", "The gateway adds header fields.", _on_answers(_more_fields),
      legal="intermediaries may add fields (RFC 9110, 7.6.3)")  # fmt: skip
_good("keep-alives", "The gateway sends comments between events.", _on_pieces(_kept_alive),
      legal="comments dispatch nothing (WHATWG 9.2.6)", shown_by="paced pause")  # fmt: skip
_good("http-1.0", "The gateway speaks HTTP/1.0 and resets what was broken off.",
      _on_answers(lambda answer: replace(answer, version="1.0", pieces=_resets_the_cut(answer.pieces))),
      legal="the end of the connection ends a body (RFC 9112, 6.3)", shown_by="cut-short reset")  # fmt: skip
_good("tries-again", "The gateway sends a submission again after 429 and 500.", lambda: _tries_again,
      legal="a client might send it again there", shown_by="rate-limited fault")  # fmt: skip
_good("looks-first", "The gateway answers 502 where the upstream breaks off before its first piece.",
      lambda: _looks_first, legal="nothing was passed on yet (RFC 9110, 15.6.3)",
      shown_by="reset-at-once")  # fmt: skip
_good("gives-up-as-declared", "The gateway breaks off a stream that is silent for as long as is declared.",
      _on_pieces(_silent_for(LIMIT, Ended.SHORT)), legal="it was declared, and the body is not ended",
      declares="gateway-timeout", shown_by="stall")  # fmt: skip
_good("maps-ids", "The gateway gives ids of its own, as is declared.", lambda: _Maps(_IDS),
      legal="it is declared, and one to one", declares="maps-ids", shown_by="plain at-once")  # fmt: skip
_good("maps-model", "The gateway has names of its own for models, as is declared.", lambda: _Maps(_MODELS),
      legal="it is declared, and one to one", declares="maps-model", shown_by="plain at-once")  # fmt: skip
_good("maps-path", "The gateway puts a path of its own before that of the API, as is declared.",
      lambda: _below, legal="it is declared, and the same for every submission", declares="maps-path")  # fmt: skip
_good("maps-auth", "The gateway sends a key of its own, as is declared.",
      _on_requests(lambda asked: replace(asked, headers=_with(asked.headers, "Authorization", "Bearer own-key"))),
      legal="it is declared", declares="maps-auth")  # fmt: skip


def _fault(declared: Declared) -> Fault:
    return Fault(
        declared.name,
        declared.layer,
        declared.sentence,
        declared.breaks,
        equivalent=declared.legal,
        scenarios=declared.scenarios,
    )


#: Every habit as a fault, which is tried, listed and counted like those of a server.
GATEWAY_HABITS: Mapping[str, Fault] = MappingProxyType({name: _fault(each) for name, each in DECLARED.items()})
