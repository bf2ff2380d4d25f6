"""What a client sends: that it submits at all, where to, with which head, and what the body holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from conformance.model import Finding, Headers
from conformance.walk.asked import bases, is_outside, was_asked
from conformance.walk.documents import shown
from conformance.walk.http_response import header, listed
from conformance.walk.observation import Observation, Stream
from conformance.walk.occasions import ANSWER, CLOSE
from conformance.walk.registry import check
from conformance.walk.rounds import own, rounds
from conformance.walk.submission_facts import Submitted, ids_of_path

_SUBMISSION = "submit_tool_outputs"
#: The path below a base; ids are of unreserved characters, the sub-delimiters of RFC 3986, or percent-encoded.
_ID = r"(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+"
_PATH = re.compile(rf"(?:/[\w.~-]+)*/threads/{_ID}/runs/{_ID}/{_SUBMISSION}", re.ASCII)
_EMPTY_ID = re.compile(rf"/threads/(?:[^/]*/runs//|/runs/[^/]*/){_SUBMISSION}")
_BETA = "assistants=v2"

#: Arrivals and what is written are noted on one clock, each rounded; the question is a second away.
_ROUNDING_MS = 100


@check("sending.submitted", on=[CLOSE])
def submitted(observation: Observation) -> Iterable[Finding] | None:
    """It submits where it was asked to; who was not, or failed before it sent anything, cannot be looked at."""
    if observation.submissions:
        return ()
    requests, outcome = own(observation), observation.transcript.outcome
    if requests and not was_asked(exchange for _, exchange in requests):
        return None
    if outcome is not None and outcome.doubt is not None:
        return None
    if not requests and (outcome is None or outcome.exit_code != 0):
        return None
    last = requests[-1][0] if requests else max(len(observation.transcript.exchanges) - 1, 0)
    got = f"{len(requests)} other requests" if requests else "no request, and exit code 0"
    return [
        observation.finding("absent", "no outputs were submitted", "one submission of all outputs", got, exchange=last)
    ]


@check("sending.one-request", on=[CLOSE])
def one_request(observation: Observation) -> Iterable[Finding] | None:
    """The outputs of a round come in one request, once."""
    if not observation.submissions:
        return None
    return [
        observation.finding(
            "more-than-once",
            "the outputs of one round were submitted more than once",
            "one request with all outputs",
            f"{count + 1} submissions, in exchanges {', '.join(str(sent.exchange) for sent in each.sent)}",
            exchange=each.sent[0].exchange,
        )
        for each in rounds(observation)
        if (count := sum(1 for _ in each.surplus()))
    ]


@check("sending.every-call", on=[ANSWER])
def every_call(observation: Observation) -> Iterable[Finding] | None:
    """Every pending call is answered once, and no other."""
    sent = observation.submitted
    if sent is None or not sent.pending or sent.body is None or "approvals" in sent.faults:
        return None
    if observation.known is not None and frozenset(sent.items) in observation.known.accepted:
        return None  # they answered another round: that they come again is reported by another rule
    entries = sent.body.get("tool_outputs")
    answered = (
        [entry.get("tool_call_id") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    ids, pending = [each for each in answered if isinstance(each, str)], [call.id for call in sent.pending]
    departures = {
        "without an output": [call for call in pending if call not in ids],
        "answered more than once": sorted({call for call in ids if ids.count(call) > 1}),
        "never asked for": sorted(set(ids) - set(pending)),
    }
    told = [f"{shown(', '.join(calls))} {what}" for what, calls in departures.items() if calls]
    if not told:
        return ()
    message = "the submission does not answer every pending call exactly once"
    return [
        observation.finding(
            "not-once-each", message, f"{len(pending)} outputs, one a call", "; ".join(told), pointer="/tool_outputs"
        )
    ]


@check("sending.when-asked", on=[CLOSE])
def when_asked(observation: Observation) -> Iterable[Finding] | None:
    """Outputs are sent once the run asks for them, not when the arguments of its calls look complete."""
    if "wanted" not in observation.held:
        return None  # of a stranger's recording nobody knows when an event was read
    told = [
        (index, sent, stream)
        for index, sent, _ in observation.submissions
        if (stream := _told_by(observation, index, sent)) is not None
    ]
    if not told:
        return None
    return [
        observation.finding(
            "before-asked", "the outputs were submitted before the run asked for them",
            "a submission after thread.run.requires_action", "one while the stream sent the arguments", exchange=index,
        )
        for index, sent, stream in told
        if _is_early(observation, index, sent, stream)
    ]  # fmt: skip


def _told_by(observation: Observation, index: int, sent: Submitted) -> tuple[int, Stream] | None:
    """The stream before a submission that sent the calls which it answers."""
    answered = {call_id for call_id, _ in sent.outputs}
    return next(
        (
            (before, stream)
            for before, stream in observation.streams
            if before < index and any(call.id in answered for step in stream.opened() for call in step.calls.values())
        ),
        None,
    )


def _is_early(observation: Observation, index: int, sent: Submitted, told: tuple[int, Stream]) -> bool:
    """Whether the stream had not asked yet, by our own clock, and nothing else had shown the question."""
    before, stream = told
    if stream.terminal is None:
        return not sent.pending
    exchanges = observation.transcript.exchanges
    return exchanges[index].began_ms + _ROUNDING_MS < exchanges[before].began_ms + stream.terminal.ms


@check("sending.path", on=[CLOSE])
def path(observation: Observation) -> Iterable[Finding] | None:
    """Every request stays below the base URL, and submissions go to the path of the run that asked."""
    known = bases(observation.transcript.exchanges, observation.held)
    requests = [(index, each.request.method, each.request.target) for index, each in own(observation)]
    outside = [request for request in requests if is_outside(request[2], known)]
    meant = [request for request in requests if _is_meant(request[1], request[2])]
    if not meant and not outside:
        return None
    off = [(request, "outside-base", f"a path below the base URL, {_named(known)}") for request in outside]
    off += [
        (request, kind, expected)
        for request in meant
        if request not in outside
        for kind, expected in _off(observation, *request[1:])
    ]
    return [
        observation.finding(
            kind, "the request does not reach the operation", expected, f"{method} {shown(target)}", exchange=index
        )
        for (index, method, target), kind, expected in sorted(off)
    ]


def _named(known: tuple[str, ...]) -> str:
    """The bases as people read them."""
    return " or ".join(base or "/" for base in known) + ("" if len(known) > 1 else "; for Azure's forms say --azure")


def _is_meant(method: str, target: str) -> bool:
    """Whether a request was meant for the operation; one with an empty id is reported by another rule."""
    path = target.partition("?")[0]
    return _SUBMISSION in path and not _EMPTY_ID.search(path) and method != "OPTIONS"


def _off(observation: Observation, method: str, target: str) -> tuple[tuple[str, str], ...]:
    """Where a request is wrong, in which way, and what was expected instead."""
    if method != "POST":
        return (("another-method", "POST"),)
    bare = target.partition("?")[0]
    if not _PATH.fullmatch(bare):
        return (("another-path", f"/threads/{{thread_id}}/runs/{{run_id}}/{_SUBMISSION} below the base URL"),)
    runs = observation.history.runs
    run_id = ids_of_path(bare)[1]
    asked = next((known.id for known in runs.values() if known.pending is not None), None)
    known = run_id is not None and runs.get(run_id)
    if "asked" in observation.held and asked and not (known and known.status):
        return (("another-run", f"the run {asked}"),)
    return ()


@check("sending.empty-id", on=[CLOSE])
def empty_id(observation: Observation) -> Iterable[Finding] | None:
    """No id in the path is empty."""
    targets = [(index, unquote(each.request.target.partition("?")[0])) for index, each in own(observation)]
    meant = [(index, target) for index, target in targets if target.endswith(_SUBMISSION)]
    if not meant:
        return None
    return [
        observation.finding(
            "empty-id", "an id in the path is empty", "an error before anything is sent", shown(target), exchange=index
        )
        for index, target in meant
        if _EMPTY_ID.search(target)
    ]


def _heads(observation: Observation) -> Headers | None:
    """The header fields of the submission at hand; None where a recording does not show them."""
    return observation.exchange.request.headers or None if observation.submitted is not None else None


def _said(value: str | None) -> str:
    return "no such header" if value is None else shown(value)


@check("sending.authorization", on=[ANSWER])
def authorization(observation: Observation) -> Iterable[Finding] | None:
    """The key is sent, in one of the two ways."""
    heads = _heads(observation)
    if heads is None:
        return None
    scheme, _, key = (header(heads, "authorization") or "").partition(" ")
    if (scheme.lower() == "bearer" and key.strip()) or header(heads, "api-key"):
        return ()
    # What stands there may be the key itself: only its scheme is shown.
    kind = "absent" if not scheme else "another-scheme" if key else "no-scheme"
    got = "neither" if not scheme else f"the scheme {shown(scheme)}" if key else "a key without its scheme"
    return [observation.finding(kind, "the submission carries no key", "Authorization: Bearer … or api-key: …", got)]


@check("sending.content-type", on=[ANSWER])
def content_type(observation: Observation) -> Iterable[Finding] | None:
    """The body is said to be JSON."""
    heads = _heads(observation)
    if heads is None:
        return None
    said = header(heads, "content-type")
    if (said or "").partition(";")[0].strip().lower() == "application/json":
        return ()
    return [
        observation.finding(
            "another-type", "the body is not said to be JSON", "Content-Type: application/json", _said(said)
        )
    ]


@check("sending.beta", on=[ANSWER])
def beta(observation: Observation) -> Iterable[Finding] | None:
    """The version of the API is asked for, where it is not the query that does."""
    heads = _heads(observation)
    if heads is None:
        return None
    said = listed(heads, "openai-beta")
    if _BETA in (word.strip() for word in (said or "").split(",")) or (said is None and _of_azure(observation)):
        return ()
    return [
        observation.finding("absent", "the version of the API is not asked for", f"OpenAI-Beta: {_BETA}", _said(said))
    ]


def _of_azure(observation: Observation) -> bool:
    """Whether a submission is in the form of Azure, whose query holds the version (contract §1)."""
    bare, _, query = observation.exchange.request.target.partition("?")
    return "azure" in observation.held or "api-version=" in query or "/openai/" in bare


@check("sending.body", on=[ANSWER])
def body(observation: Observation) -> Iterable[Finding] | None:
    """The body is a JSON object of the right shape; its outputs and further keys are other rules."""
    sent = observation.submitted
    if sent is None or ("unrecorded" in sent.faults and "words" not in observation.held):
        return None
    expected = '{"tool_outputs": [{"tool_call_id": "…", "output": "…"}], "stream": true}'
    told = {
        "unrecorded": ("absent", "there is no body", ""),
        "malformed": ("not-json", "the body is not JSON", ""),
        "no-outputs": ("no-outputs", "the body holds no list of outputs", "/tool_outputs"),
        "no-id": ("no-id", "an output does not say which call it answers", "/tool_outputs"),
        "string-stream": ("stream-not-boolean", "stream is not a boolean", "/stream"),
    }
    got = shown(observation.exchange.request.body.decode(errors="replace"))
    return [
        observation.finding(kind, message, expected, got, pointer=pointer)
        for fault, (kind, message, pointer) in told.items()
        if fault in sent.faults
    ]


@check("sending.no-extra-keys", on=[ANSWER])
def no_extra_keys(observation: Observation) -> Iterable[Finding] | None:
    """The body holds the two keys alone; one provider's approvals are an extension."""
    sent = observation.submitted
    if sent is None or sent.body is None or "approvals" in sent.faults:
        return None
    return [
        observation.finding("unknown-key", "the body holds a key that the API does not know", "tool_outputs and stream",
                            shown(key), pointer="/" + key.replace("~", "~0").replace("/", "~1"))
        for key in sorted(sent.body.keys() - {"tool_outputs", "stream"})
    ]  # fmt: skip


