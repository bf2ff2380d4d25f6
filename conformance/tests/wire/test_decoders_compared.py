"""The decoder beside those of two clients: wherever they differ, a row of `DIFFERENCES` says why.

Every generated stream is ordinary but for one feature. A client that reads a feature differently without a row here is
red, and so is a row whose difference no longer occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import httpx
import pytest
from httpx_sse import EventSource
from openai._streaming import SSEDecoder

from conformance.wire.sse import Decoder

#: Names and data of the dispatched events, the last event id, the last reconnection time.
Reading = tuple[list[tuple[str, str]], str, int | None]

CRLF, LF, CR = b"\r\n", b"\n", b"\r"


def ours(pieces: list[bytes]) -> Reading:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    decoder.close()
    named = [(event.name, event.data.decode("utf-8", "replace")) for event in events]
    return named, decoder.last_event_id, decoder.retry


def httpx_sse(pieces: list[bytes]) -> Reading:
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=iter(pieces))
    events = list(EventSource(response).iter_sse())
    retries = [event.retry for event in events if event.retry is not None]
    named = [(event.event if event.event != "message" else "", event.data) for event in events]
    return named, events[-1].id if events else "", retries[-1] if retries else None


def openai(pieces: list[bytes]) -> Reading:
    events = list(SSEDecoder().iter_bytes(iter(pieces)))
    retries = [event.retry for event in events if event.retry is not None]
    named = [(event.event or "", event.data) for event in events]
    return named, (events[-1].id or "") if events else "", retries[-1] if retries else None


CLIENTS: dict[str, Callable[[list[bytes]], Reading]] = {"httpx-sse": httpx_sse, "openai": openai}

#: One block each, or what stands between blocks, in a stream that is ordinary otherwise.
FEATURES = {
    "nothing unusual": b"",
    "no event field": b"data: a\n\n",
    "an empty event field": b"event:\ndata: a\n\n",
    "two event fields": b"event: a\ndata: b\nevent: c\ndata: d\n\n",
    "no space after the colon": b"event:a\ndata:b\n\n",
    "two spaces after the colon": b"event:  a\ndata:  b\n\n",
    "many data lines": b"event: a\ndata: {\ndata:\ndata: }\n\n",
    "data without a colon": b"event: a\ndata\n\n",
    "a comment in a block": b"event: a\n: ping\ndata: b\n\n",
    "a block of comments": b": ping\n\n",
    "an unknown field": b"event: a\nfoo: b\ndata: c\n\n",
    "field names in capitals": b"event: a\nDATA: b\ndata: c\n\n",
    "a line of one space": b"event: a\n \ndata: b\n\n",
    "empty lines between blocks": b"\n\n\n",
    "characters beyond ASCII": "event: é\ndata: 𝄞€\n\n".encode(),
    "other line separators": "event: a\ndata: \u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\n\n".encode(),
    "NUL in data": b"event: a\ndata: \0\n\n",
    "a huge data line": b"event: a\ndata: " + b"x" * 100_000 + b"\n\n",
    "CRLF": b"event: a\r\ndata: b\r\n\r\n",
    "CR": b"event: a\rdata: b\r\r",
    "mixed line ends": b"event: a\rdata: b\r\ndata: c\n\r\n",
    "an id": b"event: a\nid: 7\ndata: b\n\n",
    "an id with NUL": b"event: a\nid: 7\0\ndata: b\n\n",
    "a reconnection time": b"event: a\nretry: 3000\ndata: b\n\n",
    "a byte order mark in the middle": b"event: a\ndata: \xef\xbb\xbf\n\n",
    "a byte order mark at the start": b"",
    "an open block at the end": b"",
    "an event without data": b"event: a\n\n",
    "a reconnection time alone": b"retry: 3000\n\n",
    "an empty line after an id": b"event: a\nid: 7\ndata: b\n\n\n",
    "a reconnection time with a sign": b"event: a\nretry: +5\ndata: b\n\n",
    "a reconnection time with an underscore": b"event: a\nretry: 1_0\ndata: b\n\n",
    "a reconnection time between spaces": b"event: a\nretry:  5 \ndata: b\n\n",
    "bytes that are not UTF-8": b"event: a\ndata: \xff\n\n",
}
AT_START = {"a byte order mark at the start": b"\xef\xbb\xbf"}
AT_END = {"an open block at the end": b"event: a\ndata: b\n"}


class Difference(NamedTuple):
    """Why a client reads a feature in another way, shown on the smallest body."""

    why: str
    body: bytes
    ours: Reading
    #: None where the client raises.
    theirs: Reading | None


_BOM = Difference(
    "keeps the byte order mark, so the first field has another name",
    b"\xef\xbb\xbfevent: a\ndata: b\n\n",
    ([("a", "b")], "", None),
    ([("", "b")], "", None),
)
_WITHOUT_DATA = Difference("dispatches blocks without data", b"event: a\n\n", ([], "", None), ([("a", "")], "", None))
_RETRY_ALONE = Difference(
    "dispatches a block that holds a reconnection time alone", b"retry: 5\n\n", ([], "", 5), ([("", "")], "", 5)
)
_AFTER_ID = Difference(
    "dispatches at every empty line once there was an id",
    b"id: 7\ndata: a\n\n\n",
    ([("", "a")], "7", None),
    ([("", "a"), ("", "")], "7", None),
)


def _lenient_retry(body: bytes, theirs: int) -> Difference:
    why = "reads the reconnection time as Python reads numbers, where WHATWG wants digits alone"
    return Difference(why, body, ([("", "a")], "", None), ([("", "a")], "", theirs))


_LENIENT = {
    "a byte order mark at the start": _BOM,
    "an event without data": _WITHOUT_DATA,
    "a reconnection time alone": _RETRY_ALONE,
    "an empty line after an id": _AFTER_ID,
    "a reconnection time with a sign": _lenient_retry(b"retry: +5\ndata: a\n\n", 5),
    "a reconnection time with an underscore": _lenient_retry(b"retry: 1_0\ndata: a\n\n", 10),
    "a reconnection time between spaces": _lenient_retry(b"retry:  5 \ndata: a\n\n", 5),
}

#: Client -> feature -> why it reads it in another way. The second decoder began as a copy of the first.
DIFFERENCES: dict[str, dict[str, Difference]] = {
    "httpx-sse": {**_LENIENT},
    "openai": {
        **_LENIENT,
        "bytes that are not UTF-8": Difference(
            "raises UnicodeDecodeError, where WHATWG replaces", b"data: \xff\n\n", ([("", "\ufffd")], "", None), None
        ),
    },
}

#: Generated streams for each feature.
STREAMS = 8


def streams(feature: str) -> Iterator[list[bytes]]:
    """Ordinary streams with this feature somewhere, cut at random."""
    random = Random(feature)
    for _ in range(STREAMS):
        blocks = [b"event: thread.message.delta\ndata: {}\n\n"] * random.randint(1, 6)
        blocks.insert(random.randint(0, len(blocks)), FEATURES[feature])
        body = AT_START.get(feature, b"") + b"".join(blocks) + AT_END.get(feature, b"event: done\ndata: [DONE]\n\n")
        cuts = sorted(random.randint(0, len(body)) for _ in range(random.randint(0, 12)))
        yield [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True) if start < end]


def agrees(client: str, pieces: list[bytes]) -> bool:
    try:
        return CLIENTS[client](pieces) == ours(pieces)
    except UnicodeDecodeError:
        return False


def test_there_are_streams_enough() -> None:
    assert len(FEATURES) * STREAMS >= 200


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("client", CLIENTS)
def test_every_difference_is_explained_and_every_explanation_needed(client: str, feature: str) -> None:
    differing = [pieces for pieces in streams(feature) if not agrees(client, pieces)]
    if feature in DIFFERENCES[client]:
        assert differing, f"{client} reads {feature!r} as we do by now: delete its row"
    else:
        assert not differing, f"{client} reads {feature!r} in another way: {differing[0]!r}"


@pytest.mark.parametrize("client", CLIENTS)
def test_the_explanations_show_what_happens(client: str) -> None:
    assert set(DIFFERENCES[client]) <= set(FEATURES)
    for feature, difference in DIFFERENCES[client].items():
        assert ours([difference.body]) == difference.ours, feature
        if difference.theirs is None:
            with pytest.raises(UnicodeDecodeError):
                CLIENTS[client]([difference.body])
        else:
            assert CLIENTS[client]([difference.body]) == difference.theirs, feature
