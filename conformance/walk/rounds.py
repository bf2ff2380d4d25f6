"""The submissions of a client, round by round: which were its own words, which were retries, which were too many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from json import dumps
from typing import NamedTuple

from conformance.model import Author, Exchange, Response
from conformance.walk.history import PASSING
from conformance.walk.http_response import is_event_stream, served
from conformance.walk.observation import Observation
from conformance.walk.submission_facts import Submitted


class Sent(NamedTuple):
    """One submission: the index of its exchange, what it said, and how it was answered."""

    exchange: int
    submitted: Submitted
    response: Response | None


class Again(NamedTuple):
    """A submission that came after another one of its round."""

    before: Sent
    sent: Sent

    @property
    def excused(self) -> bool:
        """Whether the answer before invites to try again; where none came, nobody knows."""
        answer = self.before.response
        return answer is None or answer.status in PASSING or not (served(answer) or 400 <= answer.status < 500)

    @property
    def same(self) -> bool:
        """Whether both say the same; key order, spacing and the order of the outputs say nothing."""
        return _words(self.before.submitted) == _words(self.sent.submitted)


@dataclass(slots=True)
class Round:
    """What a run asked for at once, and every submission that came of it."""

    run_id: str | None
    #: The ids of the calls; empty where nothing listed them.
    asked: frozenset[str]
    sent: list[Sent] = field(default_factory=list)

    def again(self) -> Iterator[Again]:
        """Every submission but the first, with the one before."""
        return (Again(*pair) for pair in pairwise(self.sent))

    def surplus(self) -> Iterator[Again]:
        """Those that are neither a retry nor the correction of a whole one that was refused."""
        for again in self.again():
            refused = again.before.response is not None and not served(again.before.response)
            corrected = refused and (again.same or self.whole(again.before.submitted))
            if not again.excused and not corrected and not begun(again.before):
                yield again

    def whole(self, submitted: Submitted) -> bool:
        """Whether a submission holds every call once and no other."""
        return len(submitted.ids) == len(self.asked) and set(submitted.ids) == self.asked

    @property
    def served(self) -> Sent | None:
        """The first submission that was accepted."""
        return next((sent for sent in self.sent if sent.response is not None and served(sent.response)), None)


def begun(sent: Sent) -> bool:
    """Whether a stream has begun to answer."""
    return sent.response is not None and served(sent.response) and is_event_stream(sent.response)


def rounds(observation: Observation) -> tuple[Round, ...]:
    """All rounds in the order in which they began.

    A submission while nothing is asked belongs to the round before, and one of outputs that were accepted to the round
    that accepted them.
    """
    found: list[Round] = []
    latest: dict[str | None, Round] = {}
    accepting: dict[tuple[str | None, frozenset[tuple[str, str | None]]], Round] = {}
    for index, submitted, response in observation.submissions:
        asked = frozenset(call.id for call in submitted.pending or ())
        items = (submitted.run_id, frozenset(submitted.items))
        last = accepting.get(items) or latest.get(submitted.run_id)
        if last is None or (asked and asked != last.asked and items not in accepting):
            last = latest[submitted.run_id] = Round(submitted.run_id, asked)
            found.append(last)
        last.sent.append(Sent(index, submitted, response))
        if response is not None and served(response):
            accepting[items] = last
    return tuple(found)


def own(observation: Observation) -> tuple[tuple[int, Exchange], ...]:
    """The client's exchanges with their indices; a foreign recording holds no others."""
    ours = "client" in observation.held
    return tuple(
        (index, exchange)
        for index, exchange in enumerate(observation.transcript.exchanges)
        if not ours or exchange.request.author is Author.IMPLEMENTATION
    )


def _words(submitted: Submitted) -> object:
    body = submitted.body
    if body is None:
        return None
    entries = body.get("tool_outputs")
    outputs = sorted(dumps(entry, sort_keys=True) for entry in entries) if isinstance(entries, list) else entries
    return {**body, "tool_outputs": outputs}
