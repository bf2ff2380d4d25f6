"""What stands between: each request and answer on one side, held against what it was on the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from email.message import Message
from functools import partial
from itertools import chain
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from conformance.model import Ended, Finding, Headers, Response
from conformance.walk.documents import shown
from conformance.walk.event_differences import Differences, Seen, of_json
from conformance.walk.http_response import body_of, got_status, header, is_event_stream, listed, media_type, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.passages import Numbered, Passage, repeats
from conformance.walk.registry import check
from conformance.wire.redact import KEPT_PARAMETERS

#: Milliseconds by which an event may come later than around the gateway: nobody minds a second.
_LATE_MS = 1_000

#: Milliseconds for which the upstream must have waited with its last event for it to show anything.
_WAITED_MS = 1_000


def _passed(observation: Observation) -> list[Passage]:
    """Every request that went through the gateway."""
    return [passage for passage in observation.passages if not passage.direct]


def _submitted(observation: Observation) -> list[Passage]:
    return [passage for passage in _passed(observation) if passage.submits]


def _sent(observation: Observation) -> list[tuple[Passage, Numbered]]:
    """Every submission that arrived behind, with the request in front."""
    return [(passage, each) for passage in _submitted(observation) for each in passage.behind]


def _answered(observation: Observation) -> list[Passage]:
    return [passage for passage in _passed(observation) if passage.answers is not None]


def _maps(observation: Observation, what: str) -> bool:
    return f"maps-{what}" in observation.held


class _Slip(NamedTuple):
    """What is off with one passage: the parts of a finding."""

    kind: str
    message: str
    expected: str
    got: str
    at: Seen | None = None
    details: tuple[str, ...] = ()


def _found(observation: Observation, where: Numbered, slip: _Slip) -> Finding:
    place = slip.at.place if slip.at is not None else None
    return observation.finding(
        slip.kind, slip.message, slip.expected, slip.got, details=slip.details, at=place, exchange=where.index
    )


def _judged(
    observation: Observation, passages: Collection[Passage], slips: Callable[[Passage], Iterable[_Slip]]
) -> Iterable[Finding] | None:
    """Findings in front, one for each slip; None where there is no passage to look at."""
    if not passages:
        return None
    return [_found(observation, passage.front, slip) for passage in passages for slip in slips(passage)]


# What arrives upstream.


@check("relay.forwarded", on=[CLOSE])
def forwarded(observation: Observation) -> Iterable[Finding] | None:
    """Every submission reaches the upstream."""
    return _judged(observation, _submitted(observation), _not_forwarded)


def _not_forwarded(passage: Passage) -> Iterator[_Slip]:
    if not passage.behind:
        said = got_status(passage.front.response)
        size = len(passage.front.exchange.request.body)
        yield _Slip("not-forwarded", "the submission never reached the upstream", f"{size} bytes upstream", said)


@check("relay.sent-once", on=[CLOSE])
def sent_once(observation: Observation) -> Iterable[Finding] | None:
    """A submission is sent upstream once, and again only where a client might."""
    submitted = [passage for passage in _submitted(observation) if passage.behind]
    if not submitted:
        return None
    return [
        _found(observation, again, _Slip("sent-again", "the submission was sent upstream again", "one submission",
                                         f"another one after {got_status(before.response)}"))
        for passage in submitted
        for before, again in repeats(passage)
    ]  # fmt: skip


def _compared(
    observation: Observation, differs: Callable[[Passage, Numbered], Iterable[_Slip]]
) -> Iterable[Finding] | None:
    """Findings behind, one for each way in which a submission is another one there."""
    sent = _sent(observation)
    if not sent:
        return None
    return [_found(observation, behind, slip) for passage, behind in sent for slip in differs(passage, behind)]


@check("relay.path", on=[CLOSE])
def path(observation: Observation) -> Iterable[Finding] | None:
    """The path arrives as it was sent, but for a base path that is declared."""
    based = _maps(observation, "path")

    def differs(passage: Passage, behind: Numbered) -> Iterator[_Slip]:
        asked, sent = (unquote(_path(each.exchange.request.target)) for each in (passage.front, behind))
        wanted = passage.mappings.path(asked)
        if based:
            wanted, sent = (each[each.find("/threads/") :] for each in (wanted, sent))
        if wanted != sent:
            yield _Slip("another-path", "the submission arrived under another path", shown(wanted), shown(sent))

    return _compared(observation, differs)


def _path(target: str) -> str:
    return target.partition("?")[0]


@check("relay.query", on=[CLOSE])
def query(observation: Observation) -> Iterable[Finding] | None:
    """The query arrives as it was sent."""
    if not any("?" in passage.front.exchange.request.target for passage in _submitted(observation)):
        return None
    return _compared(observation, _another_query)


def _another_query(passage: Passage, behind: Numbered) -> Iterator[_Slip]:
    asked, sent = (_parameters(each.exchange.request.target) for each in (passage.front, behind))
    if asked != sent:
        yield _Slip("another-query", "the submission arrived with another query", shown(asked), shown(sent))


def _parameters(target: str) -> list[tuple[str, str]]:
    """The parameters of a query; of one whose value is not kept the name alone, so that redaction changes nothing."""
    pairs = parse_qsl(target.partition("?")[2], keep_blank_values=True)
    return [(name, value if name in KEPT_PARAMETERS else "") for name, value in pairs]


@check("relay.beta", on=[CLOSE])
def beta(observation: Observation) -> Iterable[Finding] | None:
    """`OpenAI-Beta` arrives as it was sent."""
    return _compared(observation, partial(_another_field, name="OpenAI-Beta"))


def _another_field(passage: Passage, behind: Numbered, name: str) -> Iterator[_Slip]:
    asked, sent = (listed(each.exchange.request.headers, name.lower()) for each in (passage.front, behind))
    if asked != sent:
        kind = "lost" if sent is None else "another-value"
        yield _Slip(kind, f"{name} did not arrive as it was sent", _said(name, asked), _said(name, sent))


def _said(name: str, value: str | None) -> str:
    return f"no {name}" if value is None else f"{name}: {value}"


@check("relay.authorization", on=[CLOSE])
def authorization(observation: Observation) -> Iterable[Finding] | None:
    """The credential arrives as it was sent, or the gateway's own in its place."""
    own = _maps(observation, "auth")

    def differs(passage: Passage, behind: Numbered) -> Iterator[_Slip]:
        asked, sent = (_scheme(each.exchange.request.headers) for each in (passage.front, behind))
        if asked is None:
            return
        if sent is None:
            yield _Slip("lost", "the credential did not arrive", asked, "none")
        elif not own and sent != asked:
            yield _Slip("another-scheme", "another kind of credential arrived", asked, sent)
        elif not own and behind.response is not None and behind.response.status == _UNAUTHORIZED:
            yield _Slip("another-key", "another credential arrived", "the one that was sent", "one that is not let in")

    return _compared(observation, differs)


