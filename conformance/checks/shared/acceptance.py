"""What the answer to a submission should be, by what was submitted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from conformance.contract.lifecycle import FINAL
from conformance.model import Exchange, Finding, Operation, Response
from conformance.walk.documents import Document, find, text
from conformance.walk.history import RETRIED, calls_of, run_of_path, runs_in
from conformance.walk.http_response import document_of, error_of, got_status, header, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import ANSWER
from conformance.walk.registry import Judge, check
from conformance.wire.replaced import is_replaced
from conformance.wire.strict_json import NotJson, read

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
    limit is nobody's refusal, nor is a timeout or a conflict after which the same submission was served; a server fault
    and an answer that was lost are one only where the scenario is about being served.
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
    if 300 <= status < 500 and astray(observation):
        return False
    if status == 429 or ((response is None or status >= 500) and not declared):
        return False
    return declared or bool(sent.pending) or (status != 0 and 200 <= status < 300)


#: What a path of the API begins with below its base, and what that of a submission ends with.
_BELOW_BASE, _OPERATION = "/threads/", "/submit_tool_outputs"


def astray(observation: Observation) -> bool:
    """Whether the submission went to a path at which nobody offers the operation: a slip of its client's.

    It has more behind the operation, or stands below another base than everything that was served.
    """
    path = _path(observation.exchange)
    if _BELOW_BASE not in path:
        return False  # the recording does not hold it
    answered = (each for each in observation.transcript.exchanges if each.response and served(each.response))
    bases = {_base(each) for each in answered if _BELOW_BASE in _path(each)}
    return not path.endswith(_OPERATION) or bool(bases and _base(observation.exchange) not in bases)


def _path(exchange: Exchange) -> str:
    return exchange.request.target.partition("?")[0]


def _base(exchange: Exchange) -> str:
    return _path(exchange).partition(_BELOW_BASE)[0]


def _excused(observation: Observation, response: Response) -> bool:
    """Whether a refusal is explained by what the request lacked, by the run's own clock, or by what others did.

    A key, the beta header and the type of the body may be demanded (contract ERR-KEY-MISSING, ERR-BETA, ERR-CT). Of
    the key of a stranger nobody knows whether it was right.
    """
    sent = observation.exchange.request.headers
    unknown = "others" in observation.held or not (header(sent, "authorization") or header(sent, "api-key"))
    if response.status in (401, 403) and unknown:
        return True
    kind = (header(sent, "content-type") or "").partition(";")[0].strip().lower()
    return (
        _asks_for_beta(response, header(sent, "openai-beta"))
        or (response.status == 415 and kind != "application/json")
        or (response.status in RETRIED and _taken_later(observation))
        or (response.status == 404 and _thread_of_path(observation) in observation.history.deleted)
        or moved_meanwhile(observation, response)
    )


#: The version of the API that is judged, as the header names it.
_VERSION = "assistants=v2"
#: What a refusal says that is about the version of the API.
_ABOUT_BETA = re.compile(r"(?i)beta|assistants[=_ ]?v\d")


def _asks_for_beta(response: Response, sent: str | None) -> bool:
    """Whether a refusal is about the version: another one was asked for, or none was and the refusal says so."""
    if sent is not None and not is_replaced(sent):
        return not any(version.strip() == _VERSION for version in sent.split(","))
    error = error_of(response)
    said = f"{text(error, 'code') or ''} {text(error, 'message') or ''}"
    return _ABOUT_BETA.search(said) is not None


def _thread_of_path(observation: Observation) -> str | None:
    return observation.submitted.thread_id if observation.submitted is not None else None


def _taken_later(observation: Observation) -> bool:
    """Whether the same submission was sent again, and served (contract COR-RETRY-STATUS).

    In a run that others share, the first one may have been taken after all, and the second be refused for that.
    """
    own = observation.exchange.request
    later = islice(observation.transcript.exchanges, observation.index + 1, None)
    same = (each for each in later if (each.request.target, each.operation) == (own.target, Operation.SUBMIT))
    answers = (each.response for each in same if _same_outputs(each.request.body, own.body))
    shared = "others" in observation.held
    return any(answer is not None and (served(answer) or (shared and _says_moved(answer))) for answer in answers)


def _same_outputs(one: bytes, other: bytes) -> bool:
    return one == other or _outputs_of(one) == _outputs_of(other) is not None


def _outputs_of(body: bytes) -> object:
    try:
        return find(read(body), "tool_outputs")
    except NotJson:
        return None


#: How a refusal says that the run is not waiting any more: the states of a run that others moved, and what they did.
_MOVED = re.compile(
    r"(?i)\b(?:expired|cancell?ed|cancelling|completed|in_progress|queued|already)\b|\bstatus\W+(?:failed|incomplete)\b"
)
_WAITS = re.compile(r"(?i)\brequires_action\b")


def moved_meanwhile(observation: Observation, response: Response | None) -> bool:
    """Whether the run had moved on since it was last seen: it had expired, or somebody else acted on it.

    A run that we made ourselves may expire under our hands. Of a run that others share a refusal that says so is
    believed as well, and so is a later look (contract COR-MEANWHILE).
    """
    known = observation.known
    seen = None if known is None else _seen_next(observation, known.id)
    if "others" not in observation.held:
        return seen is not None and text(seen, "status") == "expired"
    if seen is not None:
        return text(seen, "status") != "requires_action" or not _still_asks(observation, seen)
    return response is not None and _says_moved(response)


def _says_moved(response: Response) -> bool:
    """Whether a refusal says that the run does not wait any more."""
    said = text(error_of(response), "message") if 400 <= response.status < 500 else None
    return said is not None and _MOVED.search(said) is not None and _WAITS.search(said) is None


def _still_asks(observation: Observation, run: Document) -> bool:
    """Whether a waiting run asks for what was submitted, as far as it says for what."""
    calls, sent = calls_of(run), observation.submitted
    return calls is None or sent is None or bool({call.id for call in calls} & set(sent.ids))


def _seen_next(observation: Observation, run_id: str) -> Document | None:
    """The run as the next answer shows it that holds it: a read of it, or a list of its thread's runs."""
    for exchange in islice(observation.transcript.exchanges, observation.index + 1, None):
        response = exchange.response
        if exchange.operation is Operation.SUBMIT and run_id == run_of_path(exchange.request.target):
            return None  # what is seen from here on may have come of that
        if response is None or not served(response) or exchange.request.method != "GET":
            continue
        found = next((run for run in runs_in(document_of(response)[0]) if text(run, "id") == run_id), None)
        if found is not None:
            return found
    return None


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
