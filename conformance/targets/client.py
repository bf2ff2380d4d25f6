"""A client as the target: in each scenario it meets a mock of its own, and everything it sends is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from conformance.mock.server import Mock
from conformance.model import Outcome, Role, Scenario, Transcript
from conformance.reference.waiting_run import WaitingRun, waiting_run
from conformance.targets.given import API_KEY, Given

#: What holds in every scenario: what was asked of the client, its heads and its key are known.
_ENVIRONMENT = frozenset({"state", "key", "asked", "head", "wanted"})

#: Seconds in which connections of a client that has ended are seen to end; only one that the scenario leaves open
#: takes so long.
_SETTLING = 0.25


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of a client: its outcome, None where nobody saw it, and in words how it ended."""

    outcome: Outcome | None
    ending: str = ""
    #: Why the outcome cannot be known, where that is not the client's fault but its driver's.
    unknown: str | None = None


class Driver(Protocol):
    """Lets a client do what it is told, and returns when it has ended."""

    @property
    def name(self) -> str:
        """What is shown of it."""
        ...

    def __call__(self, given: Given) -> Driven:
        """Let the client act in one scenario."""
        ...

    def interrupt(self) -> None:
        """End what is under way."""
        ...


class ClientTarget:
    """A client, however it is driven.

    `facts` are told of it beside its name, such as its `version`. `traced` hears every transcript; `port` 0 takes any
    free one in each scenario.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        azure: bool = False,
        facts: Mapping[str, str] | None = None,
        port: int = 0,
        traced: Callable[[Transcript], None] | None = None,
    ) -> None:
        self._driver = driver
        self._azure = azure
        self._facts = dict(facts or {})
        self._port = port
        self._traced = traced

    @property
    def traits(self) -> frozenset[str]:
        """What holds in every scenario."""
        return _ENVIRONMENT | ({"azure"} if self._azure else frozenset())

    @property
    def secrets(self) -> tuple[str, ...]:
        """None: the key opens nothing."""
        return ()

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
        with Mock(scenario=scenario.id, port=self._port) as mock:
            waiting = waiting_run(mock.ask, scenario, API_KEY)
            driven = self._driver(Given.of(scenario, mock.origin, waiting, azure=self._azure))
            mock.settle(_SETTLING)
            met = _transcript(scenario, mock, waiting, driven, self.traits)
        if self._traced is not None:
            self._traced(met)
        return met

    def interrupt(self) -> None:
        """End what is under way."""
        self._driver.interrupt()

    def close(self) -> tuple[str, ...]:
        """Nothing is left behind: every mock ended with its scenario."""
        return ()


def _transcript(
    scenario: Scenario, mock: Mock, waiting: WaitingRun, driven: Driven, traits: frozenset[str]
) -> Transcript:
    """What the mock has heard and answered, after the run that the harness brought about."""
    heard = tuple(recorded.exchange for recorded in mock.requests)
    outcome, untestable = driven.outcome, driven.unknown
    if untestable is None and not heard and (outcome is None or outcome.exit_code != 0):
        untestable = f"the client sent no request: it {driven.ending}"
    written = outcome is not None and outcome.document is not None
    return Transcript(
        scenario.id,
        (*waiting.exchanges, *heard),
        traits=traits | (frozenset({"outcome"}) if written else frozenset()),
        untestable=untestable,
        outcome=outcome,
        provenance={"kind": "client"},
    )