#: How the mock behind answers a key that is not ours.
_UNAUTHORIZED = 401


def _scheme(headers: Headers) -> str | None:
    """What kind of credential a request carries; its value is nobody's business."""
    bearer = header(headers, "authorization")
    if bearer is not None:
        return f"Authorization: {bearer.partition(' ')[0]}"
    return "api-key" if header(headers, "api-key") is not None else None


@check("relay.request-body", on=[CLOSE])
def request_body(observation: Observation) -> Iterable[Finding] | None:
    """The body arrives with the same JSON."""
    return _compared(observation, _another_document)


def _another_document(passage: Passage, behind: Numbered) -> Iterator[_Slip]:
    asked, sent = _bodies(passage, behind)
    if asked != sent and of_json(asked) != of_json(sent):
        before, after = _around_difference(asked, sent)
        yield _Slip("another-body", "the submission arrived with another body", before, after)


@check("relay.request-bytes", on=[CLOSE])
def request_bytes(observation: Observation) -> Iterable[Finding] | None:
    """The body arrives byte for byte."""
    return _compared(observation, _other_bytes)


def _other_bytes(passage: Passage, behind: Numbered) -> Iterator[_Slip]:
    asked, sent = _bodies(passage, behind)
    if asked != sent:
        before, after = _around_difference(asked, sent)
        yield _Slip("rewritten", "the body of the submission was written anew", before, after)


