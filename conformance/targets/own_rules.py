"""Our own requests obey the rules we judge by: what is meant to be accepted is looked at before it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import OwnError
from conformance.model import Act, Author, Exchange, Operation, Request
from conformance.walk.history import Call, KnownRun
from conformance.walk.submission_facts import submitted

#: Rows of `scenarios.OUTPUTS` that answer every pending call once, as a server must accept it.
_RIGHT = frozenset({"all", "reversed", "opaque", "empty-text", "nul", "other-text"})


def check_submission(act: Act, path: str, body: bytes, calls: Sequence[str]) -> None:
    """Raise OwnError where a submission that is meant to be right is not: whoever refused it would be blamed."""
    if act.outputs not in _RIGHT or act.stream == "string":
        return
    known = KnownRun("", "requires_action", tuple(Call(call, "", "") for call in calls))
    request = Request(Author.HARNESS, "POST", path, (), body)
    faults = submitted(Exchange(Operation.SUBMIT, 0, request, None), known).faults
    if faults:
        raise OwnError(f"our own submission breaks the rules: {', '.join(sorted(faults))}", "It was not sent.")
