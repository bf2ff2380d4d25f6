"""The bundled client is right in every scenario, and every answer of the contract is played to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.contract.client_scenarios import ANSWERS, CLIENT_SCENARIOS
from conformance.mock.replies import REPLIES
from conformance.model import Role, Status
from conformance.reference.scripted_model import HINDRANCES
from conformance.targets.bundled_client import Bundled
from conformance.targets.client import ClientTarget
from conformance.verdict.judge import judge


def test_every_answer_of_the_contract_is_played() -> None:
    assert set(REPLIES) == set(ANSWERS)
    assert set(HINDRANCES) <= set(ANSWERS)


def test_the_right_client_passes_everything() -> None:
    target = ClientTarget(Bundled("none"))
    with ThreadPoolExecutor(8) as pool:
        subjects = [judge(each, role=Role.CLIENT) for each in pool.map(target.exchange, CLIENT_SCENARIOS)]
    bad = {s.name: sorted(v.requirement for v in s.verdicts if v.status is not Status.PASS) for s in subjects}
    assert {name: verdicts for name, verdicts in bad.items() if verdicts} == {}
    assert all(len(subject.verdicts) >= 10 for subject in subjects)
