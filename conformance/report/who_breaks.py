"""Which clients fail on what servers do wrong: the departures of judged servers, and scenarios that play just these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.model import Status
from conformance.report.column import Column
from conformance.report.departures import departures


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that servers do wrong, and the client scenarios in which the mock does the same."""

    said: str
    #: What fails at a server that does it.
    requirement: str
    scenarios: tuple[str, ...]


MISTAKES = (
    Mistake("answers JSON to `stream: true`", "request.stream-true", ("streamed-json",)),
    Mistake("sends a stream without an event", "framing.not-empty", ("streamed-truncated-at-once",)),
    Mistake(
        "breaks a stream off", "framing.complete", ("streamed-reset-between-events", "streamed-reset-within-event")
    ),
    Mistake("sends data that is no JSON", "events.json", ("streamed-bad-json",)),
    Mistake("ends a stream without `done`", "done.present", ("streamed-no-done",)),
    Mistake("sends events after `done`", "done.last", ("streamed-after-done",)),
    Mistake("leaves the connection open after `done`", "done.closes", ("streamed-left-open",)),
    Mistake("sends text before its message", "order.message-created-first", ("streamed-delta-first",)),
)


@dataclass(frozen=True, slots=True)
class Break:
    """One mistake that judged servers make, and what became of the judged clients there."""

    mistake: Mistake
    servers: tuple[str, ...]
    #: Those that fail in one of its scenarios.
    clients: tuple[str, ...]
    #: Those that were judged in one of them.
    judged: tuple[str, ...]


def breaks(columns: Sequence[Column]) -> tuple[Break, ...]:
    """Every mistake that a judged server makes; nothing where no server or no client was judged."""
    clients = [column for column in columns if column.role == "client" and column.judged]
    return tuple(_breaks(columns, clients)) if clients else ()


def _breaks(columns: Sequence[Column], clients: Sequence[Column]) -> Iterator[Break]:
    for mistake in MISTAKES:
        servers = tuple(
            column.title for column in columns if column.role == "server" and mistake.requirement in column.failed
        )
        if servers:
            failing = tuple(column.title for column in clients if _fails(column, mistake))
            judged = tuple(column.title for column in clients if _judged(column, mistake))
            yield Break(mistake, servers, failing, judged)


def _fails(column: Column, mistake: Mistake) -> bool:
    if column.report is None:
        return False
    found = departures(column.report.subjects, Status.FAIL)
    return any(set(mistake.scenarios) & set(each.subjects) for each in found)


def _judged(column: Column, mistake: Mistake) -> bool:
    return column.report is not None and any(
        subject.name in mistake.scenarios
        and any(v.status in (Status.PASS, Status.FAIL, Status.WARN) for v in subject.verdicts)
        for subject in column.report.subjects
    )
