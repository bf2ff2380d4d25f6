"""Flows that mitmproxy saved (`mitmdump -w FILE`), read by its own package, which knows every version of its format.

Bodies are known to the byte. Nothing is kept of pieces and their times, nor how a body ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from typing import Any

from conformance.errors import UnreadableInput
from conformance.model import Exchange, Headers, Transcript
from conformance.wire.recordings import foreign
from conformance.wire.recordings.beside import Beside
from conformance.wire.recordings.body import Body

TITLE = "a dump of mitmproxy"

#: Of the package, which is loaded only where it is needed.
_Asked = Any
_Answer = Any

#: A netstring that holds a dictionary whose first key is one of a flow's.
_START = re.compile(rb"\d{1,12}:\d{1,3}:[a-z_]{2,30};")
_HEAD = 4096

_HINT = (
    "`mitmdump -nr FILE --set hardump=FILE.har` writes it as an HTTP Archive, which needs no package; where mitmproxy "
    "is installed beside this suite, the dump itself is read."
)


def fits(content: bytes) -> bool:
    """Whether a content is flows that mitmproxy saved."""
    return _START.match(content) is not None and b"version;" in content[-_HEAD:] + content[:_HEAD]


def read(name: str, content: bytes, beside: Beside) -> tuple[Transcript, ...]:  # noqa: ARG001 - it holds its own
    """Read every HTTP flow. Raises UnreadableInput where the package is missing or cannot read it."""
    try:
        io = import_module("mitmproxy.io")
        http = import_module("mitmproxy.http")
    except ImportError:
        raise UnreadableInput(f"{name}: this is a dump of mitmproxy, and reading it needs its package", _HINT) from None
    try:
        flows = [flow for flow in io.FlowReader(BytesIO(content)).stream() if isinstance(flow, http.HTTPFlow)]
    except Exception as error:  # it has errors of its own, and meets others in a dump that was cut off
        raise UnreadableInput(f"{name}: mitmproxy cannot read this dump: {type(error).__name__}", _HINT) from None
    return foreign.transcript(name, "mitmproxy", _exchanges(flows))


def _exchanges(flows: list[Any]) -> Iterator[Exchange]:
    for flow in sorted(flows, key=lambda flow: flow.request.timestamp_start):
        if flow.websocket is not None:
            continue
        asked, answer = flow.request, flow.response
        yield foreign.exchange(
            asked.method, asked.path, _headers(asked), Body(asked.raw_content or b""),
            "no answer came" if answer is None or flow.error is not None else _answer(answer),
        )  # fmt: skip


def _answer(answer: _Answer) -> foreign.Answer:
    body = None if answer.raw_content is None else Body(answer.raw_content)
    return foreign.Answer(answer.status_code, _headers(answer), body)


def _headers(side: _Answer | _Asked) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in side.headers.fields)
