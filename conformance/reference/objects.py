"""The API's objects as documents: every field that real traffic showed, and every one the schema requires.

A document is never changed in place: each function here makes a new one, so a document that was told once stays
as it was told. Times are integer seconds. Shapes: contract ids DIS-STEP-EXPIRED, DIS-MSG-ATT, DIS-EXTRA-RUN.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

Document = dict[str, Any]

#: Seconds from the creation of a run to its `expires_at`, the same in every recorded run.
RUN_LIFETIME = 600

#: The field that says when an object ended, by the status it ended in. A run has no `expired_at`.
ENDED_AT = MappingProxyType(
    {
        "completed": "completed_at",
        "incomplete": "completed_at",
        "failed": "failed_at",
        "cancelled": "cancelled_at",
        "expired": "expired_at",
    }
)

#: What a failed run and its failed step say went wrong.
LAST_ERROR = MappingProxyType({"code": "server_error", "message": "The model stopped in the middle of its answer."})


def to_json(document: object) -> bytes:
    """Write a document as compact UTF-8 JSON on one line.

    A lone surrogate cannot be UTF-8; it is written as the escape it was read from. Raises ValueError for what JSON
    has no form for (an infinite number) or Python refuses to print, RecursionError for what is nested too deeply.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def assistant(id_: str, created_at: int, settings: Document) -> Document:
    """An assistant; `settings` is the body it was created with."""
    return {
        "id": id_,
        "object": "assistant",
        "created_at": created_at,
        "name": settings.get("name"),
        "description": settings.get("description"),
        "model": settings.get("model"),
        "instructions": settings.get("instructions"),
        "tools": settings.get("tools") or [],
        "top_p": _either(settings.get("top_p"), 1.0),
        "temperature": _either(settings.get("temperature"), 1.0),
        "reasoning_effort": settings.get("reasoning_effort"),
        "tool_resources": settings.get("tool_resources") or {},
        "metadata": settings.get("metadata") or {},
        "response_format": _either(settings.get("response_format"), "auto"),
    }


def thread(id_: str, created_at: int, settings: Document) -> Document:
    """A thread; `settings` is the body it was created with, its messages left out."""
    return {
        "id": id_,
        "object": "thread",
        "created_at": created_at,
        "metadata": settings.get("metadata") or {},
        "tool_resources": settings.get("tool_resources") or {},
    }


