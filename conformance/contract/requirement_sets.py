"""Requirement sets, each frozen under the month of its release: which rules are scored, at the level they had then.

Whoever gates on the suite chooses one. A rule that joined later is judged and told, and does not count; a rule whose
level was changed later keeps the level of the set. Without a choice the newest set is scored: an upgrade of the suite
turns nobody red by a rule before the release that freezes the set which holds it, and until then it is told.

The newest set is that of the coming release. It is written anew whenever a rule joins it or changes its level, with

    python -m conformance.contract.requirement_sets > conformance/contract/sets/2026.11.json

and a test keeps it current. The older ones are never written again. To begin a new set, write it under its own month:

    python -m conformance.contract.requirement_sets 2027.01 > conformance/contract/sets/2027.01.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from conformance.contract.data import contract_names, contract_text
from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import UsageError
from conformance.model import Level, Requirement


@cache
def names() -> tuple[str, ...]:
    """Every frozen set, the oldest first."""
    return tuple(sorted(name.removesuffix(".json") for name in contract_names("sets")))


def newest() -> str:
    """The set that is scored where none is chosen."""
    return names()[-1]


@cache
def levels(name: str) -> Mapping[str, Level]:
    """The rules of a set, each with the level it had then. Raises UsageError where there is no such set."""
    if name not in names():
        raise UsageError(f"there is no requirement set {name!r}", f"There is: {', '.join(names())}.")
    rules = json.loads(contract_text(f"sets/{name}.json"))
    return MappingProxyType({id_: Level(level) for id_, level in rules.items()})


def frozen(name: str, requirements: Iterable[Requirement] = REQUIREMENTS.values()) -> str:
    """The text of a set: every rule that something checks and that had joined by then, in the catalogue's order."""
    rules = {r.id: r.level.value for r in requirements if r.excluded is None and r.added <= name}
    return json.dumps(rules, indent=1) + "\n"


if __name__ == "__main__":
    print(frozen(sys.argv[1] if len(sys.argv) > 1 else newest()), end="")
