"""A server under test: scenario after scenario is brought about at it and recorded, whatever carries the requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.contract.scenarios import BY_ID, PROBES, not_offered, requires
from conformance.errors import ConformanceError
from conformance.model import Role, Scenario, Transcript
from conformance.targets.acts import Play, play
from conformance.targets.contact import make_contact
from conformance.targets.cost import cost
from conformance.targets.pace import Pace
from conformance.targets.provision import Provisioner
from conformance.targets.session import GivenUp, Session, Transport, Untestable, Watch
from conformance.targets.settings import OFFERS, Settings

_NOT_OFFERED = "needs what this target is said not to offer"


class ServerTarget:
    """A server that offers the operation, however it is reached.

    `traits` adds what only the caller knows, such as `scripted` for the reference server. `exchange` raises
    UnreachableTarget or NotThisApi at first contact and BudgetReached at the limit of requests; whatever else goes
    wrong is told in the transcript.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        *,
        traits: frozenset[str] = frozenset(),
        watch: Watch | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.settings = settings
        own = {OFFERS[offer] for offer in OFFERS.keys() - settings.offers}
        if settings.keyed:
            own.add("key")
        if settings.provision != "static":
            own.add("state")
        if settings.provision == "run":
            own.add("others")
        self.traits = traits | own
        self._transport = transport
        self._session = Session(settings, transport.send, watch, pace)
        self._provisioner = Provisioner(self._session)
        self._contacted = False

    def describe(self) -> Mapping[str, object]:
        """Which target it is, without anything secret."""
        return self.settings.describe()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that neither a report nor a cassette may hold, as far as they are known by now."""
        return (*self.settings.secrets, *self._provisioner.secrets)

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario can be brought about here."""
        return self.why_not(scenario) is None

    def why_not(self, scenario: Scenario) -> str | None:
        """Why the scenario cannot be brought about here; None where it can."""
        missing = requires(scenario) - self.traits
        if missing:
            return f"needs what this target does not have: {', '.join(sorted(missing))}"
        if not_offered(scenario, self.traits) and scenario.id not in PROBES:
            return _NOT_OFFERED
        return self._provisioner.why_not(scenario)

    def left_out(self, name: str) -> str | None:
        """Why nothing is planned in the scenario of this id; None where something is, or no server has such a one."""
        scenario = BY_ID.get(name)
        if scenario is None or scenario.role is not Role.SERVER:
            return None
        return self.why_not(scenario) or (_NOT_OFFERED if not_offered(scenario, self.traits) else None)

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How many `runs` and, at most, `requests` the scenarios take; see `cost.cost`."""
        return cost(scenarios, self.settings)

    def exchange(self, scenario: Scenario) -> Transcript:
        """Bring the scenario about and record its bytes."""
        self._make_contact()
        self._session.begin()
        playing = Play(scenario, self._session, self._provisioner)
        untestable = slip = None
        try:
            play(playing)
        except GivenUp as reason:
            untestable = None if playing.judgeable else str(reason)
        except Untestable as reason:
            untestable = str(reason)
        except ConformanceError:
            raise
        except Exception as reason:  # our own slip must not end the run, nor be held against the target
            slip = self.settings.scrub(f"{type(reason).__name__}: {reason}")
        finally:
            self._provisioner.give_back(scenario, playing.run, reusable=playing.still_waits)
        return Transcript(
            scenario=scenario.id,
            exchanges=tuple(playing.exchanges),
            traits=scenario.traits | self.traits,
            untestable=untestable,
            slip=slip,
            provenance={"target": dict(self.describe())},
        )

    def close(self) -> tuple[str, ...]:
        """Remove everything that was created; what could not be removed is returned, one line each."""
        self._session.lift_limit()
        try:
            return (*self._provisioner.finish(), *self._provisioner.cleanup.clear(self._session))
        finally:
            self._transport.close()

    def _make_contact(self) -> None:
        if not self._contacted:
            make_contact(self._session, self._provisioner)
            self._contacted = True
