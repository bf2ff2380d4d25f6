"""The run's own path: the order of its states, and what stays the same on the way."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks.order.tables import breaches, follows_table
from conformance.contract.lifecycle import BROKEN_OFF, WORDS
from conformance.model import Finding
from conformance.walk.documents import Document, find, number, shown, text
from conformance.walk.observation import Observation
from conformance.walk.occasions import END, RUN_EVENTS
from conformance.walk.registry import check

_IDENTITY = ("id", "object", "thread_id", "assistant_id", "created_at")
_SETTINGS = ("model", "instructions", "tools", "metadata")
_NEW = ("thread.run.step.created", "thread.message.created")

follows_table("order.run-path", RUN_EVENTS)


@check("order.run-queued", on=[END])
def run_queued(observation: Observation) -> Iterable[Finding] | None:
    """thread.run.queued came once before the run went on; a run that broke off at once need not queue."""
    stream = observation.stream
    if stream.queued:
        return ()
    if stream.error is not None or stream.run_first is None or stream.run_state in BROKEN_OFF:
        return None
    return [
        observation.finding(
            "absent",
            "the run was never queued",
            "thread.run.queued before thread.run.in_progress",
            "none",
            about=("run",),
        )
    ]


@check("order.run-started", on=[*RUN_EVENTS, *_NEW])
def run_started(observation: Observation) -> Iterable[Finding] | None:
    """thread.run.in_progress comes before anything new, and before the run can complete."""
    stream = observation.stream
    if observation.name in RUN_EVENTS:
        return breaches(observation, "order.run-started")
    fresh = observation.step is None or not observation.step.inherited
    first = stream.first_new is not None and stream.first_new == observation.place
    if fresh and first and stream.run_state in ("waiting", "created", "queued"):
        message = f"{observation.name} came before the run was in progress"
        return [
            observation.finding(
                "too-early",
                message,
                "thread.run.in_progress first",
                f"run state: {stream.run_state}",
                details=(observation.name,),
            )
        ]
    return ()


@check("order.run-cancel", on=[name for name in RUN_EVENTS if name != "thread.run.created"])
def run_cancel(observation: Observation) -> Iterable[Finding] | None:
    """After thread.run.cancelling the run ends."""
    move = observation.move
    if move is None or move.before != "cancelling":
        return None
    return breaches(observation, "order.run-cancel")


@check("order.run-identity", on=RUN_EVENTS)
def run_identity(observation: Observation) -> Iterable[Finding] | None:
    """What makes the run this run is the same in all its events."""
    return _same(observation, _IDENTITY)


@check("order.run-settings", on=RUN_EVENTS)
def run_settings(observation: Observation) -> Iterable[Finding] | None:
    """Settings are the same wherever two events both carry them."""
    return _same(observation, _SETTINGS)


def _same(observation: Observation, fields: tuple[str, ...]) -> list[Finding] | None:
    document, first = observation.doc(), observation.stream.run_first
    if document is None or first is None:
        return None
    return [
        observation.finding(
            "changed",
            f"{name} of the run changed within the stream",
            shown(first[name]),
            shown(document[name]),
            details=(name,),
            pointer=f"/{name}",
        )
        for name in fields
        if name in document and name in first and document[name] != first[name]
    ]


@check("order.run-of-path", on=RUN_EVENTS)
def run_of_path(observation: Observation) -> Iterable[Finding] | None:
    """The run is the one that the path names."""
    document, sent = observation.doc(), observation.submitted
    if document is None or sent is None or sent.run_id is None:
        return None
    return not_of_path(observation, document, "thread_id", sent.thread_id) + not_of_path(
        observation, document, "id", sent.run_id
    )


def not_of_path(observation: Observation, document: Document, field: str, expected: str | None) -> list[Finding]:
    """A finding where a field of a run is not what the path says."""
    got = find(document, field)
    if expected is None or got == expected or (got is None and field in observation.replaced):
        return []
    message = f"{field} is not that of the path"
    return [
        observation.finding("not-of-path", message, shown(expected), shown(got), details=(field,), pointer=f"/{field}")
    ]


@check("order.run-started-at", on=RUN_EVENTS)
def run_started_at(observation: Observation) -> Iterable[Finding] | None:
    """started_at is there once the run is in progress, not before created_at, and never goes back."""
    document, before = observation.doc(), observation.stream.run_before
    if document is None:
        return None
    started, created = number(document, "started_at"), number(document, "created_at")
    if started is None:
        under_way = WORDS[observation.name].word in ("in_progress", "requires_action", "completed", "incomplete")
        if not under_way:
            return ()
        return [_started(observation, "absent", "a time in started_at", shown(find(document, "started_at")))]
    earliest = max(filter(None, (created, number(before, "started_at"))), default=None)
    if earliest is not None and started < earliest:
        return [_started(observation, "earlier", f"{earliest} or later", str(started))]
    return ()


def _started(observation: Observation, kind: str, expected: str, got: str) -> Finding:
    return observation.finding(kind, "started_at is wrong", expected, got, pointer="/started_at")


@check("order.run-times", on=[f"thread.run.{word}" for word in ("completed", "failed", "cancelled", "incomplete")])
def run_times(observation: Observation) -> Iterable[Finding] | None:
    """A run ends no earlier than it started."""
    document = observation.doc()
    started = number(document, "started_at")
    name = f"{text(document, 'status') or ''}_at"
    ended = number(document, name)
    if started is None or ended is None:
        return None
    if ended >= started:
        return ()
    return [
        observation.finding(
            "before-start", "the run ended before it started", f"{started} or later", str(ended), pointer=f"/{name}"
        )
    ]
