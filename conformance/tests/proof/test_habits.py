"""Every bad habit of a client dies by what it breaks and by nothing else, and every legal one is let pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID
from conformance.mock.client import habits
from conformance.mock.habits import HABITS
from conformance.model import Level, Role
from conformance.proof.fault_matrix import Outcome, accused, judged
from conformance.proof.faults import FAULTS
from conformance.report import fault_matrix_page
from conformance.targets.bundled_client import Bundled
from conformance.targets.client import ClientTarget
from conformance.tests.proof.proving import clients, matrix


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_is_told_as_what_it_breaks_and_as_nothing_else(name: str) -> None:
    mine = [row for row in clients().rows if row.fault == name]
    outcome = Outcome.CAUGHT if HABITS[name].breaks else Outcome.EQUIVALENT
    assert [
        (row.requirement, row.outcome, row.first and row.first.message) for row in mine if row.outcome != outcome
    ] == []
    assert {row.requirement for row in mine} == (HABITS[name].breaks or {""})


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_says_what_it_is_and_breaks_what_exists(name: str) -> None:
    habit = HABITS[name]
    assert habit.does.endswith(".")
    assert bool(habit.breaks) != bool(habit.equivalent)
    assert all(REQUIREMENTS[requirement].role is Role.CLIENT for requirement in habit.breaks)
    assert all(BY_ID[scenario].role is Role.CLIENT for scenario in habit.scenarios)
    assert name not in FAULTS, "both are anchors of one page"


def test_the_client_can_be_told_to_have_each_habit_or_none() -> None:
    assert set(habits.HABITS) == {"none", *HABITS}


@pytest.mark.parametrize("requirement", [row.id for row in judged(Role.CLIENT) if row.level is Level.MUST])
def test_every_must_of_a_client_can_fail(requirement: str) -> None:
    assert clients().catching(requirement)


def test_every_should_of_a_client_can_warn() -> None:
    assert [requirement.id for requirement in clients().uncovered()] == []


def test_the_proof_of_clients_holds() -> None:
    assert clients().void == ()
    assert clients().wrong == ()
    assert clients().holds


def test_a_right_client_that_is_accused_makes_the_run_void() -> None:
    habitual = ClientTarget(Bundled("no-key")).exchange(BY_ID["plain-one-call"])
    (said,) = accused((habitual,), "right client")
    assert said.startswith("the right client is accused: sending.authorization in plain-one-call: ")


def test_a_must_of_a_client_that_no_habit_breaks_is_told() -> None:
    kept = tuple(row for row in clients().rows if row.requirement != "sending.authorization")
    poorer = replace(clients(), rows=kept)
    shown = fault_matrix_page.summary((matrix(), poorer), ("all passed",), 1.0)
    assert not poorer.holds
    assert "no habit breaks sending.authorization (MUST)" in shown
    assert shown.endswith("the proof does not hold\n")
