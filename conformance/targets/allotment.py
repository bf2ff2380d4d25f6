"""Which scenario gets which of the runs that were given, fixed before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from conformance.contract.scenarios import SCENARIOS
from conformance.model import Scenario
from conformance.targets.settings import GivenRun, Settings

#: Served first: with a single run, the plain streamed case is what one wants to know most.
_PREFERRED = ("stream-three-calls", "stream-one-call", "json-three-calls", "json-one-call")


def allotted(settings: Settings) -> dict[str, GivenRun]:
    """Which scenario gets which given run.

    A run whose calls are named is for a scenario of as many, and goes before one that does not tell. A run can be
    accepted once only. The plain cases come first, streamed before not streamed, then the table's
    order; refusals share a run up to the scenario that answers it.
    """
    free = list(settings.runs)
    shared: dict[str, GivenRun] = {}
    allotment = {}
    for scenario in sorted(SCENARIOS, key=_preference):
        if scenario.script != "text":  # nothing else can be asked of a run that is there already
            continue
        run = shared.get(scenario.shares or "") or _fitting(free, scenario)
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
    told = (given for given in free if len(given.call_ids) == scenario.calls)
    untold = (given for given in free if not given.call_ids)
    return next(chain(told, untold), None)
