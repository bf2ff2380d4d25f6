"""The situations that a gateway is brought into, as one table: what is asked of it in front, what is answered behind.

What is expected of it is in `requirements/relay.toml`, never here. The suite is both ends: `acts` are sent in front,
`script` and `answer` say how the mock behind answers.
"""

from __future__ import annotations

from types import MappingProxyType

from conformance.model import Act, Role, Scenario

#: What a situation can hold for a gateway, beside the words of `scenarios.TRAITS` that mean the same for every role.
GATEWAY_TRAITS = MappingProxyType(
    {
        "gateway": "a gateway is judged: both of its sides are known",
        "answered": "the upstream answers",
        "ended": "the upstream ends its answer properly",
        "queried": "the submission has a query",
        "error-answer": "the upstream refuses the submission, or answers with a server error",
        "paced": "the upstream waits after its first and before its last event until the client has what was sent",
        "cut": "the upstream breaks off within its stream",
        "stalls": "the upstream falls silent within its stream, for longer than the gateway waits",
        "unanswered": "the upstream closes the connection without an answer",
        "leaves": "the client leaves within the stream, and the upstream has more to send",
        "at-once": "sixteen runs at once",
        "large": "an output of 512 KB",
        "gateway-timeout": "--gateway-timeout says after how many silent seconds the gateway gives up",
        "maps-path": "it is declared that the gateway puts another path before that of the API",
        "maps-ids": "it is declared that the gateway gives ids of its own to threads, runs, steps, messages and calls",
        "maps-auth": "it is declared that the gateway has a key of its own",
        "maps-model": "it is declared that the gateway has names of its own for models",
    }
)

#: How the mock behind a gateway answers, beside the words of `client_scenarios.ANSWERS`.
GATEWAY_ANSWERS = MappingProxyType(
    {
        "exact": "members that are lost where JSON is read and written again: big integers, escapes, spaces, 1.0",
        "million": "an event whose data is one line of a million bytes",
        "paced": "waits after the first event and before the last one until the client has what was sent, or for long",
        "pause": "two seconds of silence within the stream",
        "stall": "silence within the stream until the other side gives up",
        "waiting": "half of the stream, then silence for five seconds, then the end of the connection",
        "bulk": "two million bytes of text, as fast as they are taken",
        "cut-short": "the connection is closed in the middle of an event, the body unfinished",
    }
)

#: How many silent seconds a stream may have that no gateway is to cut: a model that thinks.
PAUSE_MS = 2_000

#: Milliseconds for which the upstream waits for the client to have seen what it sent: a thousand times what a gateway
#: on the same machine takes.
PATIENCE_MS = 3_000

_GATEWAY = frozenset({"gateway", "submit"})


def _scenario(
    name: str, title: str, acts: tuple[Act, ...], traits: str, *, script: str = "text", answer: str = "plainly"
) -> Scenario:
    held = _GATEWAY | frozenset(traits.split())
    return Scenario(f"relay-{name}", title, acts, held, role=Role.GATEWAY, script=script, answer=answer)


def _submit(stream: str, outputs: str, words: str) -> Act:
    return Act("submit", outputs, stream, frozenset(words.split()))


def _streamed(
    name: str, title: str, traits: str = "", *, outputs: str = "all", script: str = "text", answer: str = "plainly",
    words: str = "", base: str = "stream answered ended",
) -> Scenario:  # fmt: skip
    acts = (_submit("true", outputs, words),)
    return _scenario(name, title, acts, f"{base} {traits}", script=script, answer=answer)


def _plain(
    name: str, title: str, traits: str = "", *, outputs: str = "all", answer: str = "plainly", script: str = "text",
    base: str = "json answered ended",
) -> Scenario:  # fmt: skip
    acts = (_submit("absent", outputs, ""), Act("get-run"))
    return _scenario(name, title, acts, f"{base} {traits}", script=script, answer=answer)


#: A way around the gateway, with the same answer: what is late by this machine is late there too.
_AROUND = Act("submit", "all", "true", frozenset({"direct"}))

GATEWAY_SCENARIOS: tuple[Scenario, ...] = (
    _plain("plain", "a submission answered plainly, and a read of the run"),
    _streamed("streamed", "a submission answered by a stream"),
    _streamed("query", "a submission with a query", "queried", words="queried"),
    _streamed("opaque", "outputs that must stay unchanged", outputs="opaque"),
    _streamed("unknown-member", "a submission with a member that the API does not know", outputs="extra-key",
              traits="error-answer", base="answered ended"),
    _streamed("large", "an output of 512 KB", "large", outputs="large"),
    _streamed("built-in-step", "a stream with two kinds of steps", script="built-in"),
    _streamed("exact", "JSON that changes where it is read and written again", answer="exact"),
    _streamed("million", "an event on a line of a million bytes", answer="million"),
    _streamed("crlf", "lines that end in CRLF", answer="crlf"),
    _streamed("comments", "comments within events", answer="comments"),
    _streamed("keep-alives", "comments between events", answer="keep-alives"),
    _streamed("data-lines", "data on several lines", answer="data-lines"),
    _streamed("byte-by-byte", "one byte at a time, characters cut in two", answer="byte-by-byte"),
    _streamed("unknown-events", "events of an unknown name", answer="unknown-texts"),
    _streamed("error-event", "an error event ends the stream", script="error"),
    _streamed("failed", "the run fails", script="failed"),
    _plain("refused", "400: the run does not wait", "error-answer", answer="refused-state", base="answered ended"),
    _streamed("refused-streamed", "400 to a submission with stream true", "error-answer", answer="refused-state",
              base="answered ended"),
    _plain("not-found", "404: no such run", "error-answer", answer="not-found", base="answered ended"),
    _plain("rate-limited", "429 with Retry-After", "error-answer rate-limited", answer="rate-limited",
           base="answered ended"),
    _streamed("fault", "500 before anything was accepted", "error-answer", answer="fault-before",
              base="answered ended"),
    _streamed("unanswered", "no answer at all", "unanswered", answer="answer-lost", base=""),
    _streamed("cut-short", "the upstream closes within an event", "cut", answer="cut-short", base="answered"),
    _streamed("reset", "the upstream resets between two events", "cut", answer="reset-between-events",
              base="answered"),
    _streamed("reset-at-once", "the upstream resets before its first event", "cut", answer="reset-at-once",
              base="answered"),
    _streamed("pause", "two seconds of silence within the stream", answer="pause"),
    _streamed("stall", "the upstream falls silent for longer than the gateway waits", "stalls", answer="stall",
              base="answered"),
    _scenario("paced", "events as they come, once more, and once around the gateway",
              (_AROUND, _submit("true", "all", ""), _submit("true", "all", "")), "stream answered ended paced",
              answer="paced"),
    _scenario("paced-short", "a stream shorter than a buffer, as it comes, once more, and once around the gateway",
              (_AROUND, _submit("true", "all", ""), _submit("true", "all", "")), "stream answered ended paced",
              answer="paced", script="expired"),
    _streamed("slow-reader", "two million bytes for a client that stops reading for a second", answer="bulk",
              words="slow"),
    _scenario("leaves", "a client that leaves within the stream, and another one",
              (_submit("true", "all", "leaves"), _submit("true", "all", "leaves")), "answered leaves",
              answer="waiting"),
    _scenario("at-once", "sixteen runs at once", (Act("submit-at-once", "all", "true"),),
              "stream answered ended at-once"),
)  # fmt: skip
