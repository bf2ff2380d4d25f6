"""The fault matrix in words: docs/fault-matrix.md, JSON for programs, and a few lines for a terminal.

conformance prove --format markdown > docs/fault-matrix.md
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Level, Requirement, Role
from conformance.proof.fault_matrix import RIGHT, FaultMatrix, Outcome, Row, Trial, alike, judged, rows
from conformance.proof.faults import Fault

_INTRODUCTION = """\
# The fault matrix

This page shows that every requirement of the suite can fail. A **fault** is one thing that a server does wrong, while
everything else about it conforms. Each fault declares which requirements it breaks. It is **caught** if exactly these
requirements fail, in all scenarios together and without effects. A fault that is not reported, or is reported as
something else, is a bug of this suite.

`conformance prove` plays all faults. `conformance mock --fault NAME` starts a server with one of them.
`conformance explain ID` shows a requirement. After the servers come [clients](#clients) and [gateways](#gateways). This
page is generated.
"""

_CLIENTS = """\
## Clients

The requirements on clients are proved in the same way, by a bundled client that conforms except for one **habit**.
`conformance client -- python -m conformance.mock.client --habit NAME` tests it with one of them.
"""

_GATEWAYS = """\
## Gateways

The requirements on gateways are proved in the same way, by a bundled gateway that passes everything on except for one
**habit**. `conformance gateway` tests it with one of them, see [gateways](gateways.md).
"""

#: What a fault is called.
_WORD = {Role.SERVER: "fault", Role.CLIENT: "habit", Role.GATEWAY: "habit"}

#: What stands before the part of a role, and under which name its faults stand in JSON.
_HEADS = {Role.CLIENT: _CLIENTS, Role.GATEWAY: _GATEWAYS}
_SECTIONS = {Role.SERVER: "faults", Role.CLIENT: "habits", Role.GATEWAY: "gateway_habits"}

_LEVELS = (Level.MUST, Level.SHOULD)


def summary(sides: Sequence[FaultMatrix], variations: tuple[str, ...], seconds: float) -> str:
    """The totals, and whatever is not right; the first line on variations counts them, the others accuse."""
    holds = all(side.holds for side in sides) and len(variations) == 1
    lines = [
        *chain.from_iterable(map(_counts, sides)),
        *variations,
        f"seconds: {seconds:.1f}",
        *chain.from_iterable(map(_amiss, sides)),
        "the proof holds" if holds else "the proof does not hold",
    ]
    return "\n".join([*lines, ""])


def part(trials: Sequence[Trial], every: int) -> str:
    """A line for each fault and requirement of what was asked for, and that nothing is said of the rest of `every`."""
    found = [row for trial in trials for row in rows(trial)]
    lines = (f"{row.outcome.words}: {row.fault}: {_said(row)}" for row in found)
    right = sum(all(row.outcome in RIGHT for row in rows(trial)) for trial in trials)
    return "\n".join([*lines, f"{right} of {len(trials)} as declared; {every - len(trials)} others not selected", ""])


def _counts(matrix: FaultMatrix) -> Iterator[str]:
    fault = _WORD[matrix.role] if matrix.role is not Role.GATEWAY else "gateway habit"
    every = len(judged(matrix.role))
    yield f"{fault}s caught / declared: {len(matrix.caught)} / {len(matrix.breaking)}"
    yield f"legal {fault}s that pass: {_let_pass(matrix)} / {len(matrix.faults) - len(matrix.breaking)}"
    yield f"{matrix.role} requirements covered: {every - len(matrix.uncovered())} / {every}"


def _amiss(matrix: FaultMatrix) -> Iterator[str]:
    fault = _WORD[matrix.role]
    yield from (f"void: {reason}" for reason in matrix.void)
    yield from (f"{row.outcome.words}: {row.fault}: {_said(row)}" for row in matrix.wrong)
    yield from (f"no {fault} breaks {requirement.id} ({requirement.level})" for requirement in matrix.uncovered())


def _let_pass(matrix: FaultMatrix) -> int:
    return len({row.fault for row in matrix.rows if row.outcome is Outcome.EQUIVALENT})


def _said(row: Row) -> str:
    first = "" if row.first is None else f"{row.first.scenario}: {row.first.message}"
    return " ".join(filter(None, (row.requirement, first, row.reason))) or "it applied nowhere"


def as_json(sides: Sequence[FaultMatrix]) -> str:
    """The matrices for programs, a fault, habit or requirement a line: verdicts, no ids, times or texts of a run."""
    sections = {_SECTIONS[side.role]: [_line(_fault_document(fault, side)) for fault in side.faults] for side in sides}
    lists = (f'"{name}": [\n' + ",\n".join(f"  {line}" for line in lines) + "\n]" for name, lines in sections.items())
    catching = ",\n".join(
        f"  {_line(row.id)}: {_line(each.catching(row.id))}" for each in sides for row in judged(each.role)
    )
    return "{\n" + ",\n".join((*lists, f'"requirements": {{\n{catching}\n}}')) + "\n}\n"


def _fault_document(fault: Fault, matrix: FaultMatrix) -> dict[str, object]:
    rows = [_row(row) for row in matrix.rows if row.fault == fault.name]
    return {
        "name": fault.name,
        "layer": fault.layer,
        "lie": fault.does,
        "breaks": sorted(fault.breaks),
        "rows": rows,
    }


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _row(row: Row) -> dict[str, object]:
    event = None if row.first is None else row.first.event
    told = {"requirement": row.requirement or None, "outcome": row.outcome, "scenarios": row.scenarios, "event": event}
    return {key: value for key, value in told.items() if value is not None}


def page(sides: Sequence[FaultMatrix], trials: Iterable[Trial]) -> str:
    """The text of docs/fault-matrix.md: servers, whose `trials` are compared, then the others in the same way."""
    servers, *others = sides
    parts = (line for side in others for line in (_HEADS[side.role], *_side(side)))
    return "\n".join([_INTRODUCTION, *_side(servers), *_alike(trials), *parts])


def _side(matrix: FaultMatrix) -> Iterator[str]:
    yield from _totals(matrix)
    yield from _wrong(matrix)
    yield from _by_requirement(matrix)
    yield from _without(matrix.role)
    yield from _by_layer(matrix)
    yield from _legal(matrix)


def _totals(matrix: FaultMatrix) -> Iterator[str]:
    fault = _WORD[matrix.role]
    yield f"## How many {fault}s\n"
    yield "| | |\n|---|---|"
    yield f"| {fault}s that break something | {len(matrix.breaking)} |"
    yield f"| of these caught as declared | {len(matrix.caught)} |"
    yield f"| {fault}s that are legal, and pass | {_let_pass(matrix)} |"
    for level in _LEVELS:
        of_level = [requirement for requirement in judged(matrix.role) if requirement.level is level]
        covered = sum(bool(matrix.catching(requirement.id)) for requirement in of_level)
        yield f"| {level} requirements that catch a {fault} | {covered} of {len(of_level)} |"
    yield ""


def _wrong(matrix: FaultMatrix) -> Iterator[str]:
    if matrix.wrong or matrix.void:
        yield f"## {_WORD[matrix.role].title()}s with an unexpected outcome\n"
        yield from (f"- {reason}" for reason in matrix.void)
        yield from (f"- `{row.fault}`: {row.outcome.words} {_linked(row.requirement)}" for row in matrix.wrong)
        yield ""


def _by_requirement(matrix: FaultMatrix) -> Iterator[str]:
    fault = _WORD[matrix.role]
    yield f"## Which {fault}s each requirement catches\n"
    for family, requirements in groupby(judged(matrix.role), lambda row: row.family):
        yield f"### {family}\n"
        yield f"| requirement | level | {fault}s |\n|---|---|---|"
        for requirement in requirements:
            faults = ", ".join(f"[{name}](#{name})" for name in matrix.catching(requirement.id))
            yield f"| {_linked(requirement.id)} | {requirement.level} | {faults or '**none**'} |"
        yield ""


def _without(role: Role) -> Iterator[str]:
    fault = _WORD[role]
    yield f"## Requirements without a {fault}\n"
    yield f"These are not judged, so no {fault} can break them.\n"
    yield "| requirement | level | why |\n|---|---|---|"
    yield from (_excluded(row) for row in REQUIREMENTS.values() if row.role is role and row.excluded)
    yield ""


def _excluded(requirement: Requirement) -> str:
    return f"| {_linked(requirement.id)} | {requirement.level} | {requirement.excluded} |"


def _by_layer(matrix: FaultMatrix) -> Iterator[str]:
    fault = _WORD[matrix.role]
    yield f"## The {fault}s, layer by layer\n"
    yield f"The number in parentheses counts the scenarios in which the {fault} is reported.\n"
    for layer, faults in groupby(matrix.breaking, lambda fault: fault.layer):
        yield f"### {layer}\n"
        yield f"| {fault} | what it does | reported as |\n|---|---|---|"
        yield from (_fault(fault, matrix) for fault in faults)
        yield ""


def _fault(fault: Fault, matrix: FaultMatrix) -> str:
    rows = (row for row in matrix.rows if row.fault == fault.name)
    told = ", ".join(f"{_linked(row.requirement)} ({len(row.scenarios)})" for row in rows)
    return f'| <a id="{fault.name}"></a>{fault.name} | {_cell(fault.does)} | {told} |'


def _legal(matrix: FaultMatrix) -> Iterator[str]:
    fault = _WORD[matrix.role]
    yield f"## {fault.title()}s that the contract leaves legal\n"
    yield "They change what the other side sees, but are legal: none of them may fail.\n"
    yield f"| {fault} | what it does | why it is legal |\n|---|---|---|"
    yield from (
        f"| {fault.name} | {_cell(fault.does)} | {_cell(fault.equivalent)} |"
        for fault in matrix.faults
        if fault.equivalent
    )
    yield ""


def _alike(trials: Iterable[Trial]) -> Iterator[str]:
    groups = alike(trials)
    if groups:
        yield "## Faults with the same verdicts\n"
        yield "The faults in a row get the same findings at the same places.\n"
        yield from (f"- {', '.join(group)}" for group in groups)
        yield ""


def _linked(requirement: str) -> str:
    return f"[{requirement}](requirements.md#{requirement})" if requirement else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
