"""A target whose transcripts are kept as cassettes while it is judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from conformance import __version__
from conformance.errors import UsageError
from conformance.files import write_atomically
from conformance.model import Scenario, Transcript
from conformance.wire.cassette import write
from conformance.wire.redact import redact


class Recordable(Protocol):
    """What is asked of the target that is recorded."""

    @property
    def traits(self) -> frozenset[str]:
        """What holds for every scenario played here."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Which target it is."""
        ...

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario can be brought about here."""
        ...

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How many runs and requests the scenarios take."""
        ...

    def exchange(self, scenario: Scenario) -> Transcript:
        """Bring the scenario about."""
        ...

    def close(self) -> tuple[str, ...]:
        """Remove what was created."""
        ...


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class RecordingTarget:
    """Passes scenarios on and writes a redacted cassette, `<scenario>.jsonl`, for each that came about.

    `scenarios` are those that will be asked for: where a cassette of one is there already, that is a UsageError before
    anything is sent, unless they may be replaced (`overwrite`). `secrets` are values that must not be kept besides
    those that show by their look. `now` tells when a cassette was recorded, as RFC 3339 date-time, and `by` which
    program did it.
    """

    def __init__(
        self,
        target: Recordable,
        folder: Path,
        scenarios: Iterable[Scenario],
        *,
        secrets: Collection[str] = (),
        overwrite: bool = False,
        now: Callable[[], str] = _now,
        by: str = f"conformance {__version__}",
    ) -> None:
        #: The cassettes written so far.
        self.written: list[Path] = []
        self._target = target
        self._folder = folder
        self._secrets = tuple(secrets)
        self._now = now
        self._by = by
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is not a folder", "Choose another name for the folder of the cassettes.")
        there = [scenario.id for scenario in scenarios if self._path(scenario).exists()]
        if there and not overwrite:
            hint = "Choose another folder, or replace them with --overwrite."
            raise UsageError(f"{folder} already holds cassettes: {', '.join(there)}", hint)

    @property
    def traits(self) -> frozenset[str]:
        """What holds for every scenario played here."""
        return self._target.traits

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that neither a report nor a cassette may hold."""
        return self._secrets

    def describe(self) -> Mapping[str, object]:
        """Which target it is."""
        return self._target.describe()

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario can be brought about here."""
        return self._target.plays(scenario)

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How many runs and requests the scenarios take."""
        return self._target.cost(scenarios)

    def exchange(self, scenario: Scenario) -> Transcript:
        """Bring the scenario about and keep what came of it; raises UsageError where it cannot be written."""
        transcript = self._target.exchange(scenario)
        if transcript.untestable is None and transcript.slip is None:
            kept = redact(transcript, self._secrets)
            lines = write(kept, recorded=self._now(), by=self._by, secrets=self._secrets)
            write_atomically(self._path(scenario), "".join(lines))
            self.written.append(self._path(scenario))
        return transcript

    def close(self) -> tuple[str, ...]:
        """Remove what was created."""
        return self._target.close()

    def _path(self, scenario: Scenario) -> Path:
        return self._folder / f"{scenario.id}.jsonl"
