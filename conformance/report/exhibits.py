"""What shows a departure to somebody who was not there, made while the transcript is still at hand.

One for each requirement: its exchange as text, the timeline of its stream, the request as a command, and a cassette
that `conformance judge` finds the same departure in. Everything is redacted before it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conformance import __version__
from conformance.model import (
    Chunk,
    Exchange,
    Exhibit,
    Finding,
    Moment,
    Operation,
    Response,
    Subject,
    Transcript,
    Verdict,
)
from conformance.report import exchanges
from conformance.report.curl import curl
from conformance.report.tally import counted, standing
from conformance.verdict.moments import met, moments
from conformance.verdict.shrink import shrunk
from conformance.wire import cassette
from conformance.wire.redact import REDACTED, redact

#: Events shown before and behind the one that departs, and at both ends of a stream where none does: a screenful.
_AROUND = 8

#: Bytes of a body that an exhibit is made of: over twenty thousand events. Redaction holds a body many times over.
_LARGEST = 4 * 2**20

#: The variable that stands for the key in a command, where the target's own is not known.
KEY_VARIABLE = "OPENAI_API_KEY"


_Timeline = tuple[Moment, ...]


class Exhibitor:
    """Makes the exhibits of one run: of each requirement the first departure that is met.

    `origin` is scheme, host and port of the server that was asked, empty where there is none to ask again;
    `variable` names the environment variable of its key, and `secrets` are values that nothing may hold.
    """

    def __init__(self, *, origin: str = "", variable: str = KEY_VARIABLE, secrets: Sequence[str] = ()) -> None:
        self._origin = origin
        self._variable = variable
        self._secrets = tuple(secrets)
        self._made: dict[str, Exhibit] = {}

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """What was made so far."""
        return tuple(self._made.values())

    def look(self, transcript: Transcript, subject: Subject) -> None:
        """Keep what shows the departures of a subject that count and that no other subject has shown before."""
        departed = [verdict for verdict in standing(subject) if counted(verdict) and verdict.findings]
        new = [verdict for verdict in departed if verdict.requirement not in self._made]
        if not new:
            return
        kept = redact(_bounded(transcript), self._secrets)
        # What departs in one subject is mostly of one stream, which is read once for all of it.
        timelines = {
            index: _timelines(transcript.exchanges[index], kept.exchanges[index])
            for index in {_first(verdict).exchange for verdict in new}
            if index < len(kept.exchanges)
        }
        for verdict in new:
            made = self._exhibit(transcript, kept, timelines, subject.name, verdict)
            self._made[verdict.requirement] = made

    def _exhibit(
        self,
        transcript: Transcript,
        kept: Transcript,
        timelines: Mapping[int, tuple[_Timeline, _Timeline]],
        name: str,
        verdict: Verdict,
    ) -> Exhibit:
        finding = _first(verdict)
        if finding.exchange >= len(kept.exchanges):  # a client that sent nothing
            return Exhibit(verdict.requirement, name, finding.exchange, exchanges.lines(kept))
        exchange = kept.exchanges[finding.exchange]
        timeline, told = timelines[finding.exchange]
        at = finding.event if finding.event is not None and finding.event < len(timeline) else None
        states, allowed = met(timeline[: len(timeline) if at is None else at], submitted=_submits(exchange))
        shown = replace(kept, exchanges=(_around(exchange, timeline, at),))
        least = shrunk(kept, verdict)
        return Exhibit(
            verdict.requirement,
            name,
            finding.exchange,
            exchanges.lines(shown),
            curl=self._curl(transcript, exchange, finding),
            moments=told,
            event=at,
            states=states if timeline else {},
            allowed=allowed if timeline else (),
            cassette="" if least is None else "".join(self._cassette(least)),
        )

    def _curl(self, transcript: Transcript, kept: Exchange, finding: Finding) -> str:
        """The request with its own ids, which the server knows, and the header fields that may be kept."""
        if not self._origin:
            return ""
        exchange = transcript.exchanges[finding.exchange]
        request = replace(exchange.request, headers=kept.request.headers)
        secrets = (REDACTED, *self._secrets)
        return curl(replace(exchange, request=request), self._origin, secrets, self._variable)

    def _cassette(self, least: Transcript) -> Iterator[str]:
        # The provenance says when and by what it was recorded; a part of it was recorded then too.
        recorded = str(least.provenance.get("recorded", ""))
        return cassette.write(least, recorded=recorded, by=f"conformance {__version__}", secrets=self._secrets)


def _first(verdict: Verdict) -> Finding:
    """The finding that is shown."""
    return next((finding for finding in verdict.findings if finding.primary), verdict.findings[0])


def _timelines(came: Exchange, kept: Exchange) -> tuple[_Timeline, _Timeline]:
    """The events of a stream as they are kept, and the same where they lay in the body as it came.

    Redaction moves bytes, and the finding speaks of the body as it came.
    """
    if came.response is None or kept.response is None:
        return (), ()
    timeline = moments(kept.response)
    places = zip(timeline, moments(came.response), strict=False)
    return timeline, tuple(replace(moment, span=place.span) for moment, place in places)


def _bounded(transcript: Transcript) -> Transcript:
    """The transcript with every body cut to what an exhibit may hold."""
    return replace(transcript, exchanges=tuple(map(_bounded_exchange, transcript.exchanges)))


def _bounded_exchange(exchange: Exchange) -> Exchange:
    response = exchange.response
    if response is None or sum(len(chunk.data) for chunk in response.chunks) <= _LARGEST:
        return exchange
    left, kept = _LARGEST, []
    for chunk in response.chunks:
        kept.append(Chunk(chunk.ms, chunk.data[:left]))
        left -= len(chunk.data)
        if left <= 0:
            break
    return replace(exchange, response=replace(response, chunks=tuple(kept)))


def _submits(exchange: Exchange) -> bool:
    return exchange.operation is Operation.SUBMIT


def _around(exchange: Exchange, timeline: Sequence[Moment], at: int | None) -> Exchange:
    """The exchange with the events around the one that departs; what is left out of its stream is said in comments."""
    response = exchange.response
    if response is None or len(timeline) <= 2 * _AROUND + 1:
        return exchange
    parts = [(0, _AROUND), (len(timeline) - _AROUND, len(timeline))]
    if at is not None:
        parts = [(max(0, at - _AROUND), min(len(timeline), at + _AROUND + 1))]
    return replace(exchange, response=_only(response, timeline, parts))


def _only(response: Response, timeline: Sequence[Moment], parts: Sequence[tuple[int, int]]) -> Response:
    body = b"".join(chunk.data for chunk in response.chunks)
    pieces: list[bytes] = []
    done = 0
    for first, last in parts:
        pieces += [_left_out(first - done), body[timeline[first].span[0] : timeline[last - 1].span[1]]]
        done = last
    rest = body[timeline[-1].span[1] :] if done == len(timeline) else b""
    pieces += [_left_out(len(timeline) - done), rest]
    return replace(response, chunks=(Chunk(response.ended_ms, b"".join(pieces)),))


def _left_out(events: int) -> bytes:
    return f": {events} events are left out here\n\n".encode() if events else b""
