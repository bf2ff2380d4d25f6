"""What `conformance explain ID` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import unified_diff
from functools import partial
from textwrap import fill
from types import MappingProxyType
from typing import TypeVar

from conformance.contract.examples import Example, examples_of
from conformance.contract.requirements import REQUIREMENTS, find
from conformance.contract.scenarios import BY_ID, TRAITS, requires
from conformance.errors import UsageError, did_you_mean
from conformance.mock.habits import HABITS
from conformance.model import Requirement, Role, Scenario, Source, Status
from conformance.proof.faults import FAULTS
from conformance.proof.faults.registry import Fault
from conformance.report.confidence import CONFIDENCE
from conformance.report.exchanges import lines, telling
from conformance.report.plain import command_line, field, listing
from conformance.verdict.judge import ENVIRONMENT, planned

T = TypeVar("T")

#: Who is judged in a scenario -> the command that plays it, with what this suite brings along on the other side.
_PLAYED = MappingProxyType(
    {
        Role.SERVER: "conformance server -k {}",
        Role.CLIENT: "conformance mock --scenario {}",
        Role.GATEWAY: "conformance gateway --base-url http://127.0.0.1:8080/v1 --scenario {}"
        " -- python -m conformance.relay --port 8080",
    }
)

#: Scenarios named before the rest is counted.
_NAMED = 6

#: Unchanged lines shown around a difference.
_AROUND = 2


#: What each status means, and what to do about it.
_STATUSES = MappingProxyType(
    {
        Status.PASS: "The requirement was checked in this scenario, and it is met.",
        Status.FAIL: "The requirement was checked, and it is violated. A MUST fails the run (exit code 1). With"
        " --strict, a SHOULD fails it too, unless it is only inferred (confidence L).",
        Status.WARN: "A SHOULD was checked, and it is not met. The exit code stays 0 without --strict.",
        Status.NOT_APPLICABLE: "The requirement says nothing about what happened here; it counts neither way.",
        Status.UNTESTABLE: "The requirement was planned, but could not be checked: the run never reached the required"
        " state, or an earlier failure took away what the check needs. The report gives the reason. The run is"
        " incomplete (exit code 2).",
        Status.ERROR: "An internal error of the suite. It never counts against the target (exit code 3).",
    }
)


def explain(id_: str, width: int = 100) -> str:
    """All there is to say about a requirement, also by an id of the contract, a scenario, a fault, a habit or a status.

    The very id comes before one in another case. Raises UsageError with the nearest ids where nothing has it.
    """
    known = _known()
    found = next((known[spelled] for spelled in (id_, id_.lower(), id_.upper()) if spelled in known), None)
    if found is None:
        hint = did_you_mean(id_, known) or "`conformance list requirements` shows the ids of requirements."
        raise UsageError(f"nothing to explain has the id {id_!r}", hint)
    return "\n\n".join("\n".join(lines) for lines in found(width)) + "\n"


#: Writes one block or more at a width.
_Explanation = Callable[[int], list[Iterator[str]]]


def _known() -> dict[str, _Explanation]:
    """Everything that can be explained, by its id; of several with one id the requirement counts, then the scenario."""
    known: dict[str, _Explanation] = {status.value: partial(_one, _status, status) for status in Status}
    known |= {habit.name: partial(_one, _habit, habit) for habit in HABITS.values()}
    known |= {fault.name: partial(_one, _fault, fault) for fault in FAULTS.values()}
    known |= {scenario.id: partial(_one, _scenario, scenario) for scenario in BY_ID.values()}
    cited = {name for row in REQUIREMENTS.values() for name in row.contract}
    return known | {name: partial(_every, name) for name in (*sorted(cited), *REQUIREMENTS)}


def _one(write: Callable[[T, int], Iterator[str]], subject: T, width: int) -> list[Iterator[str]]:
    return [write(subject, width)]


def _every(id_: str, width: int) -> list[Iterator[str]]:
    return [_explained(requirement, width) for requirement in find(id_)]


def _planned_in(requirement: Requirement) -> tuple[str, ...]:
    """The ids of the scenarios in which a requirement is planned, given real runs and a configured key."""
    return tuple(scenario.id for scenario in BY_ID.values() if requirement in planned(scenario, ENVIRONMENT))


def _status(status: Status, width: int) -> Iterator[str]:
    yield f"{status}  status of a requirement in a scenario"
    yield ""
    yield fill(_STATUSES[status], width, initial_indent="  ", subsequent_indent="  ")


def _scenario(scenario: Scenario, width: int) -> Iterator[str]:
    yield f"{scenario.id}  scenario in which a {scenario.role} is judged"
    yield ""
    yield fill(scenario.title, width, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from (field("needs", f"{need}: {TRAITS[need]}", width) for need in sorted(requires(scenario)))
    mine = tuple(row.id for row in planned(scenario, ENVIRONMENT))
    yield field("planned", f"{len(mine)} requirements: {', '.join(mine)}", width)
    yield command_line("play", _PLAYED[scenario.role].format(scenario.id))


def _fault(fault: Fault, width: int) -> Iterator[str]:
    yield f"{fault.name}  fault of a server ({fault.layer})"
    yield from _broken(fault, width)
    yield command_line("play", f"conformance mock --fault {fault.name}")
    yield command_line("prove", f"conformance prove -k {fault.name}")


def _habit(habit: Fault, width: int) -> Iterator[str]:
    yield f"{habit.name}  habit of a client ({habit.layer})"
    yield from _broken(habit, width)
    yield command_line("play", f"conformance client -- python -m conformance.mock.client --habit {habit.name}")
    yield command_line("prove", f"conformance prove -k {habit.name}")


def _broken(fault: Fault, width: int) -> Iterator[str]:
    yield ""
    yield fill(fault.does, width, initial_indent="  ", subsequent_indent="  ")
    yield ""
    if fault.breaks:
        yield listing("breaks", tuple(sorted(fault.breaks)), width, len(fault.breaks))
    if fault.equivalent:
        yield field("legal", fault.equivalent, width)
    if fault.scenarios:
        yield listing("scenarios", fault.scenarios, width, _NAMED)


def _explained(requirement: Requirement, width: int) -> Iterator[str]:
    attested = f"confidence {requirement.confidence} ({CONFIDENCE[requirement.confidence]})"
    yield f"{requirement.id}  {requirement.level}  for {requirement.role}s, {attested}"
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
    yield f"  violating: {violating.says} (-: missing, +: instead)"
    yield ""
    yield from (f"    {line}".rstrip() for line in _difference(right, wrong))


def _difference(right: tuple[str, ...], wrong: tuple[str, ...]) -> Iterator[str]:
    # The first two lines name files; a hunk's head counts lines of files nobody has.
    for line in list(unified_diff(right, wrong, n=_AROUND, lineterm=""))[2:]:
        yield "…" if line.startswith("@@") else line
