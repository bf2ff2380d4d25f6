"""What the report of one run is made of besides its subjects: on what terms it was judged, how to repeat it, when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from conformance.model import KnownFailure, Profile, Report, Subject, Transcript
from conformance.report.exhibits import Exhibitor
from conformance.run.command_line import on_one_line
from conformance.verdict import known, terms
from conformance.verdict.outline import outline
from conformance.wire.redact import MOST_LEARNT, learnt
from conformance.wire.secret import Secrets, secrets_of


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Reporting:
    """The terms of one run, and the one place where its report is put together."""

    profile: Profile
    #: The rows that hold for this target.
    known_failures: tuple[KnownFailure, ...] = ()
    #: The command that asks the same once more.
    again: str = ""
    #: Keeps what shows a departure, where somebody wants to see it.
    exhibitor: Exhibitor | None = None
    #: Whether subjects say what their exchanges looked like.
    shapes: bool = False
    #: The values that nothing may hold, besides those that a transcript holds and those that show by their look; asked
    #: anew each time, since a target learns some while it runs.
    secrets: Callable[[], tuple[str, ...]] = tuple
    began: datetime = field(default_factory=_now)
    #: What the transcripts held so far: a client's own key may stand in its command line.
    _met: set[str] = field(default_factory=set)

    def masked(self, subject: Subject, heard: Iterable[Transcript] = ()) -> Subject:
        """The subject as it may leave: without the secrets of the run, those of its transcripts, and their looks."""
        told = tuple(value for transcript in heard for value in learnt(transcript))
        self._met.update(told[: max(0, MOST_LEARNT - len(self._met))])
        known = self.secrets()
        return terms.masked(subject, Secrets((*known, *told)) if told else secrets_of(known))

    def across(self, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
        """The subjects without what others hold: a client's own key, met in one scenario, may stand in another."""
        met = secrets_of(tuple(sorted(self._met.difference(self.secrets()))))
        return tuple(terms.masked(subject, met) for subject in subjects) if met.values else subjects

    def hidden(self, lines: Iterable[str]) -> tuple[str, ...]:
        """What is said of the run itself, without its secrets."""
        return tuple(map(secrets_of(self.secrets()).hidden, lines))

    def settled(self, subject: Subject) -> Subject:
        """The subject on the terms of this run."""
        return terms.settled(subject, self.profile, self.known_failures, f"{self.began:%Y-%m-%d}")

    def shape(self, transcript: Transcript) -> tuple[Mapping[str, object], ...]:
        """What the exchanges of a transcript looked like, where that is wanted."""
        return outline(transcript) if self.shapes else ()

    def exhibit(self, transcript: Transcript, subject: Subject) -> None:
        """Keep what shows the departures of a subject, where that is wanted."""
        if self.exhibitor is not None:
            self.exhibitor.look(transcript, subject)

    def report(
        self,
        target: Mapping[str, object],
        subjects: tuple[Subject, ...],
        interrupted: str | None,
        *,
        plan: Mapping[str, int] | None = None,
        not_exercised: tuple[str, ...] = (),
    ) -> Report:
        """The report on what was judged so far; `interrupted` is why that is not everything."""
        hidden = secrets_of((*self.secrets(), *sorted(self._met))).hidden
        report = Report(
            target={name: hidden(fact) if isinstance(fact, str) else fact for name, fact in target.items()},
            subjects=subjects,
            not_exercised=not_exercised,
            interrupted=interrupted and hidden(interrupted),
            plan=plan or {},
            profile=self.profile,
            again=on_one_line(hidden(self.again)),
            began=f"{self.began:%Y-%m-%dT%H:%M:%SZ}",
            took_ms=(_now() - self.began) // timedelta(milliseconds=1),
            exhibits=() if self.exhibitor is None else self.exhibitor.exhibits,
            known_failures=self.known_failures,
        )
        return known.checked(report)
