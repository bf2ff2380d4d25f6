"""Every bad habit of a gateway is caught by what it breaks and by nothing else, and every legal one is let pass."""

from __future__ import annotations

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID
from conformance.mock.habits import HABITS
from conformance.model import Level, Role
from conformance.proof.fault_matrix import Outcome, judged
from conformance.proof.faults import FAULTS
from conformance.relay.habits import DECLARED, GATEWAY_HABITS
from conformance.run.proving import prove_gateways
from conformance.tests.proof.proving import gateways


@pytest.mark.parametrize("name", GATEWAY_HABITS)
def test_a_habit_is_told_as_what_it_breaks_and_as_nothing_else(name: str) -> None:
    mine = [row for row in gateways().rows if row.fault == name]
    outcome = Outcome.CAUGHT if GATEWAY_HABITS[name].breaks else Outcome.EQUIVALENT
    assert [
        (row.requirement, row.outcome, row.first and row.first.message) for row in mine if row.outcome != outcome
    ] == []
    assert {row.requirement for row in mine} == (GATEWAY_HABITS[name].breaks or {""})


@pytest.mark.parametrize("name", GATEWAY_HABITS)
def test_a_habit_says_what_it_is_and_breaks_what_exists(name: str) -> None:
    habit = GATEWAY_HABITS[name]
    assert habit.does.endswith(".")
    assert bool(habit.breaks) != bool(habit.equivalent)
    assert all(REQUIREMENTS[requirement].role is Role.GATEWAY for requirement in habit.breaks)
    assert all(BY_ID[scenario].role is Role.GATEWAY for scenario in habit.scenarios)
    assert name not in {**FAULTS, **HABITS}, "all are anchors of one page"
    assert DECLARED[name].declares <= {"gateway-timeout", "maps-path", "maps-ids", "maps-auth", "maps-model"}


@pytest.mark.parametrize("requirement", [row.id for row in judged(Role.GATEWAY) if row.level is Level.MUST])
def test_every_must_of_a_gateway_can_fail(requirement: str) -> None:
    assert gateways().catching(requirement)


def test_the_proof_of_gateways_holds() -> None:
    assert gateways().uncovered() == ()
    assert gateways().void == ()
    assert gateways().wrong == ()
    assert gateways().holds


@pytest.mark.parametrize(
    "name", ["joins-events", "drops-names", "sends-twice", "ends-the-cut", "compresses", "http-1.0", "asks-in-1.0"]
)
def test_on_sockets_a_habit_is_told_as_in_process(name: str) -> None:
    inside, outside = prove_gateways([GATEWAY_HABITS[name]], full=True)
    assert {found.requirement for found in outside.sightings} == {found.requirement for found in inside.sightings}
    assert not outside.slips
