"""What the answer to a submission should be, by what was submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from conformance.contract.lifecycle import FINAL
from conformance.model import Finding, Operation, Response
from conformance.walk.documents import text
from conformance.walk.http_response import document_of, error_of, got_status, header, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import ANSWER
from conformance.walk.registry import Judge, check

#: Faults for which any refusal is right wherever the run stands.
_OF_STATE = frozenset({"wrong-state", "again", "expired-run", "cancelled-run", "unknown-run", "unknown-thread"})

#: Fault -> the refusals that are about it even where the run is over. One of any other status, and any refusal of a
#: fault in ids or body, may be about the state of the run: it shows nothing.
_TELLING: Mapping[str, frozenset[int]] = MappingProxyType(
    {"no-key": frozenset({401, 403}), "wrong-key": frozenset({401, 403}), "other-thread": frozenset({404})}
)

#: Traits of a scenario that says itself that its submission should be accepted.
_DECLARED = frozenset({"accepted", "recovery"})


def acceptable(observation: Observation) -> bool:
    """Whether the submission at hand should be accepted.

    It has no fault, and either somebody who knows says so or the run was seen waiting for just these calls. A rate
    limit is nobody's refusal; a server fault and an answer that was lost are one only where the scenario is about being
    served.
    """
    sent, response = observation.submitted, observation.response
    if sent is None or sent.faults:
        return False
    status = response.status if response is not None else 0
    # A scenario that holds refusals too does not say which of its submissions it declares: the pending calls do.
    knows = "refusal" not in observation.held or sent.pending is not None
    declared = bool(observation.held & _DECLARED) and knows
    if response is not None and 400 <= status < 500 and _excused(observation, response):
        return False
    if status == 429 or ((response is None or status >= 500) and not declared):
        return False
    return declared or bool(sent.pending) or (status != 0 and 200 <= status < 300)


def _excused(observation: Observation, response: Response) -> bool:
    """Whether a refusal is explained by what the request lacked, or by the run's own clock.

    A key, the beta header and the type of the body may be demanded (contract ERR-KEY-MISSING, ERR-BETA, ERR-CT).
    """
    sent = observation.exchange.request.headers
    if response.status in (401, 403) and not (header(sent, "authorization") or header(sent, "api-key")):
        return True
    if text(error_of(response), "code") == "invalid_beta" and header(sent, "openai-beta") is None:
        return True
    kind = (header(sent, "content-type") or "").partition(";")[0].strip().lower()
    return (response.status == 415 and kind != "application/json") or _expired_meanwhile(observation)


def _expired_meanwhile(observation: Observation) -> bool:
    """Whether the next read of the run shows that it had expired by the time of a refusal (contract SUB-EXPIRED)."""
    later = islice(observation.transcript.exchanges, observation.index + 1, None)
    reads = (exchange.response for exchange in later if exchange.operation is Operation.GET_RUN)
    read = next((response for response in reads if response is not None and served(response)), None)
    if read is None or observation.known is None:
        return False
    document, _ = document_of(read)
    return text(document, "id") == observation.known.id and text(document, "status") == "expired"


def refused(
    observation: Observation, fault: str, message: str, *, statuses: tuple[int, ...] = ()
) -> Iterable[Finding] | None:
    """For a submission with `fault`: it is answered by a 4xx; by one of `statuses` where they are given.

    With `statuses` only a 4xx is looked at: whether there is one at all is another requirement. On a run that is over a
    refusal shows nothing of ids and bodies, since that alone is a reason to refuse; acceptance is a finding there too.
    """
    sent, response = observation.submitted, observation.response
    if sent is None or fault not in sent.faults or (response is not None and response.status == 429):
        return None
    status = response.status if response is not None else 0
    refusal = 400 <= status < 500
    if statuses and not refusal:
        return None
    if refusal and not _about(fault, status, observation):
        return None
    if refusal and status in (statuses or (status,)):
        return ()
    kind = "wrong-status" if statuses else "no-refusal"
    if 200 <= status < 300:
        kind, message = "accepted", f"{message}: the submission was accepted"
    expected = " or ".join(str(status) for status in statuses) or "4xx"
    return [observation.finding(kind, message, expected, got_status(response))]


def _about(fault: str, status: int, observation: Observation) -> bool:
    """Whether a refusal can be told from one for a run that is over, which is refused whatever is submitted."""
    known = observation.known
    over = known is not None and known.status in FINAL
    return not over or fault in _OF_STATE or status in _TELLING.get(fault, ())


class Refusal(NamedTuple):
    """One requirement that a fault is refused; rows of a table, for they differ in nothing else."""

    requirement: str
    fault: str
    message: str
    #: The statuses that fit; none: any 4xx.
    statuses: tuple[int, ...] = ()


def refusals(*rows: Refusal) -> None:
    """Bind the requirements of a table of refusals."""
    for row in rows:
        check(row.requirement, on=[ANSWER])(_judge_of(row))


def _judge_of(row: Refusal) -> Judge:
    def judge(observation: Observation) -> Iterable[Finding] | None:
        return refused(observation, row.fault, row.message, statuses=row.statuses)

    return judge
