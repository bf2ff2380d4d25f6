"""What a run is going to ask, and of whom; fixed before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from conformance.contract.scenarios import SCENARIOS
from conformance.model import Role, Scenario, Transcript
from conformance.verdict.judge import planned

#: Names, in the place of a requirement, what is added to a scenario because luck brought its situation about.
JOINED = "joined"

#: The names of a scenario and of a requirement, or `JOINED`.
Cell = tuple[str, str]


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
    #: Ids of the requirements planned in each scenario, by its id.
    cells: Mapping[str, frozenset[str]]
    #: Ids of the scenarios to which rules that need luck are added when observed.
    open: frozenset[str] = frozenset()
    cost: Mapping[str, int] = field(default_factory=dict)
    #: Nothing was deselected: what the run could not show is then listed.
    whole: bool = True
    #: Whose bytes are judged.
    role: Role = Role.SERVER

    def counts(self) -> dict[str, int]:
        """Scenarios, runs, requests and cells as numbers."""
        return {"scenarios": len(self.scenarios), **self.cost, "cells": sum(map(len, self.cells.values()))}

    def rows(self) -> tuple[tuple[str, int, str], ...]:
        """Each scenario with its id, the number of its cells and its title."""
        return tuple((s.id, len(self.cells[s.id]), s.title) for s in self.scenarios)

    def names(self) -> Iterator[Cell]:
        """Everything that can be selected, in the order of the scenarios; what may be added has the name `JOINED`."""
        for scenario in self.scenarios:
            joined = (JOINED,) if scenario.id in self.open else ()
            for requirement in sorted((*self.cells[scenario.id], *joined)):
                yield scenario.id, requirement


def plan(
    target: Target,
    table: Iterable[Scenario] = SCENARIOS,
    role: Role = Role.SERVER,
    part: tuple[int, int] | None = None,
) -> Plan:
    """Everything of a table of scenarios for one role that the target can be asked, or part `(number, count)` of it."""
    scenarios = tuple(scenario for scenario in table if target.plays(scenario))
    cells = {s.id: frozenset(r.id for r in planned(s, target.traits)) for s in scenarios}
    whole = Plan(scenarios, cells, frozenset(cells), target.cost(scenarios), role=role)
    return whole if part is None else shard(whole, target, *part)


def shard(whole: Plan, target: Target, number: int, count: int) -> Plan:
    """Part `number`, from 1, of a plan that is shared out in `count`: the same parts each time, of like cost.

    Scenarios that may share a run stay together. Where there are fewer groups of them than parts, some parts are empty.
    """
    groups: dict[str, list[Scenario]] = {}
    for scenario in whole.scenarios:
        groups.setdefault(scenario.shares or scenario.id, []).append(scenario)
    costs = {name: sum(target.cost(group).values()) for name, group in groups.items()}
    parts: list[list[str]] = [[] for _ in range(count)]
    spent = [0] * count
    for name in sorted(groups, key=lambda name: -costs[name]):
        least = spent.index(min(spent))
        parts[least].append(name)
        spent[least] += costs[name]
    mine = [scenario.id for name in parts[number - 1] for scenario in groups[name]]
    return _part(whole, target, {name: whole.cells[name] for name in mine}, whole.open)


def narrowed(whole: Plan, target: Target, kept: Iterable[Cell]) -> Plan:
    """The part of a plan that holds only the given pairs of scenario and requirement, and what that part costs."""
    cells: dict[str, set[str]] = {}
    for scenario, requirement in kept:
        cells.setdefault(scenario, set()).add(requirement)
    still_open = frozenset(scenario for scenario, names in cells.items() if JOINED in names)
    mine = {scenario: frozenset(names - {JOINED}) for scenario, names in cells.items()}
    return whole if (mine, still_open) == (whole.cells, whole.open) else _part(whole, target, mine, still_open)


def selected(whole: Plan, target: Target, wanted: Callable[[str], bool] | None) -> Plan:
    """The part of a plan whose cells are wanted by their names, `scenario:requirement`; all of it without `wanted`."""
    return whole if wanted is None else narrowed(whole, target, (c for c in whole.names() if wanted(":".join(c))))


def _part(whole: Plan, target: Target, cells: Mapping[str, frozenset[str]], still_open: frozenset[str]) -> Plan:
    scenarios = tuple(scenario for scenario in whole.scenarios if scenario.id in cells)
    mine = still_open & cells.keys()
    return Plan(scenarios, cells, mine, target.cost(scenarios), whole=False, role=whole.role)
