"""The smallest transcript that still breaks a requirement: exchanges and events are left out while it does.

It is delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002) over whole
events, never within one: what is left is a recording that somebody can read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

from conformance.model import Chunk, Exchange, Response, Role, Status, Transcript, Verdict
from conformance.verdict.judge import judge
from conformance.wire.sse import Decoder

#: Events that are judged while looking, all tries together: about two seconds. What is left then is still true, only
#: not the smallest.
_BUDGET = 100_000

#: Exchanges that are left out one by one. A longer row, as of somebody who polls, is first left out in one piece, then
#: in halves: one by one takes a judgement of the whole for each.
_ONE_BY_ONE = 16

#: What the provenance of a shrunk transcript calls the requirement it breaks: of the others it says nothing.
REPEATS = "repeats"

_DEPARTED = frozenset({Status.FAIL, Status.WARN})


def shrunk(transcript: Transcript, broken: Verdict) -> Transcript | None:
    """The transcript with as little in it as still breaks the requirement of a verdict for itself.

    None where the transcript alone does not break it, as where what was redacted is what departs.
    """
    search = _Search(broken)
    if not search.breaks(transcript):
        return None
    transcript = search.fewer_exchanges(transcript, 0, len(transcript.exchanges))
    for index in range(len(transcript.exchanges)):
        transcript = search.fewer_events(transcript, index)
    return transcript


class _Search:
    """Judges one try after another until the budget is spent."""

    def __init__(self, broken: Verdict) -> None:
        self._requirement = broken.requirement
        self._role: Role = broken.role
        self._left = _BUDGET

    def breaks(self, transcript: Transcript) -> bool:
        """Whether a transcript breaks the requirement, and not only as the effect of something else."""
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
        if fewer.exchanges and (last - first > _ONE_BY_ONE or last - first == 1) and self._still(fewer, 1):
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

        kept = _least(blocks, lambda part: self._still(holding(part), len(part)))
        return transcript if len(kept) == len(blocks) else holding(kept)

    def _still(self, transcript: Transcript, events: int) -> bool:
        """Whether a try breaks the requirement too; no try does once the budget is spent."""
        # A judgement costs as much as some fifty events before it looks at the first.
        self._left -= events + 50
        return self._left > 0 and self.breaks(transcript)


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


def _least(blocks: tuple[Chunk, ...], holds: Callable[[Sequence[Chunk]], bool]) -> tuple[Chunk, ...]:
    """A part from which nothing more can be left out, in pieces that are halved until they are single blocks."""
    size = len(blocks) // 2
    while size:
        start = 0
        while start < len(blocks):
            fewer = (*blocks[:start], *blocks[start + size :])
            if holds(fewer):
                blocks = fewer
            else:
                start += size
        size //= 2
    return blocks
