"""Cases one after the other, and for every requirement that one of them broke the smallest body that still breaks it.

Hypothesis draws and shrinks; nothing of its own account is used, so a server that answers differently the second time
cannot turn a finding into an error: what was seen is told, as small as it was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

import hypothesis
from hypothesis import HealthCheck, Phase, configuration
from hypothesis.errors import Flaky, UnsatisfiedAssumption

from conformance.errors import BudgetReached, NotThisApi, OwnError, UnreachableTarget
from conformance.fuzz.bodies import bodies
from conformance.fuzz.expectation import Expectation, Generated, Mode, addressed, expectation
from conformance.fuzz.judge import FuzzFinding, judged
from conformance.fuzz.waiting_run import CALLS, WaitingRun
from conformance.model import Status
from conformance.targets.session import Untestable

#: Bodies sent to shrink one finding. Each may cost a run of a real model; the hardest of the planted faults took 119.
_SHRINKING = 300

#: Stands for the pending ids where bodies are compared: no run is needed for that.
_NO_IDS = ("",) * CALLS


@dataclass(slots=True)
class Search:
    """What came of the cases: how many there were of each expectation, and what was found."""

    mode: Mode
    seed: int
    cases: Counter[Expectation] = field(default_factory=Counter)
    #: The departure with the smallest body seen, by requirement id.
    found: dict[str, FuzzFinding] = field(default_factory=dict)
    #: Why it ended before its time; None where it did not.
    stopped: str | None = None

    @property
    def failures(self) -> tuple[FuzzFinding, ...]:
        """What fails: MUSTs, in the order in which they were found."""
        return tuple(each for each in self.found.values() if each.status is Status.FAIL)

    @property
    def warnings(self) -> tuple[FuzzFinding, ...]:
        """What warns."""
        return tuple(each for each in self.found.values() if each.status is Status.WARN)


class _Broken(Exception):
    """The requirement at hand is broken by this body: Hypothesis looks for a smaller one."""


class _Enough(BaseException):
    """Nothing more is sent; Hypothesis lets it pass."""


def search(run: WaitingRun, mode: Mode, cases: int, seed: int, *, strict: bool = False) -> Search:
    """Send so many different bodies; the same seed sends the same ones, with the same versions of the generators.

    A target that cannot be asked any more ends the search, which then says why. Raises OwnError for an internal error.
    """
    return _Searcher(run, Search(mode, seed), cases, strict=strict).run()


class _Searcher:
    def __init__(self, run: WaitingRun, search: Search, cases: int, *, strict: bool) -> None:
        self._run = run
        self._came = search
        self._cases = cases
        self._strict = strict
        #: Which body broke a requirement first, without its ids.
        self._first: dict[str, bytes] = {}
        self._slip: OwnError | None = None

    def run(self) -> Search:
        """Search, then shrink."""
        with _no_trace():
            self._given(self._case(), Phase.generate)
            for requirement, first in self._first.items():
                self._given(self._shrinking(requirement, first), Phase.generate, Phase.shrink)
        if self._slip is not None:
            raise self._slip
        return self._came

    def _given(self, test: Callable[[Generated], None], *phases: Phase) -> None:
        settings = hypothesis.settings(
            max_examples=self._cases,
            phases=phases,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        drawn = hypothesis.given(bodies(self._came.mode, CALLS))(test)
        try:
            hypothesis.seed(self._came.seed)(settings(drawn))()
        except (_Broken, _Enough, Flaky):
            return

    def _case(self) -> Callable[[Generated], None]:
        seen: set[bytes] = set()

        def case(generated: Generated) -> None:
            nameless = _new(generated, seen)
            deserved, found = self._ask(generated)
            self._came.cases[deserved] += 1
            for departure in found:
                self._first.setdefault(departure.requirement.id, nameless)

        return case

    def _shrinking(self, requirement: str, first: bytes) -> Callable[[Generated], None]:
        """Draw the same cases, send none until the one that broke the requirement, then all that Hypothesis tries."""
        seen: set[bytes] = set()
        sent = Counter[str]()

        def case(generated: Generated) -> None:
            if not sent and _new(generated, seen) != first:
                return
            if sent[requirement] == _SHRINKING:
                raise _Enough
            sent[requirement] += 1
            _, found = self._ask(generated)
            if any(departure.requirement.id == requirement for departure in found):
                raise _Broken

        return case

    def _ask(self, generated: Generated) -> tuple[Expectation, tuple[FuzzFinding, ...]]:
        try:
            submission = self._run.submit(generated)
            deserved = expectation(submission.body, submission.run)
            found = judged(submission, deserved, self._run.settings.secrets, strict=self._strict)
        except (Untestable, BudgetReached, UnreachableTarget, NotThisApi) as reason:
            self._came.stopped = str(reason)
            raise _Enough from None
        except Exception as slip:  # Hypothesis would take it for what it looks for
            self._slip = OwnError.from_slip(slip)
            raise _Enough from slip
        for departure in found:
            self._keep(departure)
        return deserved, found

    def _keep(self, departure: FuzzFinding) -> None:
        kept = self._came.found.get(departure.requirement.id)
        if kept is None or _size(departure) < _size(kept):
            self._came.found[departure.requirement.id] = departure


def _new(generated: Generated, seen: set[bytes]) -> bytes:
    """The body without its ids; one that was drawn before is not a case."""
    nameless = addressed(generated, _NO_IDS)
    if nameless in seen:
        raise UnsatisfiedAssumption
    seen.add(nameless)
    return nameless


def _size(departure: FuzzFinding) -> tuple[bool, int, bytes]:
    """The worse comes first, then the smaller."""
    body = departure.exchange.request.body
    return departure.status is not Status.FAIL, len(body), body


@contextmanager
def _no_trace() -> Iterator[None]:
    """Hypothesis keeps notes in the working folder; here they go where nobody has to clear them away."""
    with TemporaryDirectory(prefix="conformance-fuzz-") as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(None)
