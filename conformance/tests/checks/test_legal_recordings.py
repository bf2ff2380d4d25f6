"""Real traffic and the documented examples are accused of nothing, nor is what the contract lets them become."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.model import Chunk, Operation, Transcript
from conformance.tests.checks.miniatures import accused
from conformance.tests.wire import documented
from conformance.wire.recordings import read

WIRE = Path(__file__).resolve().parents[4] / "shared" / "wire"
RECORDED = sorted((*WIRE.glob("*/*.sse"), *WIRE.glob("*/*.json")))
REAL = pytest.mark.skipif(not RECORDED, reason="the real recordings are not beside this checkout")
_BLOCK_END = re.compile(rb"\n\n")
_DATA = re.compile(rb"^data: (\{.*)$", re.MULTILINE)
_EVENT = re.compile(rb"^event: (\S+)\ndata: (\{.*)$", re.MULTILINE)
_UNKNOWN = b'event: thread.run.noted\ndata: {"id":"x"}\n\n'


def documents(change: Callable[[str, dict[str, object]], object]) -> Callable[[bytes], bytes]:
    """Every document of a stream changed; the change knows the event's name."""

    def changed(body: bytes) -> bytes:
        def one(found: re.Match[bytes]) -> bytes:
            document = change(found[1].decode(), json.loads(found[2]))
            return b"event: " + found[1] + b"\ndata: " + json.dumps(document, ensure_ascii=False).encode()

        return _EVENT.sub(one, body)

    return changed


def enriched(name: str, value: object) -> object:
    """Unknown fields in every object but metadata, whose values are text."""
    if isinstance(value, dict):
        inner = {key: each if key == "metadata" else enriched(name, each) for key, each in value.items()}
        return {"x_first": None, **inner, "x_last": {"y": [1]}}
    return [enriched(name, each) for each in value] if isinstance(value, list) else value


#: What a document may lack, by the start of its event's name.
_OPTIONAL = {
    "thread.run.step.": ("expired_at", "metadata", "expires_at"),
    "thread.message.": ("attachments",),
    "thread.run.": ("temperature", "top_p", "tool_resources", "reasoning_effort"),
}
_NULL_ONLY = ("required_action", "incomplete_details")


def lean(name: str, document: dict[str, object]) -> object:
    start = next(start for start in (*_OPTIONAL, "") if name.startswith(start))
    kept = {key: value for key, value in document.items() if key not in _OPTIONAL.get(start, ())}
    if start == "thread.run.":
        kept = {key: value for key, value in kept.items() if value is not None or key not in _NULL_ONLY}
    return kept


def full(name: str, document: dict[str, object]) -> object:
    if name.startswith("thread.run.step.") and not name.endswith("delta"):
        return {"expired_at": None, "metadata": None, "expires_at": None, **document}
    if name.startswith("thread.message.") and not name.endswith("delta"):
        return {"attachments": None, **document}
    return document


def annotated(name: str, document: dict[str, object]) -> object:
    """Empty annotations in the pieces of text that have none, and a role."""
    if name != "thread.message.delta":
        return document
    delta = document["delta"]
    assert isinstance(delta, dict)
    for part in delta["content"]:
        if part["type"] == "text":
            part["text"].setdefault("annotations", [])
    return {**document, "delta": {"role": "assistant", **delta}}


VARIATIONS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda body: body,
    "CRLF": lambda body: body.replace(b"\n", b"\r\n"),
    "CR": lambda body: body.replace(b"\n", b"\r"),
    "BOM": lambda body: b"\xef\xbb\xbf" + body,
    "comments": lambda body: b": ping\n\n" + _BLOCK_END.sub(b"\n\n: ping\n\n", body),
    "comments within": lambda body: body.replace(b"\ndata:", b"\n: x\nid: 1\nretry: 1\nunknown\ndata:"),
    "unknown events": lambda body: _UNKNOWN + body.replace(b"event: ", _UNKNOWN + b"event: "),
    "unknown events of text": lambda body: body.replace(b"event: ", b"event: tick\ndata: tock\n\nevent: "),
    "blocks without data": lambda body: body.replace(b"event: ", b"event: ping\n\nevent: "),
    "no space": lambda body: body.replace(b"\ndata: ", b"\ndata:"),
    "pretty": lambda body: _DATA.sub(
        lambda found: b"data: " + json.dumps(json.loads(found[1]), indent=1).encode().replace(b"\n", b"\ndata: "), body
    ),
    "escaped": lambda body: _DATA.sub(lambda found: b"data: " + json.dumps(json.loads(found[1])).encode(), body),
    "sorted keys": lambda body: _DATA.sub(
        lambda found: b"data: " + json.dumps(json.loads(found[1]), sort_keys=True, ensure_ascii=False).encode(), body
    ),
    "unknown fields": documents(lambda name, document: enriched(name, document)),
    "optional fields left out": documents(lean),
    "optional fields added": documents(full),
    "annotations and roles": documents(annotated),
}


def varied(transcript: Transcript, change: Callable[[bytes], bytes], *, cut: int | None = None) -> Transcript:
    """The streams of a transcript changed, and cut into chunks of a size."""

    def one(content: bytes) -> tuple[Chunk, ...]:
        size = cut or max(len(content), 1)
        return tuple(Chunk(0, content[at : at + size]) for at in range(0, len(content), size))

    return replace(
        transcript,
        exchanges=tuple(
            replace(
                exchange,
                response=replace(
                    exchange.response, chunks=one(change(b"".join(chunk.data for chunk in exchange.response.chunks)))
                ),
            )
            if exchange.response is not None
            and exchange.operation in (Operation.SUBMIT, Operation.CREATE_RUN)
            and any("event-stream" in value for _, value in exchange.response.headers)
            else exchange
            for exchange in transcript.exchanges
        ),
    )


@REAL
@pytest.mark.parametrize("variation", VARIATIONS)
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_real_traffic(path: Path, variation: str) -> None:
    for transcript in read(path.name, path.read_bytes(), None):
        assert accused(varied(transcript, VARIATIONS[variation])) == {}


@REAL
@pytest.mark.parametrize("cut", [1, 2, 3, 997])
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_real_traffic_cut_anywhere(path: Path, cut: int) -> None:
    for transcript in read(path.name, path.read_bytes(), None):
        assert accused(varied(transcript, lambda body: body.replace(b"\n", b"\r\n"), cut=cut)) == {}


@pytest.mark.parametrize("variation", VARIATIONS)
@pytest.mark.parametrize("name", ["plain.jsonl", "stream-repaired.jsonl"])
def test_the_documented_examples(name: str, variation: str) -> None:
    assert accused(varied(documented.transcripts()[name], VARIATIONS[variation])) == {}
