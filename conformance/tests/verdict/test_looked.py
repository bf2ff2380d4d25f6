"""A check says that there was nothing to look at, or that it looked: in the references each is known beforehand.

`joined.json` holds, scenario by scenario, what is judged in its reference beside what is planned for it. A requirement
that joins there without having been looked at would be counted as passed by a server that never showed it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.files import cassettes_folder
from conformance.model import Role, Status, Transcript
from conformance.verdict.judge import judge, planned
from conformance.wire import cassette

JOINED: dict[str, list[str]] = json.loads(Path(__file__).with_name("joined.json").read_text(encoding="utf-8"))
PLAYED = [scenario for scenario in BY_ID.values() if scenario.role is Role.SERVER]


def _reference(name: str) -> Transcript:
    return cassette.read(
        (cassettes_folder() / f"reference/{name}.jsonl").read_text(encoding="utf-8").splitlines(), name
    )


@pytest.mark.parametrize("scenario", PLAYED, ids=lambda scenario: scenario.id)
def test_what_is_planned_is_judged_and_nothing_joins_that_was_not_looked_at(scenario):
    transcript = _reference(scenario.id)
    verdicts = judge(transcript).verdicts
    assert {verdict.status for verdict in verdicts} == {Status.PASS}
    assert [verdict.requirement for verdict in verdicts if verdict.joined] == JOINED.get(scenario.id, [])
    told = [verdict.requirement for verdict in verdicts if not verdict.joined]
    assert told == [requirement.id for requirement in planned(scenario, transcript.traits)]
