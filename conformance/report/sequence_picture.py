"""Who sends what to whom, as two pictures: the plain operation and the streamed one, placed and ready to be drawn."""

from __future__ import annotations

from typing import NamedTuple

#: Units of the picture: the lines of client and server, and the distance of two messages.
_CLIENT, _SERVER, _STEP, _TOP = 90, 610, 34, 64


class Message(NamedTuple):
    """One arrow, or a remark at one of the lines."""

    y: int
    #: `ask` from the client to the server, `answer` the other way, `remark` beside the server's line.
    kind: str
    text: str


class Sequence(NamedTuple):
    """One way of the operation, placed."""

    id: str
    title: str
    says: str
    messages: tuple[Message, ...]
    client: int = _CLIENT
    server: int = _SERVER

    @property
    def height(self) -> int:
        """How high the picture is."""
        return self.messages[-1].y + _STEP


def _sequence(name: str, title: str, says: str, *rows: tuple[str, str]) -> Sequence:
    placed = tuple(Message(_TOP + _STEP * place, kind, text) for place, (kind, text) in enumerate(rows))
    return Sequence(name, title, says, placed)


_BEFORE = (
    ("ask", "POST /threads/{thread_id}/runs"),
    ("remark", "the model calls two functions"),
    ("ask", "GET /threads/{thread_id}/runs/{run_id}"),
    ("answer", "requires_action: call_1, call_2"),
)

PLAIN = _sequence(
    "sequence-plain",
    "Plain",
    "The client submits all outputs in one request, gets the run as JSON and polls until it has ended.",
    *_BEFORE,
    ("ask", "POST …/submit_tool_outputs: outputs of call_1 and call_2"),
    ("answer", "200, application/json: the run, queued"),
    ("remark", "the run continues"),
    ("ask", "GET /threads/{thread_id}/runs/{run_id}, repeatedly"),
    ("answer", "completed, or requires_action again"),
    ("ask", "GET /threads/{thread_id}/messages"),
    ("answer", "the message"),
)

STREAMED = _sequence(
    "sequence-streamed",
    "Streamed",
    "The client submits all outputs in one request with stream true and reads events until data: [DONE].",
    *_BEFORE,
    ("ask", "POST …/submit_tool_outputs: both outputs, stream: true"),
    ("answer", "200, text/event-stream"),
    ("answer", "thread.run.step.completed: the calls with their outputs"),
    ("answer", "thread.run.queued, thread.run.in_progress"),
    ("answer", "thread.run.step.created, .in_progress"),
    ("answer", "thread.message.created, .in_progress"),
    ("answer", "thread.message.delta: a part of the text, many times"),
    ("answer", "thread.message.completed"),
    ("answer", "thread.run.step.completed"),
    ("answer", "thread.run.completed, or thread.run.requires_action"),
    ("answer", "done: [DONE]"),
    ("remark", "the server ends the body"),
)
