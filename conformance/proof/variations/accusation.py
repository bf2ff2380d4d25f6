"""Legal exchanges before the judge: whoever is accused, is accused wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from conformance.model import Status, Subject, Transcript
from conformance.proof.variations.vary import Varied, shrunk
from conformance.verdict.judge import judge


class Accusation(NamedTuple):
    """A legal exchange that was accused, or on which a check of ours broke."""

    varied: Varied
    #: What was said of it, each with its requirement.
    said: tuple[str, ...]

    def text(self, seed: str) -> str:
        """In a few words: what was said, how to draw the exchange again, and which changes it takes."""
        changes = ", ".join(self.varied.names) or "no change at all"
        return f"variation {seed}/{self.varied.number} ({changes}): {'; '.join(self.said)}"


def accusations(transcript: Transcript) -> tuple[str, ...]:
    """What the judge says against a legal exchange: every finding, every slip, or that there is nothing to judge."""
    return against(judge(transcript))


def against(subject: Subject) -> tuple[str, ...]:
    """The same of verdicts that are there already."""
    nothing = (subject.reason,) if subject.reason is not None else ()
    return nothing + tuple(
        f"{verdict.requirement}: {verdict.findings[0].message if verdict.findings else verdict.reason}"
        for verdict in subject.verdicts
        if verdict.findings or verdict.status is Status.ERROR
    )


def accused(varied: Iterable[Varied]) -> Iterator[Accusation]:
    """Judge every exchange and yield the accused ones, each as small as it can be made with the same rules broken."""
    for one in varied:
        said = accusations(one.transcript)
        if said:
            least = shrunk(one, partial(_says, _rules(said)))
            yield Accusation(least, accusations(least.transcript))


def _says(rules: set[str], transcript: Transcript) -> bool:
    return _rules(accusations(transcript)) == rules


def _rules(said: Iterable[str]) -> set[str]:
    return {one.partition(":")[0] for one in said}
