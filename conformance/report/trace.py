"""Every byte of a transcript with its time, safe to print: for whoever must see what really went over the wire."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.model import Exchange, Headers, Transcript
from conformance.report.plain import safe

#: Longer than any line of ours: nothing is cut.
_WHOLE = 2**31


def trace(transcript: Transcript) -> str:
    """Return the exchanges of a transcript line by line; times are milliseconds since the server started."""
    return "".join(
        f"{safe(line, _WHOLE)}\n"
        for number, exchange in enumerate(transcript.exchanges)
        for line in _exchange(f"{transcript.scenario} {number}", exchange)
    )


def _exchange(name: str, exchange: Exchange) -> Iterator[str]:
    request, response, began = exchange.request, exchange.response, exchange.began_ms
    yield f"== {name}, {exchange.operation.value}, by the {request.author.value}"
    yield f"{began:6} ms > {request.method} {request.target}"
    yield from _headers(began, ">", request.headers)
    if request.body:
        yield f"{began:6} ms > {_quoted(request.body)}"
    if response is None:
        yield f"{began:6} ms < no answer: {exchange.failure}"
        return
    yield f"{began:6} ms < {response.status}"
    yield from _headers(began, "<", response.headers)
    for chunk in response.chunks:
        yield f"{began + chunk.ms:6} ms < {_quoted(chunk.data)}"
    yield f"{began + response.ended_ms:6} ms < {response.ended.value}"


def _headers(ms: int, sign: str, headers: Headers) -> Iterator[str]:
    for name, value in headers:
        yield f"{ms:6} ms {sign} {name}: {value}"


def _quoted(data: bytes) -> str:
    """Bytes as text in quotes, with everything that is no printable character escaped."""
    return repr(data.decode("utf-8", "backslashreplace"))
