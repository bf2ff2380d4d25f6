"""The streams that are measured: whole legal answers to a submission, written by the suite's own story writer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import chain, islice, repeat

from conformance.model import Author, Chunk, Ended, Exchange, Operation, Request, Response, Transcript
from conformance.reference import objects, story
from conformance.reference.events import Event, encode, stream
from conformance.reference.scripts import Call, Says, Script
from conformance.reference.story import Ids

#: How bodies are cut: what a socket usually gives at once.
PIECE = 65_536

#: Pieces of text as models send them; each is one event of about 250 bytes.
_WORDS = (
    " The",
    " weather",
    " in",
    " Köln",
    " is",
    ' "sunny"',
    ",",
    " 21",
    " °C",
    ".\n",
    " 東京",
    " has",
    " rain",
    ".",
)

#: A hundred kilobytes of prose, quotation marks and line ends included.
_PROSE = "".join(islice(chain.from_iterable(repeat(_WORDS)), 20_000))

_NOW = 1_700_000_000
_CALL = Call("get_weather", ('{"location":', '"Köln"}'))
_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place, now or at a time to come, with the source it was taken from. " * 5,
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "City and country"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    },
}


class Answer:
    """A submission and the stream that answers it."""

    def __init__(self, parts: Sequence[Says], tools: int, output: str) -> None:
        ids = Ids()
        assistant = objects.assistant("asst_1", _NOW, {"model": "gpt-4o", "tools": [_TOOL] * tools})
        created = objects.run("run_1", "thread_1", _NOW, assistant, {})
        script = Script(tuple(parts))
        asked = [
            event
            for transition in story.begin(script, created, (_CALL,), new_id=ids, now=_NOW).transitions
            for event in transition
        ]
        waiting, step = _last(asked, "thread.run.requires_action"), _last(asked, "thread.run.step.created")
        call = waiting["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        told = story.go_on(
            script, waiting, story.waiting_step(step, waiting), {call: output}, (),
            new_id=ids, now=_NOW + 20, spent=objects.usage(0, 0),
        )  # fmt: skip
        self.events = list(stream(told.transitions))
        outputs = [{"tool_call_id": call, "output": output}]
        self.request = json.dumps({"tool_outputs": outputs, "stream": True}).encode()


class Recorded:
    """A body in pieces, with the request it answers and the number of its events."""

    def __init__(self, request: bytes, body: bytes, events: int) -> None:
        self.request, self.body, self.events = request, body, events
        self.pieces = cut(body, PIECE)

    def transcript(self) -> Transcript:
        target = "/v1/threads/thread_1/runs/run_1/submit_tool_outputs"
        asked = Request(Author.HARNESS, "POST", target, (("content-type", "application/json"),), self.request)
        chunks = tuple(Chunk(index, piece) for index, piece in enumerate(self.pieces))
        headers = (("content-type", "text/event-stream"),)
        answered = Response(Author.IMPLEMENTATION, 200, headers, chunks, Ended.COMPLETE, len(chunks))
        return Transcript("measured", (Exchange(Operation.SUBMIT, 0, asked, answered),))


@cache
def deltas(count: int) -> Recorded:
    """A stream of text deltas of the usual size, `count` events in all or a few more."""
    rounds = count // len(_WORDS)
    text = "".join(_WORDS) * rounds
    answer = Answer([Says((text,))], tools=1, output="21 °C")
    whole = [encode(event) for event in answer.events]
    at = next(index for index, event in enumerate(answer.events) if event.name == "thread.message.delta")
    message = answer.events[at].data["id"]  # type: ignore[index]
    first = encode(Event("thread.message.delta", objects.message_delta(message, "", first=True)))
    pieces = b"".join(
        encode(Event("thread.message.delta", objects.message_delta(message, word, first=False))) for word in _WORDS
    )
    body = b"".join([*whole[:at], first, pieces * rounds, *whole[at + 1 :]])
    return Recorded(answer.request, body, len(whole) + rounds * len(_WORDS))


@cache
def large(count: int) -> Recorded:
    """A stream of events of 100 KB: texts, the submitted output, and runs that repeat as many tools as there may be."""
    answer = Answer([Says((_PROSE,))] * count, tools=128, output=_PROSE)
    return Recorded(answer.request, b"".join(encode(event) for event in answer.events), len(answer.events))


def cut(body: bytes, size: int) -> list[bytes]:
    """The body in pieces of a size."""
    return [body[at : at + size] for at in range(0, len(body), size)]


def _last(events: Sequence[Event], name: str) -> objects.Document:
    return [event.data for event in events if event.name == name and isinstance(event.data, dict)][-1]
