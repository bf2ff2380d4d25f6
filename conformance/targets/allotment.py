"""Which scenario gets which of the runs that were given, fixed before anything is sent."""

from __future__ import annotations

from conformance.contract.scenarios import SCENARIOS
from conformance.model import Scenario
from conformance.targets.settings import GivenRun, Settings

#: Served first: with a single run, the plain streamed case is what one wants to know most.
_PREFERRED = ("stream-three-calls", "stream-one-call", "json-three-calls", "json-one-call")


def allotted(settings: Settings) -> dict[str, GivenRun]:
    """Which scenario gets which given run.

    A run whose calls are named is for a scenario of as many, then for one that they suffice for. A run that does not
    tell is for a scenario of one call, then for any. A run can be accepted once only. The plain cases come first,
    streamed before not streamed, then the table's order; refusals share a run up to the scenario that answers it.
    """
    free = list(settings.runs)
    shared: dict[str, GivenRun] = {}
    allotment: dict[str, GivenRun] = {}
    # Nothing else than text can be asked of a run that is there already, and its functions are declared.
    possible = (each for each in SCENARIOS if each.script == "text" and "bare-function" not in each.traits)
    scenarios = sorted(possible, key=_preference)
    for fits in (_as_many, _enough, _unknown):
        for scenario in (scenario for scenario in scenarios if scenario.id not in allotment):
            run = shared.get(scenario.shares or "") or next((run for run in free if fits(run, scenario)), None)
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


def _as_many(run: GivenRun, scenario: Scenario) -> bool:
    """A run with just as many calls as the scenario asks for."""
    return len(run.call_ids) == scenario.calls


def _enough(run: GivenRun, scenario: Scenario) -> bool:
    """A run with calls enough, as every run that waits has for a scenario of one."""
    return len(run.call_ids) >= scenario.least if run.call_ids else scenario.calls == 1


def _unknown(run: GivenRun, scenario: Scenario) -> bool:  # noqa: ARG001
    """A run whose calls are not known: it may have enough of them."""
    return not run.call_ids
