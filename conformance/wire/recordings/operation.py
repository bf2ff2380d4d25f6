"""Which operation an exchange asks for: by its method and path where they are known, else by what came back."""

from __future__ import annotations

import re
from types import MappingProxyType

from conformance.model import Operation
from conformance.wire.sse import Decoder

#: Method, pattern of the path (below any prefix), operation; the first that fits holds.
ROUTES = (
    ("POST", re.compile(r".*/threads/[^/]+/runs/[^/]+/submit_tool_outputs"), Operation.SUBMIT),
    ("POST", re.compile(r".*/threads/(?:[^/]+/)?runs"), Operation.CREATE_RUN),
    ("GET", re.compile(r".*/threads/[^/]+/runs/[^/]+/steps"), Operation.LIST_STEPS),
    ("GET", re.compile(r".*/threads/[^/]+/runs/[^/]+"), Operation.GET_RUN),
    ("GET", re.compile(r".*/threads/[^/]+/runs"), Operation.LIST_RUNS),
    ("GET", re.compile(r".*/threads/[^/]+/messages"), Operation.LIST_MESSAGES),
)

#: First events that only a stream which creates a run begins with.
_FIRST_EVENTS = MappingProxyType({"thread.created": Operation.CREATE_RUN, "thread.run.created": Operation.CREATE_RUN})

#: Bytes shown to the decoder at once: a first event of usual size fits in.
_PIECE = 65_536


def of_target(method: str, target: str) -> Operation:
    """Return what a request asks for by its method and its path and query."""
    path = target.partition("?")[0].rstrip("/")
    fitting = (operation for verb, route, operation in ROUTES if verb == method.upper() and route.fullmatch(path))
    return next(fitting, Operation.OTHER)


def of_stream(body: bytes) -> Operation:
    """Return what a stream answers by its first event; a stream that does not show it is judged as a submission's."""
    decoder = Decoder()
    for start in range(0, len(body), _PIECE):
        if events := decoder.feed(body[start : start + _PIECE]):
            return _FIRST_EVENTS.get(events[0].name, Operation.SUBMIT)
    return Operation.SUBMIT