def run(id_: str, thread_id: str, created_at: int, of: Document, settings: Document) -> Document:
    """A run as it is created: queued, not started. `of` is the assistant, `settings` what the run sets otherwise."""
    return {
        "id": id_,
        "object": "thread.run",
        "created_at": created_at,
        "assistant_id": of["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": created_at + RUN_LIFETIME,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": settings.get("model") or of["model"],
        "instructions": _either(settings.get("instructions"), of["instructions"]),
        "tools": _either(settings.get("tools"), of["tools"]),
        "tool_resources": settings.get("tool_resources") or of["tool_resources"],
        "metadata": settings.get("metadata") or {},
        "temperature": _either(settings.get("temperature"), of["temperature"]),
        "top_p": _either(settings.get("top_p"), of["top_p"]),
        "reasoning_effort": settings.get("reasoning_effort"),
        "max_completion_tokens": settings.get("max_completion_tokens"),
        "max_prompt_tokens": settings.get("max_prompt_tokens"),
        "truncation_strategy": settings.get("truncation_strategy") or {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": None,
        "response_format": _either(settings.get("response_format"), of["response_format"]),
        "tool_choice": settings.get("tool_choice") or "auto",
        "parallel_tool_calls": _either(settings.get("parallel_tool_calls"), True),
    }


def run_waiting(run_: Document, calls: list[Document]) -> Document:
    """The run once it requires the outputs of these function calls."""
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
    return {**run_, "status": "requires_action", "required_action": action}


def run_ended(run_: Document, status: str, at: int, spent: Document) -> Document:
    """The run once it has ended; `spent` is the sum of its steps' usage."""
    ended = {**run_, "status": status, "required_action": None, "usage": spent}
    if status == "expired":
        return ended
    ended |= {"expires_at": None, ENDED_AT[status]: at}
    if status == "failed":
        ended["last_error"] = dict(LAST_ERROR)
    if status == "incomplete":
        ended["incomplete_details"] = {"reason": "max_completion_tokens"}
    return ended


def step(id_: str, of: Document, created_at: int, details: Document) -> Document:
    """A run step as it is created; `of` is its run."""
    return {
        "id": id_,
        "object": "thread.run.step",
        "created_at": created_at,
        "run_id": of["id"],
        "assistant_id": of["assistant_id"],
        "thread_id": of["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "cancelled_at": None,
        "completed_at": None,
        "expired_at": None,
        "expires_at": of["expires_at"],
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
        "metadata": None,
    }


def step_ended(step_: Document, status: str, at: int, spent: Document) -> Document:
    """The step once it has ended."""
    last_error = dict(LAST_ERROR) if status == "failed" else None
    return {**step_, "status": status, ENDED_AT[status]: at, "last_error": last_error, "usage": spent}


def step_delta(id_: str, call: Document) -> Document:
    """One more piece of one call of a tool_calls step."""
    details = {"type": "tool_calls", "tool_calls": [call]}
    return {"id": id_, "object": "thread.run.step.delta", "delta": {"step_details": details}}


def tool_calls(calls: list[Document]) -> Document:
    """The details of a step that calls tools."""
    return {"type": "tool_calls", "tool_calls": calls}


def message_creation(message_id: str) -> Document:
    """The details of a step that writes a message."""
    return {"type": "message_creation", "message_creation": {"message_id": message_id}}


def message(id_: str, thread_id: str, created_at: int, settings: Document) -> Document:
    """A message that somebody added to a thread, whole; `settings` holds role, content parts and the like."""
    return {
        "id": id_,
        "object": "thread.message",
        "created_at": created_at,
        "assistant_id": None,
        "thread_id": thread_id,
        "run_id": None,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": created_at,
        "role": settings["role"],
        "content": settings["content"],
        "attachments": settings.get("attachments") or [],
        "metadata": settings.get("metadata") or {},
    }


def message_begun(id_: str, of: Document, created_at: int) -> Document:
    """The assistant's message as it is created: in progress and empty; `of` is its run."""
    whole = message(id_, of["thread_id"], created_at, {"role": "assistant", "content": []})
    mine = {"assistant_id": of["assistant_id"], "run_id": of["id"]}
    return {**whole, **mine, "status": "in_progress", "completed_at": None}


def message_ended(message_: Document, text: str, at: int, *, reason: str | None) -> Document:
    """The message once it has ended: completed, or incomplete for a reason."""
    content = [text_part(text)] if text else []
    if reason is None:
        return {**message_, "status": "completed", "completed_at": at, "content": content}
    details = {"reason": reason}
    return {**message_, "status": "incomplete", "incomplete_details": details, "incomplete_at": at, "content": content}


def message_delta(id_: str, piece: str, *, first: bool) -> Document:
    """One more piece of a message's text; the first of a part brings its empty list of annotations."""
    text: Document = {"value": piece, "annotations": []} if first else {"value": piece}
    content = [{"index": 0, "type": "text", "text": text}]
    return {"id": id_, "object": "thread.message.delta", "delta": {"content": content}}


def text_part(text: str) -> Document:
    """Text as a part of a message's content."""
    return {"type": "text", "text": {"value": text, "annotations": []}}


def function_call(id_: str, name: str, arguments: str) -> Document:
    """A call of a function; `arguments` is JSON text."""
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def with_output(call: Document, output: str | None) -> Document:
    """A function call as a step shows it; `output` is None until it was submitted and accepted."""
    return {**call, "function": {**call["function"], "output": output}}


def usage(prompt: int, completion: int) -> Document:
    """Tokens spent, with the details that real traffic adds."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def usage_sum(first: Document, second: Document) -> Document:
    """Both together."""
    return usage(
        first["prompt_tokens"] + second["prompt_tokens"], first["completion_tokens"] + second["completion_tokens"]
    )


def error(message_: str, type_: str, *, param: str | None = None, code: str | None = None) -> Document:
    """The one form of an error, in an answer and in an `error` event."""
    return {"error": {"message": message_, "type": type_, "param": param, "code": code}}


def _either(value: Any, default: Any) -> Any:  # noqa: ANN401
    return default if value is None else value
