"""What is still missing of something that was added, each with its file and what to run, before any test is run.

    python -m conformance.tests.complete

`make check` and `make test` begin with it. It reads tables and texts, and imports no check: a rule that is half written
stops every import of the checks, and just then somebody wants to know what to write next.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from conformance.contract.kinds import kinds
from conformance.contract.requirement_sets import frozen, newest
from conformance.contract.requirement_tables import joined
from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import SCENARIOS
from conformance.errors import ConformanceError
from conformance.mock.habits import HABITS
from conformance.model import Role
from conformance.proof.faults import FAULTS
from conformance.relay.habits import GATEWAY_HABITS
from conformance.tests.contract import catalogue

CHECKOUT = Path(__file__).parents[2]

_CONTRACT = "conformance/contract"
_JOINED = f"{_CONTRACT}/requirements.json"
_MAKE = "make docs"

#: The kind in a call of `observation.finding`.
_KIND = re.compile(r"finding\(\s*\"([^\"]+)\"")


class Missing(NamedTuple):
    """One step that was forgotten: the file, what is not in it, and what to run or write."""

    file: str
    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is compared, as texts and names."""

    #: The tables of requirements as they are now: each row by its id.
    rows: Mapping[str, Mapping[str, Any]]
    #: Every module of checks by its file.
    checks: Mapping[str, str]
    #: Requirement -> its kinds of findings.
    kinds: Mapping[str, frozenset[str]]
    #: The requirements that have a violating example.
    examples: frozenset[str]
    #: The requirements that a fault, or a habit of a client, breaks.
    broken: frozenset[str]
    #: The sentences of the contract that may be cited.
    catalogue: frozenset[str]
    #: The scenarios of servers, and the cassettes that there are.
    scenarios: frozenset[str]
    cassettes: frozenset[str]
    #: Generated file -> what it holds, and what it would hold now.
    generated: Mapping[str, tuple[str, str]]
    #: The faults and habits, and the page that names each.
    faults: frozenset[str]
    matrix: str


def facts() -> Facts:
    """Read the checkout. Raises ConformanceError where a table of requirements is off."""
    tables = joined()
    table = CHECKOUT / _CONTRACT / "examples" / "violations.toml"
    checks = sorted((CHECKOUT / "conformance" / "checks").rglob("*.py"))
    every = {**FAULTS, **HABITS, **GATEWAY_HABITS}
    return Facts(
        rows={row["id"]: row for row in json.loads(tables)},
        checks={path.relative_to(CHECKOUT).as_posix(): path.read_text(encoding="utf-8") for path in checks},
        kinds={requirement: frozenset(rows) for requirement, rows in kinds().items()},
        # By its heads: a table that is off elsewhere is the business of the tests.
        examples=frozenset(re.findall(r'^\["([^"]+)"\]$', table.read_text(encoding="utf-8"), re.MULTILINE)),
        broken=frozenset(requirement for fault in every.values() for requirement in fault.breaks),
        catalogue=frozenset(catalogue.LEVELS),
        scenarios=frozenset(scenario.id for scenario in SCENARIOS if scenario.role is Role.SERVER),
        cassettes=frozenset(path.stem for path in (CHECKOUT / "cassettes" / "reference").glob("*.jsonl")),
        generated=_generated(tables),
        faults=frozenset(every),
        matrix=_text("docs/fault-matrix.md"),
    )


def _generated(tables: str) -> Mapping[str, tuple[str, str]]:
    """The generated files that are compared at once; all others have tests of their own.

    Where the joined file is old nothing that is made of it can be new: it stands alone then.
    """
    first = {_JOINED: (_text(_JOINED), tables)}
    if len(set(first[_JOINED])) > 1:
        return first
    # They load the checks, which load only where the joined file knows what they are bound to.
    from conformance.report.lifecycle_page import lifecycle_markdown
    from conformance.report.requirements_page import page

    chosen = newest()
    made: Mapping[str, Callable[[], str]] = {
        f"{_CONTRACT}/sets/{chosen}.json": lambda: frozen(chosen, REQUIREMENTS.values()),
        "docs/requirements.md": page,
        "docs/lifecycle.md": lifecycle_markdown,
    }
    return first | {name: (_text(name), make()) for name, make in made.items()}


