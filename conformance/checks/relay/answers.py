"""What arrives at the client: every answer, with its status, its head and its document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from email.message import Message

from conformance.checks.relay.passed import (
    BROKEN_OFF,
    Slip,
    answered_or_dropped,
    around_difference,
    judged,
    said,
    submissions,
    with_answers,
)
from conformance.model import Finding, Headers, Response
from conformance.walk.event_differences import of_json
from conformance.walk.http_response import body_of, got_status, header, is_event_stream, listed, media_type, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.passages import Passage
from conformance.walk.registry import check

#: The statuses of faults begin here.
_FAULT = 500


@check("relay.answered", on=[CLOSE])
def answered(observation: Observation) -> Iterable[Finding] | None:
    """An answer reaches the client."""
    there = [each for each in submissions(observation) if each.source is not None and each.source.response is not None]
    return judged(observation, there, _unanswered_in_front)


def _unanswered_in_front(passage: Passage) -> Iterator[Slip]:
    source = passage.source
    if passage.front.response is None and source is not None and not _broken(source.response):
        got = passage.front.exchange.failure or "no answer"
        yield Slip("lost", "the answer of the upstream never came", got_status(source.response), got)


def _broken(response: Response | None) -> bool:
    """Whether an upstream broke off, so that a gateway may break off, too."""
    return response is None or response.ended in BROKEN_OFF


@check("relay.unanswered", on=[CLOSE])
def unanswered(observation: Observation) -> Iterable[Finding] | None:
    """Where the upstream does not answer the gateway says so."""
    silent = [each for each in submissions(observation) if each.source is not None and each.source.response is None]
    return judged(observation, silent, _invented)


def _invented(passage: Passage) -> Iterator[Slip]:
    response = passage.front.response
    if response is not None and response.status < _FAULT:
        yield Slip("invented", "the upstream did not answer, and the client got an answer", "502, 504 or none",
                    got_status(response))  # fmt: skip


def _heads(observation: Observation, slips: Callable[[Response, Response], Iterable[Slip]]) -> Iterable[Finding] | None:
    """Findings on answers by their heads, that behind and that in front; none where the client was given no answer."""

    def of(passage: Passage) -> Iterable[Slip]:
        return () if passage.answers is None or _told_as_fault(*passage.answers) else slips(*passage.answers)

    return judged(observation, answered_or_dropped(observation), of)


def _told_as_fault(behind: Response, front: Response) -> bool:
    """Whether the upstream broke off, and the client got an error in its place."""
    return _broken(behind) and front.status >= _FAULT


@check("relay.status-class", on=[CLOSE])
def status_class(observation: Observation) -> Iterable[Finding] | None:
    """An answer keeps the class of its status."""
    return _heads(observation, _another_class)


def _another_class(behind: Response, front: Response) -> Iterator[Slip]:
    if behind.status // 100 != front.status // 100:
        yield Slip("another-class", "the answer has a status of another class", got_status(behind), got_status(front))


@check("relay.status", on=[CLOSE])
def status(observation: Observation) -> Iterable[Finding] | None:
    """An answer keeps its status."""
    return _heads(observation, _another_status)


def _another_status(behind: Response, front: Response) -> Iterator[Slip]:
    if behind.status != front.status:
        yield Slip("another-status", "the answer has another status", got_status(behind), got_status(front))


@check("relay.error-body", on=[CLOSE])
def error_body(observation: Observation) -> Iterable[Finding] | None:
    """An error arrives as it was sent."""
    refused = [
        each for each in with_answers(observation) if each.whole and each.answers and each.answers[0].status >= 400
    ]
    return judged(observation, refused, _another_error)


def _another_error(passage: Passage) -> Iterator[Slip]:
    if found := next(_another_answer(passage), None):
        yield found
    elif passage.answers is not None:
        yield from _another_type(*passage.answers)


@check("relay.answer", on=[CLOSE])
def answer(observation: Observation) -> Iterable[Finding] | None:
    """A plain answer arrives with the same JSON."""
    plain = [each for each in with_answers(observation) if each.whole and _is_plain(each)]
    return judged(observation, plain, _another_answer)


def _is_plain(passage: Passage) -> bool:
    behind = passage.answers[0] if passage.answers is not None else None
    return behind is not None and served(behind) and not is_event_stream(behind)


def _another_answer(passage: Passage) -> Iterator[Slip]:
    behind, front = map(body_of, passage.answers or ())
    front = passage.mappings.named(front)
    if behind != front and of_json(behind) != of_json(front):
        before, after = around_difference(behind, front)
        yield Slip("another-body", "the answer arrived with another body", before, after)


@check("relay.retry-after", on=[CLOSE])
def retry_after(observation: Observation) -> Iterable[Finding] | None:
    """`Retry-After` arrives as it was sent."""
    asking = [
        each for each in with_answers(observation) if each.answers and header(each.answers[0].headers, "retry-after")
    ]
    return judged(observation, asking, _another_wait)


def _another_wait(passage: Passage) -> Iterator[Slip]:
    asked, got = (header(each.headers, "retry-after") for each in passage.answers or ())
    if asked != got:
        kind, message = "lost" if got is None else "another-value", "Retry-After did not arrive as it was sent"
        yield Slip(kind, message, said("Retry-After", asked), said("Retry-After", got))


@check("relay.content-type", on=[CLOSE])
def content_type(observation: Observation) -> Iterable[Finding] | None:
    """The media type of what was accepted arrives as it was sent."""
    return _heads(observation, lambda behind, front: _another_type(behind, front) if served(behind) else ())


def _another_type(behind: Response, front: Response) -> Iterator[Slip]:
    sent, got = media_type(behind), media_type(front)
    if sent is not None and sent != got:
        yield Slip("another-type", "the answer has another media type", sent, got or "no Content-Type")


@check("relay.charset", on=[CLOSE])
def charset(observation: Observation) -> Iterable[Finding] | None:
    """The charset arrives as it was sent."""
    return _heads(observation, _another_charset)


def _another_charset(behind: Response, front: Response) -> Iterator[Slip]:
    sent, got = map(_charset, (behind, front))
    if media_type(behind) == media_type(front) and sent != got:
        yield Slip("another-charset", "the answer says another charset", sent or "none", got or "none")


def _charset(response: Response) -> str | None:
    message = Message()
    message["content-type"] = header(response.headers, "content-type") or ""
    return message.get_content_charset()


@check("relay.coding", on=[CLOSE])
def coding(observation: Observation) -> Iterable[Finding] | None:
    """An answer has no content coding that the client declined."""
    declined = [each for each in answered_or_dropped(observation) if _declines(each.front.exchange.request.headers)]
    return judged(observation, declined, _coded)


def _declines(headers: Headers) -> bool:
    return (listed(headers, "accept-encoding") or "").strip().lower() == "identity"


def _coded(passage: Passage) -> Iterator[Slip]:
    behind, front = passage.answers or (None, None)
    got = listed(front.headers, "content-encoding") if front else None
    if behind and got and got.lower() != "identity" and listed(behind.headers, "content-encoding") is None:
        yield Slip("coded", "the answer has a content coding that the client declined", "none", got)
