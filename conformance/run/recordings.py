"""Recordings judged: the same way as a target's transcripts, save that nobody is asked and nothing is planned."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from conformance.contract.media import foreign
from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import DEBUG, ConformanceError, OwnError, UnreadableInput
from conformance.model import (
    JUDGED,
    Exchange,
    KnownFailure,
    Operation,
    Profile,
    Report,
    Role,
    Status,
    Subject,
    Transcript,
)
from conformance.report.client_output import with_client_output
from conformance.report.exhibits import Exhibitor
from conformance.run import inputs
from conformance.run.known_secrets import known_secrets
from conformance.run.reporting import Reporting
from conformance.targets.interruption import INTERRUPTED
from conformance.verdict import known
from conformance.verdict.judge import judge
from conformance.verdict.shrink import REPEATS

#: What is known of the target before the first recording is read.
TARGET = {"kind": "recordings"}


#: Exit code of what kept a recording from being judged -> what became of it.
_LEFT: Mapping[int | None, str] = MappingProxyType(
    {None: "not judged", 3: "met an error of ours", 4: "could not be read"}
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every recording."""

    #: None: the side that a cassette is about, of any other recording the server.
    role: Role | None = None
    #: What a stream answers whose request is not there to say so.
    operation: Operation | None = None
    #: Picks cells by their names, `scenario:requirement`.
    wanted: Callable[[str], bool] | None = None


def judged(
    paths: Iterable[str],
    question: Question,
    *,
    profile: Profile,
    again: str = "conformance judge",
    known_failures: Sequence[KnownFailure] = (),
    exhibitor: Exhibitor | None = None,
    shapes: bool = False,
    on_subject: Callable[[Subject], None],
    failed: Callable[[ConformanceError], None],
    passed_over: inputs.PassedOver,
) -> Report:
    """Judge every file that the paths mean, each as soon as it is read; an interrupt ends that early.

    `on_subject` hears of every subject; before it, `failed` hears what went wrong with a file, which ends no run.
    `passed_over` hears of what lies in a folder and is not opened; the report says how much that is.
    """
    held = known.holding(known_failures, TARGET)
    reporting = Reporting(profile, held, again, exhibitor, shapes, known_secrets)
    subjects: list[Subject] = []
    left: list[Path] = []
    interrupted = None

    def leave(path: Path, why: str) -> None:
        left.append(path)
        passed_over(path, why)

    try:
        for name in inputs.names(paths, leave):
            subjects.append(subject_of(name, partial(inputs.read, name), question, reporting, failed))
            on_subject(subjects[-1])
    except KeyboardInterrupt as interrupt:
        interrupted = str(interrupt) or INTERRUPTED
    of_those = replace(reporting, profile=replace(profile, role=_role(subjects)))
    named = {**TARGET, "name": f"{_name(subjects)}{_passed_over(left)}"}
    return of_those.report(named, reporting.across(tuple(subjects)), interrupted)


def _name(subjects: Sequence[Subject]) -> str:
    """How many recordings the verdict is about, and why it is not about the others."""
    count = len(subjects)
    whole = f"{count} recording{'s' * (count != 1)}"
    why = Counter(_LEFT[subject.exit_code] for subject in subjects if not _was_judged(subject))
    judged = count - why.total()
    if not why or (not judged and why.keys() == {_LEFT[None]}):
        return whole  # the verdict says it all
    left = ", ".join(f"{number} {reason}" if count > 1 else reason for reason, number in why.items())
    return f"{f'{judged} of ' if judged else ''}{whole} ({left})"


def _passed_over(left: Sequence[Path]) -> str:
    return f", {len(left)} {'entry' if len(left) == 1 else 'entries'} passed over" if left else ""


def _was_judged(subject: Subject) -> bool:
    return any(verdict.status in JUDGED or verdict.status is Status.ERROR for verdict in subject.verdicts)


