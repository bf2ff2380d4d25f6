"""What the bodies that create something say, checked and brought into the form in which it is kept."""

from __future__ import annotations

from collections.abc import Callable

from conformance.reference import objects, request_body
from conformance.reference.objects import Document
from conformance.reference.refusals import Refused

#: Reads one object of an array; `within` is the path to it.
_Read = Callable[[Document, str], Document]

_ROLES = frozenset({"user", "assistant"})


def assistant(body: Document) -> Document:
    """The settings of a new assistant: a model, and tools that can be called."""
    request_body.check_fields(body)
    request_body.required(body, "model")
    return _with_tools(body)


def changes(body: Document) -> Document:
    """The settings that a body changes of something that exists."""
    request_body.check_fields(body)
    return _with_tools(body)


def thread(body: Document, within: str = "") -> tuple[Document, list[Document]]:
    """The settings of a new thread and of its first messages."""
    request_body.check_fields(body, within)
    return body, _each(body.get("messages"), f"{within}messages", message)


def message(body: Document, within: str = "") -> Document:
    """The settings of a new message: a role, and content as a list of parts."""
    request_body.check_fields(body, within)
    if request_body.required(body, "role", within) not in _ROLES:
        raise Refused("value", where=f"{within}role", reason="it is to be user or assistant")
    content = request_body.required(body, "content", within)
    parts = [objects.text_part(content)] if isinstance(content, str) else _each(content, f"{within}content", _part)
    return {**body, "content": parts}


def run(body: Document) -> tuple[Document, list[Document]]:
    """The settings of a new run and of the messages it brings along."""
    request_body.check_fields(body)
    request_body.required(body, "assistant_id")
    return _with_tools(body), _each(body.get("additional_messages"), "additional_messages", message)


def _with_tools(body: Document) -> Document:
    """The body with its tools as they are shown: a function has parameters and says whether it is strict."""
    return body if body.get("tools") is None else {**body, "tools": _each(body["tools"], "tools", _tool)}


def _tool(tool: Document, within: str) -> Document:
    if request_body.text(request_body.required(tool, "type", within), f"{within}type") != "function":
        return tool
    function = request_body.required(tool, "function", within)
    request_body.expect(function, "an object", f"{within}function")
    request_body.text(request_body.required(function, "name", f"{within}function."), f"{within}function.name")
    shown = {"parameters": {"type": "object", "properties": {}}, "strict": False}
    return {**tool, "function": {**shown, **{key: value for key, value in function.items() if value is not None}}}


def _part(part: Document, within: str) -> Document:
    if request_body.text(request_body.required(part, "type", within), f"{within}type") != "text":
        return part
    return objects.text_part(request_body.text(request_body.required(part, "text", within), f"{within}text"))


def _each(items: list[Document] | None, where: str, read: _Read) -> list[Document]:
    """Read every item of an array of objects; `where` is the path to the array. None is the empty array."""
    chosen = [] if items is None else items
    for index, item in enumerate(chosen):
        request_body.expect(item, "an object", f"{where}[{index}]")
    return [read(item, f"{where}[{index}].") for index, item in enumerate(chosen)]
