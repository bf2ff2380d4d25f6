"""A client as the target: in each scenario it meets a mock of its own, and everything it sends is recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Protocol

from conformance.contract.scenarios import BY_ID
from conformance.mock.replies import for_client
from conformance.mock.server import Mock
from conformance.model import Exchange, Outcome, Role, Scenario, Transcript
from conformance.reference.waiting_run import WaitingRun, waiting_run
from conformance.targets.artifacts import Artifacts
from conformance.targets.assignment import API_KEY, Assignment
from conformance.targets.never_asked import never_asked
from conformance.walk.client_end import FOR_EVER
from conformance.wire.redact import learnt

#: What holds in every scenario: what was asked of the client, its heads and its key are known.
_ENVIRONMENT = frozenset({"state", "key", "asked", "head", "wanted"})

#: Seconds in which connections of a client that has ended are seen to end; only one that the scenario leaves open
#: takes so long.
_SETTLING = 0.25

#: What a client that hangs elsewhere is compared with, and the part of its time in which it must have ended there for
#: the machine not to be at fault: ten times as slow is no load, it is a hang.
_PLAINEST = BY_ID["plain-one-call"]
_QUICK = 0.1


#: Why a client is not judged that sends without end.
_TOO_MUCH = "the client sent more than is remembered: of its requests the first {} are, {} are not"


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of a client: its outcome, None where nobody saw it, and in words how it ended."""

    outcome: Outcome | None
    ending: str = ""
    #: Why the outcome cannot be known, where that is not the client's fault but its driver's.
    unknown: str | None = None
    #: How long it took, and how long it might have taken; None where nobody ends it.
    seconds: float | None = None
    limit: float | None = None
    #: What it printed, for whoever looks into what it did.
    printed: bytes | None = None
    #: It looked at a run that had ended for so long that it would have done so for ever.
    endless: bool = False


class Driver(Protocol):
    """Lets a client do what it is told, and returns when it has ended."""

    @property
    def name(self) -> str:
        """What is shown of it."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What it is told that nobody else may see."""
        ...

    def __call__(self, given: Assignment, enough: Callable[[], bool]) -> Driven:
        """Let the client act in one scenario; where there is `enough` of it, it can only go on for ever."""
        ...

    def interrupt(self) -> None:
        """End what is under way."""
        ...

    def close(self) -> None:
        """End what waits for another scenario."""
        ...


