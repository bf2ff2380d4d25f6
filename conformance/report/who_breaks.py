"""Which clients fail on what servers do wrong: the departures of judged servers, and scenarios that play just these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from conformance.model import JUDGED, Status, Subject
from conformance.report.column import Column
from conformance.report.departures import Departure, departures

#: The scenario of a stream in which nobody makes a mistake.
_WITHOUT = "streamed-one-call"

#: What a finding about a client ends with: what it had been answered.
_ANSWERED = re.compile(r" \(answered [^()]*\)$")


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that servers do wrong, and the client scenarios in which the mock does the same.

    A server that is judged in such a scenario fails the requirement by a finding of that kind: a test plays all of
    them and judges what the mock sent.
    """

    #: What such a server does, its verb first.
    said: str
    requirement: str
    kind: str
    scenarios: tuple[str, ...]

    def of(self, servers: Sequence[str]) -> str:
        """The sentence about some servers."""
        verb, _, rest = self.said.partition(" ")
        return f"{', '.join(servers)} {verb if len(servers) == 1 else verb.removesuffix('s')} {rest}"


MISTAKES = (
    Mistake("answers JSON to `stream: true`", "request.stream-true", "not-streamed", ("streamed-json",)),
    Mistake("sends a stream without an event", "framing.not-empty", "empty", ("streamed-truncated-at-once",)),
    Mistake(
        "breaks a stream off", "framing.complete", "cut-off",
        ("streamed-reset-at-once", "streamed-reset-between-events", "streamed-reset-within-event"),
    ),
    Mistake(
        "ends a stream within an event", "framing.blank-line", "unterminated", ("streamed-truncated-within-event",)
    ),
    Mistake(
        "ends a stream before the event that ends the run", "order.terminal-present", "absent",
        ("streamed-truncated-between-events", "streamed-truncated-before-ending"),
    ),
    Mistake("sends two events that end the run", "order.terminal-once", "repeated", ("streamed-two-endings",)),
    Mistake("sends data that is not JSON", "events.json", "not-json", ("streamed-bad-json",)),
    Mistake("ends a stream without `done`", "done.present", "absent", ("streamed-no-done",)),
    Mistake("sends events after `done`", "done.last", "not-last", ("streamed-after-done",)),
    Mistake("leaves the connection open after `done`", "done.closes", "not-closed", ("streamed-left-open",)),
    Mistake(
        "sends text before its message", "order.message-created-first", "out-of-place", ("streamed-delta-first",)
    ),
)  # fmt: skip

#: Requirement -> why it is no mistake of the table, though what the mock sends in some client scenario breaks it.
NOT_MISTAKES: Mapping[str, str] = MappingProxyType(
    {
        "submission.accepted": "the scenario is about a refusal, and says why the mock refuses",
        "request.path": "the scenario is about a run that is not there",
        "errors.message": "judged servers that give no message send JSON of another form, the mock HTML or nothing",
        "events.schema": "the scenario leaves out what clients must not rely on",
    }
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
    #: What they do wrong, in words, the most frequent first.
    harms: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it in two sentences."""
        failing = (
            f"{len(self.clients)} fail{'s' * (len(self.clients) == 1)} on it" if self.clients else "none fails on it"
        )
        harms = f": {'; '.join(self.harms)}" if self.harms else ""
        clients = f"{len(self.judged)} client{'s' * (len(self.judged) != 1)}"
        return f"{self.mistake.of(self.servers)}. Of {clients}, {failing}{harms}."


def breaks(columns: Sequence[Column]) -> tuple[Break, ...]:
    """Every mistake that a judged server makes; nothing where no server or no client was judged."""
    clients = [column for column in columns if column.role == "client" and column.judged]
    return tuple(_breaks(columns, clients)) if clients else ()


def _breaks(columns: Sequence[Column], clients: Sequence[Column]) -> Iterator[Break]:
    for mistake in MISTAKES:
        servers = tuple(column.title for column in columns if column.role == "server" and _makes(column, mistake))
        if servers:
            failing = {column.title: found for column in clients if (found := _fails(column, mistake))}
            judged = tuple(column.title for column in clients if _judged(column, mistake))
            harms = Counter(harm for found in failing.values() for harm in _harms(found))
            yield Break(mistake, servers, tuple(failing), judged, tuple(harm for harm, _ in harms.most_common()))


def _makes(column: Column, mistake: Mistake) -> bool:
    """Whether a server makes a mistake; versions before kinds wrote none, so that the requirement must do."""
    return any(
        each.requirement.id == mistake.requirement and case.finding.kind in ("", mistake.kind)
        for each in column.findings
        if each.status is Status.FAIL
        for case in each.cases
    )


def _fails(column: Column, mistake: Mistake) -> tuple[Departure, ...]:
    """What a client fails where servers make a mistake, and does not fail where they make none."""
    if column.report is None:
        return ()
    subjects = column.report.subjects
    anyway = {each.requirement.id for each in _failed(subjects, (_WITHOUT,))}
    return tuple(each for each in _failed(subjects, mistake.scenarios) if each.requirement.id not in anyway)


def _failed(subjects: Sequence[Subject], scenarios: Sequence[str]) -> tuple[Departure, ...]:
    return departures((each for each in subjects if each.name in scenarios), Status.FAIL)


def _harms(found: Sequence[Departure]) -> set[str]:
    return {_ANSWERED.sub("", case.finding.message) for each in found for case in each.cases}


def _judged(column: Column, mistake: Mistake) -> bool:
    return column.report is not None and any(
        subject.name in mistake.scenarios and any(v.status in JUDGED for v in subject.verdicts)
        for subject in column.report.subjects
    )
