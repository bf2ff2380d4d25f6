"""What a client makes of an answer: by its exit code what is no success, by what it wrote down the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from typing import NamedTuple

from conformance.checks.shared.legal_forms import Unusual, unusual
from conformance.contract.lifecycle import FINAL, STREAM_TERMINAL, UNSUCCESSFUL
from conformance.model import Finding, Operation
from conformance.walk.client_end import FOR_EVER, ClientEnd, client_end
from conformance.walk.documents import around, shown, text
from conformance.walk.http_response import is_event_stream, looks_like_stream
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.place import DONE
from conformance.walk.registry import Judge, check
from conformance.walk.rounds import own, rounds

#: A server has five seconds to close a connection after done (contract ORD-CLOSE): who is still there then, waits.
_LEFT_OPEN_MS = 5_000

#: Reads of a run that has stopped: the loop's last one, and two for a caller who looks once more.
_READS = 3

#: Looks at a run that has ended by which a client that had to be ended shows that it polls for ever: loops pause for
#: up to a second or two, so that the time of a scenario is long enough for them.
_HUNG = 10

#: Scenarios in which a run ends but does not complete, and the server is not at fault.
_ENDINGS = frozenset({"ends-failed", "ends-expired", "ends-incomplete", "ends-cancelled"})

#: The status of a run that asks once more.
_ASKS = "requires_action"

#: Reading the run afterwards, alone or in a list, is as good as a report; its messages do not say how it ended.
_LOOKS = (Operation.GET_RUN, Operation.LIST_RUNS)


class Broken(NamedTuple):
    """A requirement that something which broke off is reported; rows of a table, for they differ in nothing else."""

    requirement: str
    #: What must have come about.
    came: Callable[[ClientEnd], bool]
    message: str


def _broke_off(trait: str) -> Callable[[ClientEnd], bool]:
    def came(end: ClientEnd) -> bool:
        stream = end.stream
        return trait in end.observation.held and stream is not None and not stream.over

    return came


def _error_event(trait: str) -> Callable[[ClientEnd], bool]:
    return lambda end: trait in end.observation.held and end.stream is not None and end.stream.error is not None


def _unreadable(end: ClientEnd) -> bool:
    return end.stream is not None and bool(end.stream.unread)


def _no_stream(end: ClientEnd) -> bool:
    response = end.sent.response
    if response is None or not end.accepted or not end.sent.submitted.stream:
        return False
    return not is_event_stream(response) and not looks_like_stream(response)


def _not_accepted(end: ClientEnd) -> bool:
    return not end.accepted


def _judge_of(row: Broken) -> Judge:
    def judge(observation: Observation) -> Iterable[Finding] | None:
        end = client_end(observation)
        if end is None or not row.came(end):
            return None
        if end.reported or (end.outcome.exit_code == 0 and end.looked(*_LOOKS)):
            return ()
        return [end.finding("not-noticed", row.message, "an error, or a look at the run", end.end)]

    return judge


_BROKEN = (
    Broken("outcome.truncated", _broke_off("truncated"), "a stream that broke off was treated as complete"),
    Broken("outcome.reset", _broke_off("reset"), "a stream whose connection broke was treated as complete"),
    Broken("outcome.error-event", _error_event("error-event"), "an error event was not noticed"),
    Broken("outcome.error-event-bare", _error_event("error-event-bare"), "a bare error event was not noticed"),
    Broken("outcome.bad-json", _unreadable, "an event that is not JSON was not noticed"),
    Broken("outcome.not-a-stream", _no_stream, "a body that is not a stream was treated as one"),
    Broken("outcome.refused", _not_accepted, "a submission that was not accepted was not noticed"),
)

for _row in _BROKEN:
    check(_row.requirement, on=[CLOSE])(_judge_of(_row))


unusual(
    Unusual("outcome.usual", "usual", "a run that completed was not treated as a success"),
    Unusual("outcome.unknown-events", "unknown-events", "events of an unknown name were not passed over"),
    Unusual("outcome.unknown-texts", "unknown-texts", "unknown events that are not JSON were not ignored"),
    Unusual("outcome.documented-events", "documented-events", "an event that is documented was an error"),
    Unusual("outcome.unknown-members", "unknown-members", "unknown members, or the lack of others, were not accepted"),
)


@check("outcome.second-round", on=[CLOSE])
def second_round(observation: Observation) -> Iterable[Finding] | None:
    """A run that asks once more is answered, or reported as one that does; a bare exit code shows neither."""
    end = client_end(observation)
    if end is None or "second-round" not in observation.held or not end.accepted:
        return None
    known = observation.history.run(end.sent.submitted.run_id)
    asks = known is not None and known.status == "requires_action"
    # Who never looks at the run never learns that it asks.
    if not asks or len(rounds(observation)) > 1 or end.says(_ASKS):
        return ()
    if end.gave_up and end.status is None and not end.error:
        return None
    message = "the run asks for outputs again, and the client neither answers nor reports it"
    return [end.finding("not-answered", message, f"another submission, or a report that the run is {_ASKS}", end.said)]


@check("outcome.text", on=[CLOSE])
def whole_text(observation: Observation) -> Iterable[Finding] | None:
    """The reported text is the one that was sent."""
    end = client_end(observation)
    right = end.text_is_right() if end is not None else None
    if end is None or right is None:
        return None
    if right:
        return ()
    expected = next(iter(sorted(end.right_texts(), key=len, reverse=True)), "")
    return [
        end.finding(
            "another-text",
            "the text is not the one that was sent",
            around(expected, end.text),
            around(end.text, expected),
        )
    ]


@check("outcome.status", on=[CLOSE])
def right_status(observation: Observation) -> Iterable[Finding] | None:
    """The reported status is the last one that was sent."""
    end = client_end(observation)
    if end is None or end.status is None or end.shown_status() is None:
        return None
    if not end.status_is_wrong():
        return ()
    return [
        end.finding(
            "another-status", "the status is not the one that was sent", str(end.shown_status()), shown(end.status)
        )
    ]


@check("outcome.ending-told", on=[CLOSE])
def ending_told(observation: Observation) -> Iterable[Finding] | None:
    """Who reports an error for a run that ended reports no older status beside it."""
    end = client_end(observation)
    if end is None or end.status is None or not end.accepted or not observation.held & _ENDINGS:
        return None
    shown_status = end.shown_status()
    if shown_status not in UNSUCCESSFUL:
        return None
    if not end.gave_up or end.status in (shown_status, "completed"):
        return ()
    return [
        end.finding(
            "older-status",
            "the error that was reported comes with an older status of the run",
            f"the status {shown_status}, or none",
            end.said,
        )
    ]


@check("outcome.after-done", on=[CLOSE])
def after_done(observation: Observation) -> Iterable[Finding] | None:
    """What came after done is in no text."""
    end = client_end(observation)
    right = end.text_is_right() if end is not None and "after-done" in observation.held else None
    if end is None or right is None:
        return None
    return (
        ()
        if right
        else [end.finding("after-done", "what came after done is in the text", "the text before it", shown(end.text))]
    )


@check("outcome.left-open", on=[CLOSE])
def left_open(observation: Observation) -> Iterable[Finding] | None:
    """The client ends at done, whether or not the connection does."""
    end = client_end(observation)
    if end is None or end.stream is None or end.stream.done is None or "left-open" not in observation.held:
        return None
    waited = (end.sent.response.ended_ms if end.sent.response else 0) - end.stream.done.ms
    if end.outcome.exit_code is not None and waited < _LEFT_OPEN_MS:
        return ()
    got = f"{waited} ms after {DONE.decode()}" if end.outcome.exit_code is not None else end.end
    return [end.finding("waited", "the client waited for the connection to be closed", "it ends at done", got)]


@check("outcome.poll-stops", on=[CLOSE])
def poll_stops(observation: Observation) -> Iterable[Finding] | None:
    """A loop that polls ends once the run has: counted by its looks since, never by time."""
    looks = _looks(observation, FINAL)
    if not looks:
        return None
    outcome = observation.transcript.outcome
    ended_by_us = outcome is not None and outcome.exit_code is None
    most = _HUNG if ended_by_us else FOR_EVER
    counts, first = Counter(look.run_id for look in looks), {look.run_id: look for look in reversed(looks)}
    return [
        observation.finding(
            "polled-on", "the run was polled on and on after it had ended",
            f"no more looks at a run that is {first[run_id].status}",
            f"{most} looks at it or more{', until the client was ended' if ended_by_us else ''}",
            exchange=first[run_id].exchange,
        )
        for run_id, count in counts.items()
        if count >= most
    ]  # fmt: skip


@check("outcome.poll-once", on=[CLOSE])
def poll_once(observation: Observation) -> Iterable[Finding] | None:
    """A loop that polls stops at the first look that shows that the run has stopped."""
    end = client_end(observation)
    if end is None:
        return None
    shown_at = {look.exchange: look.status for look in _looks(observation, STREAM_TERMINAL)}
    reads = [(index, shown_at.get(index)) for index, _ in own(observation) if index > end.sent.exchange]
    if not any(status for _, status in reads):
        return None
    runs = [(status, [index for index, _ in group]) for status, group in groupby(reads, key=lambda read: read[1])]
    return [
        observation.finding("polled-on", "the run was polled on after it had stopped",
                            f"no more reads of a run that is {status}", f"{len(indices)} reads in a row",
                            exchange=indices[_READS])
        for status, indices in runs
        if status is not None and len(indices) > _READS
    ]  # fmt: skip


@check("outcome.ends", on=[CLOSE])
def ends(observation: Observation) -> Iterable[Finding] | None:
    """The client comes to an end by itself."""
    end = client_end(observation)
    if end is None:
        return None
    if end.outcome.exit_code is not None:
        return ()
    return [end.finding("hung", "the client did not end", "an end of its own, whatever became of the run", end.end)]


class _Look(NamedTuple):
    """One look of the client at one run."""

    exchange: int
    run_id: str
    status: str


def _looks(observation: Observation, statuses: Collection[str]) -> list[_Look]:
    """The client's looks at runs in one of these statuses, oldest first."""
    mine = {index for index, _ in own(observation)}
    return [
        _Look(look.exchange, run_id, status)
        for look in observation.history.looks
        if look.operation in _LOOKS and look.exchange in mine
        for run in look.documents
        if (run_id := text(run, "id")) and (status := text(run, "status")) and status in statuses
    ]
