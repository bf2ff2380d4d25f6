"""What the answer to a body got wrong, as the judge of every other door says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import OwnError
from conformance.fuzz.expectation import Expectation
from conformance.fuzz.waiting_run import Submission
from conformance.model import Exchange, Finding, Operation, Requirement, Status, Verdict
from conformance.verdict.judge import judge
from conformance.verdict.terms import masked, strictly
from conformance.wire.secret import secrets_of

#: What holds of the answer to a body that may be accepted or refused.
_ALWAYS = frozenset(
    {"errors.message", "errors.envelope", "errors.content-type", "errors.server-fault", "submission.atomic"}
)

#: What is told of a right body that was refused. Rules that name a reason, such as the value of `stream`, are judged by
#: scenarios that differ in nothing else; here the smallest body shows the reason.
_ACCEPTED = "submission.accepted"

_NO_SERVER_FAULT = "errors.no-server-fault"


class FuzzFinding(NamedTuple):
    """A requirement that a body showed to be broken: `FAIL` or `WARN`, with the exchange and what was found in it."""

    requirement: Requirement
    status: Status
    finding: Finding
    exchange: Exchange


def judged(
    sent: Submission, deserved: Expectation, secrets: tuple[str, ...], *, strict: bool
) -> tuple[FuzzFinding, ...]:
    """Every requirement that the answer breaks, each once; raises OwnError where a check of ours broke."""
    held = sent.transcript.traits | ({"accepted"} if deserved is Expectation.RIGHT else frozenset())
    subject = masked(judge(replace(sent.transcript, traits=held)), secrets_of(secrets))
    found = tuple(_of_verdicts(strictly(subject).verdicts if strict else subject.verdicts, sent))
    # A refusal that no more than a SHOULD forbids is told as the breach of that.
    reason_told = _served(sent) or all(each.requirement.id != _ACCEPTED for each in found)
    if deserved is Expectation.WRONG or (deserved is Expectation.RIGHT and reason_told):
        return tuple(each for each in found if each.finding.primary)
    named = _ALWAYS if deserved is Expectation.OPEN else _ALWAYS | {_ACCEPTED}
    kept = tuple(each for each in found if each.requirement.id in named)
    return (*kept, *_server_fault(sent)) if deserved is Expectation.OPEN else kept


def _of_verdicts(verdicts: tuple[Verdict, ...], sent: Submission) -> Iterator[FuzzFinding]:
    for verdict in verdicts:
        if verdict.status is Status.ERROR:
            raise OwnError(f"{verdict.requirement}: {verdict.reason}")
        if verdict.findings:
            finding = min(verdict.findings, key=lambda each: not each.primary)
            yield FuzzFinding(REQUIREMENTS[verdict.requirement], verdict.status, finding, _submitted(sent))


def _served(sent: Submission) -> bool:
    response = _submitted(sent).response
    return response is not None and 200 <= response.status < 300


def _server_fault(sent: Submission) -> Iterator[FuzzFinding]:
    """Whether a body is accepted or refused is open, a server fault is neither; no MUST says so, hence a warning."""
    exchange = _submitted(sent)
    if exchange.response is not None and exchange.response.status >= 500:
        index = sent.transcript.exchanges.index(exchange)
        said = "a body that may be accepted or refused is answered with a server error"
        finding = Finding("open-body", said, "2xx or 4xx", str(exchange.response.status), index)
        yield FuzzFinding(REQUIREMENTS[_NO_SERVER_FAULT], Status.WARN, finding, exchange)


def _submitted(sent: Submission) -> Exchange:
    """The last try: those before it were answered 429."""
    return next(each for each in reversed(sent.transcript.exchanges) if each.operation is Operation.SUBMIT)
