"""The decisions of the server that have one right way and many wrong ones."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.model import Request, Response
from conformance.reference import bodies, submission
from conformance.reference.refusals import Refused
from conformance.reference.submission import RULES, Rule, Submission

if TYPE_CHECKING:
    from conformance.reference.runs import Run
    from conformance.reference.state import State


def needs_its_key(api_key: str | None, headers: Mapping[str, str]) -> None:
    """Ask for the key where one is configured; raise Refused for none or another."""
    if api_key is None:
        return
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = bearer.strip() if scheme.lower() == "bearer" else headers.get("api-key", "")
    if not given:
        raise Refused("no-key")
    if not hmac.compare_digest(given.encode(), api_key.encode()):
        raise Refused("wrong-key")


def read(body: bytes) -> Submission:
    """Read a submission, or raise Refused for its form."""
    return submission.read(bodies.read(body))


def by_both_ids(state: State, thread_id: str, run_id: str) -> Run:
    """The run of these ids; a run of another thread is unknown here (SUB-OTHER-THREAD)."""
    return state.run(thread_id, run_id)


def goes_on(run: Run, submission: Submission) -> None:
    """A run goes on with the outputs that were accepted."""
    run.resume(dict(submission.outputs))


def stays(run: Run, submission: Submission) -> None:
    """A run stays as it was when a submission is refused (SUB-ATOMIC)."""


def as_planned(_request: Request, planned: Response) -> Response:
    """Send what was planned."""
    return planned


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One field for each decision; as they stand they are the right ones, and each can be replaced."""

    #: Who is let in, by the configured key and the header fields, their names in lower case; raises Refused.
    key: Callable[[str | None, Mapping[str, str]], None] = needs_its_key
    #: What the body of a submission says; raises Refused.
    read: Callable[[bytes], Submission] = read
    #: Which run a submission is for; raises Refused.
    find: Callable[[State, str, str], Run] = by_both_ids
    #: Asked one after the other before a submission is accepted.
    rules: tuple[Rule, ...] = RULES
    #: What happens to a run once its outputs were accepted.
    accepted: Callable[[Run, Submission], None] = goes_on
    #: What happens to a run once its outputs were refused by a rule.
    refused: Callable[[Run, Submission], None] = stays
    #: What is sent in the place of the planned answer; None: the connection is closed without a status line.
    respond: Callable[[Request, Response], Response | None] = as_planned
