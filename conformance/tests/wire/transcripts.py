"""Transcripts for the tests of this room: any that the types allow, and a small one that reads like real life."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import strategies as st

from conformance.model import Author, Chunk, Ended, Exchange, Operation, Outcome, Request, Response, Side, Transcript
from conformance.wire.sse import encode

_text = st.text(max_size=20)
_ms = st.integers(0, 86_400_000)
_words = st.frozensets(_text, max_size=3)
_headers = st.lists(st.tuples(_text, _text), max_size=3).map(tuple)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)
_documents = st.dictionaries(_text, _json, max_size=3)
_bytes = st.binary(max_size=30) | _text.map(str.encode)

_requests = st.builds(
    Request,
    author=st.sampled_from(Author), method=_text, target=_text, headers=_headers, body=_bytes,
    reconstructed=st.booleans(),
)  # fmt: skip


def _timed(response: Response, times: list[int]) -> Response:
    """The response with its times in order."""
    *arrived, ended = sorted(times[: len(response.chunks) + 1])
    chunks = tuple(Chunk(ms, chunk.data) for ms, chunk in zip(arrived, response.chunks, strict=True))
    return replace(response, chunks=chunks, ended_ms=ended)


_responses = st.builds(
    _timed,
    st.builds(
        Response,
        author=st.sampled_from(Author), status=st.integers(100, 599), headers=_headers,
        chunks=st.lists(st.builds(Chunk, ms=st.just(0), data=_bytes), max_size=4).map(tuple),
        ended=st.sampled_from(Ended), ended_ms=st.just(0), reconstructed=st.booleans(),
    ),
    st.lists(_ms, min_size=5, max_size=5),
)  # fmt: skip
_exchanges = st.builds(
    Exchange,
    operation=st.sampled_from(Operation), began_ms=_ms, request=_requests, response=st.none() | _responses,
    failure=st.none() | _text, situation=_words, side=st.sampled_from(Side),
)  # fmt: skip

ANY = st.builds(
    Transcript,
    scenario=_text, exchanges=st.lists(_exchanges, max_size=3).map(tuple), traits=_words,
    untestable=st.none() | _text, slip=st.none() | _text,
    outcome=st.none() | st.builds(Outcome, exit_code=st.none() | st.integers(), document=st.none() | _documents),
    provenance=_documents.map(lambda facts: {key: facts[key] for key in facts if key not in {"redacted", "repairs"}}),
)  # fmt: skip


def chunked(body: bytes, *borders: int) -> tuple[Chunk, ...]:
    """The body cut at the borders, a millisecond apart."""
    ends = [*borders, len(body)]
    return tuple(Chunk(at, body[start:end]) for at, (start, end) in enumerate(zip([0, *ends], ends, strict=False)))


def exchange(
    body: bytes,
    *borders: int,
    request: bytes = b"",
    target: str = "/v1/threads/thread_x/runs/run_x/submit_tool_outputs",
    sent: tuple[tuple[str, str], ...] = (),
    received: tuple[tuple[str, str], ...] = (("content-type", "text/event-stream"),),
    status: int = 200,
    operation: Operation = Operation.SUBMIT,
) -> Exchange:
    """One exchange; `borders` cut the answer's body."""
    return Exchange(
        operation,
        0,
        Request(Author.HARNESS, "POST", target, sent, request),
        Response(Author.IMPLEMENTATION, status, received, chunked(body, *borders), Ended.COMPLETE, len(borders) + 1),
    )


def transcript(*exchanges: Exchange, **facts: object) -> Transcript:
    return Transcript("a-scenario", exchanges, **facts)  # type: ignore[arg-type]


def event(name: str, document: object) -> bytes:
    return encode(name, json.dumps(document).encode())


def answer(result: Transcript, number: int = 0) -> bytes:
    """The joined body of an answer."""
    response = result.exchanges[number].response
    assert response is not None
    return b"".join(chunk.data for chunk in response.chunks)