class ClientTarget:
    """A client, however it is driven.

    `facts` are told of it beside its name, such as its `version`. `artifacts` is the folder that gets what it prints,
    without the secrets in it, also those that it sends in another scenario. `traced` hears every
    transcript; `port` 0 takes any free one in each scenario, and `names` are what its mock is called beside its
    address.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        azure: bool = False,
        facts: Mapping[str, str] | None = None,
        port: int = 0,
        artifacts: Path | None = None,
        names: Collection[str] = (),
        traced: Callable[[Transcript], None] | None = None,
    ) -> None:
        self._driver = driver
        self._azure = azure
        self._facts = dict(facts or {})
        self._port = port
        self._artifacts = Artifacts(artifacts)
        self._names = names
        self._traced = traced
        self._measuring = Lock()
        #: How the client ended in the plainest scenario, once it was played.
        self._plainest: Driven | None = None

    @property
    def traits(self) -> frozenset[str]:
        """What holds in every scenario."""
        return _ENVIRONMENT | ({"azure"} if self._azure else frozenset())

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the client is told that nobody else may see; our own key opens nothing."""
        return self._driver.secrets

    def describe(self) -> Mapping[str, object]:
        """Which client it is."""
        return {"kind": "client", "name": self._driver.name, **self._facts}

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario is one for clients."""
        return scenario.role is Role.CLIENT

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How often the client acts."""
        return {"runs": len(scenarios)}

    def exchange(self, scenario: Scenario) -> Transcript:
        """Let the client act in a scenario and record what it sends. Raises UsageError where the port is taken."""
        waiting, driven, heard = self._played(scenario)
        driven = self._settled(scenario, driven, heard)
        met = _transcript(scenario, waiting, driven, heard, self.traits)
        if met.outcome is not None and driven.printed is not None:
            printed, secrets = driven.printed.decode(errors="replace"), (*self.secrets, *learnt(met))
            met = replace(met, outcome=self._artifacts.beside(met.outcome, scenario.id, printed, secrets))
        if self._traced is not None:
            self._traced(met)
        return met

    def _played(self, scenario: Scenario) -> tuple[WaitingRun, Driven, tuple[Exchange, ...]]:
        """The run that waited, how the client ended, and what it sent."""
        behaviour = for_client(scenario.answer, azure=self._azure)
        with Mock(scenario=scenario.id, port=self._port, names=self._names, behaviour=behaviour) as mock:
            waiting = waiting_run(mock.ask, scenario, API_KEY)
            given = Assignment.of(scenario, mock.origin, waiting, azure=self._azure)
            driven = self._driver(given, lambda: mock.idle_looks() >= FOR_EVER)
            mock.settle(_SETTLING)
            heard = tuple(recorded.exchange for recorded in mock.requests)
            if mock.unrecorded:
                driven = replace(driven, unknown=_TOO_MUCH.format(len(heard), mock.unrecorded))
            return waiting, replace(driven, endless=mock.idle_looks() >= FOR_EVER), heard

    def _settled(self, scenario: Scenario, driven: Driven, heard: Sequence[Exchange]) -> Driven:
        """How the client ended, with a doubt where it had to be ended and that may be this machine's fault."""
        if scenario.id == _PLAINEST.id:
            self._plainest = driven
        ended = driven.outcome is None or driven.outcome.exit_code is not None
        if driven.outcome is None or ended or driven.endless or driven.limit is None or not heard:
            return driven
        doubt = self._doubt(driven.limit)
        return driven if doubt is None else replace(driven, outcome=replace(driven.outcome, doubt=doubt))

    def _doubt(self, limit: float) -> str | None:
        """Why a client that did not end may be a slow one: in the plainest scenario it took long, too, or as long."""
        with self._measuring:
            if self._plainest is None:
                self._plainest = self._played(_PLAINEST)[1]
        plain = self._plainest
        ended = plain.outcome is not None and plain.outcome.exit_code is not None
        if ended and plain.seconds is not None and plain.seconds < limit * _QUICK:
            return None
        took = f"took {plain.seconds:.1f} s" if ended and plain.seconds is not None else "did not end either"
        return (
            f"the client did not end within {limit:g} s, and in {_PLAINEST.id} it {took}: it may hang or be slow; "
            f"give it more time, as with --timeout {limit * 10:g}"
        )

    def interrupt(self) -> None:
        """End what is under way."""
        self._driver.interrupt()

    def close(self) -> tuple[str, ...]:
        """Nothing is left behind: every mock ended with its scenario."""
        self._driver.close()
        return ()


def _transcript(
    scenario: Scenario, waiting: WaitingRun, driven: Driven, heard: tuple[Exchange, ...], traits: frozenset[str]
) -> Transcript:
    """What the mock has heard and answered, after the run that the harness brought about."""
    outcome, untestable = driven.outcome, driven.unknown
    if untestable is None and not driven.endless:
        failed = outcome is None or outcome.exit_code != 0
        held = traits | scenario.traits
        untestable = never_asked(heard, waiting.exchanges, held, failed=failed, ending=driven.ending)
    written = outcome is not None and outcome.document is not None
    return Transcript(
        scenario.id,
        (*waiting.exchanges, *heard),
        traits=traits | (frozenset({"outcome"}) if written else frozenset()),
        untestable=untestable,
        outcome=outcome,
        provenance={"kind": "client"},
    )
