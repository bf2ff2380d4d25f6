"""Two faults at once, in process: what each breaks by itself, and what is said of it beside the other.

The law of pairs (design rule 8): repairing one defect may turn an effect or an `untestable` into a failure, never a
pass or something unreported; and excusing one excuses no other. `python -m conformance.tests.proof.pairs` judges every
pair and counts; the tests judge a sample of them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from itertools import islice

from conformance.model import Status, Subject, Transcript, Verdict
from conformance.proof.faults import FAULTS, LAYERS, broken
from conformance.tests.wire.mutated import seeds
from conformance.verdict.judge import judge

_ORDER = [module.__name__.rpartition(".")[2] for module in LAYERS]
#: Faults of a transcript that break something, the innermost layer first: what a byte is comes after what it says.
LETHAL = sorted(
    (name for name, fault in FAULTS.items() if fault.change is not None and fault.breaks),
    key=lambda name: (-_ORDER.index(FAULTS[name].layer), name),
)


class Said(StrEnum):
    """What is said of a defect while there is another one."""

    #: It has a primary finding of its own.
    TOLD = "told"
    #: It could not be looked at, and what prevents that is named.
    UNTESTABLE = "untestable"
    #: It counts as an effect of the other one.
    EFFECT = "effect"
    #: Another one, of a SHOULD, leaves it open, and is named (design rule 15).
    NOT_APPLICABLE = "not applicable"
    #: Nothing planned it, and it did not come about.
    NOT_EXERCISED = "not exercised"
    #: It passes, or is untestable for no reason.
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Sight:
    """One requirement that a fault breaks by itself, and what is said of it beside another fault."""

    fault: str
    beside: str
    scenario: str
    requirement: str
    said: Said
    because: str = ""
    #: The faults are about different objects: each has findings, and no object is in both.
    apart: bool = False


@cache
def lie(fault: str, scenario: int) -> Transcript | None:
    """A reference transcript with a fault in it; None where the fault changes nothing there."""
    before = _transcripts()[scenario]
    after = broken(before, FAULTS[fault])
    return None if after == before else after


@cache
def alone(fault: str, scenario: int) -> Subject:
    """The verdicts on that transcript."""
    return judge(lie(fault, scenario) or _transcripts()[scenario])


@cache
def _transcripts() -> tuple[Transcript, ...]:
    return tuple(sorted(seeds(), key=lambda one: (sum(_size(each.response) for each in one.exchanges), one.scenario)))


def _size(response: object) -> int:
    return sum(len(chunk.data) for chunk in getattr(response, "chunks", ()))


def mixed() -> list[tuple[str, str]]:
    """Every pair of faults, in an order that mixes them."""
    pairs = [(inner, outer) for at, inner in enumerate(LETHAL) for outer in LETHAL[at + 1 :]]
    return sorted(pairs, key=lambda pair: sha256(" ".join(pair).encode()).digest())


def sights(pairs: Iterable[tuple[str, str]]) -> Iterator[list[Sight]]:
    """For each pair that can be played together what is said of both."""
    for inner, outer in pairs:
        found = _together(inner, outer)
        if found is not None:
            yield found


def _together(inner: str, outer: str) -> list[Sight] | None:
    """The first scenario in which both apply."""
    for scenario in range(len(_transcripts())):
        first, second = lie(inner, scenario), lie(outer, scenario)
        if first is None or second is None:
            continue
        try:
            both = broken(first, FAULTS[outer])
        except (AttributeError, LookupError, TypeError, ValueError):
            continue  # what the outer fault would change is no longer there to be read
        if both in (first, second):
            continue
        subject, one, other = judge(both), alone(inner, scenario), alone(outer, scenario)
        apart = not _objects(one) & _objects(other)
        return [
            *_said(inner, outer, one, other, subject, apart=apart),
            *_said(outer, inner, other, one, subject, apart=apart),
        ]
    return None


def _objects(subject: Subject) -> frozenset[object]:
    return frozenset(
        thing
        for verdict in subject.verdicts
        for finding in verdict.findings
        for thing in ((finding.exchange, finding.event), *((finding.exchange, each) for each in finding.about))
    )


def _said(fault: str, beside: str, own: Subject, other: Subject, both: Subject, *, apart: bool) -> Iterator[Sight]:
    """What is said of each requirement that a fault breaks by itself and the other one does not."""
    told = {verdict.requirement for verdict in other.verdicts if verdict.findings}
    after = {verdict.requirement: verdict for verdict in both.verdicts}
    for verdict in own.verdicts:
        if verdict.requirement in told or not any(finding.primary for finding in verdict.findings):
            continue
        now = after.get(verdict.requirement)
        because = "" if now is None else now.because or next((f.because or "" for f in now.findings), "")
        yield Sight(fault, beside, own.name, verdict.requirement, _what(now), because, apart)


def _what(now: Verdict | None) -> Said:
    if now is None:
        return Said.NOT_EXERCISED
    if now.findings:
        return Said.TOLD if any(finding.primary for finding in now.findings) else Said.EFFECT
    if now.because is None:
        return Said.LOST
    return Said.UNTESTABLE if now.status is Status.UNTESTABLE else Said.NOT_APPLICABLE


def main(arguments: Sequence[str]) -> int:
    """Judge so many pairs, or all; print how often each thing is said, and every requirement that is hidden."""
    most = int(arguments[0]) if arguments else None
    count, pairs, apart = Counter[tuple[str, bool]](), 0, 0
    hidden = Counter[tuple[str, ...]]()
    example: dict[tuple[str, ...], Sight] = {}
    for found in islice(sights(mixed()), most):
        pairs += 1
        apart += any(sight.apart for sight in found)
        for sight in found:
            count[sight.said, sight.apart] += 1
            if sight.said in (Said.EFFECT, Said.LOST):
                kind: tuple[str, ...] = (sight.said, sight.requirement, sight.because, "apart" if sight.apart else "")
                hidden[kind] += 1
                example.setdefault(kind, sight)
    print(f"{pairs} pairs, {apart} about different objects")
    for (said, away), times in sorted(count.items()):
        print(f"  {said:12}{'apart' if away else '':8}{times}")
    for hiding, times in hidden.most_common():
        sight = example[hiding]
        print(f"{times:5} {' '.join(hiding)}  e.g. {sight.fault} beside {sight.beside} in {sight.scenario}")
    return 1 if any(hiding[0] == Said.LOST for hiding in hidden) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
