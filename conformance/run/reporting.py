"""What the report of one run is made of besides its subjects: on what terms it was judged, how to repeat it, when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from conformance.model import KnownFailure, Profile, Report, Subject, Transcript
from conformance.report.exhibits import Exhibitor
from conformance.run.command_line import on_one_line
from conformance.verdict import known, terms
from conformance.verdict.outline import outline


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
    began: datetime = field(default_factory=_now)

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
        report = Report(
            target=target,
            subjects=subjects,
            not_exercised=not_exercised,
            interrupted=interrupted,
            plan=plan or {},
            profile=self.profile,
            again=on_one_line(self.again),
            began=f"{self.began:%Y-%m-%dT%H:%M:%SZ}",
            took_ms=(_now() - self.began) // timedelta(milliseconds=1),
            exhibits=() if self.exhibitor is None else self.exhibitor.exhibits,
            known_failures=self.known_failures,
        )
        return known.checked(report)
