"""Runs that pass between a client and a server, judged on both sides: the same way as recordings, each as it ends.

Nothing is asked and nothing is planned. What is kept of what passed is bounded, in number and in bytes, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from conformance import __version__
from conformance.errors import ConformanceError, UsageError
from conformance.files import write_atomically
from conformance.model import Exchange, Finding, Operation, Report, Role, Status, Subject, Transcript, Verdict
from conformance.relay.runs import Run, name_of
from conformance.report import folder as report_folder
from conformance.report.tally import DEPARTED, counted, standing
from conformance.run import recordings
from conformance.run.recordings import Question
from conformance.run.reporting import Reporting
from conformance.walk.http_response import served
from conformance.wire import cassette
from conformance.wire.redact import redact

#: Runs whose verdicts are kept for the reports: those that depart before those that do not.
MOST_SUBJECTS = 2000

#: Cassettes that are written, and their bytes together.
MOST_CASSETTES = 1000
MOST_BYTES = 512 * 1024 * 1024

#: The cassettes that a session may write: its manifest lists them before the first is written. Most runs of a long
#: session may show nothing that is judged.
_FILES = frozenset(f"{name_of(number)}.jsonl" for number in range(1, 10 * MOST_CASSETTES))

#: Exchanges and bytes of a run up to which it is judged while it goes on; a longer one is judged once it is over.
_EARLY_EXCHANGES = 64
_EARLY_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Side:
    """One side as it is judged: who it is, on what terms, and what was judged so far."""

    role: Role
    target: dict[str, object]
    reporting: Reporting
    #: Picks cells by their names, `run:requirement`.
    wanted: Callable[[str], bool] | None = None
    subjects: list[Subject] = field(default_factory=list)
    #: Runs without a departure whose verdicts were let go.
    let_go: int = 0
    #: Run and requirement of what was reported while it happened.
    _told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def _question(self) -> Question:
        return Question(self.role, wanted=self.wanted)

    def judge(self, name: str, transcript: Transcript, failed: Callable[[ConformanceError], None]) -> Subject:
        """The verdicts on one run, as it is so far."""
        plain = replace(self.reporting, exhibitor=None)
        return recordings.subject_of(name, lambda: (transcript,), self._question, plain, failed)

    def keep(self, subject: Subject) -> None:
        """Keep the verdicts on a run, in the place of one that shows nothing where there are too many."""
        if len(self.subjects) >= MOST_SUBJECTS:
            self.let_go += 1
            passed = next((index for index, each in enumerate(self.subjects) if not _departs(each)), None)
            if passed is None or not _departs(subject):
                return
            del self.subjects[passed]
        self.subjects.append(subject)

    def new(self, name: str, subject: Subject) -> Iterator[tuple[Verdict, Finding]]:
        """What departs in a run and was not reported of it before, one finding a requirement."""
        for verdict in standing(subject):
            if verdict.findings and counted(verdict) and (name, verdict.requirement) not in self._told:
                self._told.add((name, verdict.requirement))
                yield verdict, next((each for each in verdict.findings if each.primary), verdict.findings[0])

    def over(self, name: str) -> None:
        """Nothing more will be reported of a run."""
        self._told = {told for told in self._told if told[0] != name}

    def report(self, interrupted: str | None) -> Report:
        """The report on this side."""
        facts = {"runs": len(self.subjects) + self.let_go}
        facts |= {"not_kept": self.let_go} if self.let_go else {}
        return self.reporting.report({**self.target, **facts}, tuple(self.subjects), interrupted)


def _departs(subject: Subject) -> bool:
    """Whether anything is to be said of a run."""
    return not subject.verdicts or any(verdict.status in DEPARTED | {Status.ERROR} for verdict in subject.verdicts)


class Cassettes:
    """The folder of the cassettes: one for each run that was judged, up to a number and a size.

    Those of an earlier session are taken away. Raises UsageError where it holds others.
    """

    def __init__(self, folder: Path, secrets: Collection[str] = ()) -> None:
        self.written = 0
        #: Runs whose cassette was not written, since there were too many.
        self.left_out = 0
        self._bytes = 0
        self._folder = folder
        self._secrets = tuple(secrets)
        if not all(report_folder.holds(folder, path) for path in folder.glob("*.jsonl")):
            raise UsageError(
                f"{folder} already contains other cassettes", "Choose another folder for --out, or empty it."
            )
        report_folder.begin(folder, _FILES)

    def keep(self, transcript: Transcript) -> str | None:
        """Write one; returns its path, None where there are too many. Raises ConformanceError."""
        file = f"{transcript.scenario}.jsonl"
        if self.written >= MOST_CASSETTES or self._bytes >= MOST_BYTES or file not in _FILES:
            self.left_out += 1
            return None
        recorded = datetime.now(UTC).isoformat(timespec="seconds")
        by = f"conformance {__version__}"
        text = "".join(cassette.write(transcript, recorded=recorded, by=by, secrets=self._secrets))
        path = self._folder / file
        write_atomically(path, text)
        self.written += 1
        self._bytes += len(text)
        return str(path)

    def finish(self) -> None:
        """Mark the folder as that of a session that came to its end. Raises UsageError."""
        report_folder.commit({}, self._folder, _FILES)


class _Seen(NamedTuple):
    """How a run was judged when it had so many parts: on one side, then on the other."""

    parts: int
    subjects: tuple[Subject, ...]


#: Hears of a departure as it happens: the run, the side, the verdict, what was found first.
Told = Callable[[str, Role, Verdict, Finding], None]


class Proxied:
    """Judges runs as they pass. `secrets` are values that nothing may hold; `told` hears of departures as they happen.

    What is judged is what is kept: redacted, so that whoever judges a cassette again comes to the same.
    """

    def __init__(
        self,
        sides: tuple[Side, Side],
        *,
        cassettes: Cassettes | None = None,
        secrets: Collection[str] = (),
        told: Told = lambda *_: None,
        failed: Callable[[ConformanceError], None] = lambda _: None,
    ) -> None:
        self.sides = sides
        #: Runs that passed without anything that is judged, and submissions without an answer that can be judged.
        self.unjudged = self.unanswered = 0
        self._cassettes = cassettes
        self._secrets = tuple(secrets)
        #: Name of a run that goes on -> how it was judged last.
        self._seen: dict[str, _Seen] = {}
        self._told = told
        self._failed = failed

    def look(self, run: Run) -> None:
        """Report what departs in a run that goes on, where its last exchange settles what came before."""
        if len(run.parts) > _EARLY_EXCHANGES or run.size > _EARLY_BYTES or not _settles(run):
            return
        seen = self._judged(run)
        self._seen[run.name] = seen
        for side, subject in zip(self.sides, seen.subjects, strict=True):
            self._tell(side, run.name, subject)

    def over(self, run: Run) -> None:
        """Judge a run that is over, and keep what is to be kept of it."""
        seen = self._seen.pop(run.name, None)
        self.unanswered += sum(part.exchange.failure is not None for part in run.parts if _is_submission(part.exchange))
        if not run.judgeable and run.unreadable is None:
            self.unjudged += 1
            return
        if seen is None or seen.parts != len(run.parts) or run.unreadable is not None:
            seen = self._judged(run)
        written = self._kept(run) or run.name
        for side, subject in zip(self.sides, seen.subjects, strict=True):
            (name,) = side.reporting.hidden((written,))
            if subject.verdicts or subject.exit_code or run.unreadable is not None:
                self._show(side, run, named := replace(subject, name=name))
                side.keep(named)
            self._tell(side, run.name, subject)
            side.over(run.name)

    def _judged(self, run: Run) -> _Seen:
        kept = redact(run.transcript(), self._secrets)
        return _Seen(len(run.parts), tuple(side.judge(run.name, kept, self._failed) for side in self.sides))

    def _kept(self, run: Run) -> str | None:
        """Write the cassette of a run; returns its path, None where there is none."""
        if self._cassettes is None or run.unreadable is not None:
            return None
        try:
            return self._cassettes.keep(redact(run.transcript(), self._secrets))
        except ConformanceError as problem:
            self._failed(problem)
            return None

    def _show(self, side: Side, run: Run, subject: Subject) -> None:
        """Keep what shows the departures of a run, where that is wanted."""
        if side.reporting.exhibitor is not None and standing(subject):
            side.reporting.exhibit(redact(run.transcript(), self._secrets), subject)

    def _tell(self, side: Side, name: str, subject: Subject) -> None:
        for verdict, finding in side.new(name, subject):
            self._told(name, side.role, verdict, finding)


def _is_submission(exchange: Exchange) -> bool:
    return exchange.operation is Operation.SUBMIT


def _settles(run: Run) -> bool:
    """Whether the last exchange says enough of what came before: a submission that was served, or a new run."""
    last = run.parts[-1].exchange if run.parts else None
    operations = (Operation.SUBMIT, Operation.CREATE_RUN)
    return last is not None and last.operation in operations and last.response is not None and served(last.response)
