"""When events come, and how a stream ends."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from conformance.checks.relay.passed import (
    Slip,
    dropped,
    found_at,
    judged,
    passed,
    submissions,
    with_answers,
)
from conformance.contract.gateway_scenarios import PATIENCE_MS
from conformance.model import Ended, Finding, Response
from conformance.walk.event_differences import Seen
from conformance.walk.http_response import body_of, header, is_event_stream, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.passages import Passage
from conformance.walk.registry import check

#: Milliseconds by which an event may come later than around the gateway: nobody minds a second.
_LATE_MS = 1_000

#: Milliseconds that a client must have waited for it to show that nobody was going to say anything.
_PATIENT_MS = 5_000

#: Milliseconds in which it is to be noticed that a client has left: well before the upstream, which waits for five
#: seconds, ends by itself, and before the usual limits of a gateway.
_NOTICED_MS = 4_000

#: What is said of a request whose client gave up before anything came.
_GIVEN_UP = re.compile(r"no answer within ([0-9.]+) s")

#: Milliseconds for which the upstream must have waited with its last event for it to show anything.
_WAITED_MS = 1_000


@check("relay.flows", on=[CLOSE])
def flows(observation: Observation) -> Iterable[Finding] | None:
    """The first event comes while the upstream waits with the next or the last one; where it did once it does."""
    paced = [each for each in submissions(observation) if _shows_pace(each)]
    if not paced:
        return None
    held = [each for each in paced if _held_back(each)]
    if len(held) < len(paced):
        return ()
    return [found_at(observation, each.front, _nothing_yet(each)) for each in held[:1]]


def _shows_pace(passage: Passage) -> bool:
    """Whether a stream passed in which the upstream waited, or need not have waited."""
    return passage.whole and passage.source is not None and bool(passage.source.events) and bool(passage.front.events)


class _Wait(NamedTuple):
    """Between two events the upstream waited, in milliseconds since its answer began."""

    began: int
    ended: int


def _held_back(passage: Passage) -> list[_Wait]:
    """The waits of the upstream, behind its first event and before its last one, in which nothing had come."""
    source = passage.source
    times = [event.place.ms for event in source.events if not event.is_done] if source is not None else []
    if source is None or len(times) < 2:
        return []
    first = passage.front.at(passage.front.events[0].place.ms)
    # The first wait is over once the first event has come, however late: only one that ran out of patience shows more.
    waits = ((_Wait(*times[:2]), PATIENCE_MS), (_Wait(*times[-2:]), _WAITED_MS))
    # Where it came early the wait was over at once; a clock that decides here is off by half the wait.
    return [
        wait for wait, least in waits
        if (waited := wait.ended - wait.began) >= least and first > source.at(wait.ended) - waited // 2
    ]  # fmt: skip


def _nothing_yet(passage: Passage) -> Slip:
    first, wait = passage.front.events[0], _held_back(passage)[-1]
    got = f"the first after {first.place.ms} ms; the upstream waited from {wait.began} ms to {wait.ended} ms"
    return Slip("held-back", "nothing came while the upstream waited for what it had sent to arrive",
                 "each event as it comes", got, first)  # fmt: skip


@check("relay.prompt", on=[CLOSE])
def prompt(observation: Observation) -> Iterable[Finding] | None:
    """No event is more than a second later than it is around the gateway; where it was once on time it is."""
    paced = [each for each in submissions(observation) if _shows_pace(each) and _latest(each) is not None]
    around = [latest for each in observation.passages if each.direct and (latest := _latest(each)) is not None]
    if not paced or not around:
        return None
    bound = max(latest.late for latest in around) + _LATE_MS
    late = [(each, latest) for each in paced if (latest := _latest(each)) is not None and latest.late > bound]
    if len(late) < len(paced):
        return ()
    return [
        found_at(observation, each.front, Slip(
            "late", "an event came more than a second later than around the gateway",
            f"within {bound} ms", f"{latest.late} ms after it was sent", latest.event,
        ))
        for each, latest in late[:1]
    ]  # fmt: skip


class _Latest(NamedTuple):
    """The event that came latest, by milliseconds after it was sent."""

    late: int
    event: Seen


def _latest(passage: Passage) -> _Latest | None:
    """The latest event of a stream that came as it was sent; None of any other."""
    source = passage.source
    if source is None or not source.events or len(source.events) != len(passage.front.events):
        return None
    pairs = zip(source.events, passage.front.events, strict=True)
    return max(_Latest(passage.front.at(came.place.ms) - source.at(sent.place.ms), came) for sent, came in pairs)


@check("relay.ends", on=[CLOSE])
def ends(observation: Observation) -> Iterable[Finding] | None:
    """What the upstream ended properly, or would have, is ended properly."""
    return judged(observation, [each for each in with_answers(observation) if each.whole or each.given_up], _cut_off)


def _cut_off(passage: Passage) -> Iterator[Slip]:
    front = passage.front.response
    if front is None or front.ended is Ended.COMPLETE:
        return
    got = f"{front.ended} after {len(body_of(front))} bytes and {front.ended_ms} ms"
    if passage.given_up:
        yield Slip("given-up", "the gateway left the upstream within the answer", "the whole answer", got)
    else:
        yield Slip("cut-off", "the answer was broken off, though the upstream ended it", "a body that is ended", got)


@check("relay.cut", on=[CLOSE])
def cut(observation: Observation) -> Iterable[Finding] | None:
    """What the upstream broke off is not ended properly."""
    broken = [each for each in passed(observation) if _is_cut(each) or _left_early(each) or dropped(each)]
    return judged(observation, broken, _ended_properly)


def _is_cut(passage: Passage) -> bool:
    """Whether the upstream broke off, and the gateway can know it: the end of a connection ends a body of HTTP/1.0."""
    if not _breaks_off(passage, {Ended.SHORT, Ended.RESET}) or passage.answers is None:
        return False
    behind, _ = passage.answers
    return behind.ended is Ended.RESET or _is_framed(behind)


@check("relay.upstream-left", on=[CLOSE])
def upstream_left(observation: Observation) -> Iterable[Finding] | None:
    """A client learns that the upstream has broken off before it gives up by itself."""
    broken = [each for each in passed(observation) if _breaks_off(each, {Ended.SHORT, Ended.RESET}) or dropped(each)]
    return judged(observation, [each for each in broken if not _is_impatient(each)], _hanging)


def _waited(passage: Passage) -> int | None:
    """Milliseconds from the end of the upstream until the client gave up; None where it did not."""
    source, front = passage.source, passage.front
    if source is None or source.response is None:
        return None
    if front.response is None:
        limit = _GIVEN_UP.fullmatch(front.exchange.failure or "")
        gave_up = None if limit is None else round(float(limit[1]) * 1_000)
    else:
        gave_up = front.response.ended_ms if front.response.ended is Ended.TIMEOUT else None
    return None if gave_up is None else front.at(gave_up) - source.at(source.response.ended_ms)


def _is_impatient(passage: Passage) -> bool:
    """Whether the client gave up too soon for its wait to say anything."""
    waited = _waited(passage)
    return waited is not None and waited < _PATIENT_MS


def _hanging(passage: Passage) -> Iterator[Slip]:
    waited = _waited(passage)
    if waited is not None:
        yield Slip("hanging", "the upstream had broken off, and the client waited until it gave up",
                    "a body that is broken off", f"open for another {waited} ms")  # fmt: skip


def _left_early(passage: Passage) -> bool:
    """Whether the gateway itself left the upstream before the end of its stream."""
    source = passage.source
    return passage.given_up and source is not None and not any(event.is_done for event in source.events)


@check("relay.stall", on=[CLOSE])
def stall(observation: Observation) -> Iterable[Finding] | None:
    """What an upstream left open for too long is not ended properly."""
    stalled = [each for each in with_answers(observation) if _breaks_off(each, {Ended.TIMEOUT, Ended.ABORTED})]
    over = [each for each in stalled if each.front.response and each.front.response.ended is not Ended.TIMEOUT]
    return judged(observation, over, _ended_properly) if "gateway-timeout" in observation.held else None


def _breaks_off(passage: Passage, ways: Collection[Ended]) -> bool:
    """Whether the upstream broke off, while its client was there."""
    return (
        passage.answers is not None
        and passage.answers[0].ended in ways
        and passage.answers[1].ended is not Ended.ABORTED
    )


def _is_framed(response: Response) -> bool:
    """Whether a body says where it ends; one that does not is ended by its connection, as with HTTP/1.0."""
    return any(header(response.headers, name) is not None for name in ("content-length", "transfer-encoding"))


def _ended_properly(passage: Passage) -> Iterator[Slip]:
    behind, front = passage.answers or (None, None)
    if behind is not None and front is not None and front.ended is Ended.COMPLETE and served(front):
        yield Slip("ended", "the upstream broke off, and the client got a proper end", "a body that is broken off",
                    f"complete after {len(body_of(front))} bytes, upstream {behind.ended}")  # fmt: skip


@check("relay.version", on=[CLOSE])
def version(observation: Observation) -> Iterable[Finding] | None:
    """The upstream can frame its streams: it was asked with a version that knows chunks."""
    return judged(observation, [each for each in submissions(observation) if _answered_behind(each)], _unframed)


def _answered_behind(passage: Passage) -> Response | None:
    return None if passage.source is None else passage.source.response


def _unframed(passage: Passage) -> Iterator[Slip]:
    behind = _answered_behind(passage)
    if behind is not None and served(behind) and is_event_stream(behind) and not _is_framed(behind):
        yield Slip("unframed", "the upstream was asked with HTTP/1.0: only the end of the connection ends its stream",
                    "HTTP/1.1", "an answer that says neither a length nor chunks")  # fmt: skip


def _left_in_time(passage: Passage) -> bool:
    """Whether the client left while there was time to notice it; who was held back leaves when all is over."""
    source, answers = passage.source, passage.answers
    if source is None or answers is None or answers[1].ended is not Ended.ABORTED:
        return False
    behind, front = answers
    over = source.at(behind.ended_ms) - passage.front.at(front.ended_ms)
    return behind.ended is Ended.ABORTED or over >= _WAITED_MS


def _is_noticed(passage: Passage) -> bool:
    """Whether the upstream was left soon after the client left; a gateway whose own limit is over leaves it, too."""
    source, answers = passage.source, passage.answers
    if source is None or answers is None or answers[0].ended is not Ended.ABORTED:
        return False
    return source.at(answers[0].ended_ms) - passage.front.at(answers[1].ended_ms) <= _NOTICED_MS


@check("relay.client-left", on=[CLOSE])
def client_left(observation: Observation) -> Iterable[Finding] | None:
    """That a client has left is noticed upstream; where it was once it is."""
    left = [
        each for each in submissions(observation)
        if "leaves" in each.front.exchange.situation and _left_in_time(each)
    ]  # fmt: skip
    if not left or any(map(_is_noticed, left)):
        return () if left else None
    first = left[0]
    after = first.answers[0].ended_ms if first.answers else 0
    return [
        found_at(observation, first.front, Slip(
            "unnoticed", "the client had left, and the upstream went on", "a closed connection",
            f"open for {after} ms",
        ))
    ]  # fmt: skip
