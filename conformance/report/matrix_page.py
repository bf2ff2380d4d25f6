"""The kill matrix for readers: docs/matrix.md, docs/matrix.json, and a few lines for a terminal.

Write them anew with

conformance prove --format markdown > docs/matrix.md
conformance prove --format json > docs/matrix.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Level, Requirement, Role
from conformance.proof.faults import Fault
from conformance.proof.matrix import Matrix, Outcome, Row, Trial, alike, judged

_INTRODUCTION = """\
# The kill matrix

Every requirement that can fail is shown to fail. A **fault** is a lie that is planted in a server which otherwise does
everything right, and it declares which requirements it breaks. It is **killed** where just these have a primary
finding, over all scenarios, and nothing else has. One that is told as something else, or not at all, is a defect of
this suite.

`conformance prove` plays the proof; `conformance mock --fault NAME` plays any fault for you on a socket;
`conformance explain ID` shows a requirement. This page is generated.
"""

_LEVELS = (Level.MUST, Level.SHOULD)


def summary(matrix: Matrix, variations: tuple[str, ...], seconds: float) -> str:
    """The totals, and whatever is not right; the first line on variations counts them, the others accuse."""
    covered = len(judged()) - len(matrix.uncovered())
    lines = [
        f"faults killed / declared: {len(matrix.killed)} / {len(matrix.lethal)}",
        f"legal lies let pass: {_let_pass(matrix)} / {len(matrix.faults) - len(matrix.lethal)}",
        f"requirements covered: {covered} / {len(judged())}",
        *variations,
        f"seconds: {seconds:.1f}",
        *(f"void: {reason}" for reason in matrix.void),
        *(f"{row.outcome}: {row.fault}: {_said(row)}" for row in matrix.wrong),
        *(f"no fault breaks {requirement.id} ({requirement.level})" for requirement in matrix.uncovered()),
    ]
    return "\n".join(
        [*lines, "the proof holds" if matrix.holds and len(variations) == 1 else "the proof does not hold", ""]
    )


def _let_pass(matrix: Matrix) -> int:
    return len({row.fault for row in matrix.rows if row.outcome is Outcome.EQUIVALENT})


def _said(row: Row) -> str:
    first = "" if row.first is None else f"{row.first.scenario}: {row.first.message}"
    return " ".join(filter(None, (row.requirement, first, row.reason))) or "it applied nowhere"


def as_json(matrix: Matrix) -> str:
    """The matrix for programs, a fault or a requirement a line: verdicts, and no ids, times or texts of a run."""
    faults = ",\n".join(f"  {_line(_fault_document(fault, matrix))}" for fault in matrix.faults)
    killing = ",\n".join(f"  {_line(row.id)}: {_line(matrix.killing(row.id))}" for row in judged())
    return f'{{\n"faults": [\n{faults}\n],\n"requirements": {{\n{killing}\n}}\n}}\n'


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


def page(matrix: Matrix, trials: Iterable[Trial]) -> str:
    """The text of docs/matrix.md."""
    return "\n".join(
        [
            _INTRODUCTION,
            *_totals(matrix),
            *_wrong(matrix),
            *_by_requirement(matrix),
            *_without(),
            *_by_layer(matrix),
            *_legal(matrix),
            *_alike(trials),
        ]
    )


def _totals(matrix: Matrix) -> Iterator[str]:
    yield "## Totals\n"
    yield "| | |\n|---|---|"
    yield f"| faults that break something | {len(matrix.lethal)} |"
    yield f"| of these killed as declared | {len(matrix.killed)} |"
    yield f"| lies that are legal, and let pass | {_let_pass(matrix)} |"
    for level in _LEVELS:
        of_level = [requirement for requirement in judged() if requirement.level is level]
        covered = sum(bool(matrix.killing(requirement.id)) for requirement in of_level)
        yield f"| {level} requirements with a killing fault | {covered} of {len(of_level)} |"
    yield ""


def _wrong(matrix: Matrix) -> Iterator[str]:
    if matrix.wrong or matrix.void:
        yield "## Not as it should be\n"
        yield from (f"- {reason}" for reason in matrix.void)
        yield from (f"- `{row.fault}`: {row.outcome} {_linked(row.requirement)}" for row in matrix.wrong)
        yield ""


def _by_requirement(matrix: Matrix) -> Iterator[str]:
    yield "## Which faults each requirement kills\n"
    for family, rows in groupby(judged(), lambda row: row.family):
        yield f"### {family}\n"
        yield "| requirement | level | faults |\n|---|---|---|"
        for requirement in rows:
            faults = ", ".join(f"[{name}](#{name})" for name in matrix.killing(requirement.id))
            yield f"| {_linked(requirement.id)} | {requirement.level} | {faults or '**none**'} |"
        yield ""


def _without() -> Iterator[str]:
    yield "## Requirements without a fault\n"
    yield "Nothing judges these, so nothing could kill a fault of theirs.\n"
    yield "| requirement | level | why |\n|---|---|---|"
    yield from (_excluded(row) for row in REQUIREMENTS.values() if row.role is Role.SERVER and row.excluded)
    yield ""


def _excluded(requirement: Requirement) -> str:
    return f"| {_linked(requirement.id)} | {requirement.level} | {requirement.excluded} |"


def _by_layer(matrix: Matrix) -> Iterator[str]:
    yield "## The faults, layer by layer\n"
    yield "The number is that of the scenarios in which the fault is told.\n"
    for layer, faults in groupby(matrix.lethal, lambda fault: fault.layer):
        yield f"### {layer}\n"
        yield "| fault | the lie | told as |\n|---|---|---|"
        yield from (_fault(fault, matrix) for fault in faults)
        yield ""


def _fault(fault: Fault, matrix: Matrix) -> str:
    rows = (row for row in matrix.rows if row.fault == fault.name)
    told = ", ".join(f"{_linked(row.requirement)} ({len(row.scenarios)})" for row in rows)
    return f'| <a id="{fault.name}"></a>{fault.name} | {_cell(fault.lie)} | {told} |'


def _legal(matrix: Matrix) -> Iterator[str]:
    yield "## Lies that the contract leaves legal\n"
    yield "They change what a client sees, and nobody may be accused of them.\n"
    yield "| lie | | why it is legal |\n|---|---|---|"
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
