"""The kill matrix for readers: docs/matrix.md, docs/matrix.json, and a few lines for a terminal.

Write them anew with

conformance prove --format markdown > docs/matrix.md
conformance prove --format json > docs/matrix.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Level, Requirement, Role
from conformance.proof.faults import Fault
from conformance.proof.matrix import RIGHT, Matrix, Outcome, Row, Trial, alike, judged, rows

_INTRODUCTION = """\
# The kill matrix

Every requirement that can fail is shown to fail. A **fault** is a lie that is planted in a server which otherwise does
everything right, and it declares which requirements it breaks. It is **killed** where just these have a primary
finding, over all scenarios, and nothing else has. One that is told as something else, or not at all, is a defect of
this suite.

`conformance prove` plays the proof; `conformance mock --fault NAME` plays any fault for you on a socket;
`conformance explain ID` shows a requirement. [Clients](#clients) come after the servers. This page is generated.
"""

_CLIENTS = """\
## Clients

What is asked of clients is shown to fail likewise, by a bundled client that does everything right but for one
**habit**. `conformance client -- python -m conformance.mock.client --habit NAME` judges any of them for you.
"""

#: What a fault is called, and what it does.
_WORDS = {Role.SERVER: ("fault", "lie"), Role.CLIENT: ("habit", "habit")}

_LEVELS = (Level.MUST, Level.SHOULD)


def summary(matrix: Matrix, clients: Matrix, variations: tuple[str, ...], seconds: float) -> str:
    """The totals, and whatever is not right; the first line on variations counts them, the others accuse."""
    holds = matrix.holds and clients.holds and len(variations) == 1
    lines = [
        *_counts(matrix),
        *_counts(clients),
        *variations,
        f"seconds: {seconds:.1f}",
        *_amiss(matrix),
        *_amiss(clients),
        "the proof holds" if holds else "the proof does not hold",
    ]
    return "\n".join([*lines, ""])


def part(trials: Sequence[Trial], every: int) -> str:
    """A line for each fault and requirement of what was asked for, and that nothing is said of the rest of `every`."""
    found = [row for trial in trials for row in rows(trial)]
    lines = (f"{row.outcome}: {row.fault}: {_said(row)}" for row in found)
    right = sum(all(row.outcome in RIGHT for row in rows(trial)) for trial in trials)
    return "\n".join([*lines, f"{right} of {len(trials)} as declared; {every - len(trials)} more were not played", ""])


def _counts(matrix: Matrix) -> Iterator[str]:
    fault, lie = _WORDS[matrix.role]
    every = len(judged(matrix.role))
    yield f"{fault}s killed / declared: {len(matrix.killed)} / {len(matrix.lethal)}"
    yield f"legal {lie}s let pass: {_let_pass(matrix)} / {len(matrix.faults) - len(matrix.lethal)}"
    yield f"{matrix.role} requirements covered: {every - len(matrix.uncovered())} / {every}"


def _amiss(matrix: Matrix) -> Iterator[str]:
    fault, _ = _WORDS[matrix.role]
    yield from (f"void: {reason}" for reason in matrix.void)
    yield from (f"{row.outcome}: {row.fault}: {_said(row)}" for row in matrix.wrong)
    yield from (f"no {fault} breaks {requirement.id} ({requirement.level})" for requirement in matrix.uncovered())


def _let_pass(matrix: Matrix) -> int:
    return len({row.fault for row in matrix.rows if row.outcome is Outcome.EQUIVALENT})


def _said(row: Row) -> str:
    first = "" if row.first is None else f"{row.first.scenario}: {row.first.message}"
    return " ".join(filter(None, (row.requirement, first, row.reason))) or "it applied nowhere"


def as_json(matrix: Matrix, clients: Matrix) -> str:
    """The matrices for programs, a fault, habit or requirement a line: verdicts, no ids, times or texts of a run."""
    sections = {
        "faults": [_line(_fault_document(fault, matrix)) for fault in matrix.faults],
        "habits": [_line(_fault_document(habit, clients)) for habit in clients.faults],
    }
    lists = (f'"{name}": [\n' + ",\n".join(f"  {line}" for line in lines) + "\n]" for name, lines in sections.items())
    killing = ",\n".join(
        f"  {_line(row.id)}: {_line(each.killing(row.id))}" for each in (matrix, clients) for row in judged(each.role)
    )
    return "{\n" + ",\n".join((*lists, f'"requirements": {{\n{killing}\n}}')) + "\n}\n"


def _fault_document(fault: Fault, matrix: Matrix) -> dict[str, object]:
    rows = [_row(row) for row in matrix.rows if row.fault == fault.name]
    return {
        "name": fault.name,
        "layer": fault.layer,
        "lie": fault.lie,
        "breaks": sorted(fault.breaks),
        "rows": rows,
    }


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _row(row: Row) -> dict[str, object]:
    event = None if row.first is None else row.first.event
    told = {"requirement": row.requirement or None, "outcome": row.outcome, "scenarios": row.scenarios, "event": event}
    return {key: value for key, value in told.items() if value is not None}


def page(matrix: Matrix, trials: Iterable[Trial], clients: Matrix) -> str:
    """The text of docs/matrix.md."""
    return "\n".join(
        [
            _INTRODUCTION,
            *_side(matrix),
            *_alike(trials),
            _CLIENTS,
            *_side(clients),
        ]
    )


def _side(matrix: Matrix) -> Iterator[str]:
    yield from _totals(matrix)
    yield from _wrong(matrix)
    yield from _by_requirement(matrix)
    yield from _without(matrix.role)
    yield from _by_layer(matrix)
    yield from _legal(matrix)


def _totals(matrix: Matrix) -> Iterator[str]:
    fault, lie = _WORDS[matrix.role]
    yield f"## How many {fault}s\n"
    yield "| | |\n|---|---|"
    yield f"| {fault}s that break something | {len(matrix.lethal)} |"
    yield f"| of these killed as declared | {len(matrix.killed)} |"
    yield f"| {lie}s that are legal, and let pass | {_let_pass(matrix)} |"
    for level in _LEVELS:
        of_level = [requirement for requirement in judged(matrix.role) if requirement.level is level]
        covered = sum(bool(matrix.killing(requirement.id)) for requirement in of_level)
        yield f"| {level} requirements with a killing {fault} | {covered} of {len(of_level)} |"
    yield ""


def _wrong(matrix: Matrix) -> Iterator[str]:
    if matrix.wrong or matrix.void:
        yield f"## {_WORDS[matrix.role][0].title()}s that are not as they should be\n"
        yield from (f"- {reason}" for reason in matrix.void)
        yield from (f"- `{row.fault}`: {row.outcome} {_linked(row.requirement)}" for row in matrix.wrong)
        yield ""


def _by_requirement(matrix: Matrix) -> Iterator[str]:
    fault, _ = _WORDS[matrix.role]
    yield f"## Which {fault}s each requirement kills\n"
    for family, requirements in groupby(judged(matrix.role), lambda row: row.family):
        yield f"### {family}\n"
        yield f"| requirement | level | {fault}s |\n|---|---|---|"
        for requirement in requirements:
            faults = ", ".join(f"[{name}](#{name})" for name in matrix.killing(requirement.id))
            yield f"| {_linked(requirement.id)} | {requirement.level} | {faults or '**none**'} |"
        yield ""


def _without(role: Role) -> Iterator[str]:
    fault, _ = _WORDS[role]
    yield f"## Requirements without a {fault}\n"
    yield f"Nothing judges these, so nothing could kill a {fault} of theirs.\n"
    yield "| requirement | level | why |\n|---|---|---|"
    yield from (_excluded(row) for row in REQUIREMENTS.values() if row.role is role and row.excluded)
    yield ""


def _excluded(requirement: Requirement) -> str:
    return f"| {_linked(requirement.id)} | {requirement.level} | {requirement.excluded} |"


def _by_layer(matrix: Matrix) -> Iterator[str]:
    fault, lie = _WORDS[matrix.role]
    yield f"## The {fault}s, layer by layer\n"
    yield f"The number is that of the scenarios in which the {fault} is told.\n"
    for layer, faults in groupby(matrix.lethal, lambda fault: fault.layer):
        yield f"### {layer}\n"
        yield f"| {fault} | the {lie} | told as |\n|---|---|---|"
        yield from (_fault(fault, matrix) for fault in faults)
        yield ""


def _fault(fault: Fault, matrix: Matrix) -> str:
    rows = (row for row in matrix.rows if row.fault == fault.name)
    told = ", ".join(f"{_linked(row.requirement)} ({len(row.scenarios)})" for row in rows)
    return f'| <a id="{fault.name}"></a>{fault.name} | {_cell(fault.lie)} | {told} |'


def _legal(matrix: Matrix) -> Iterator[str]:
    _, lie = _WORDS[matrix.role]
    yield f"## {lie.title()}s that the contract leaves legal\n"
    yield "They change what the other side sees, and nobody may be accused of them.\n"
    yield f"| {lie} | | why it is legal |\n|---|---|---|"
    yield from (
        f"| {fault.name} | {_cell(fault.lie)} | {_cell(fault.equivalent)} |"
        for fault in matrix.faults
        if fault.equivalent
    )
    yield ""


def _alike(trials: Iterable[Trial]) -> Iterator[str]:
    groups = alike(trials)
    if groups:
        yield "## Faults that no verdict tells apart\n"
        yield "Whatever is said of them is said in the same words at the same places.\n"
        yield from (f"- {', '.join(group)}" for group in groups)
        yield ""


def _linked(requirement: str) -> str:
    return f"[{requirement}](requirements.md#{requirement})" if requirement else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
