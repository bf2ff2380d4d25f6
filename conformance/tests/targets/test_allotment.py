"""Given runs go to the scenarios that need as many calls as they ask for, else to those that they suffice for."""

from __future__ import annotations

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.targets.allotment import allotted
from conformance.targets.settings import GivenRun, Settings

ONE, THREE, FOUR = (GivenRun("t", f"run_{n}", tuple(f"call_{i}" for i in range(n))) for n in (1, 3, 4))
UNTOLD = GivenRun("t", "run_untold")


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ((UNTOLD,), {"stream-one-call": UNTOLD}),
        ((ONE,), {"stream-one-call": ONE}),
        ((THREE, ONE), {"stream-three-calls": THREE, "stream-one-call": ONE}),
        ((UNTOLD, THREE), {"stream-three-calls": THREE, "stream-one-call": UNTOLD}),
        ((UNTOLD, ONE), {"json-one-call": UNTOLD, "stream-one-call": ONE}),
        ((FOUR,), {"stream-three-calls": FOUR}),
    ],
    ids=["untold", "one", "three and one", "untold and three", "untold and one", "four"],
)
def test_a_run_is_for_a_scenario_of_as_many_calls(given: tuple[GivenRun, ...], first: dict[str, GivenRun]) -> None:
    assert allotted(Settings("http://h", provision="run", runs=given)) == first


def test_however_many_are_given_none_is_for_another_number_of_calls() -> None:
    given = tuple(GivenRun("t", f"run_{n}", ("call",) * (n % 5 + 1)) for n in range(100))
    shared = allotted(Settings("http://h", provision="run", runs=given))
    assert {len(run.call_ids) for run in shared.values()} == {1, 2, 3}
    assert not [name for name, run in shared.items() if len(run.call_ids) != BY_ID[name].calls]
