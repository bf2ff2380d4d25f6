"""What a submission of tool outputs must be: the rules in the order in which they are asked.

First the form of the body, which needs nothing else; then the state of the run, status before ids
(SUB-STATUS-FIRST). A rule that is broken raises Refused, and nothing has changed by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.reference import request_body
from conformance.reference.objects import Document
from conformance.reference.refusals import Refused

#: The longest single output, in characters, and all of them together, in bytes (SUB-LIMIT-ONE, SUB-LIMIT-SUM).
LONGEST_OUTPUT = 1_048_576
ALL_OUTPUTS = 512 * 1024

_KEYS = frozenset({"tool_outputs", "stream"})


@dataclass(frozen=True, slots=True)
class Submission:
    """A body of the right form: call ids and outputs in the order sent, and what is said of a stream."""

    outputs: tuple[tuple[str, str], ...]
    #: As said; None where it is null or not said.
    stream: bool | None
    #: The keys that were said.
    keys: frozenset[str] = _KEYS


#: Looks at a run's status and the ids it waits for, and at a submission; raises Refused.
Rule = Callable[[str, Sequence[str], Submission], None]


def read(document: Document) -> Submission:
    """Read a body as a submission, or raise Refused for its form."""
    for key in document:
        if key not in _KEYS:
            raise Refused("unknown-key", where=key)
    stream = document.get("stream")
    if stream is not None:
        request_body.expect(stream, "a boolean", "stream")
    items = request_body.required(document, "tool_outputs")
    request_body.expect(items, "an array", "tool_outputs")
    outputs = tuple(_item(item, f"tool_outputs[{index}]") for index, item in enumerate(items))
    if sum(len(output.encode("utf-8", "replace")) for _, output in outputs) >= ALL_OUTPUTS:
        raise Refused("long-outputs")
    return Submission(outputs, stream, frozenset(document))


def _item(item: Mapping[str, object], where: str) -> tuple[str, str]:
    request_body.expect(item, "an object", where)
    call_id = request_body.text(request_body.required(item, "tool_call_id", f"{where}."), f"{where}.tool_call_id")
    # The schema does not require an output, and one client leaves an empty one out (SUB-NO-OUTPUT).
    output = request_body.text(item.get("output", ""), f"{where}.output")
    if len(output) > LONGEST_OUTPUT:
        raise Refused("long-output", where=f"{where}.output", limit=LONGEST_OUTPUT)
    return call_id, output


def waits(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
    """The run waits for outputs (SUB-STATUS, SUB-DOUBLE, SUB-EXPIRED, SUB-CANCELLED)."""
    if status != "requires_action":
        raise Refused("status", status=status)


def answers_every_call(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
    """Every pending call is answered exactly once, and none other (SUB-PARTIAL, -UNKNOWN, -DUP, -EMPTY)."""
    got = [call_id for call_id, _ in submission.outputs]
    if sorted(got) != sorted(pending):
        raise Refused("calls", expected=_listed(pending), got=_listed(got))


RULES: tuple[Rule, ...] = (waits, answers_every_call)

#: A refusal names so many ids at most: the sender chooses how many there are.
_NAMED = 32


def _listed(ids: Sequence[str]) -> str:
    more = ["…"] if len(ids) > _NAMED else []
    return str([*ids[:_NAMED], *more])