def _bodies(passage: Passage, behind: Numbered) -> tuple[bytes, bytes]:
    """What was submitted in front, in the names of the side behind, and what arrived."""
    return passage.mappings.named(passage.front.exchange.request.body), behind.exchange.request.body


def _around_difference(one: bytes, other: bytes) -> tuple[str, str]:
    """Both texts from a little before the first byte in which they differ."""
    shorter = min(len(one), len(other))
    at = next((index for index in range(shorter) if one[index] != other[index]), shorter)
    start = max(0, at - 20)
    return tuple(shown(each[start : start + 80].decode(errors="replace")) for each in (one, other))  # type: ignore[return-value]


# What arrives at the client.


@check("relay.answered", on=[CLOSE])
def answered(observation: Observation) -> Iterable[Finding] | None:
    """An answer reaches the client."""
    there = [each for each in _submitted(observation) if each.source is not None and each.source.response is not None]
    return _judged(observation, there, _unanswered_in_front)


def _unanswered_in_front(passage: Passage) -> Iterator[_Slip]:
    source = passage.source
    if passage.front.response is None and source is not None and not _broken(source.response):
        said = passage.front.exchange.failure or "no answer"
        yield _Slip("lost", "the answer of the upstream never came", got_status(source.response), said)


def _broken(response: Response | None) -> bool:
    """Whether an upstream broke off, so that a gateway may break off, too."""
    return response is None or response.ended in (Ended.SHORT, Ended.RESET, Ended.TIMEOUT)


@check("relay.unanswered", on=[CLOSE])
def unanswered(observation: Observation) -> Iterable[Finding] | None:
    """Where the upstream does not answer the gateway says so."""
    silent = [each for each in _submitted(observation) if each.source is not None and each.source.response is None]
    return _judged(observation, silent, _invented)


def _invented(passage: Passage) -> Iterator[_Slip]:
    response = passage.front.response
    if response is not None and response.status < 500:
        yield _Slip("invented", "the upstream did not answer, and the client got an answer", "502, 504 or none",
                    got_status(response))  # fmt: skip


def _heads(
    observation: Observation, slips: Callable[[Response, Response], Iterable[_Slip]]
) -> Iterable[Finding] | None:
    """Findings on answers by their heads, that behind and that in front."""

    def of(passage: Passage) -> Iterable[_Slip]:
        return slips(*passage.answers) if passage.answers is not None else ()

    return _judged(observation, _answered(observation), of)


@check("relay.status-class", on=[CLOSE])
def status_class(observation: Observation) -> Iterable[Finding] | None:
    """An answer keeps the class of its status."""
    return _heads(observation, _another_class)


def _another_class(behind: Response, front: Response) -> Iterator[_Slip]:
    if behind.status // 100 != front.status // 100:
        yield _Slip("another-class", "the answer has a status of another class", got_status(behind), got_status(front))


@check("relay.status", on=[CLOSE])
def status(observation: Observation) -> Iterable[Finding] | None:
    """An answer keeps its status."""
    return _heads(observation, _another_status)


def _another_status(behind: Response, front: Response) -> Iterator[_Slip]:
    if behind.status != front.status:
        yield _Slip("another-status", "the answer has another status", got_status(behind), got_status(front))


@check("relay.error-body", on=[CLOSE])
def error_body(observation: Observation) -> Iterable[Finding] | None:
    """An error arrives as it was sent."""
    refused = [each for each in _answered(observation) if each.whole and each.answers and each.answers[0].status >= 400]
    return _judged(observation, refused, _another_answer)


