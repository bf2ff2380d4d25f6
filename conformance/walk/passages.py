"""What came of each request on its way through a gateway: what was asked behind for it, and how both were answered.

A request in front and what was asked behind belong together by their operation, their run and what they submit; where
a gateway changes all of that, by the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from conformance.model import Ended, Exchange, Operation, Response, Side, Transcript
from conformance.walk.event_differences import Differences, Seen, differences, seen
from conformance.walk.history import PASSING, run_of_path
from conformance.walk.http_response import body_of, is_event_stream, served
from conformance.walk.mappings import Mappings
from conformance.walk.submission_facts import submitted

#: Both sides round their clocks: what was asked behind may seem to have begun a little before it was asked in front.
ROUNDING_MS = 5


@dataclass(frozen=True)
class Numbered:
    """An exchange with its index in the transcript."""

    index: int
    exchange: Exchange

    @property
    def response(self) -> Response | None:
        """Its answer."""
        return self.exchange.response

    def at(self, ms: int) -> int:
        """A time within the exchange as milliseconds since the transcript began."""
        return self.exchange.began_ms + ms

    @cached_property
    def outputs(self) -> tuple[str | None, ...]:
        """What a submission says, without the ids: who maps these leaves the texts alone."""
        return tuple(output for _, output in submitted(self.exchange, None).items)

    @cached_property
    def events(self) -> tuple[Seen, ...]:
        """The events of its stream; none of a plain answer."""
        response = self.response
        streamed = response is not None and served(response) and is_event_stream(response)
        return seen(response) if streamed and response is not None else ()


@dataclass(frozen=True)
class Passage:
    """One request in front, and what was asked behind for it, oldest first."""

    front: Numbered
    mappings: Mappings
    behind: list[Numbered] = field(default_factory=list)

    @property
    def direct(self) -> bool:
        """Whether it went around the gateway."""
        return "direct" in self.front.exchange.situation

    @property
    def submits(self) -> bool:
        """Whether it is a submission."""
        return self.front.exchange.operation is Operation.SUBMIT

    @cached_property
    def source(self) -> Numbered | None:
        """The exchange behind whose answer was passed on: the first of the status in front, else the last."""
        front = self.front.response
        same = (each for each in self.behind if each.response and front and each.response.status == front.status)
        return next(same, self.behind[-1] if self.behind else None)

    @property
    def answers(self) -> tuple[Response, Response] | None:
        """The answer behind and the one in front; None where either is missing."""
        behind = None if self.source is None else self.source.response
        return None if behind is None or self.front.response is None else (behind, self.front.response)

    @property
    def whole(self) -> bool:
        """Whether the upstream ended its answer properly, and the client stayed until then."""
        answers = self.answers
        return answers is not None and answers[0].ended is Ended.COMPLETE and answers[1].ended is not Ended.ABORTED

    @property
    def given_up(self) -> bool:
        """Whether the gateway left the upstream within its answer, though the client was still there."""
        answers = self.answers
        return answers is not None and answers[0].ended is Ended.ABORTED and answers[1].ended is not Ended.ABORTED

    @cached_property
    def streams(self) -> Differences | None:
        """How the events in front differ from those behind; None where these are no whole stream."""
        if not self.whole or self.source is None or not self.source.events:
            return None
        came = self.front.events
        if self.mappings.some:
            came = tuple(each._replace(data=self.mappings.named(each.data)) for each in came)
        return differences(self.source.events, came)

    def learn(self) -> None:
        """Learn from it what is mapped."""
        for each in self.behind[:1]:
            asked, sent = self.front.exchange.request, each.exchange.request
            self.mappings.learn_path(asked.target, sent.target, self.front.index)
            self.mappings.learn(asked.body, sent.body, self.front.index)
        if self.mappings.some and self.source is not None and self.answers is not None:
            for one, other in zip(self.front.events, self.source.events, strict=False):
                if one.name == other.name:
                    self.mappings.learn(one.data, other.data, self.front.index)
            if not self.front.events:
                behind, front = self.answers
                self.mappings.learn(body_of(front), body_of(behind), self.front.index)


def passages(transcript: Transcript, held: frozenset[str]) -> tuple[Passage, ...]:
    """Every request in front with what was asked behind for it, in the order in which they were asked.

    `held` are the traits that say what is mapped.
    """
    mappings = Mappings(held)
    numbered = [Numbered(index, exchange) for index, exchange in enumerate(transcript.exchanges)]
    found = tuple(Passage(each, mappings) for each in numbered if each.exchange.side is Side.FRONT)
    behind = sorted((each for each in numbered if each.exchange.side is Side.BEHIND), key=lambda each: each.at(0))
    for each in behind:
        home = max(_possible(found, each), key=lambda passage: _likeness(passage, each), default=None)
        if home is not None:
            home.behind.append(each)
    for passage in found:
        if not passage.direct:
            passage.learn()
    return found


def repeats(passage: Passage) -> Iterator[tuple[Numbered, Numbered]]:
    """What was asked behind once more, with what was asked before, where that answer did not invite to."""
    for before, again in zip(passage.behind, passage.behind[1:], strict=False):
        answer = before.response
        if answer is not None and answer.status not in PASSING and answer.status < 500:
            yield before, again


def _possible(found: Sequence[Passage], behind: Numbered) -> Iterator[Passage]:
    exchange = behind.exchange
    return (
        passage
        for passage in found
        if passage.front.exchange.operation is exchange.operation
        and passage.front.exchange.began_ms <= exchange.began_ms + ROUNDING_MS
    )


def _likeness(passage: Passage, behind: Numbered) -> tuple[bool, bool, bool, int]:
    """How much speaks for a request behind being that of a passage; what tells most comes first."""
    asked, sent = passage.front.exchange.request, behind.exchange.request
    ended = passage.front.at(passage.front.response.ended_ms if passage.front.response else 0)
    return (
        run_of_path(asked.target) == run_of_path(sent.target),
        passage.front.outputs == behind.outputs,
        behind.at(0) <= ended + ROUNDING_MS or passage.front.response is None,
        passage.front.at(0) if not passage.behind else -1,
    )
