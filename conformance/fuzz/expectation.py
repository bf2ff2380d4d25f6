"""What a generated body deserves, by the contract: nobody is accused on the generator's word alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from conformance.contract.schema import accepts
from conformance.model import Author, Exchange, Operation, Request
from conformance.targets.outputs import encoded
from conformance.targets.run_polling import PendingRun
from conformance.walk.history import Call, KnownRun
from conformance.walk.submission_facts import submitted
from conformance.wire.strict_json import NotJson, read

#: What the generator gives: a JSON value, or the bytes of a body that it broke on purpose.
Generated = object

_REQUEST = "SubmitToolOutputsRunRequest"

#: The fields that an entry of `tool_outputs` is documented with.
_FIELDS = frozenset({"tool_call_id", "output"})

#: Faults that show only against the run: a body with one of them may fit the schema.
_OF_STATE = frozenset({"empty", "partial", "unknown-id", "duplicate-id"})


class Mode(StrEnum):
    """What the generator was asked for."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


class Expectation(StrEnum):
    """What a server is to do with a body."""

    RIGHT = "to be accepted"
    WRONG = "to be refused"
    OPEN = "left open by the contract"


def addressed(generated: Generated, calls: Sequence[str]) -> bytes:
    """The body as it is sent: the first entries carry the ids of the pending calls, where they carry any text."""
    if isinstance(generated, bytes):
        return generated
    if isinstance(generated, dict) and isinstance(generated.get("tool_outputs"), list):
        entries = generated["tool_outputs"]
        named = [_named(entry, call) for entry, call in zip(entries, calls, strict=False)]
        return encoded({**generated, "tool_outputs": [*named, *entries[len(named) :]]})
    return encoded(generated)


def _named(entry: object, call: str) -> object:
    if isinstance(entry, dict) and isinstance(entry.get("tool_call_id"), str):
        return {**entry, "tool_call_id": call}
    return entry


def expectation(body: bytes, run: PendingRun) -> Expectation:
    """What a run that waits is to do with a body.

    It is to be refused only where our facts name a fault and, for a fault of form, our schema finds it too; to be
    accepted only where neither finds anything and nothing is in it that the schema does not know. Everything else is
    open, such as an output left out or an entry with a key of its own.
    """
    known = KnownRun("", "requires_action", tuple(Call(call, "", "") for call in run.calls))
    request = Request(Author.HARNESS, "POST", f"{run.path}/submit_tool_outputs", (), body)
    facts = submitted(Exchange(Operation.SUBMIT, 0, request, None), known)
    fits = _fits(body)
    if facts.refusable and (facts.faults & _OF_STATE or not fits):
        return Expectation.WRONG
    return Expectation.RIGHT if fits and not facts.faults and _documented(facts.body) else Expectation.OPEN


def _fits(body: bytes) -> bool:
    try:
        return accepts(_REQUEST, read(body))
    except NotJson:
        return False


def _documented(body: Mapping[str, object] | None) -> bool:
    entries = body.get("tool_outputs") if body is not None else None
    return isinstance(entries, list) and all(entry.keys() <= _FIELDS for entry in entries)