@check("relay.answer", on=[CLOSE])
def answer(observation: Observation) -> Iterable[Finding] | None:
    """A plain answer arrives with the same JSON."""
    plain = [each for each in _answered(observation) if each.whole and _is_plain(each)]
    return _judged(observation, plain, _another_answer)


def _is_plain(passage: Passage) -> bool:
    behind = passage.answers[0] if passage.answers is not None else None
    return behind is not None and served(behind) and not is_event_stream(behind)


def _another_answer(passage: Passage) -> Iterator[_Slip]:
    behind, front = map(body_of, passage.answers or ())
    front = passage.mappings.named(front)
    if behind != front and of_json(behind) != of_json(front):
        before, after = _around_difference(behind, front)
        yield _Slip("another-body", "the answer arrived with another body", before, after)


@check("relay.retry-after", on=[CLOSE])
def retry_after(observation: Observation) -> Iterable[Finding] | None:
    """`Retry-After` arrives as it was sent."""
    asking = [
        each for each in _answered(observation) if each.answers and header(each.answers[0].headers, "retry-after")
    ]
    return _judged(observation, asking, _another_wait)


def _another_wait(passage: Passage) -> Iterator[_Slip]:
    said, got = (header(each.headers, "retry-after") for each in passage.answers or ())
    if said != got:
        kind = "lost" if got is None else "another-value"
        yield _Slip(kind, "Retry-After did not arrive as it was sent", _said("Retry-After", said),
                    _said("Retry-After", got))  # fmt: skip


@check("relay.content-type", on=[CLOSE])
def content_type(observation: Observation) -> Iterable[Finding] | None:
    """The media type arrives as it was sent."""
    return _heads(observation, _another_type)


def _another_type(behind: Response, front: Response) -> Iterator[_Slip]:
    said, got = media_type(behind), media_type(front)
    if said is not None and said != got:
        yield _Slip("another-type", "the answer has another media type", said, got or "no Content-Type")


@check("relay.charset", on=[CLOSE])
def charset(observation: Observation) -> Iterable[Finding] | None:
    """The charset arrives as it was sent."""
    return _heads(observation, _another_charset)


def _another_charset(behind: Response, front: Response) -> Iterator[_Slip]:
    said, got = map(_charset, (behind, front))
    if media_type(behind) == media_type(front) and said != got:
        yield _Slip("another-charset", "the answer says another charset", said or "none", got or "none")


def _charset(response: Response) -> str | None:
    message = Message()
    message["content-type"] = header(response.headers, "content-type") or ""
    return message.get_content_charset()


@check("relay.coding", on=[CLOSE])
def coding(observation: Observation) -> Iterable[Finding] | None:
    """An answer has no content coding that the client declined."""
    declined = [each for each in _answered(observation) if _declines(each.front.exchange.request.headers)]
    return _judged(observation, declined, _coded)


def _declines(headers: Headers) -> bool:
    return (listed(headers, "accept-encoding") or "").strip().lower() == "identity"


def _coded(passage: Passage) -> Iterator[_Slip]:
    behind, front = passage.answers or (None, None)
    got = listed(front.headers, "content-encoding") if front else None
    if behind and got and got.lower() != "identity" and listed(behind.headers, "content-encoding") is None:
        yield _Slip("coded", "the answer has a content coding that the client declined", "none", got)


# The events of a stream.


def _streams(observation: Observation, slips: Callable[[Differences], Iterable[_Slip]]) -> Iterable[Finding] | None:
    """Findings on streams that the upstream ended properly, by how what came differs from what was sent."""
    whole = [each for each in _submitted(observation) if each.streams is not None and _is_stream(each)]
    return _judged(observation, whole, lambda passage: slips(passage.streams) if passage.streams else ())


def _is_stream(passage: Passage) -> bool:
    """Whether what came is a stream, or was to be one: another answer is told by its status and its type."""
    front = passage.front.response
    return front is not None and served(front) and is_event_stream(front)


def _count(events: Sequence[object], of: int) -> str:
    return f"{len(events)} of {of} event{'s' * (of != 1)}"


