"""A submission as the story tells it, in a transcript of the right shape: what the tests of this room break."""

import json

from conformance.model import Author, Chunk, Ended, Exchange, Operation, Request, Response, Subject, Transcript
from conformance.reference import objects, story
from conformance.reference.events import Event, encode, stream
from conformance.reference.scripts import SCRIPTS, Call
from conformance.verdict.judge import judge

_NOW = 1_700_000_000
_ASSISTANT = objects.assistant("asst_1", _NOW - 50, {"model": "m", "tools": []})
_IDS = story.Ids()
_BEGUN = [
    event
    for transition in story.begin(
        SCRIPTS["text"], objects.run("run_1", "thread_1", _NOW, _ASSISTANT, {}), (Call("get_time", ("{}",)),),
        new_id=_IDS, now=_NOW,
    ).transitions
    for event in transition
]  # fmt: skip


def _told(name: str) -> objects.Document:
    return next(event.data for event in _BEGUN if event.name == name and isinstance(event.data, dict))


#: The run while it waits for its outputs.
WAITING = _told("thread.run.requires_action")
_CALL = WAITING["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
_STEP = _told("thread.run.step.created")
OUTPUTS = {"tool_outputs": [{"tool_call_id": _CALL, "output": "noon"}]}
#: The events of a submission that goes well.
HAPPY = list(
    stream(
        story.go_on(
            SCRIPTS["text"], WAITING, story.waiting_step(_STEP, WAITING), {_CALL: "noon"}, (), new_id=_IDS,
            now=_NOW + 20, spent=objects.usage(0, 0),
        ).transitions
    )
)  # fmt: skip
PATH = "/v1/threads/thread_1/runs/run_1/submit_tool_outputs"
_JSON = (("content-type", "application/json"),)


def without(events: list[Event], name: str) -> list[Event]:
    return [event for event in events if event.name != name]


def looked(document: object) -> Exchange:
    """A read of the run."""
    request = Request(Author.HARNESS, "GET", "/v1/threads/thread_1/runs/run_1", (), b"")
    return Exchange(Operation.GET_RUN, 0, request, answer(document))


def answer(document: object, status: int = 200) -> Response:
    body = json.dumps(document).encode()
    return Response(Author.IMPLEMENTATION, status, _JSON, (Chunk(1, body),), Ended.COMPLETE, 1)


def streamed(body: bytes, ended: Ended = Ended.COMPLETE, content_type: str = "text/event-stream") -> Response:
    return Response(Author.IMPLEMENTATION, 200, (("content-type", content_type),), (Chunk(1, body),), ended, 2)


def submission(response: Response | None, body: object = None, situation: frozenset[str] = frozenset()) -> Exchange:
    sent = json.dumps(OUTPUTS | {"stream": True} if body is None else body).encode()
    headers = (("OpenAI-Beta", "assistants=v2"), ("Authorization", "Bearer key"))
    request = Request(Author.HARNESS, "POST", PATH, headers, sent)
    return Exchange(Operation.SUBMIT, 5, request, response, situation=situation)


def transcript(*exchanges: Exchange, traits: str = "state key") -> Transcript:
    return Transcript("a recording", exchanges, frozenset(traits.split()))


def judged(events: list[Event]) -> Subject:
    """The verdicts on a streamed submission of these events, to a run that was seen waiting."""
    return judge(transcript(looked(WAITING), submission(streamed(b"".join(map(encode, events))))))
