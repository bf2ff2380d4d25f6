"""Every fault dies by what it declares, every requirement is shown to fail, and the page in docs/ says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.checks import CHECKS
from conformance.contract.requirements import REQUIREMENTS
from conformance.mock.habits import HABITS
from conformance.model import Level, Role
from conformance.proof.fault_matrix import FaultMatrix, Outcome, Sighting, Trial, judged, rows, sightings, tried, void
from conformance.proof.faults import FAULTS
from conformance.proof.faults.control import HARMLESS, RUINOUS
from conformance.proof.faults.registry import Applies
from conformance.relay.habits import GATEWAY_HABITS
from conformance.report import fault_matrix_page
from conformance.tests.proof.proving import clean, matrix, sides, transcript, trials
from conformance.verdict.judge import judge

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_as_what_it_breaks_and_as_nothing_else(name: str) -> None:
    mine = [row for row in matrix().rows if row.fault == name]
    outcome = Outcome.CAUGHT if FAULTS[name].breaks else Outcome.EQUIVALENT
    assert [
        (row.requirement, row.outcome, row.first and row.first.message) for row in mine if row.outcome != outcome
    ] == []
    assert {row.requirement for row in mine} == (FAULTS[name].breaks or {""})


@pytest.mark.parametrize("requirement", [row.id for row in judged() if row.level is Level.MUST])
def test_every_must_can_fail(requirement: str) -> None:
    assert matrix().catching(requirement)


def test_every_should_can_warn() -> None:
    assert [requirement.id for requirement in matrix().uncovered()] == []


@pytest.mark.parametrize("role", Role)
def test_what_is_covered_is_everything_that_has_a_check(role: Role) -> None:
    assert {requirement.id for requirement in judged(role)} == {n for n in CHECKS if REQUIREMENTS[n].role is role}


def test_the_proof_holds() -> None:
    assert matrix().void == ()
    assert matrix().wrong == ()
    assert matrix().holds


@pytest.mark.parametrize("name", ["done-twice", "stream-for-absent", "error-event-bare"])
def test_a_fault_of_the_wire_is_tried_on_transcripts(name: str) -> None:
    (expected,) = (trial for trial in trials() if trial.fault.name == name)
    assert tried(FAULTS[name], clean()) == expected


def test_a_fault_lies_in_answers_or_is_about_what_is_decided() -> None:
    assert [fault.name for fault in FAULTS.values() if (fault.change is None) is (fault.behaviour is None)] == []


def test_the_controls_come_out_as_they_must() -> None:
    assert [row.outcome for row in rows(tried(HARMLESS, clean()))] == [Outcome.SURVIVED]
    assert [row.outcome for row in rows(tried(RUINOUS, clean()))] == [Outcome.CAUGHT]


def test_a_clean_server_that_is_accused_makes_the_run_void() -> None:
    from conformance.proof.faults import broken

    lie = broken(transcript("stream-one-call"), FAULTS["drop-done"])
    assert "the clean server is accused: done.present in stream-one-call" in void((lie, *clean()))[0]


def test_a_control_that_comes_out_otherwise_makes_the_run_void() -> None:
    without_streams = tuple(one for one in clean() if one.scenario.startswith("json-one"))
    assert void(without_streams) == (
        "control-harmless: expected survived, got dead",
        "control-ruinous: expected caught, got dead",
    )


_FAULT = replace(FAULTS["done-twice"], name="planted")
_LEGAL = replace(_FAULT, breaks=frozenset(), equivalent="it is legal")


def _found(requirement: str) -> Sighting:
    return Sighting(requirement, "stream-one-call", 1, 7, (10, 20), "it came again", "another one")


@pytest.mark.parametrize(
    ("trial", "expected"),
    [
        (Trial(_FAULT, (), ()), [("", Outcome.DEAD)]),
        (Trial(_FAULT, ("s",), ()), [("done.once", Outcome.SURVIVED)]),
        (Trial(_FAULT, ("s",), (_found("done.once"),)), [("done.once", Outcome.CAUGHT)]),
        (
            Trial(_FAULT, ("s",), (_found("done.last"),)),
            [("done.once", Outcome.SURVIVED), ("done.last", Outcome.WRONG_RULE)],
        ),
        (Trial(_LEGAL, ("s",), ()), [("", Outcome.EQUIVALENT)]),
        (
            Trial(_LEGAL, ("s",), (_found("done.once"),)),
            [("done.once", Outcome.WRONG_RULE)],
        ),
        (Trial(_FAULT, ("s",), (), ("s:done.once: the check broke",)), [("", Outcome.SLIP)]),
    ],
    ids=["dead", "survived", "killed", "wrong rule", "equivalent", "a legal lie that is accused", "slip"],
)
def test_a_trial_folds_into_rows(trial: Trial, expected: list[tuple[str, Outcome]]) -> None:
    folded = rows(trial)
    assert sorted((row.requirement, row.outcome) for row in folded) == sorted(expected)
    right = {Outcome.CAUGHT, Outcome.EQUIVALENT}
    assert FaultMatrix((trial.fault,), folded).wrong == tuple(row for row in folded if row.outcome not in right)


def test_a_must_that_no_fault_breaks_is_told() -> None:
    kept = tuple(row for row in matrix().rows if row.requirement != "done.once")
    poorer = replace(matrix(), rows=kept)
    assert [requirement.id for requirement in poorer.uncovered()] == ["done.once"]
    assert not poorer.holds
    assert "no fault breaks done.once (MUST)" in fault_matrix_page.summary((poorer,), ("all passed",), 1.0)


def test_what_is_not_right_is_named_with_its_reason() -> None:
    harmless = replace(HARMLESS, applies=Applies(streamed=True))
    shown = fault_matrix_page.summary(
        (FaultMatrix((harmless,), rows(tried(harmless, clean())), ("it is void",)),), ("all passed",), 1.0
    )
    assert "void: it is void" in shown
    assert "survived: control-harmless: done.present" in shown
    assert "the proof does not hold" in shown


def test_a_sighting_says_where() -> None:
    from conformance.proof.faults import broken

    (found,) = sightings(judge(broken(transcript("stream-one-call"), FAULTS["done-twice"])))
    assert found.requirement == "done.once"
    assert found.event is not None
    assert found.span is not None


def test_the_page_in_docs_is_current() -> None:
    written = (DOCS / "fault-matrix.md").read_text(encoding="utf-8")
    assert written == fault_matrix_page.page(sides(), trials()), "make docs writes it anew"


def test_the_page_names_every_fault_and_every_requirement() -> None:
    shown = fault_matrix_page.page(sides(), trials())
    assert all(f"| {name} |" in shown or f"</a>{name} |" in shown for name in (*FAULTS, *HABITS, *GATEWAY_HABITS))
    judgeable = (row for row in REQUIREMENTS.values() if row.role == "server" or row.level != "INFO")
    assert all(f"(requirements.md#{row.id})" in shown for row in judgeable)
    assert "**none**" not in shown


def test_the_snapshot_holds_verdicts_and_nothing_of_a_run() -> None:
    document = json.loads(fault_matrix_page.as_json(sides()))
    assert [fault["name"] for fault in document["faults"]] == list(FAULTS)
    assert [habit["name"] for habit in document["habits"]] == list(HABITS)
    assert set(document["requirements"]) == set(CHECKS)
    assert [habit["name"] for habit in document["gateway_habits"]] == list(GATEWAY_HABITS)
    keys = {
        key
        for name in ("faults", "habits", "gateway_habits")
        for each in document[name]
        for row in each["rows"]
        for key in row
    }
    assert keys == {"requirement", "outcome", "scenarios", "event"}
