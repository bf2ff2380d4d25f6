"""What shows a departure to somebody who was not there, made while the transcript is still at hand.

One for each requirement: its exchange as text, the timeline of its stream, the request as a command, and a cassette
that `conformance judge` finds the same departure in. Everything is redacted before it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from conformance import __version__
from conformance.model import (
    Chunk,
    Exchange,
    Exhibit,
    Finding,
    Moment,
    Operation,
    Response,
    Role,
    Subject,
    Transcript,
    Verdict,
)
from conformance.report import exchanges
from conformance.report.curl_command import CurlCommand
from conformance.report.document_lines import document_lines
from conformance.report.tally import counted, standing
from conformance.verdict.shrink import REPEATS, Budget, shrunk
from conformance.walk.moments import MOST, NOWHERE, Moments, Standing
from conformance.walk.schedule import Schedule
from conformance.walk.stream import NAME
from conformance.walk.transcript import walk
from conformance.wire import cassette
from conformance.wire.redact import learnt, redact
from conformance.wire.sse import Decoder, Event

#: Events shown before and behind the one that departs, and at both ends of a stream where none does: a screenful.
_AROUND = 8

#: Bytes of a body that an exhibit is made of: over twenty thousand events. Redaction holds a body many times over.
_LARGEST = 4 * 2**20

#: Events of streams in all exhibits of a run: of a hundred requirements that a stream of a thousand events breaks.
_EVENTS = 100_000

#: Events that are judged while cassettes are made small, for all exhibits of a run: some ten seconds.
_JUDGED = 100_000

#: The same of one exhibit, and of one where all are spent: enough for a stream that is not long.
_MOST_JUDGED, _LEAST_JUDGED = 25_000, 8_000

#: Bytes of all cassettes of a run: hundreds, as they mostly are.
_CASSETTES = 8 * 2**20

#: What an exhibit says whose events are not kept.
_LEFT_OUT = f"(the events of the stream are left out: all exhibits together hold no more than {_EVENTS})"

#: The variable that stands for the key in a command, where the target's own is not known.
KEY_VARIABLE = "OPENAI_API_KEY"


class _Evidence(NamedTuple):
    """One transcript whose departures are shown."""

    came: Transcript
    #: The same as it may be kept: cut and redacted.
    kept: Transcript
    #: What the walk saw of the exchanges that are shown.
    seen: Moments
    #: The events of those exchanges as they are kept.
    events: Mapping[int, tuple[Event, ...]]


class Exhibitor:
    """Makes the exhibits of one run: of each requirement the first departure that is met.

    `origin` is scheme, host and port of the server that was asked, empty where there is none to ask again;
    `variables` are its credentials -> the environment variable of each, and `secrets` are values that nothing may hold.
    """

    def __init__(
        self, *, origin: str = "", variables: Mapping[str, str] | None = None, secrets: Sequence[str] = ()
    ) -> None:
        self._origin = origin
        self._variables = dict(variables or {})
        self._secrets = tuple(secrets)
        self._made: dict[str, Exhibit] = {}
        self._events_left = _EVENTS
        self._judgeable = _JUDGED
        self._bytes_left = _CASSETTES

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
        evidence = _evidence(transcript, [_first(verdict) for verdict in new], self._secrets)
        for verdict in new:
            self._made[verdict.requirement] = self._exhibit(evidence, subject.name, verdict)

    def _exhibit(self, evidence: _Evidence, name: str, verdict: Verdict) -> Exhibit:
        finding, kept = _first(verdict), evidence.kept
        if finding.exchange >= len(kept.exchanges):  # a client that sent nothing
            return Exhibit(verdict.requirement, name, finding.exchange, exchanges.lines(kept))
        exchange = kept.exchanges[finding.exchange]
        events = evidence.events[finding.exchange]
        seen = evidence.seen.of(finding.exchange)
        self._events_left -= len(seen)
        moments = _named(seen, events) if self._events_left >= 0 else ()
        at = finding.event if finding.event is not None and finding.event < len(moments) else None
        standing = _standing(evidence.seen, finding.exchange, at, verdict.role) if moments else NOWHERE
        shown = replace(kept, exchanges=(_around(exchange, events, at),))
        least = self._least(kept, verdict)
        laid_out = document_lines(_at_fault(exchange, events, finding, verdict.role), finding.pointer)
        return Exhibit(
            verdict.requirement,
            name,
            finding.exchange,
            exchanges.lines(shown) + ((_LEFT_OUT,) if seen and not moments else ()),
            curl=self._command(evidence.came, exchange, finding),
            moments=moments,
            event=at,
            states=standing.states,
            allowed=standing.allowed,
            document=laid_out.lines,
            line=laid_out.line,
            cassette=self._cassette(least, verdict.requirement),
        )

    def _least(self, kept: Transcript, verdict: Verdict) -> Transcript | None:
        """The smallest transcript that shows a verdict; none that takes more than the share of one exhibit."""
        share = Budget(max(min(_MOST_JUDGED, self._judgeable), _LEAST_JUDGED))
        before = share.left
        least = shrunk(kept, verdict, share)
        self._judgeable -= before - share.left
        return least

    def _command(self, transcript: Transcript, kept: Exchange, finding: Finding) -> str:
        """A submission with its own ids, which the server knows, and the header fields that may be kept."""
        exchange = transcript.exchanges[finding.exchange]
        # Whatever else was asked is about threads that are deleted by the time anybody reads this.
        if not self._origin or exchange.operation is not Operation.SUBMIT:
            return ""
        names = {name for name, _ in kept.request.headers}
        headers = tuple((name, value) for name, value in exchange.request.headers if name in names)
        # A credential may be met in the transcript only: one that somebody's program printed for its runs.
        curl = CurlCommand(self._origin, self._variables, (*self._secrets, *learnt(transcript)))
        return curl.of(replace(exchange, request=replace(exchange.request, headers=headers)))

    def _cassette(self, least: Transcript | None, requirement: str) -> str:
        """A transcript as it lies in a file, with what it repeats; empty where there is none, or no room for it."""
        if least is None:
            return ""
        # The provenance says when and by what it was recorded; a part of it was recorded then too.
        recorded = str(least.provenance.get("recorded", ""))
        least = replace(least, provenance={**least.provenance, REPEATS: requirement})
        lines = cassette.write(least, recorded=recorded, by=f"conformance {__version__}", secrets=self._secrets)
        written = "".join(lines)
        self._bytes_left -= len(written)
        return written if self._bytes_left >= 0 else ""


def _first(verdict: Verdict) -> Finding:
    """The finding that is shown."""
    return next((finding for finding in verdict.findings if finding.primary), verdict.findings[0])


def _standing(seen: Moments, exchange: int, event: int | None, role: Role) -> Standing:
    """Where the stream stood; nowhere for what stands between, for which nothing says what may come."""
    return NOWHERE if role is Role.GATEWAY else seen.standing(exchange, event)


def _at_fault(exchange: Exchange, events: Sequence[Event], finding: Finding, role: Role) -> bytes:
    """The bytes of the document that a finding points into: of an event, of a body; nothing where it points nowhere."""
    if finding.event is not None:
        return events[finding.event].data if finding.event < len(events) else b""
    if finding.pointer is None:
        return b""
    if role is Role.CLIENT:
        return exchange.request.body
    return b"".join(chunk.data for chunk in exchange.response.chunks) if exchange.response is not None else b""


def _evidence(came: Transcript, shown: Sequence[Finding], secrets: Sequence[str]) -> _Evidence:
    """Walk once more, without checks, for all findings that are shown: they are mostly of one stream."""
    bounded = _bounded(came)
    kept = redact(bounded, secrets)
    seen = Moments((finding.exchange, event) for finding in shown for event in (finding.event, None))
    walk(bounded, Schedule(), moments=seen)
    indices = {finding.exchange for finding in shown if finding.exchange < len(kept.exchanges)}
    return _Evidence(came, kept, seen, {index: _events(kept.exchanges[index].response) for index in indices})


def _events(response: Response | None) -> tuple[Event, ...]:
    """The events of a body as it is kept, as many as the walk keeps."""
    decoder = Decoder()
    chunks = response.chunks if response is not None else ()
    return tuple(islice((event for chunk in chunks for event in decoder.events(chunk.data)), MOST))


def _named(moments: Sequence[Moment], events: Sequence[Event]) -> tuple[Moment, ...]:
    """What the walk saw, under the names that are kept: they may have held what is secret.

    The bytes stay where they lay in the body as it came, of which the finding speaks too.
    """
    return tuple(replace(moment, event=event.name[:NAME]) for moment, event in zip(moments, events, strict=False))


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


def _around(exchange: Exchange, events: Sequence[Event], at: int | None) -> Exchange:
    """The exchange with the events around the one that departs; what is left out of its stream is said in comments."""
    response = exchange.response
    if response is None or len(events) <= 2 * _AROUND + 1:
        return exchange
    parts = [(0, _AROUND), (len(events) - _AROUND, len(events))]
    if at is not None:
        parts = [(max(0, at - _AROUND), min(len(events), at + _AROUND + 1))]
    return replace(exchange, response=_only(response, events, parts))


def _only(response: Response, events: Sequence[Event], parts: Sequence[tuple[int, int]]) -> Response:
    body = b"".join(chunk.data for chunk in response.chunks)
    pieces: list[bytes] = []
    done = 0
    for first, last in parts:
        pieces += [_left_out(first - done), body[events[first].start : events[last - 1].end]]
        done = last
    rest = body[events[-1].end :] if done == len(events) else b""
    pieces += [_left_out(len(events) - done), rest]
    return replace(response, chunks=(Chunk(response.ended_ms, b"".join(pieces)),))


def _left_out(events: int) -> bytes:
    return f": {events} events are left out here\n\n".encode() if events else b""
