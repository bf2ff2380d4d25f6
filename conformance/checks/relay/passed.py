"""What passed, and what is found of it: how every check of a gateway looks at both sides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from conformance.model import Ended, Finding
from conformance.walk.documents import shown
from conformance.walk.event_differences import Seen
from conformance.walk.observation import Observation
from conformance.walk.passages import Numbered, Passage

#: How an answer ends that its upstream broke off.
BROKEN_OFF = frozenset({Ended.SHORT, Ended.RESET, Ended.TIMEOUT})


def passed(observation: Observation) -> list[Passage]:
    """Every request that went through the gateway."""
    return [passage for passage in observation.passages if not passage.direct]


def submissions(observation: Observation) -> list[Passage]:
    """Every submission that went through it."""
    return [passage for passage in passed(observation) if passage.submits]


def with_answers(observation: Observation) -> list[Passage]:
    """Every request that was answered on both sides."""
    return [passage for passage in passed(observation) if passage.answers is not None]


def answered_or_dropped(observation: Observation) -> list[Passage]:
    """Every request that was answered on both sides, or of whose answer nothing came since the upstream broke off."""
    return [each for each in passed(observation) if each.answers is not None or dropped(each)]


def dropped(passage: Passage) -> bool:
    """Whether the upstream broke off within its answer, and the client was given nothing in its place."""
    behind = None if passage.source is None else passage.source.response
    return passage.front.response is None and behind is not None and behind.ended in BROKEN_OFF


def maps(observation: Observation, what: str) -> bool:
    """Whether it is declared that the gateway maps something, such as `ids`."""
    return f"maps-{what}" in observation.held


class Slip(NamedTuple):
    """What is off with one passage: the parts of a finding."""

    kind: str
    message: str
    expected: str
    got: str
    at: Seen | None = None
    details: tuple[str, ...] = ()


def found_at(observation: Observation, where: Numbered, slip: Slip) -> Finding:
    """A slip as a finding, at its exchange."""
    place = slip.at.place if slip.at is not None else None
    return observation.finding(
        slip.kind, slip.message, slip.expected, slip.got, details=slip.details, at=place, exchange=where.index
    )


def judged(
    observation: Observation, passages: Collection[Passage], slips: Callable[[Passage], Iterable[Slip]]
) -> Iterable[Finding] | None:
    """Findings in front, one for each slip; None where there is no passage to look at."""
    if not passages:
        return None
    return [found_at(observation, passage.front, slip) for passage in passages for slip in slips(passage)]


def said(name: str, value: str | None) -> str:
    """A header field, or that it is not there, in words."""
    return f"no {name}" if value is None else f"{name}: {value}"


def around_difference(one: bytes, other: bytes) -> tuple[str, str]:
    """Both texts from a little before the first byte in which they differ."""
    shorter = min(len(one), len(other))
    at = next((index for index in range(shorter) if one[index] != other[index]), shorter)
    start = max(0, at - 20)
    return shown_data(one, start), shown_data(other, start)


def shown_data(data: bytes, start: int = 0) -> str:
    """Eighty bytes of an event's data, the first ones unless said otherwise, as people read them."""
    return shown(data[start : start + 80].decode(errors="replace"))


def path_of(target: str) -> str:
    """The path of a target."""
    return target.partition("?")[0]