def subject_of(
    name: str,
    read: Callable[[], Iterable[Transcript]],
    question: Question,
    reporting: Reporting,
    failed: Callable[[ConformanceError], None],
) -> Subject:
    """The verdicts on what is read; `failed` hears what went wrong with it, which ends no run."""
    try:
        return subject(name, read(), question, reporting)
    except UnreadableInput as reason:
        error: ConformanceError = reason
    except Exception as slip:
        if os.environ.get(DEBUG):
            raise
        error = OwnError.from_slip(slip, name)
    failed(error)
    shown, why = reporting.told((name, error.message))
    return Subject(shown, (), why, exit_code=error.exit_code)


def subject(name: str, transcripts: Iterable[Transcript], question: Question, reporting: Reporting) -> Subject:
    """The verdicts on what one file holds."""
    heard = [_answering(transcript, question.operation) for transcript in transcripts]
    parts = [_part(each, name, question, reporting) for each in heard]
    (shown,) = reporting.told((name,))
    for transcript, part in zip(heard, parts, strict=True):
        reporting.exhibit(transcript, replace(part, name=shown))
    verdicts = tuple(
        replace(verdict, scenario=reporting.told((verdict.scenario,))[0])
        for part in parts
        for verdict in part.verdicts
        if question.wanted is None or question.wanted(f"{verdict.scenario}:{verdict.requirement}")
    )
    unknown = dict.fromkeys(event for part in parts for event in part.unknown_events)
    shape = tuple(seen for part in parts for seen in part.shape)
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    reason = None if verdicts else _why_empty(parts)
    client = next((part.client for part in parts if part.client is not None), None)
    return Subject(shown, verdicts, reason, tuple(unknown), tuple(notes), shape, client=client)


def _part(transcript: Transcript, name: str, question: Question, reporting: Reporting) -> Subject:
    """The verdicts on one transcript, under its file's name, by which lists of known failures name it too.

    Of one that was shrunk to repeat a failure, those on what it repeats.
    """
    came = judge(transcript, role=question.role)
    unread = tuple(_unread(transcript))
    seen = replace(
        came,
        name=name,
        reason=came.reason or next(iter(unread), None),
        notes=(*unread, *came.notes),
        shape=reporting.shape(transcript),
    )
    judged = reporting.settled(reporting.masked(with_client_output(seen, transcript), (transcript,)))
    repeats = transcript.provenance.get(REPEATS)
    if question.wanted is not None or repeats not in REQUIREMENTS:
        return judged
    kept = tuple(verdict for verdict in judged.verdicts if verdict.requirement == repeats)
    note = f"made to repeat a failure of {repeats}, and judged for that alone; with -k . it is judged for everything"
    return replace(judged, verdicts=kept, notes=(*judged.notes, note))


def _unread(transcript: Transcript) -> Iterator[str]:
    """Why an answer that would be judged is none in a recording of another tool."""
    if foreign(transcript.provenance.get("kind")):
        for number, exchange in enumerate(transcript.exchanges):
            if exchange.response is None and exchange.failure and _would_be_judged(exchange):
                yield f"exchange {number} is not judged: {exchange.failure}"


def _would_be_judged(exchange: Exchange) -> bool:
    """Whether the answer of an exchange is of a kind that is judged: a run that is created, where it is streamed."""
    streamed = exchange.operation is Operation.CREATE_RUN and b'"stream"' in exchange.request.body
    return streamed or exchange.operation is Operation.SUBMIT


def _why_empty(parts: Sequence[Subject]) -> str | None:
    """Why nothing is said of a recording: nothing of what was judged is wanted, or nothing could be judged."""
    if any(part.verdicts for part in parts):
        return "-k selects nothing of what is judged here"
    return next((part.reason for part in parts if part.reason), None)


def _answering(transcript: Transcript, operation: Operation | None) -> Transcript:
    if operation is None:
        return transcript
    exchanges = (e if e.request.target else replace(e, operation=operation) for e in transcript.exchanges)
    return replace(transcript, exchanges=tuple(exchanges))


def _role(subjects: Sequence[Subject]) -> Role:
    """Whose bytes were judged: the client's where nothing else was."""
    roles = {verdict.role for subject in subjects for verdict in subject.verdicts}
    return next(iter(roles)) if len(roles) == 1 else Role.SERVER
