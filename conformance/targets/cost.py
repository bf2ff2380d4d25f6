"""What scenarios cost at a target, known before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.model import Scenario
from conformance.targets.run_polling import polls
from conformance.targets.settings import Settings

#: Kind of provisioning -> requests for one run before it is looked at: thread, message, run.
_CREATING = {"api": 3, "assistant": 3, "run": 0, "command": 0, "static": 0}

#: Requests at first contact, and for the assistants that scenarios of one kind share.
_ONCE = {"api": 4, "assistant": 1, "run": 1, "command": 1, "static": 2}

#: Acts that look until the run has moved on.
_POLLING = frozenset({"settle", "expire"})

#: Acts that are left out where runs are not real.
_STATELESS = frozenset({"submit", "method"})


def cost(scenarios: Sequence[Scenario], settings: Settings) -> Mapping[str, int]:
    """How many `runs` the scenarios take and how many `requests` at most.

    Both hold as long as nothing is answered 429, no refusal is accepted, no model has to be asked twice and the ids
    of pending calls can be used; removing what was created is not counted.
    """
    looks = polls(settings.timeout)
    runs = _runs(scenarios)
    if settings.provision == "static":
        return {"runs": 0, "requests": _ONCE["static"] + sum(_acts(scenario, 1, _STATELESS) for scenario in scenarios)}
    kept = len(scenarios) - runs  # looked at once more before they serve again
    requests = runs * (_CREATING[settings.provision] + looks) + kept
    requests += sum(_acts(scenario, looks) for scenario in scenarios)
    return {"runs": runs, "requests": requests + _ONCE[settings.provision] if scenarios else 0}


def _runs(scenarios: Sequence[Scenario]) -> int:
    """Runs to be created: scenarios that share one use it up to the one that is to be accepted."""
    count, waiting = 0, set()
    for scenario in scenarios:
        count += scenario.shares not in waiting
        if scenario.shares and "accepted" not in scenario.traits:
            waiting.add(scenario.shares)
        else:
            waiting.discard(scenario.shares)
    return count


def _acts(scenario: Scenario, looks: int, only: frozenset[str] | None = None) -> int:
    words = [(act.do.partition(":")[0], act.situation) for act in scenario.acts]
    return sum(
        looks if word in _POLLING else 2 if "concurrent" in situation else 1
        for word, situation in words
        if only is None or word in only
    )
