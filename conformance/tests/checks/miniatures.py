"""Small legal conversations written by hand: runs, steps and messages as events, and the exchanges around them.

An event is a pair of its name and its document; a document given as text is sent as it stands. Bytes among the events
are written between the blocks. A field that is given as `ABSENT` is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from conformance.model import (
    JUDGED,
    Author,
    Chunk,
    Ended,
    Exchange,
    Operation,
    Request,
    Response,
    Role,
    Status,
    Transcript,
)
from conformance.verdict.judge import judge

Document = Mapping[str, object]
Event = tuple[str, object]
Block = Event | bytes

#: Marks a field that a document does not have.
ABSENT = object()

RUN, THREAD, ASSISTANT = "run_1", "thread_1", "asst_1"
PATH = f"/v1/threads/{THREAD}/runs/{RUN}"
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
_SUMS = dict.fromkeys(("cancelled_at", "failed_at", "completed_at", "last_error", "usage"))
_OWNER: Document = {"thread_id": THREAD, "assistant_id": ASSISTANT}
_RUN: Document = {
    "id": RUN, "object": "thread.run", "created_at": 100, **_OWNER, "required_action": None, "expires_at": 700,
    "started_at": 101, "incomplete_details": None, "model": "m", "instructions": None, "tools": [], "metadata": {},
    "max_prompt_tokens": None, "max_completion_tokens": None, "parallel_tool_calls": True, "response_format": "auto",
    "truncation_strategy": {"type": "auto", "last_messages": None}, "tool_choice": "auto", **_SUMS,
}  # fmt: skip
_FAULT = {"code": "server_error", "message": "it broke"}
#: What a run carries in the statuses that tell more than their name.
_RUN_IN: Mapping[str, Document] = {
    "completed": {"completed_at": 150, "expires_at": None, "usage": USAGE},
    "incomplete": {"incomplete_details": {"reason": "max_completion_tokens"}, "usage": USAGE},
    "failed": {"failed_at": 150, "last_error": _FAULT, "usage": USAGE},
    "cancelled": {"cancelled_at": 150, "usage": USAGE},
    "expired": {"usage": USAGE},
}
_STEP_IN: Mapping[str, Document] = {
    "completed": {"completed_at": 140, "usage": USAGE},
    "failed": {"failed_at": 140, "last_error": _FAULT, "usage": USAGE},
    "cancelled": {"cancelled_at": 140, "usage": USAGE},
    "expired": {"usage": USAGE},
}
_WORKING = ("created", "in_progress")


def document(*layers: Mapping[str, object]) -> Document:
    """The layers laid over each other, without the fields that are absent."""
    merged = {key: value for layer in layers for key, value in layer.items()}
    return {key: value for key, value in merged.items() if value is not ABSENT}


def call(name: str, *, arguments: str = "{}", output: object = None) -> Document:
    """The function call `call_NAME` as a step shows it."""
    function = document({"name": f"f_{name}", "arguments": arguments, "output": output})
    return {"id": f"call_{name}", "type": "function", "function": function}


def action(*calls: Document) -> Document:
    """The `required_action` that asks for the outputs of calls."""
    pending = [
        {**each, "function": {key: each["function"][key] for key in ("name", "arguments")}}  # type: ignore[index]
        for each in calls
    ]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": pending}}


def run_document(status: str, /, **fields: object) -> Document:
    return document(_RUN, {"status": status}, _RUN_IN.get(status, {}), fields)


def run(event: str, /, **fields: object) -> Event:
    """`thread.run.EVENT`."""
    return f"thread.run.{event}", run_document("queued" if event == "created" else event, **fields)


def waits(*calls: Document, **fields: object) -> Event:
    """`thread.run.requires_action` for these calls."""
    return run("requires_action", **{"required_action": action(*calls), **fields})


def step(event: str, name: str, details: Sequence[Document] | str, /, **fields: object) -> Event:
    """`thread.run.step.EVENT` of `step_NAME`: details are its tool calls, or the name of its message."""
    kind = "message_creation" if isinstance(details, str) else "tool_calls"
    inner = {"message_id": f"msg_{details}"} if isinstance(details, str) else details
    status = "in_progress" if event in _WORKING else event
    told = {
        "id": f"step_{name}", "object": "thread.run.step", "created_at": 120, "run_id": RUN, **_OWNER, "type": kind,
        "status": status, "step_details": {"type": kind, kind: inner}, **_SUMS,
    }  # fmt: skip
    return f"thread.run.step.{event}", document(told, _STEP_IN.get(status, {}), fields)


def step_delta(name: str, *calls: Document, **details: object) -> Event:
    inner = {"type": "tool_calls", "tool_calls": list(calls), **details}
    return "thread.run.step.delta", {
        "id": f"step_{name}", "object": "thread.run.step.delta", "delta": {"step_details": inner}
    }  # fmt: skip


def text(value: object = "", annotations: Sequence[Document] = ()) -> Document:
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def image(file: str = "file_1") -> Document:
    return {"type": "image_file", "image_file": {"file_id": file}}


def message_document(name: str, status: str, content: Sequence[Document] = (), /, **fields: object) -> Document:
    told = {
        "id": f"msg_{name}", "object": "thread.message", "created_at": 120, **_OWNER, "run_id": RUN, "status": status,
        "incomplete_details": {"reason": "max_tokens"} if status == "incomplete" else None,
        "completed_at": 130 if status == "completed" else None,
        "incomplete_at": 130 if status == "incomplete" else None,
        "role": "assistant", "content": list(content), "metadata": {},
    }  # fmt: skip
    return document(told, fields)


def message(event: str, name: str, /, *content: Document, **fields: object) -> Event:
    """`thread.message.EVENT` of `msg_NAME`."""
    return f"thread.message.{event}", message_document(
        name, "in_progress" if event in _WORKING else event, content, **fields
    )


def delta(name: str, *parts: Document, **inner: object) -> Event:
    """`thread.message.delta`; without parts and inner fields its `delta` is `{}`."""
    told = {"content": list(parts), **inner} if parts else inner
    return "thread.message.delta", {"id": f"msg_{name}", "object": "thread.message.delta", "delta": told}


def piece(index: int, value: object, annotations: Sequence[Document] | None = None) -> Document:
    """A piece of text for the content part of an index."""
    inner = {"value": value} if annotations is None else {"value": value, "annotations": list(annotations)}
    return {"index": index, "type": "text", "text": inner}


def begun(name: str) -> list[Event]:
    """A step that creates a message and the message, both in progress."""
    return [
        step("created", name, name), step("in_progress", name, name),
        message("created", name), message("in_progress", name),
    ]  # fmt: skip


def told(name: str, deltas: Sequence[Block], *content: Document) -> list[Block]:
    """A whole message and its step."""
    return [*begun(name), *deltas, message("completed", name, *content), step("completed", name, name)]


def said(name: str = "a", value: str = "hello") -> list[Block]:
    """A whole message of one text in one piece."""
    return told(name, [delta(name, piece(0, value))], text(value))


def worked(
    name: str, calls: Sequence[Document], *deltas: Event, ended: Sequence[Document] | None = None
) -> list[Block]:
    """A whole step of tool calls that needs nobody."""
    return [
        step("created", name, [] if deltas else calls), step("in_progress", name, [] if deltas else calls), *deltas,
        step("completed", name, calls if ended is None else ended),
    ]  # fmt: skip


#: The step whose call was submitted, ended.
CLOSED = step("completed", "0", [call("1", output="sunny")], created_at=102)
DONE: Event = ("done", "[DONE]")
GOES_ON: list[Block] = [run("queued"), run("in_progress")]
#: What a submission's stream begins with.
RESUMED: list[Block] = [CLOSED, *GOES_ON]
ENDED: list[Block] = [run("completed"), DONE]
#: The shortest usual stream of a submission.
USUAL: list[Block] = [*RESUMED, *said(), *ENDED]


def block(event: Event, end: str = "\n") -> bytes:
    """One event as the wire has it."""
    name, data = event
    written = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}{end}data: {written}{end}{end}".encode()


def body(blocks: Sequence[Block], end: str = "\n") -> bytes:
    return b"".join(each if isinstance(each, bytes) else block(each, end) for each in blocks)


def answer(
    content: bytes | Document,
    status: int = 200,
    media: str = "application/json",
    *,
    cuts: Sequence[int] = (),
    headers: Sequence[tuple[str, str]] = (),
    ms: int = 5,
    ended_ms: int | None = None,
) -> Response:
    """A response; `cuts` are the offsets at which its body was cut into chunks."""
    whole = content if isinstance(content, bytes) else json.dumps(content).encode()
    ends = [*cuts, len(whole)]
    chunks = tuple(Chunk(ms, whole[start:end]) for start, end in zip([0, *ends], ends, strict=False))
    head = (("Content-Type", media), *headers)
    return Response(
        Author.IMPLEMENTATION, status, head, chunks, Ended.COMPLETE, ms + 1 if ended_ms is None else ended_ms
    )


def stream(*blocks: Block, media: str = "text/event-stream; charset=utf-8", end: str = "\n") -> Response:
    return answer(body(blocks, end), 200, media)


def refusal(status: int = 400, message: str = "no", kind: str = "invalid_request_error", **fields: object) -> Response:
    return answer({"error": {"message": message, "type": kind, "param": None, "code": None, **fields}}, status)


_KEYED = (("Authorization", "Bearer k"), ("OpenAI-Beta", "assistants=v2"))
_TYPED = ("Content-Type", "application/json")


def asked(
    operation: Operation,
    method: str,
    target: str,
    response: Response | None,
    content: object = None,
    *,
    at: int = 0,
    headers: Sequence[tuple[str, str]] = _KEYED,
    situation: frozenset[str] = frozenset(),
) -> Exchange:
    """One exchange; content that is not bytes is sent as JSON. Without a response the connection was reset."""
    sent = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
    typed = not sent or any(name == _TYPED[0] for name, _ in headers)
    request = Request(Author.HARNESS, method, target, (*headers, *(() if typed else (_TYPED,))), sent)
    return Exchange(operation, at, request, response, None if response else "connection reset", situation)


def outputs(**values: object) -> list[Document]:
    """The items of `tool_outputs`: `_1="sunny"` is the output of `call_1`."""
    return [{"tool_call_id": f"call{name}", "output": value} for name, value in values.items()]


SUNNY = outputs(_1="sunny")


def submit(
    response: Response | None,
    items: object = SUNNY,
    *,
    streamed: bool = True,
    content: object = None,
    path: str = f"{PATH}/submit_tool_outputs",
    at: int = 0,
    headers: Sequence[tuple[str, str]] = _KEYED,
    situation: frozenset[str] = frozenset(),
) -> Exchange:
    """A submission of items, or of a content of its own."""
    usual = {"tool_outputs": items, "stream": True} if streamed else {"tool_outputs": items}
    return asked(
        Operation.SUBMIT, "POST", path, response, usual if content is None else content, at=at, headers=headers,
        situation=situation,
    )  # fmt: skip


def create_run(
    response: Response, *, path: str = f"/v1/threads/{THREAD}/runs", streamed: bool = True, at: int = 0
) -> Exchange:
    content = {"assistant_id": ASSISTANT, "stream": streamed}
    return asked(Operation.CREATE_RUN, "POST", path, response, content, at=at)


def get_run(status: str, *, at: int = 0, path: str = PATH, **fields: object) -> Exchange:
    return asked(Operation.GET_RUN, "GET", path, answer(run_document(status, **fields)), at=at)


def pending(*calls: Document, at: int = 0) -> Exchange:
    """A GET of the run while it waits for the outputs of calls."""
    return get_run("requires_action", required_action=action(*(calls or (call("1"),))), at=at)


def listed(operation: Operation, what: str, *documents: Document, at: int = 0) -> Exchange:
    """A page of `runs`, `steps` or `messages`, newest first."""
    page = {"object": "list", "data": list(documents), "has_more": False}
    prefix = PATH if operation is Operation.LIST_STEPS else f"/v1/threads/{THREAD}"
    return asked(operation, "GET", f"{prefix}/{what}", answer(page), at=at)


def conversation(*exchanges: Exchange, scenario: str = "miniature", traits: Sequence[str] = ()) -> Transcript:
    return Transcript(scenario, exchanges, frozenset(traits))


def accused(transcript: Transcript) -> dict[str, str]:
    """Every requirement that is failed, warned of or broke, with its first message; raises where nothing was judged."""
    subject = judge(transcript, role=Role.SERVER)
    assert subject.reason is None, subject.reason
    assert any(verdict.status in JUDGED for verdict in subject.verdicts)
    blamed = (Status.FAIL, Status.WARN, Status.ERROR)
    return {
        verdict.requirement: f"{verdict.status} {verdict.findings[0].message if verdict.findings else verdict.reason}"
        for verdict in subject.verdicts
        if verdict.status in blamed or verdict.findings
    }