@check("relay.events-arrive", on=[CLOSE])
def events_arrive(observation: Observation) -> Iterable[Finding] | None:
    """Every event arrives, and by itself."""
    return _streams(observation, _lost)


def _lost(found: Differences) -> Iterator[_Slip]:
    if found.missing:
        first = found.missing[0]
        yield _Slip("lost", f"{_count(found.missing, found.sent)} did not arrive", f"event {first.place.event}: "
                    f"{shown(first.name)}", "nothing", details=(first.name,))  # fmt: skip
    if found.joined:
        pair = found.joined[0]
        yield _Slip("joined", f"{_count(found.joined, found.sent)} arrived as part of another one",
                    f"event {pair.sent.place.event}: {shown(pair.sent.name)} by itself", shown(pair.came.name),
                    pair.came)  # fmt: skip


@check("relay.events-once", on=[CLOSE])
def events_once(observation: Observation) -> Iterable[Finding] | None:
    """Nothing comes that was not sent, nor more often."""
    return _streams(observation, _surplus)


def _surplus(found: Differences) -> Iterator[_Slip]:
    if found.repeated:
        first = found.repeated[0]
        yield _Slip("repeated", f"{_count(found.repeated, found.sent)} came again", "each event once",
                    shown(first.name), first, details=(first.name,))  # fmt: skip
    if found.added:
        first = found.added[0]
        yield _Slip("added", "an event came that the upstream did not send", "the events of the upstream",
                    f"{shown(first.name or 'no name')}: {_text(first.data)}", first)  # fmt: skip


def _text(data: bytes) -> str:
    return shown(data[:80].decode(errors="replace"))


@check("relay.events-order", on=[CLOSE])
def events_order(observation: Observation) -> Iterable[Finding] | None:
    """Events come in their order."""
    return _streams(observation, _moved)


def _moved(found: Differences) -> Iterator[_Slip]:
    if found.moved:
        pair = found.moved[0]
        yield _Slip("moved", f"{_count(found.moved, found.sent)} came elsewhere in the stream",
                    f"event {pair.sent.place.event}: {shown(pair.sent.name)}", f"event {pair.came.place.event}",
                    pair.came)  # fmt: skip


@check("relay.event-names", on=[CLOSE])
def event_names(observation: Observation) -> Iterable[Finding] | None:
    """Every event has the name that it was given."""
    return _streams(observation, _renamed)


def _renamed(found: Differences) -> Iterator[_Slip]:
    if found.renamed:
        pair = found.renamed[0]
        kind = "another-name" if pair.came.name else "nameless"
        yield _Slip(kind, f"{_count(found.renamed, found.sent)} came under another name", shown(pair.sent.name),
                    shown(pair.came.name) if pair.came.name else "no name", pair.came)  # fmt: skip


@check("relay.event-data", on=[CLOSE])
def event_data(observation: Observation) -> Iterable[Finding] | None:
    """The data of every event is the same JSON, or the same text."""
    return _streams(observation, partial(_changed, "another-data", "came with other data"))


@check("relay.event-bytes", on=[CLOSE])
def event_bytes(observation: Observation) -> Iterable[Finding] | None:
    """The data of every event comes byte for byte."""
    return _streams(observation, partial(_changed, "rewritten", "was written anew"))


def _changed(kind: str, message: str, found: Differences) -> Iterator[_Slip]:
    pairs = found.rewritten if kind == "rewritten" else found.changed
    if pairs:
        before, after = _around_difference(pairs[0].sent.data, pairs[0].came.data)
        yield _Slip(kind, f"the data of {_count(pairs, found.sent)} {message}", before, after, pairs[0].came)


@check("relay.done", on=[CLOSE])
def done(observation: Observation) -> Iterable[Finding] | None:
    """`[DONE]` comes as often as it was sent, and nothing behind it."""
    return _streams(observation, _end)


