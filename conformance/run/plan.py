"""What a run is going to ask, and of whom; fixed before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from conformance.contract.scenarios import SCENARIOS
from conformance.errors import UsageError
from conformance.model import Role, Scenario, Transcript
from conformance.verdict.judge import planned

#: Stands in the place of a requirement for whatever joins a scenario because luck brought its situation.
JOINED = "joined"


class Target(Protocol):
    """An implementation under test; it brings situations about and judges nothing."""

    @property
    def traits(self) -> frozenset[str]:
        """What holds for every scenario played here: a subset of `state`, `key`, `scripted`."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Which implementation it is, without anything secret."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that no report may hold, whoever sends them back."""
        ...

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario can be brought about here."""
        ...

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How many `runs` and `requests` the scenarios would take."""
        ...

    def exchange(self, scenario: Scenario) -> Transcript:
        """Bring the scenario about and record its bytes."""
        ...

    def close(self) -> tuple[str, ...]:
        """Remove what was created and return what could not be removed."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is going to ask, fixed before anything is sent."""

    scenarios: tuple[Scenario, ...]
    #: Ids of the requirements planned in each scenario, by its id; `JOINED` among them lets in what luck adds.
    cells: Mapping[str, frozenset[str]]
    cost: Mapping[str, int] = field(default_factory=dict)
    #: Nothing was deselected: what the run could not show is then told.
    whole: bool = True
    #: Whose bytes are judged.
    role: Role = Role.SERVER

    def counts(self) -> dict[str, int]:
        """Scenarios, runs, requests and cells as numbers."""
        cells = sum(cells for _, cells, _ in self.rows())
        return {"scenarios": len(self.scenarios), **self.cost, "cells": cells}

    def rows(self) -> tuple[tuple[str, int, str], ...]:
        """Each scenario with its id, the number of its cells and its title."""
        return tuple((s.id, len(self.cells[s.id] - {JOINED}), s.title) for s in self.scenarios)


def plan(target: Target, table: Iterable[Scenario] = SCENARIOS, role: Role = Role.SERVER) -> Plan:
    """Everything of a table of scenarios for one role that the target can be asked."""
    scenarios = tuple(scenario for scenario in table if target.plays(scenario))
    cells = {s.id: frozenset((JOINED, *(r.id for r in planned(s, target.traits)))) for s in scenarios}
    return Plan(scenarios, cells, target.cost(scenarios), role=role)


def shard(whole: Plan, target: Target, number: int, count: int) -> Plan:
    """Part `number`, from 1, of a plan that is shared out in `count`: the same parts each time, of like cost.

    Scenarios that may share a run stay together. Raises UsageError where there are fewer groups of them than parts.
    """
    groups: dict[str, list[Scenario]] = {}
    for scenario in whole.scenarios:
        groups.setdefault(scenario.shares or scenario.id, []).append(scenario)
    if count > len(groups):
        raise UsageError(f"--shard {number}/{count}: this target can be asked in {len(groups)} parts at most")
    costs = {name: sum(target.cost(group).values()) for name, group in groups.items()}
    parts: list[list[str]] = [[] for _ in range(count)]
    spent = [0] * count
    for name in sorted(groups, key=lambda name: -costs[name]):
        least = spent.index(min(spent))
        parts[least].append(name)
        spent[least] += costs[name]
    mine = {scenario.id for name in parts[number - 1] for scenario in groups[name]}
    scenarios = tuple(scenario for scenario in whole.scenarios if scenario.id in mine)
    cells = {scenario.id: whole.cells[scenario.id] for scenario in scenarios}
    return Plan(scenarios, cells, target.cost(scenarios), whole=False, role=whole.role)


def narrowed(whole: Plan, target: Target, kept: Iterable[tuple[str, str]]) -> Plan:
    """The part of a plan that holds only the given pairs of scenario and requirement, and what that part costs."""
    cells: dict[str, set[str]] = {}
    for scenario, requirement in kept:
        cells.setdefault(scenario, set()).add(requirement)
    if cells == whole.cells:
        return whole
    scenarios = tuple(scenario for scenario in whole.scenarios if scenario.id in cells)
    frozen = {scenario: frozenset(requirements) for scenario, requirements in cells.items()}
    return Plan(scenarios, frozen, target.cost(scenarios), whole=False, role=whole.role)
