"""The listing of `checks/` is the list of families: each has its requirements, and each file its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import checks
from conformance.checks import CHECKS
from conformance.contract.requirements import REQUIREMENTS

#: What families share is in a folder of its own.
_SHARED = "shared"

FOLDER = Path(checks.__file__).parent
LISTED = {path.stem for path in FOLDER.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
FAMILIES = sorted(LISTED - {"__init__", _SHARED})


def test_every_family_with_a_rule_that_is_judged_is_listed() -> None:
    judged = {name.partition(".")[0] for name, requirement in REQUIREMENTS.items() if requirement.excluded is None}
    assert judged == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rules_of_a_family_are_bound_in_its_own_file(family: str) -> None:
    homes = {check.judge.__module__ for name, check in CHECKS.items() if name.startswith(f"{family}.")}
    assert homes
    own = f"{checks.__name__}.{family}"
    assert all(home == own or home.startswith((f"{own}.", f"{checks.__name__}.{_SHARED}.")) for home in homes), homes
