"""Which scenario gets which of the runs that were given, fixed before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.contract.scenarios import SCENARIOS
from conformance.model import Scenario
from conformance.targets.settings import GivenRun, Settings

#: Served first: with a single run, the plain streamed case is what one wants to know most.
_PREFERRED = ("stream-three-calls", "stream-one-call", "json-three-calls", "json-one-call")


def allotted(settings: Settings) -> dict[str, GivenRun]:
    """Which scenario gets which given run.

    A run whose calls are named is for a scenario that they suffice for, rather for one of just as many, and goes before
    one that does not tell. What needs several calls gets one that does not tell only when nothing else is left for it.
    A run can be accepted once only. The plain cases come first, streamed before not streamed, then the table's order;
    refusals share a run up to the scenario that answers it.
    """
    free = list(settings.runs)
    shared: dict[str, GivenRun] = {}
    allotment: dict[str, GivenRun] = {}
    # Nothing else than text can be asked of a run that is there already.
    scenarios = sorted((scenario for scenario in SCENARIOS if scenario.script == "text"), key=_preference)
    for fitting in (_fitting, _untold):
        for scenario in (scenario for scenario in scenarios if scenario.id not in allotment):
            run = shared.get(scenario.shares or "") or fitting(free, scenario)
            if run is None:
                continue
            allotment[scenario.id] = run
            if run in free:
                free.remove(run)
            if scenario.shares:
                shared[scenario.shares] = run
                if "accepted" in scenario.traits:
                    del shared[scenario.shares]
    return allotment


def _preference(scenario: Scenario) -> int:
    return _PREFERRED.index(scenario.id) if scenario.id in _PREFERRED else len(_PREFERRED)


def _fitting(free: Iterable[GivenRun], scenario: Scenario) -> GivenRun | None:
    """The free run that suits a scenario best, as far as that is known."""
    told = sorted(
        (given for given in free if len(given.call_ids) >= scenario.least),
        key=lambda given: len(given.call_ids) != scenario.calls,
    )
    return next(iter(told), None) or (_untold(free, scenario) if scenario.least == 1 else None)


def _untold(free: Iterable[GivenRun], scenario: Scenario) -> GivenRun | None:  # noqa: ARG001
    """A free run that does not tell its calls: it may have enough of them."""
    return next((given for given in free if not given.call_ids), None)