def _end(found: Differences) -> Iterator[_Slip]:
    if found.dones_sent != found.dones_came:
        kind = "lost" if found.dones_came < found.dones_sent else "repeated"
        yield _Slip(kind, "[DONE] did not come as often as it was sent", f"{found.dones_sent} times",
                    f"{found.dones_came} times")  # fmt: skip
    if found.behind_done:
        first = found.behind_done[0]
        yield _Slip("more-behind", "something came behind [DONE] that was not sent there", "nothing",
                    _text(first.data) or "a line", first)  # fmt: skip


@check("relay.apart", on=[CLOSE])
def apart(observation: Observation) -> Iterable[Finding] | None:
    """What belongs to one run reaches no other one."""
    whole = [each for each in _submitted(observation) if each.source is not None and each.source.events]
    if len(whole) < 2:
        return None
    homes = {event.key: each for each in whole if each.source for event in each.source.events if not event.is_done}
    return [
        _found(observation, each.front, _Slip(
            "mixed", "an event of another run came", "the events of its own run",
            f"one of exchange {homes[stranger.key].front.index}: {shown(stranger.name)}", stranger,
        ))
        for each in whole
        for stranger in _strangers(each, homes)
    ]  # fmt: skip


def _strangers(passage: Passage, homes: dict[tuple[str, bytes], Passage]) -> list[Seen]:
    """The first event in front that is one of another passage and none of its own."""
    own = {event.key for event in passage.source.events} if passage.source else set()
    found = (event for event in passage.front.events if event.key not in own and event.key in homes)
    return list(chain(found))[:1]


# When they come, and how it ends.


@check("relay.flows", on=[CLOSE])
def flows(observation: Observation) -> Iterable[Finding] | None:
    """The first event comes while the upstream waits with its last one; where it did once it does."""
    paced = [each for each in _submitted(observation) if _shows_pace(each)]
    if not paced:
        return None
    held = [each for each in paced if _held_back(each)]
    if len(held) < len(paced):
        return ()
    return [_found(observation, each.front, _all_at_its_end(each)) for each in held[:1]]


def _shows_pace(passage: Passage) -> bool:
    """Whether a stream passed in which the upstream waited, or need not have waited."""
    return passage.whole and passage.source is not None and bool(passage.source.events) and bool(passage.front.events)


def _held_back(passage: Passage) -> bool:
    """Whether nothing had come when the upstream sent its last event, though it had waited."""
    source = passage.source
    times = [event.place.ms for event in source.events if not event.is_done] if source is not None else []
    if source is None or len(times) < 2:
        return False
    waited = times[-1] - times[-2]
    first = passage.front.at(passage.front.events[0].place.ms)
    # Where it came early the wait was over at once; a clock that decides here is off by half the wait.
    return waited >= _WAITED_MS and first > source.at(times[-1]) - waited // 2


def _all_at_its_end(passage: Passage) -> _Slip:
    first = passage.front.events[0]
    last = max(event.place.ms for event in passage.source.events) if passage.source else 0
    got = f"the first after {first.place.ms} ms, the upstream's last was sent after {last} ms"
    return _Slip("held-back", "the events were held back until the upstream had sent all", "each event as it comes",
                 got, first)  # fmt: skip


