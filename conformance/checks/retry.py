"""When a client sends a submission again, and how: not to send it again is always right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from conformance.model import Author, Exchange, Finding, Response
from conformance.walk.http_response import got_status, header, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.registry import check
from conformance.walk.rounds import Again, Sent, begun, rounds

#: A client may cap what it waits; the official ones do at a minute.
_LONGEST_MS = 60_000

#: Both sides round their clocks.
_ROUNDING_MS = 100

#: Refusals that other credentials can mend.
_OF_KEYS = frozenset({401, 403})


def _all_again(observation: Observation) -> Iterator[Again]:
    return (again for each in rounds(observation) for again in each.again())


def _all_sent(observation: Observation) -> Iterator[Sent]:
    return (sent for each in rounds(observation) for sent in each.sent)


def _exchange(observation: Observation, sent: Sent) -> Exchange:
    return observation.transcript.exchanges[sent.exchange]


@check("retry.identical", on=[CLOSE])
def identical(observation: Observation) -> Iterable[Finding] | None:
    """What is sent again goes to the same path and says the same."""
    retries = [again for again in _all_again(observation) if again.excused]
    if not retries:
        return None
    return [
        observation.finding(
            kind,
            "the submission that was sent again is another one",
            "the same path and content",
            got,
            exchange=again.sent.exchange,
        )
        for again in retries
        for kind, got in _differences(observation, again)
    ]


def _differences(observation: Observation, again: Again) -> tuple[tuple[str, str], ...]:
    """What differs, as a kind and in words: the path, else the body, or nothing."""
    before, after = (_exchange(observation, sent).request for sent in again)
    if after.target.partition("?")[0] != before.target.partition("?")[0]:
        return (("another-path", "another path"),)
    return () if again.same else (("another-body", "another body"),)


@check("retry.after", on=[CLOSE])
def after(observation: Observation) -> Iterable[Finding] | None:
    """It waits as long as it was asked to."""
    asked = [
        (again, wait)
        for again in _all_again(observation)
        if again.excused
        and again.before.response is not None
        and (wait := _asked_ms(again.before.response)) is not None
    ]
    if not asked:
        return None
    return [
        observation.finding(
            "too-early",
            "the submission was sent again too early",
            f"after {wait} ms",
            f"after {waited} ms",
            exchange=again.sent.exchange,
        )
        for again, wait in asked
        if (waited := _waited_ms(observation, again)) + _ROUNDING_MS < wait
    ]


def _asked_ms(response: Response) -> int | None:
    """How long an answer asks to wait, where it is a number and no longer than a client need wait."""
    for name, unit in (("retry-after-ms", 1), ("retry-after", 1000)):
        said = (header(response.headers, name) or "").strip()
        # A minute has five digits in milliseconds: longer ones need not be read.
        if said.isascii() and said.isdigit() and len(said) <= 5 and int(said) * unit <= _LONGEST_MS:
            return int(said) * unit
    return None


def _waited_ms(observation: Observation, again: Again) -> int:
    """At most how long it waited: our own answers go out at once, and on a busy machine their end is noted late."""
    before, sent = (_exchange(observation, each) for each in again)
    answer = before.response
    answered = 0 if answer is None or answer.author is Author.HARNESS else answer.ended_ms
    return sent.began_ms - before.began_ms - answered


def _repeated(
    observation: Observation,
    invites: Callable[[Sent], bool],
    accused: Callable[[Again], bool],
    message: str,
    expected: str,
) -> Iterable[Finding] | None:
    """Findings on what was sent again after an answer of a kind; None where no such answer came."""
    if not any(invites(sent) for sent in _all_sent(observation)):
        return None
    return [
        observation.finding(
            "sent-again",
            message,
            expected,
            f"again after {got_status(again.before.response)}",
            exchange=again.sent.exchange,
        )
        for again in _all_again(observation)
        if invites(again.before) and accused(again)
    ]


@check("retry.declined", on=[CLOSE])
def declined(observation: Observation) -> Iterable[Finding] | None:
    """A server that declines a retry gets none."""
    return _repeated(observation, _declines, lambda _: True, "the server declined a retry", "no other submission")


def _declines(sent: Sent) -> bool:
    return sent.response is not None and header(sent.response.headers, "x-should-retry") == "false"


@check("retry.not-refused", on=[CLOSE])
def not_refused(observation: Observation) -> Iterable[Finding] | None:
    """What was refused is not sent again as it was."""
    return _repeated(
        observation, _refused, _in_vain, "a refused submission was sent again as it was", "no such submission"
    )


def _refused(sent: Sent) -> bool:
    answer = sent.response
    return answer is not None and 400 <= answer.status < 500 and not Again(sent, sent).excused


def _in_vain(again: Again) -> bool:
    """Whether a repetition could not help: one that was let in had found another key."""
    first, second = again.before.response, again.sent.response
    mended = first is not None and first.status in _OF_KEYS and second is not None and served(second)
    return again.same and not mended


@check("retry.not-midstream", on=[CLOSE])
def not_midstream(observation: Observation) -> Iterable[Finding] | None:
    """Once a stream has begun, nothing is submitted again."""
    return _repeated(
        observation,
        begun,
        lambda _: True,
        "the outputs were submitted again after a stream had begun",
        "no other submission",
    )
