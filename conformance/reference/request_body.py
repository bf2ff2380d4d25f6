"""Reads the JSON body of a request, and says which field is not what it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from conformance.reference.objects import Document, to_json
from conformance.reference.refusals import Refused
from conformance.wire import strict_json

#: JSON's own words for what a reader makes of it.
_KINDS = (
    (bool, "a boolean"),
    (type(None), "null"),
    ((int, float), "a number"),
    (str, "a string"),
    (dict, "an object"),
    (list, "an array"),
)

_IS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        "a string": lambda value: isinstance(value, str),
        "a boolean": lambda value: isinstance(value, bool),
        "an object": lambda value: isinstance(value, dict),
        "an array": lambda value: isinstance(value, list),
        "a number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "an integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
        "a string or an array": lambda value: isinstance(value, str | list),
        "a string or an object": lambda value: isinstance(value, str | dict),
    }
)

#: What fields hold, wherever they occur in the bodies that create or modify something. Any of them may be null.
FIELDS = MappingProxyType(
    {
        "additional_instructions": "a string",
        "additional_messages": "an array",
        "assistant_id": "a string",
        "attachments": "an array",
        "content": "a string or an array",
        "description": "a string",
        "instructions": "a string",
        "max_completion_tokens": "an integer",
        "max_prompt_tokens": "an integer",
        "messages": "an array",
        "metadata": "an object",
        "model": "a string",
        "name": "a string",
        "parallel_tool_calls": "a boolean",
        "reasoning_effort": "a string",
        "response_format": "a string or an object",
        "role": "a string",
        "stream": "a boolean",
        "temperature": "a number",
        "thread": "an object",
        "tool_choice": "a string or an object",
        "tool_resources": "an object",
        "tools": "an array",
        "top_p": "a number",
        "truncation_strategy": "an object",
    }
)


def read(body: bytes) -> Document:
    """Read a body as a JSON object; an empty one is the empty object, as clients send where nothing is asked.

    Raises Refused where it is not JSON, is no object, or holds what could not be written again.
    """
    if not body:
        return {}
    try:
        document = strict_json.read(body)
        to_json(document)
    except strict_json.NotJson as problem:
        raise Refused("malformed", reason=problem.reason) from None
    except (ValueError, RecursionError):
        raise Refused("malformed", reason="a number is too large or the nesting too deep for this server") from None
    if not isinstance(document, dict):
        raise Refused("not-an-object")
    return document


def check_fields(document: Mapping[str, object], within: str = "") -> None:
    """Raise Refused for a known field of the wrong kind; `within` is the path to the object. Others pass unread."""
    for name, value in document.items():
        expected = FIELDS.get(name)
        if expected is not None and value is not None:
            expect(value, expected, within + name)


def expect(value: object, expected: str, where: str) -> None:
    """Raise Refused where a value is not of the kind that is expected there."""
    if not _IS[expected](value):
        raise Refused("type", where=where, expected=expected, got=kind(value))


def text(value: object, where: str) -> str:
    """Return a string; raise Refused for anything else."""
    if not isinstance(value, str):
        raise Refused("type", where=where, expected="a string", got=kind(value))
    return value


def required(document: Mapping[str, Any], name: str, within: str = "") -> Any:  # noqa: ANN401
    """Return a field that must be there and not null; raise Refused otherwise."""
    if document.get(name) is None:
        raise Refused("missing", where=within + name)
    return document[name]


def kind(value: object) -> str:
    """What JSON calls a value, with its article."""
    return next(words for type_, words in _KINDS if isinstance(value, type_))
