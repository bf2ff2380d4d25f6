"""The decisions of the server that have one right way and many wrong ones."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.model import Request, Response
from conformance.reference import request_body, submission
from conformance.reference.refusals import Refused
from conformance.reference.runs import Acceptance, Run
from conformance.reference.state import State
from conformance.reference.submission import RULES, Rule, Submission

#: What stands before the paths of the API: its own form, two of Azure's, and the bare one of its agents.
PREFIXES = ("/v1", "/openai/v1", "/openai", "")

_BETA = "assistants=v2"


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


def needs_the_beta(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """Ask everybody but Azure's clients, which never send it, for the beta header (ERR-BETA, REQ-BETA-MISSING)."""
    is_azure = path.startswith("/openai/") or "api-version" in query
    if not is_azure and _BETA not in headers.get("openai-beta", ""):
        raise Refused("no-beta")


def needs_no_beta(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """Serve whoever does not ask for the version of the API, too."""


def read(body: bytes) -> Submission:
    """Read a submission, or raise Refused for its form."""
    return submission.read(request_body.read(body))


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
    #: Which version of the API is asked for, by path, query and header fields; raises Refused.
    beta: Callable[[str, Mapping[str, str], Mapping[str, str]], None] = needs_the_beta
    #: What may stand before the paths of the API.
    prefixes: Sequence[str] = PREFIXES
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

    @property
    def acceptance(self) -> Acceptance:
        """What a new run begins with."""
        return Acceptance(self.rules, self.accepted, self.refused)
