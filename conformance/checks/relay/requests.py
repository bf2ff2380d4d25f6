"""What arrives upstream: every submission, once, as it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from urllib.parse import parse_qsl, unquote

from conformance.checks.relay.passed import (
    Slip,
    around_difference,
    found_at,
    judged,
    maps,
    passed,
    path_of,
    said,
    submissions,
)
from conformance.model import Finding, Headers
from conformance.walk.documents import shown
from conformance.walk.event_differences import of_json
from conformance.walk.http_response import got_status, header, listed
from conformance.walk.observation import Observation
from conformance.walk.occasions import CLOSE
from conformance.walk.passages import Numbered, Passage, repeats
from conformance.walk.registry import check
from conformance.wire.redact import KEPT_PARAMETERS


def _sent(observation: Observation) -> list[tuple[Passage, Numbered]]:
    """Every submission that arrived behind, with the request in front."""
    return [(passage, each) for passage in submissions(observation) for each in passage.behind]


@check("relay.forwarded", on=[CLOSE])
def forwarded(observation: Observation) -> Iterable[Finding] | None:
    """Every submission reaches the upstream, and every read."""
    return judged(observation, passed(observation), _not_forwarded)


def _not_forwarded(passage: Passage) -> Iterator[Slip]:
    if not passage.behind:
        said = got_status(passage.front.response)
        size = len(passage.front.exchange.request.body)
        what, wanted = ("submission", f"{size} bytes upstream") if passage.submits else ("read", "a request upstream")
        yield Slip("not-forwarded", f"the {what} never reached the upstream", wanted, said)


@check("relay.sent-once", on=[CLOSE])
def sent_once(observation: Observation) -> Iterable[Finding] | None:
    """A submission is sent upstream once, and again only where a client might."""
    submitted = [passage for passage in submissions(observation) if passage.behind]
    if not submitted:
        return None
    return [
        found_at(observation, again, Slip("sent-again", "the submission was sent upstream again", "one submission",
                                         f"another one after {got_status(before.response)}"))
        for passage in submitted
        for before, again in repeats(passage)
    ]  # fmt: skip


def _compared(
    observation: Observation, differs: Callable[[Passage, Numbered], Iterable[Slip]]
) -> Iterable[Finding] | None:
    """Findings behind, one for each way in which a submission is another one there."""
    sent = _sent(observation)
    if not sent:
        return None
    return [found_at(observation, behind, slip) for passage, behind in sent for slip in differs(passage, behind)]


@check("relay.path", on=[CLOSE])
def path(observation: Observation) -> Iterable[Finding] | None:
    """The path arrives as it was sent, but for a base path that is declared."""
    based = maps(observation, "path")

    def differs(passage: Passage, behind: Numbered) -> Iterator[Slip]:
        asked, sent = (unquote(path_of(each.exchange.request.target)) for each in (passage.front, behind))
        wanted = passage.mappings.path(asked)
        if based:
            wanted, sent = (each[each.find("/threads/") :] for each in (wanted, sent))
        if wanted != sent:
            yield Slip("another-path", "the submission arrived under another path", shown(wanted), shown(sent))

    return _compared(observation, differs)


@check("relay.query", on=[CLOSE])
def query(observation: Observation) -> Iterable[Finding] | None:
    """The query arrives as it was sent."""
    if not any("?" in passage.front.exchange.request.target for passage in submissions(observation)):
        return None
    return _compared(observation, _another_query)


def _another_query(passage: Passage, behind: Numbered) -> Iterator[Slip]:
    asked, sent = (_parameters(each.exchange.request.target) for each in (passage.front, behind))
    if asked != sent:
        yield Slip("another-query", "the submission arrived with another query", shown(asked), shown(sent))


def _parameters(target: str) -> list[tuple[str, str]]:
    """The parameters of a query; of one whose value is not kept the name alone, so that redaction changes nothing."""
    pairs = parse_qsl(target.partition("?")[2], keep_blank_values=True)
    return [(name, value if name in KEPT_PARAMETERS else "") for name, value in pairs]


@check("relay.beta", on=[CLOSE])
def beta(observation: Observation) -> Iterable[Finding] | None:
    """`OpenAI-Beta` arrives as it was sent."""
    return _compared(observation, partial(_another_field, name="OpenAI-Beta"))


def _another_field(passage: Passage, behind: Numbered, name: str) -> Iterator[Slip]:
    asked, sent = (listed(each.exchange.request.headers, name.lower()) for each in (passage.front, behind))
    if asked != sent:
        kind = "lost" if sent is None else "another-value"
        yield Slip(kind, f"{name} did not arrive as it was sent", said(name, asked), said(name, sent))


@check("relay.authorization", on=[CLOSE])
def authorization(observation: Observation) -> Iterable[Finding] | None:
    """The credential arrives as it was sent, or the gateway's own in its place."""
    own = maps(observation, "auth")

    def differs(passage: Passage, behind: Numbered) -> Iterator[Slip]:
        asked, sent = (_scheme(each.exchange.request.headers) for each in (passage.front, behind))
        if asked is None:
            return
        if sent is None:
            yield Slip("lost", "the credential did not arrive", asked, "none")
        elif not own and sent != asked:
            yield Slip("another-scheme", "another kind of credential arrived", asked, sent)
        elif not own and behind.response is not None and behind.response.status == _UNAUTHORIZED:
            yield Slip("another-key", "another credential arrived", "the one that was sent", "one that is not let in")

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


def _another_document(passage: Passage, behind: Numbered) -> Iterator[Slip]:
    asked, sent = _bodies(passage, behind)
    if asked != sent and of_json(asked) != of_json(sent):
        before, after = around_difference(asked, sent)
        yield Slip("another-body", "the submission arrived with another body", before, after)


@check("relay.request-bytes", on=[CLOSE])
def request_bytes(observation: Observation) -> Iterable[Finding] | None:
    """The body arrives byte for byte."""
    return _compared(observation, _other_bytes)


def _other_bytes(passage: Passage, behind: Numbered) -> Iterator[Slip]:
    asked, sent = _bodies(passage, behind)
    if asked != sent:
        before, after = around_difference(asked, sent)
        yield Slip("rewritten", "the body of the submission was rewritten", before, after)


def _bodies(passage: Passage, behind: Numbered) -> tuple[bytes, bytes]:
    """What was submitted in front, in the names of the side behind, and what arrived."""
    return passage.mappings.named(passage.front.exchange.request.body), behind.exchange.request.body


@check("relay.mapping", on=[CLOSE])
def mapping(observation: Observation) -> Iterable[Finding] | None:
    """What is mapped is mapped one to one."""
    asked = [each for each in passed(observation) if each.behind]
    bases = _bases(asked) if maps(observation, "path") else []
    mappings = asked[0].mappings if asked else None
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
                exchange=asked[-1].behind[0].index,
            )
        )  # fmt: skip
    return found


def _bases(asked: Iterable[Passage]) -> list[str]:
    """The base paths behind, of requests that name a thread."""
    targets = (each.behind[0].exchange.request.target for each in asked)
    return [base for base, found, _ in (path_of(target).partition("/threads/") for target in targets) if found]
