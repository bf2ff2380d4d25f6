"""What a lenient server makes of a body."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.proof.faults.misbehaviour.running import with_what_there_is
from conformance.reference import request_body, submission
from conformance.reference.behaviour import Behaviour, read
from conformance.reference.objects import Document, to_json
from conformance.reference.refusals import Refused
from conformance.reference.submission import Submission, answers_every_call, waits

#: Stands in a submission for every call that is pending: what a server makes of a body it cannot read.
_EVERY = (("*", ""),)


def rewritten(change: Callable[[Document], Document]) -> Behaviour:
    """Read bodies as if something else had been sent."""
    return Behaviour(read=lambda body: submission.read(change(request_body.read(body))))


def items(change: Callable[[Document], Document]) -> Callable[[Document], Document]:
    """Change every item of tool_outputs."""

    def changed(document: Document) -> Document:
        items = document.get("tool_outputs")
        if not isinstance(items, list):
            return document
        return {**document, "tool_outputs": [change(item) if isinstance(item, dict) else item for item in items]}

    return changed


def null_is_empty(item: Document) -> Document:
    """An output that is null is the empty text."""
    return {**item, "output": ""} if item.get("output", "") is None else item


def as_text(item: Document) -> Document:
    """An output of another type is its JSON text."""
    output = item.get("output")
    return item if output is None or isinstance(output, str) else {**item, "output": to_json(output).decode()}


def known_keys(document: Document) -> Document:
    """Keys that the API does not know are passed over."""
    return {key: value for key, value in document.items() if key in ("tool_outputs", "stream")}


def stream_word(document: Document) -> Document:
    """A word for stream means what it says."""
    value = document.get("stream")
    return {**document, "stream": value.lower() == "true"} if isinstance(value, str) else document


def taken_for_all(condition: str, where: str = "") -> Behaviour:
    """Take a body that is refused under a condition, about a place, for the outputs of every call."""

    def lenient(body: bytes) -> Submission:
        try:
            return read(body)
        except Refused as refused:
            if refused.condition == condition and str(refused.document["error"]["param"]).endswith(where):
                return Submission(_EVERY, stream=False)
            raise

    def every(status: str, pending: Sequence[str], submission: Submission) -> None:
        if submission.outputs != _EVERY:
            answers_every_call(status, pending, submission)

    return Behaviour(read=lenient, rules=(waits, every), accepted=with_what_there_is)
