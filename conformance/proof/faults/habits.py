"""What the bundled client may do otherwise: bad habits with what they break, and legal ones with why they are.

Only that is declared here; the client acts, by rows of the same names in its table of habits. A habit is the fault of
a client: it is tried, told and counted as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from conformance.proof.faults.registry import Fault

_SENDS = "what it sends"
_SENDS_AGAIN = "what it sends again"
_MAKES_OF_IT = "what it makes of the answer"
_READS = "how it reads a stream"

#: Every requirement that something is taken for a success, and a scenario for each: a wrong text breaks them all.
_SUCCESSES = {
    "outcome.usual": "plain-one-call",
    "outcome.text": "plain-second-round",
    "outcome.after-done": "streamed-after-done",
    "outcome.unknown-events": "streamed-unknown-events",
    "outcome.unknown-texts": "streamed-unknown-texts",
    "outcome.unknown-members": "streamed-unknown-members",
    "reading.bom": "streamed-bom",
    "reading.line-ends": "streamed-crlf",
    "reading.fields": "streamed-no-space",
    "reading.comments": "streamed-comments",
    "reading.data-lines": "streamed-data-lines",
    "reading.empty-events": "streamed-retry-alone",
    "reading.unknown-fields": "streamed-unknown-fields",
    "reading.chunks": "streamed-byte-by-byte",
    "reading.long-lines": "streamed-long-line",
    "reading.line-separators": "streamed-line-separators",
}

#: Layer -> name, the habit in a sentence, the scenarios that show it, the requirements that it breaks.
_BAD: Mapping[str, tuple[tuple[str, str, str, str], ...]] = {
    _SENDS: (
        ("first-output-only", "Of several outputs only the first is submitted.",
         "plain-three-calls streamed-three-calls", "sending.every-call"),
        ("last-output-only", "Of several outputs only the last is submitted.",
         "plain-three-calls streamed-three-calls", "sending.every-call"),
        ("empty-outputs", "An empty list is submitted while calls are pending.",
         "streamed-one-call", "sending.every-call"),
        ("one-by-one", "Every output comes in a request of its own.", "plain-three-calls", "sending.every-call"),
        ("submits-twice", "The whole submission is sent again after it was accepted.",
         "plain-one-call streamed-one-call", "sending.one-request retry.not-midstream"),
        ("same-output-twice", "One call is answered twice.", "plain-one-call", "sending.every-call"),
        ("foreign-call-id", "A call is answered that was never asked for.", "plain-three-calls", "sending.every-call"),
        ("outputs-as-objects", "Outputs are objects.", "plain-one-call", "sending.output-string"),
        ("extra-key", "The thread's id stands in the body.", "streamed-one-call", "sending.no-extra-keys"),
        ("no-content-type", "There is no Content-Type.", "plain-one-call", "sending.content-type"),
        ("form-content-type", "The body is said to be a form.", "plain-one-call", "sending.content-type"),
        ("no-beta", "There is no OpenAI-Beta.", "plain-one-call", "sending.beta"),
        ("old-beta", "The first version of the API is asked for.", "streamed-one-call", "sending.beta"),
        ("no-key", "There is no Authorization.", "plain-one-call", "sending.authorization"),
        ("form-body", "The body is a form.", "plain-one-call", "sending.body"),
        ("never-streams", "A stream that is wanted is not asked for.", "streamed-one-call", "sending.stream-flag"),
        ("always-streams", "A stream is asked for that nobody wants.", "plain-one-call", "sending.stream-flag"),
        ("wrong-run", "The path names another run.", "plain-one-call", "sending.path"),
        ("no-run", "The run's id in the path is empty.", "plain-one-call", "sending.empty-id"),
        ("never-submits", "It looks at the run and ends as if all were well.", "plain-one-call", "sending.submitted"),
        ("never-speaks", "It sends nothing and ends as if all were well.", "plain-one-call", "sending.submitted"),
    ),
    _SENDS_AGAIN: (
        ("retries-refusals", "What was refused is sent again.",
         "plain-refused-state plain-unauthorized plain-not-found", "retry.not-refused"),
        ("retries-otherwise", "A retry says something else.", "plain-fault-before", "retry.identical"),
        ("retries-at-once", "Retry-After is not waited for.", "plain-rate-limited", "retry.after"),
        ("retries-when-declined", "A retry comes although the server declined it.",
         "plain-retry-declined", "retry.declined"),
        ("submits-after-a-break", "It submits again when a stream breaks off.",
         "streamed-reset-within-event streamed-truncated-between-events", "retry.not-midstream"),
    ),
    _MAKES_OF_IT: (
        ("deaf-to-refusals", "A refusal is taken for a success.", "plain-refused-html", "outcome.refused"),
        ("deaf-to-truncation", "A stream that ends early is taken for whole.",
         "streamed-truncated-at-once streamed-truncated-before-ending", "outcome.truncated"),
        ("deaf-to-resets", "A connection that breaks is taken for the end.",
         "streamed-reset-between-events", "outcome.reset"),
        ("deaf-to-errors", "Error events are passed over.", "streamed-error-wrapped", "outcome.error-event"),
        ("deaf-to-bare-errors", "Error events without a wrapper are passed over.",
         "streamed-error-bare", "outcome.error-event-bare"),
        ("deaf-to-bad-json", "Events that are no JSON are passed over.", "streamed-bad-json", "outcome.bad-json"),
        ("takes-any-body", "Whatever answers `stream: true` is taken for a stream.",
         "streamed-json streamed-html", "outcome.not-a-stream"),
        ("waits-for-the-close", "It reads on after `done` until the connection is closed.",
         "streamed-left-open", "outcome.left-open"),
        ("text-after-done", "It reads on after `done`, and takes what comes.",
         "streamed-after-done streamed-left-open", "outcome.after-done outcome.left-open"),
        ("no-unknown-events", "An event of an unknown name is an error.",
         "streamed-unknown-events streamed-unknown-texts", "outcome.unknown-events outcome.unknown-texts"),
        ("no-unknown-texts", "The data of every event is parsed as JSON.",
         "streamed-unknown-texts", "outcome.unknown-texts"),
        ("demands-members", "A run without a member that it need not have is an error.",
         "streamed-unknown-members", "outcome.unknown-members"),
        ("functions-only", "A step with a built-in tool is an error.",
         "streamed-built-in-step streamed-two-messages", "outcome.usual"),
        ("stops-at-the-next-round", "A run that asks once more is taken for completed.",
         "plain-second-round streamed-second-round", "outcome.second-round"),
        ("breaks-at-the-next-round", "A run that asks once more ends in an error of its own.",
         "plain-second-round streamed-second-round", "outcome.second-round"),
        ("all-is-completed", "Every run is said to be completed.", "plain-expired streamed-failed", "outcome.status"),
        ("quotes-the-question", "The text of a run that did not complete is the user's own message.",
         "plain-failed streamed-failed", "outcome.text"),
        ("loses-a-word", "The last word of every text is lost.", " ".join(_SUCCESSES.values()), " ".join(_SUCCESSES)),
        ("reads-on", "A run that has stopped is polled on.", "plain-one-call", "outcome.poll-stops"),
    ),
    _READS: (
        ("line-feeds-only", "Only line feeds end lines.", "streamed-crlf streamed-cr", "reading.line-ends"),
        ("stumbles-over-the-mark", "A byte order mark is an error.", "streamed-bom", "reading.bom"),
        ("stumbles-over-comments", "A comment is an error.",
         "streamed-comments streamed-keep-alives", "reading.comments"),
        ("last-data-line", "Of several data lines the last one holds.", "streamed-data-lines", "reading.data-lines"),
        ("needs-the-space", "A field without a space after its colon has no value.",
         "streamed-no-space", "reading.fields"),
        ("stumbles-over-empty-events", "A block without data is an error.",
         "streamed-retry-alone", "reading.empty-events"),
        ("stumbles-over-fields", "A field of another name is an error.",
         "streamed-unknown-fields", "reading.unknown-fields"),
        ("splits-lines-too-often", "U+2028, U+2029 and U+0085 end lines.",
         "streamed-line-separators", "reading.line-separators"),
        ("short-lines", "A line of more than 64 KiB is an error.", "streamed-long-line", "reading.long-lines"),
        ("piece-by-piece", "Characters are decoded piece by piece, however the body was cut.",
         "streamed-byte-by-byte", "reading.chunks"),
    ),
}  # fmt: skip

#: Layer -> name, the habit in a sentence, why the contract leaves it legal.
_LEGAL: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    _SENDS: (
        ("outputs-reversed", "Outputs come in the reverse order of their calls.", "No order is asked for."),
        ("json-spaced-and-escaped", "The body's keys are reversed, its lines indented, its text escaped.",
         "It is the same JSON."),
        ("stream-said-false", "`stream` is false where no stream is wanted.", "It may be left out, and need not be."),
        ("accepts-json", "Accept is application/json, also for a stream.",
         "The body alone asks for a stream; the official clients send it."),
        ("content-type-with-charset", "The Content-Type names UTF-8.", "A parameter changes no media type."),
    ),
    _SENDS_AGAIN: (
        ("never-retries", "Nothing is sent twice.", "To send again is never asked for."),
    ),
    _MAKES_OF_IT: (
        ("reports-the-next-round", "A run that asks once more is reported as one that does.",
         "Its caller may submit again."),
        ("fails-at-the-next-round", "A run that asks once more is reported, and counted as a failure.",
         "A program that submits once can do no more."),
    ),
}  # fmt: skip


def _table() -> Mapping[str, Fault]:
    bad = (
        Fault(name, layer, lie, frozenset(breaks.split()), scenarios=tuple(scenarios.split()))
        for layer, rows in _BAD.items()
        for name, lie, scenarios, breaks in rows
    )
    legal = (
        Fault(name, layer, lie, frozenset(), equivalent=reason)
        for layer, rows in _LEGAL.items()
        for name, lie, reason in rows
    )
    return MappingProxyType({habit.name: habit for habit in (*bad, *legal)})


#: Every habit by its name, layer by layer; the legal ones come last.
HABITS = _table()