@check("relay.prompt", on=[CLOSE])
def prompt(observation: Observation) -> Iterable[Finding] | None:
    """No event is more than a second later than it is around the gateway; where it was once on time it is."""
    paced = [each for each in _submitted(observation) if _shows_pace(each) and _latest(each) is not None]
    around = [latest for each in observation.passages if each.direct and (latest := _latest(each)) is not None]
    if not paced or not around:
        return None
    bound = max(latest.late for latest in around) + _LATE_MS
    late = [(each, latest) for each in paced if (latest := _latest(each)) is not None and latest.late > bound]
    if len(late) < len(paced):
        return ()
    return [
        _found(observation, each.front, _Slip(
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
    return _judged(observation, [each for each in _answered(observation) if each.whole or each.given_up], _cut_off)


def _cut_off(passage: Passage) -> Iterator[_Slip]:
    front = passage.front.response
    if front is None or front.ended is Ended.COMPLETE:
        return
    got = f"{front.ended} after {len(body_of(front))} bytes and {front.ended_ms} ms"
    if passage.given_up:
        yield _Slip("given-up", "the gateway left the upstream within the answer", "the whole answer", got)
    else:
        yield _Slip("cut-off", "the answer was broken off, though the upstream ended it", "a body that is ended", got)


@check("relay.cut", on=[CLOSE])
def cut(observation: Observation) -> Iterable[Finding] | None:
    """What the upstream broke off is not ended properly."""
    broken = [
        each for each in _answered(observation) if _breaks_off(each, {Ended.SHORT, Ended.RESET}) or _left_early(each)
    ]
    return _judged(observation, broken, _ended_properly)


def _left_early(passage: Passage) -> bool:
    """Whether the gateway itself left the upstream before the end of its stream."""
    source = passage.source
    return passage.given_up and source is not None and not any(event.is_done for event in source.events)


@check("relay.stall", on=[CLOSE])
def stall(observation: Observation) -> Iterable[Finding] | None:
    """What an upstream left open for too long is not ended properly."""
    stalled = [each for each in _answered(observation) if _breaks_off(each, {Ended.TIMEOUT, Ended.ABORTED})]
    over = [each for each in stalled if each.front.response and each.front.response.ended is not Ended.TIMEOUT]
    return _judged(observation, over, _ended_properly) if "gateway-timeout" in observation.held else None


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


def _ended_properly(passage: Passage) -> Iterator[_Slip]:
    behind, front = passage.answers or (None, None)
    if behind is None or front is None or (behind.ended is not Ended.RESET and not _is_framed(behind)):
        return
    if front.ended is Ended.COMPLETE and served(front):
        yield _Slip("ended", "the upstream broke off, and the client got a proper end", "a body that is broken off",
                    f"complete after {len(body_of(front))} bytes, upstream {behind.ended}")  # fmt: skip


@check("relay.client-left", on=[CLOSE])
def client_left(observation: Observation) -> Iterable[Finding] | None:
    """That a client has left is noticed upstream; where it was once it is."""
    left = [
        each for each in _submitted(observation)
        if "leaves" in each.front.exchange.situation and each.answers and each.answers[1].ended is Ended.ABORTED
    ]  # fmt: skip
    if not left or any(each.answers and each.answers[0].ended is Ended.ABORTED for each in left):
        return () if left else None
    first = left[0]
    after = first.answers[0].ended_ms if first.answers else 0
    return [
        _found(observation, first.front, _Slip(
            "unnoticed", "the client had left, and the upstream went on", "a closed connection",
            f"open for {after} ms, to the end of the stream",
        ))
    ]  # fmt: skip


@check("relay.mapping", on=[CLOSE])
def mapping(observation: Observation) -> Iterable[Finding] | None:
    """What is mapped is mapped one to one."""
    passed = [each for each in _passed(observation) if each.behind]
    bases = _bases(passed) if _maps(observation, "path") else []
    mappings = passed[0].mappings if passed else None
    if mappings is None or not (mappings.some or bases):
        return None
    found = [
        observation.finding(
            "inconsistent", "a name is mapped to two others", shown(conflict.names[0]), shown(conflict.names[1]),
            details=(), exchange=conflict.exchange,
        )
        for conflict in mappings.conflicts[:1]
    ]  # fmt: skip
    if len(set(bases)) > 1:
        found.append(
            observation.finding(
                "several-bases", "requests arrive below several base paths", shown(bases[0]), shown(bases[-1]),
                exchange=passed[-1].behind[0].index,
            )
        )  # fmt: skip
    return found


def _bases(passed: Iterable[Passage]) -> list[str]:
    """The base paths behind, of requests that name a thread."""
    targets = (each.behind[0].exchange.request.target for each in passed)
    return [base for base, found, _ in (_path(target).partition("/threads/") for target in targets) if found]
