"""The smallest transcript that still breaks a requirement: exchanges and events are left out while it does.

It is delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002) over whole
events, never within one: what is left is a recording that somebody can read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from conformance.model import Chunk, Exchange, Response, Role, Status, Transcript, Verdict
from conformance.verdict.judge import judge
from conformance.wire.sse import Decoder

#: Bytes that cost as much to judge as another event.
_BYTES = 250

#: Exchanges that are left out one by one. A longer row, as of somebody who polls, is first left out in one piece, then
#: in halves: one by one takes a judgement of the whole for each.
_ONE_BY_ONE = 16

#: What the provenance of a shrunk transcript calls the requirement it breaks: of the others it says nothing.
REPEATS = "repeats"

_DEPARTED = frozenset({Status.FAIL, Status.WARN})


@dataclass(slots=True)
class Budget:
    """Events that may yet be judged while looking, all tries together: a second for ten thousand that break rules."""

    left: int = 50_000

    def allows(self, transcript: Transcript) -> bool:
        """Take what it costs to judge a transcript; False where that is not left."""
        if self.left > 0:
            self.left -= _cost(transcript)
        return self.left > 0


def shrunk(transcript: Transcript, broken: Verdict, budget: Budget | None = None) -> Transcript | None:
    """The transcript with as little in it as still breaks the requirement of a verdict for itself.

    None where the transcript alone does not break it, as where what was redacted is what departs, or where the budget
    does not suffice to see that. Where it is spent later, what is left is still true, only not the smallest.
    """
    search = _Search(broken, budget or Budget())
    if not search.breaks(transcript):
        return None
    transcript = search.fewer_exchanges(transcript, 0, len(transcript.exchanges))
    for index in range(len(transcript.exchanges)):
        transcript = search.fewer_events(transcript, index)
    return transcript


class _Search:
    """Judges one try after another until the budget is spent."""

    def __init__(self, broken: Verdict, budget: Budget) -> None:
        self._requirement = broken.requirement
        self._role: Role = broken.role
        self._budget = budget

    def breaks(self, transcript: Transcript) -> bool:
        """Whether a transcript breaks the requirement, and not only as the effect of something else.

        No transcript does once the budget is spent.
        """
        if not self._budget.allows(transcript):
            return False
        subject = judge(transcript, role=self._role)
        return any(
            verdict.requirement == self._requirement
            and verdict.status in _DEPARTED
            and any(finding.primary for finding in verdict.findings)
            for verdict in subject.verdicts
        )

    def fewer_exchanges(self, transcript: Transcript, first: int, last: int) -> Transcript:
        """The transcript without those of some exchanges without which it does as well; one is always left."""
        fewer = _without(transcript, first, last)
        if fewer.exchanges and (last - first > _ONE_BY_ONE or last - first == 1) and self.breaks(fewer):
            return fewer
        if last - first < 2:
            return transcript
        # From the end, so that what comes before a piece stays where it is.
        middle = (first + last) // 2 if last - first > _ONE_BY_ONE else last - 1
        return self.fewer_exchanges(self.fewer_exchanges(transcript, middle, last), first, middle)

    def fewer_events(self, transcript: Transcript, index: int) -> Transcript:
        """The transcript with the fewest events in the stream of one exchange."""
        response = transcript.exchanges[index].response
        blocks = () if response is None else _blocks(response)
        if response is None or len(blocks) < 2:
            return transcript

        def holding(kept: Sequence[Chunk]) -> Transcript:
            return _with_body(transcript, index, response, tuple(kept))

        kept = _least(blocks, lambda part: self.breaks(holding(part)), self._budget)
        return transcript if len(kept) == len(blocks) else holding(kept)


def _cost(transcript: Transcript) -> int:
    """What it costs to judge a transcript, in events: as much as fifty before it looks at the first."""
    chunks = (
        chunk.data for each in transcript.exchanges if each.response is not None for chunk in each.response.chunks
    )
    # Events end in a line end each; a plain body has none that counts.
    return 50 + sum(data.count(b"\n\n") + data.count(b"\r") + len(data) // _BYTES for data in chunks)


def _without(transcript: Transcript, first: int, last: int) -> Transcript:
    return replace(transcript, exchanges=(*transcript.exchanges[:first], *transcript.exchanges[last:]))


def _blocks(response: Response) -> tuple[Chunk, ...]:
    """A stream cut between its events, each with the time at which it was there; fewer than two for another body."""
    decoder = Decoder()
    # Time does not go back in a cassette, whatever a transcript says that nobody recorded.
    times = accumulate((chunk.ms for chunk in response.chunks), max)
    came = tuple(zip(response.chunks, times, strict=True))
    ends = [(event.end, ms) for chunk, ms in came for event in decoder.events(chunk.data)]
    body = b"".join(chunk.data for chunk in response.chunks)
    starts = [0, *(end for end, _ in ends)]
    blocks = [Chunk(ms, body[start:end]) for start, (end, ms) in zip(starts, ends, strict=False)]
    rest = body[starts[-1] :]
    return (*blocks, Chunk(came[-1][1], rest)) if rest else tuple(blocks)


def _with_body(transcript: Transcript, index: int, response: Response, chunks: tuple[Chunk, ...]) -> Transcript:
    exchange: Exchange = replace(transcript.exchanges[index], response=replace(response, chunks=chunks))
    exchanges = (*transcript.exchanges[:index], exchange, *transcript.exchanges[index + 1 :])
    return replace(transcript, exchanges=exchanges)


def _least(blocks: tuple[Chunk, ...], holds: Callable[[Sequence[Chunk]], bool], budget: Budget) -> tuple[Chunk, ...]:
    """A part from which nothing more can be left out, in pieces that are halved until they are single blocks."""
    size = len(blocks) // 2
    while size and budget.left > 0:
        start = 0
        while start < len(blocks) and budget.left > 0:
            fewer = (*blocks[:start], *blocks[start + size :])
            if holds(fewer):
                blocks = fewer
            else:
                start += size
        size //= 2
    return blocks