def _text(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


#: Role -> where what breaks its requirements is declared.
_BROKEN_IN: Mapping[Role, str] = {
    Role.SERVER: "conformance/proof/faults/",
    Role.CLIENT: "conformance/mock/client/habits.py",
    Role.GATEWAY: "conformance/relay/habits.py",
}


def missing(known: Facts) -> Iterator[Missing]:
    """Every forgotten step, in the order in which docs/contributing.md names them."""
    for requirement, row in known.rows.items():
        yield from _of_citations(known, requirement, row)
        if row.get("excluded") is None:
            yield from _of_requirement(known, requirement)
    yield from _of_ids(known)
    yield from _of_kinds(known)
    for scenario in sorted(known.scenarios - known.cassettes):
        yield Missing(f"cassettes/reference/{scenario}.jsonl", f"no cassette of the scenario {scenario}", _MAKE)
    for scenario in sorted(known.cassettes - known.scenarios):
        yield Missing(f"cassettes/reference/{scenario}.jsonl", "a cassette of no scenario", "delete it, then make docs")
    for name, (kept, now) in known.generated.items():
        if kept != now:
            yield Missing(name, "older than what it is made of", _MAKE)
    for fault in sorted(known.faults):
        if f"| {fault} |" not in known.matrix and f"</a>{fault} |" not in known.matrix:
            yield Missing("docs/fault-matrix.md", f"the fault {fault} is not on the page", _MAKE)


def _of_citations(known: Facts, requirement: str, row: Mapping[str, Any]) -> Iterator[Missing]:
    for contract_id in row["contract"]:
        if contract_id not in known.catalogue:
            file = "conformance/tests/contract/catalogue.toml"
            yield Missing(file, f"{requirement} cites {contract_id}, which is not there", "correct the id, or add it")


def _of_requirement(known: Facts, requirement: str) -> Iterator[Missing]:
    family, _, rule = requirement.partition(".")
    if not any(f'"{requirement}"' in text for text in known.checks.values()):
        home = f"conformance/checks/{family}"
        file = f"{home}.py" if f"{home}.py" in known.checks else f"{home}/"
        yield Missing(file, f"no check of {requirement}", f'write a function with @check("{requirement}", on=[…])')
    if requirement not in known.kinds:
        yield Missing(
            f"{_CONTRACT}/kinds.toml", f"no kind of {requirement}", f'write {rule}.<kind> = "" below [{family}]'
        )
    if requirement not in known.examples:
        file, command = f"{_CONTRACT}/examples/violations.toml", "pytest -q conformance/tests/contract/test_examples.py"
        yield Missing(file, f"no example that violates {requirement}", f"{command} -k {requirement}")
    if requirement not in known.broken:
        role = known.rows[requirement]["role"]
        file = _BROKEN_IN[Role(role)]
        yield Missing(file, f"nothing breaks {requirement}", f"conformance prove -k {requirement}")


def _of_ids(known: Facts) -> Iterator[Missing]:
    """What is there for a requirement that is not: a slip in an id, or one that was taken away."""
    places = {
        f"{_CONTRACT}/kinds.toml": known.kinds.keys(),
        f"{_CONTRACT}/examples/violations.toml": known.examples,
        " or ".join(_BROKEN_IN.values()): known.broken,
    }
    for file, ids in places.items():
        for requirement in sorted(ids - known.rows.keys()):
            table = f"{_CONTRACT}/requirements/{requirement.partition('.')[0]}.toml"
            yield Missing(file, f"{requirement} is no requirement", f"correct the id, or add it to {table}")


def _of_kinds(known: Facts) -> Iterator[Missing]:
    declared = frozenset(kind for kinds_ in known.kinds.values() for kind in kinds_)
    for file, text in known.checks.items():
        for kind in dict.fromkeys(_KIND.findall(text)):
            if kind not in declared:
                command = f'write <rule>.{kind} = "" below its family'
                yield Missing(f"{_CONTRACT}/kinds.toml", f"no row of the kind {kind!r}, which {file} finds", command)


def main() -> int:
    """Print what is missing, a line each; 1 where something is."""
    try:
        found = tuple(missing(facts()))
    except ConformanceError as off:
        print(off, file=sys.stderr)
        return 1
    for one in found:
        print(f"{one.file}: {one.what}\n    {one.command}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
