"""A check says that there was nothing to look at, or that it looked: in the references each is written down.

`joined.json` holds, scenario by scenario, what is judged in its reference beside what is planned for it. A requirement
that joins there without having been looked at would be counted as passed by a server that never showed it:
whoever changes the file reads what joined.
`traits.json` holds what the same exchanges show of themselves, when nobody says which scenario they are of.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Operation, Status, Transcript
from conformance.tests.verdict.joined import FILE, PLAYED, reference
from conformance.verdict.judge import judge, planned
from conformance.walk.schedule import Schedule
from conformance.walk.transcript import walk

JOINED: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
TRAITS: dict[str, str] = json.loads(Path(__file__).with_name("traits.json").read_text(encoding="utf-8"))
#: What a recording cannot tell: which key was the right one, what came at once, and a method that nobody plans.
_UNTOLD = frozenset({"concurrent", "other-methods"})


@pytest.mark.parametrize("scenario", PLAYED, ids=lambda scenario: scenario.id)
def test_what_is_planned_is_judged_and_nothing_joins_that_was_not_looked_at(scenario):
    transcript = reference(scenario.id)
    verdicts = judge(transcript).verdicts
    assert {verdict.status for verdict in verdicts} == {Status.PASS}
    assert [verdict.requirement for verdict in verdicts if verdict.joined] == JOINED.get(scenario.id, []), (
        "make docs writes it anew"
    )
    told = [verdict.requirement for verdict in verdicts if not verdict.joined]
    assert told == [requirement.id for requirement in planned(scenario, transcript.traits)]


@pytest.mark.parametrize("scenario", PLAYED, ids=lambda scenario: scenario.id)
def test_exchanges_show_themselves_what_they_are_about(scenario):
    assert walk(reference(scenario.id), Schedule()).traits == set(TRAITS[scenario.id].split())


@pytest.mark.parametrize(("name", "waits"), [("stream-one-call", False), ("stream-next-round", True)])
def test_a_stream_alone_shows_whether_the_run_waits_again(name, waits):
    stream = next(one for one in reference(name).exchanges if one.operation is Operation.SUBMIT)
    traits = walk(Transcript("a recording", (stream,)), Schedule()).traits
    assert ("waiting" in traits) is waits


@pytest.mark.parametrize("scenario", [one for one in PLAYED if one.id not in _UNTOLD], ids=lambda scenario: scenario.id)
def test_the_same_exchanges_without_a_name_are_judged_by_what_they_show(scenario):
    transcript = reference(scenario.id)
    named = {verdict.requirement for verdict in judge(transcript).verdicts}
    nameless = judge(replace(transcript, scenario="a recording", traits=frozenset())).verdicts
    assert {verdict.status for verdict in nameless} == {Status.PASS}
    told = {verdict.requirement for verdict in nameless}
    assert told <= named
    assert all(_needs_a_word(name) for name in named - told)


def _needs_a_word(name: str) -> bool:
    """Whether only a scenario, or who knows the key, can say that a requirement holds."""
    return not REQUIREMENTS[name].needs.isdisjoint({"key", "no-key", "wrong-key", "recovery"})
