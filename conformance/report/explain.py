"""What `conformance explain ID` and `conformance list requirements|scenarios|faults` print."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from textwrap import fill

from conformance.contract.examples import Example, examples_of
from conformance.contract.requirements import REQUIREMENTS, find
from conformance.contract.scenarios import BY_ID, TRAITS, requires
from conformance.model import Requirement, Source
from conformance.proof.faults import FAULTS
from conformance.report.exchanges import lines, telling
from conformance.report.plain import field, listing
from conformance.verdict.judge import ENVIRONMENT, planned

#: Scenarios named before the rest is counted.
_NAMED = 6

#: Unchanged lines shown around a difference.
_AROUND = 2


def explain(id_: str, width: int = 100) -> str:
    """Return all there is to say about a requirement, or about every one that cites an id of the contract.

    Raises UsageError where no requirement has or cites the id.
    """
    return "\n\n".join("\n".join(_explained(requirement, width)) for requirement in find(id_)) + "\n"


def requirements_list() -> str:
    """Return one line for each requirement: id, level, confidence, when it is judged, and its sentence."""
    rows = [(row.id, row.level, row.confidence, when(row), row.sentence) for row in REQUIREMENTS.values()]
    wide = [max(len(row[column]) for row in rows) for column in range(4)]
    return "".join(_columns(row, wide) for row in rows)


def scenarios_list() -> str:
    """Return one line for each scenario: id, who is judged, what it takes beyond that, and its title."""
    rows = [(row.id, row.role.value, " ".join(sorted(requires(row))) or "-", row.title) for row in BY_ID.values()]
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join(_columns(row, wide) for row in rows)


def faults_list() -> str:
    """Return one line for each fault: name, layer, and what it does."""
    rows = [(fault.name, fault.layer, fault.does) for fault in FAULTS.values()]
    wide = [max(len(row[column]) for row in rows) for column in range(2)]
    return "".join(_columns(row, wide) for row in rows)


def when(requirement: Requirement) -> str:
    """In a word, when a requirement is judged: planned, by luck, or never."""
    return "excluded" if requirement.excluded else "luck" if requirement.luck else "planned"


def _planned_in(requirement: Requirement) -> tuple[str, ...]:
    """The ids of the scenarios in which a requirement is planned, given real runs and a configured key."""
    return tuple(scenario.id for scenario in BY_ID.values() if requirement in planned(scenario, ENVIRONMENT))


def _columns(row: tuple[str, ...], wide: list[int]) -> str:
    head = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, wide, strict=False))
    return f"{head}  {row[len(wide)]}\n"


def _explained(requirement: Requirement, width: int) -> Iterator[str]:
    yield f"{requirement.id}  {requirement.level}  binds the {requirement.role}, confidence {requirement.confidence}"
    yield ""
    yield fill(requirement.sentence, width, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield field("why", requirement.why, width)
    for label, text in _facts(requirement):
        yield field(label, text, width)
    yield from _planned(requirement, width)
    yield field("added", requirement.added, width)
    pair = examples_of(requirement.id)
    if pair is not None:
        yield ""
        yield from _examples(*pair)


def _facts(requirement: Requirement) -> Iterator[tuple[str, str]]:
    yield from zip(("evidence", *[""] * len(requirement.evidence)), requirement.evidence, strict=False)
    yield from zip(("sources", *[""] * len(requirement.sources)), map(_source, requirement.sources), strict=False)
    yield "contract", ", ".join(requirement.contract)


def _source(source: Source) -> str:
    return f"{source.kind}: {source.ref} {source.url or ''}".rstrip()


def _planned(requirement: Requirement, width: int) -> Iterator[str]:
    if requirement.excluded is not None:
        yield field("excluded", requirement.excluded, width)
    elif requirement.luck:
        yield field("judged", "whenever it is observed; never planned, since it cannot be triggered on demand", width)
    else:
        yield field("judged", f"for {' and '.join(sorted(requirement.operations))} where all of these hold", width)
        yield from (field("", f"{need}: {TRAITS[need]}", width) for need in sorted(requirement.needs))
        yield listing("scenarios", _planned_in(requirement), width, _NAMED)


def _examples(conforming: Example, violating: Example) -> Iterator[str]:
    shown = telling(conforming.transcript, violating.transcript)
    right, wrong = lines(conforming.transcript, shown), lines(violating.transcript, shown)
    yield f"  conforming: {conforming.says}"
    yield ""
    yield from (f"    {line}".rstrip() for line in right)
    yield f"  violating: {violating.says} (-: gone, +: instead)"
    yield ""
    yield from (f"    {line}".rstrip() for line in _difference(right, wrong))


def _difference(right: tuple[str, ...], wrong: tuple[str, ...]) -> Iterator[str]:
    # The first two lines name files; a hunk's head counts lines of files nobody has.
    for line in list(unified_diff(right, wrong, n=_AROUND, lineterm=""))[2:]:
        yield "…" if line.startswith("@@") else line