@check("sending.output-string", on=[ANSWER])
def output_string(observation: Observation) -> Iterable[Finding] | None:
    """Every output is a string; one that is left out is legal."""
    sent = observation.submitted
    entries = sent.body.get("tool_outputs") if sent is not None and sent.body is not None else None
    if not isinstance(entries, list):
        return None
    return [
        observation.finding(
            "not-a-string",
            "an output is not a string",
            "a string",
            shown(entry["output"]),
            pointer=f"/tool_outputs/{index}/output",
        )
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and not isinstance(entry.get("output", ""), str)
    ]


@check("sending.stream-flag", on=[ANSWER])
def stream_flag(observation: Observation) -> Iterable[Finding] | None:
    """A stream is asked for just where the caller wants one."""
    sent = observation.submitted
    if sent is None or sent.body is None or "wanted" not in observation.held:
        return None
    wanted = "streamed" in observation.held
    if sent.stream is wanted:
        return ()
    kind = "not-asked-for" if wanted else "not-wanted"
    message = "a stream was wanted and not asked for" if wanted else "a stream was asked for and not wanted"
    expected = "true" if wanted else "false, null or absent"
    got = shown(sent.body["stream"]) if "stream" in sent.body else "absent"
    return [observation.finding(kind, message, expected, got, pointer="/stream")]
