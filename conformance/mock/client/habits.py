"""What the bundled client may do differently: one declaration for each habit, good or bad.

A habit replaces one thing about a right client. The bad ones are those that real clients have been seen with; they say
which requirements they break, and in which scenarios that shows. The good ones say why they are legal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from conformance.contract.lifecycle import UNSUCCESSFUL
from conformance.mock.client.habit import RIGHT, Document, Habit, Outputs, whole
from conformance.mock.client.stream_reader import Reading


@dataclass(frozen=True, slots=True)
class Declared:
    """A habit with all that is known of it."""

    name: str
    #: What it is about.
    layer: str
    #: The habit in one sentence.
    sentence: str
    habit: Habit
    #: The scenarios that show it, and the requirements that it breaks.
    scenarios: tuple[str, ...] = ()
    breaks: frozenset[str] = frozenset()
    #: Why the contract leaves it legal, where it breaks nothing.
    legal: str = ""


_declared: dict[str, Declared] = {}

#: Every habit by its name, layer by layer; the legal ones come last.
DECLARED: Mapping[str, Declared] = MappingProxyType(_declared)


def _bad(layer: str, name: str, sentence: str, habit: Habit, *, shown_by: str, breaks: str) -> None:
    """Declare what no client may do; scenarios and requirements are words of a text."""
    shown, broken = tuple(shown_by.split()), frozenset(breaks.split())
    _declared[name] = Declared(name, layer, sentence, habit, shown, broken)


def _good(layer: str, name: str, sentence: str, habit: Habit, *, legal: str) -> None:
    """Declare what a client may do differently without being wrong."""
    _declared[name] = Declared(name, layer, sentence, habit, legal=legal)


def _reading(**otherwise: bool) -> Habit:
    return replace(RIGHT, reading=replace(Reading(), **otherwise))


def _items(change: Callable[[list[Document]], list[Document]]) -> Habit:
    return replace(RIGHT, submissions=lambda outputs: [{"tool_outputs": change(whole(outputs)[0]["tool_outputs"])}])


def _with(name: str, value: str | None) -> Habit:
    return replace(RIGHT, headers={name: value})


def _one_by_one(outputs: Outputs) -> list[Document]:
    return [{"tool_outputs": [item]} for item in whole(outputs)[0]["tool_outputs"]]


def _shortened(document: Document) -> Document:
    return {**document, "tool_outputs": [{**item, "output": "…"} for item in document["tool_outputs"]]}


def _as_object(item: Document) -> Document:
    return {**item, "output": {"result": item["output"]}}


def _form(document: Document) -> bytes:
    return b"&".join(b"%s=%s" % (item["tool_call_id"].encode(), b"x") for item in document["tool_outputs"])


def _spaced(document: Document) -> bytes:
    return json.dumps(dict(reversed(document.items())), indent=2).encode()


def _deployed(base: str) -> str:
    return f"{base}/deployments/gpt-4o"


_QUESTION = "How warm is it, and how does the wind blow?"

_SENDS = "what it sends"
_SENDS_AGAIN = "what it sends again"
_MAKES_OF_IT = "what it makes of the answer"
_READS = "how it reads a stream"

#: Events that are documented, and come where a run does not go as it usually does.
_RARE = frozenset(
    {"thread.run.cancelling", "thread.run.incomplete", "thread.message.incomplete", "thread.run.step.failed",
     "thread.run.step.cancelled", "thread.run.step.expired"}
)  # fmt: skip

#: Every requirement that something is treated as a success, and a scenario for each: a wrong text breaks them all.
_SUCCESSES = {
    "outcome.usual": "plain-one-call",
    "outcome.text": "plain-second-round",
    "outcome.after-done": "streamed-after-done",
    "outcome.unknown-events": "streamed-unknown-events",
    "outcome.unknown-texts": "streamed-unknown-texts",
    "outcome.unknown-members": "streamed-unknown-members",
    "outcome.documented-events": "streamed-documented-events",
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

# What it sends.

_bad(
    _SENDS,
    "first-output-only",
    "Of several outputs only the first is submitted.",
    _items(lambda items: items[:1]),
    shown_by="plain-three-calls streamed-three-calls",
    breaks="sending.every-call",
)
_bad(
    _SENDS,
    "last-output-only",
    "Of several outputs only the last is submitted.",
    _items(lambda items: items[-1:]),
    shown_by="plain-three-calls streamed-three-calls",
    breaks="sending.every-call",
)
_bad(
    _SENDS,
    "empty-outputs",
    "An empty list is submitted while calls are pending.",
    _items(lambda _: []),
    shown_by="streamed-one-call",
    breaks="sending.every-call",
)
_bad(
    _SENDS,
    "one-by-one",
    "Every output comes in a request of its own.",
    replace(RIGHT, submissions=_one_by_one),
    shown_by="plain-three-calls",
    breaks="sending.every-call",
)
_bad(
    _SENDS,
    "submits-twice",
    "The whole submission is sent again after it was accepted.",
    replace(RIGHT, submissions=lambda outputs: whole(outputs) * 2),
    shown_by="plain-one-call streamed-one-call",
    breaks="sending.one-request retry.not-midstream",
)
_bad(
    _SENDS,
    "same-output-twice",
    "One call is answered twice.",
    _items(lambda items: [*items, items[0]]),
    shown_by="plain-one-call",
    breaks="sending.every-call",
)
_bad(
    _SENDS,
    "foreign-call-id",
    "A call is answered that was never asked for.",
    _items(lambda items: [*items[:-1], {**items[-1], "tool_call_id": "call_of_yesterday"}]),
    shown_by="plain-three-calls",
    breaks="sending.every-call",
)
_bad(
    _SENDS,
    "outputs-as-objects",
    "Outputs are objects.",
    _items(lambda items: [_as_object(item) for item in items]),
    shown_by="plain-one-call",
    breaks="sending.output-string",
)
_bad(
    _SENDS,
    "extra-key",
    "The body holds the thread's id.",
    replace(RIGHT, submissions=lambda o: [{**document, "thread_id": "x"} for document in whole(o)]),
    shown_by="streamed-one-call",
    breaks="sending.no-extra-keys",
)
_bad(
    _SENDS,
    "no-content-type",
    "Content-Type is missing.",
    _with("Content-Type", None),
    shown_by="plain-one-call",
    breaks="sending.content-type",
)
_bad(
    _SENDS,
    "form-content-type",
    "The Content-Type says that the body is a form.",
    _with("Content-Type", "application/x-www-form-urlencoded"),
    shown_by="plain-one-call",
    breaks="sending.content-type",
)
_bad(
    _SENDS,
    "no-beta",
    "OpenAI-Beta is missing.",
    _with("OpenAI-Beta", None),
    shown_by="plain-one-call",
    breaks="sending.beta",
)
_bad(
    _SENDS,
    "old-beta",
    "The first version of the API is asked for.",
    _with("OpenAI-Beta", "assistants=v1"),
    shown_by="streamed-one-call",
    breaks="sending.beta",
)
_bad(
    _SENDS,
    "no-key",
    "Authorization is missing.",
    _with("Authorization", None),
    shown_by="plain-one-call",
    breaks="sending.authorization",
)
_bad(
    _SENDS,
    "form-body",
    "The body is a form.",
    replace(RIGHT, written=_form),
    shown_by="plain-one-call",
    breaks="sending.body",
)
_bad(
    _SENDS,
    "never-streams",
    "A stream is wanted, and `stream: true` is not sent.",
    replace(RIGHT, stream={True: False, False: None}),
    shown_by="streamed-one-call",
    breaks="sending.stream-flag",
)
_bad(
    _SENDS,
    "always-streams",
    "`stream: true` is sent although no stream is wanted.",
    replace(RIGHT, stream={True: True, False: True}),
    shown_by="plain-one-call",
    breaks="sending.stream-flag",
)
_bad(
    _SENDS,
    "wrong-run",
    "The path names another run.",
    replace(RIGHT, path_id=lambda run_id: f"{run_id}0"),
    shown_by="plain-one-call",
    breaks="sending.path",
)
_bad(
    _SENDS,
    "submits-early",
    "The outputs are submitted as soon as the arguments of their calls are complete.",
    replace(RIGHT, submits_early=True),
    shown_by="streamed-asks-late",
    breaks="sending.when-asked",
)
_bad(
    _SENDS,
    "loses-the-base",
    "The path of the base URL is lost in a submission.",
    replace(RIGHT, submits_below=lambda _: ""),
    shown_by="plain-one-call streamed-one-call",
    breaks="sending.path",
)
_bad(
    _SENDS,
    "doubles-the-base",
    "The path of the base URL stands twice in a submission.",
    replace(RIGHT, submits_below=lambda base: base * 2),
    shown_by="plain-one-call",
    breaks="sending.path",
)
_bad(
    _SENDS,
    "adds-a-deployment",
    "Every request has a deployment below the base URL.",
    replace(RIGHT, submits_below=_deployed, looks_below=_deployed),
    shown_by="plain-one-call",
    breaks="sending.path",
)
_bad(
    _SENDS,
    "no-run",
    "The run's id in the path is empty.",
    replace(RIGHT, path_id=lambda _: ""),
    shown_by="plain-one-call",
    breaks="sending.empty-id",
)
_bad(
    _SENDS,
    "never-submits",
    "It reads the run and exits with 0 without submitting.",
    replace(RIGHT, submits=False),
    shown_by="plain-one-call",
    breaks="sending.submitted",
)
_bad(
    _SENDS,
    "never-speaks",
    "It sends nothing and exits with 0.",
    replace(RIGHT, speaks=False),
    shown_by="plain-one-call",
    breaks="sending.submitted",
)

# What it sends again.

_bad(
    _SENDS_AGAIN,
    "retries-refusals",
    "What was refused is sent again.",
    replace(RIGHT, retried=RIGHT.retried | {400, 401, 404}),
    shown_by="plain-refused-state plain-unauthorized plain-not-found",
    breaks="retry.not-refused",
)
_bad(
    _SENDS_AGAIN,
    "retries-otherwise",
    "A retry sends another body.",
    replace(RIGHT, again=_shortened),
    shown_by="plain-fault-before",
    breaks="retry.identical",
)
_bad(
    _SENDS_AGAIN,
    "retries-at-once",
    "Retry-After is ignored.",
    replace(RIGHT, waits=False),
    shown_by="plain-rate-limited",
    breaks="retry.after",
)
_bad(
    _SENDS_AGAIN,
    "retries-when-declined",
    "A retry comes although the server declined it.",
    replace(RIGHT, obeys=False),
    shown_by="plain-retry-declined",
    breaks="retry.declined",
)
_bad(
    _SENDS_AGAIN,
    "submits-after-a-break",
    "It submits again when a stream breaks off.",
    replace(RIGHT, resubmits=True),
    shown_by="streamed-reset-within-event streamed-truncated-between-events",
    breaks="retry.not-midstream",
)

# What it makes of the answer.

_bad(
    _MAKES_OF_IT,
    "deaf-to-refusals",
    "A refusal is treated as a success.",
    replace(RIGHT, notices_refusals=False),
    shown_by="plain-refused-html",
    breaks="outcome.refused",
)
_bad(
    _MAKES_OF_IT,
    "deaf-to-truncation",
    "A stream that ends early is treated as complete.",
    replace(RIGHT, notices_truncation=False),
    shown_by="streamed-truncated-at-once streamed-truncated-before-ending",
    breaks="outcome.truncated",
)
_bad(
    _MAKES_OF_IT,
    "deaf-to-resets",
    "A connection that breaks is treated as the end of the stream.",
    replace(RIGHT, notices_resets=False),
    shown_by="streamed-reset-between-events",
    breaks="outcome.reset",
)
_bad(
    _MAKES_OF_IT,
    "deaf-to-errors",
    "Error events are ignored.",
    replace(RIGHT, notices_errors=False),
    shown_by="streamed-error-wrapped",
    breaks="outcome.error-event",
)
_bad(
    _MAKES_OF_IT,
    "deaf-to-bare-errors",
    "Error events without a wrapper are ignored.",
    replace(RIGHT, notices_bare_errors=False),
    shown_by="streamed-error-bare",
    breaks="outcome.error-event-bare",
)
_bad(
    _MAKES_OF_IT,
    "deaf-to-bad-json",
    "Events that are not JSON are ignored.",
    replace(RIGHT, notices_bad_json=False),
    shown_by="streamed-bad-json",
    breaks="outcome.bad-json",
)
_bad(
    _MAKES_OF_IT,
    "takes-any-body",
    "Any answer to `stream: true` is treated as a stream.",
    replace(RIGHT, notices_other_bodies=False),
    shown_by="streamed-json streamed-html",
    breaks="outcome.not-a-stream",
)
_bad(
    _MAKES_OF_IT,
    "waits-for-the-close",
    "It reads on after `done` until the connection is closed.",
    replace(RIGHT, ends_at_done=False),
    shown_by="streamed-left-open",
    breaks="outcome.left-open",
)
_bad(
    _MAKES_OF_IT,
    "text-after-done",
    "It reads on after `done`, and uses what comes.",
    replace(RIGHT, ends_at_done=False, ignores_rest=False),
    shown_by="streamed-after-done streamed-left-open",
    breaks="outcome.after-done outcome.left-open",
)
_bad(
    _MAKES_OF_IT,
    "no-unknown-events",
    "An event of an unknown name is an error.",
    replace(RIGHT, skips_unknown_events=False),
    shown_by="streamed-unknown-events streamed-unknown-texts",
    breaks="outcome.unknown-events outcome.unknown-texts",
)
_bad(
    _MAKES_OF_IT,
    "no-unknown-texts",
    "The data of every event is parsed as JSON.",
    replace(RIGHT, skips_unknown_texts=False),
    shown_by="streamed-unknown-texts",
    breaks="outcome.unknown-texts",
)
_bad(
    _MAKES_OF_IT,
    "no-rare-events",
    "Documented but rare events are errors.",
    replace(RIGHT, refused_events=_RARE),
    shown_by="streamed-documented-events streamed-incomplete",
    breaks="outcome.documented-events outcome.ending-told",
)
_bad(
    _MAKES_OF_IT,
    "demands-members",
    "A run without an optional member is an error.",
    replace(RIGHT, demands_members=True),
    shown_by="streamed-unknown-members",
    breaks="outcome.unknown-members",
)
_bad(
    _MAKES_OF_IT,
    "functions-only",
    "A step with a built-in tool is an error.",
    replace(RIGHT, demands_functions=True),
    shown_by="streamed-built-in-step streamed-two-messages",
    breaks="outcome.usual",
)
_bad(
    _MAKES_OF_IT,
    "stops-at-the-next-round",
    "A run that asks for outputs again is treated as completed.",
    replace(RIGHT, further_rounds=False),
    shown_by="plain-second-round streamed-second-round",
    breaks="outcome.second-round",
)
_bad(
    _MAKES_OF_IT,
    "breaks-at-the-next-round",
    "A run that asks for outputs again ends in an unrelated error.",
    replace(RIGHT, further_rounds=False, fails_at_further_rounds=True),
    shown_by="plain-second-round streamed-second-round",
    breaks="outcome.second-round",
)
_bad(
    _MAKES_OF_IT,
    "all-is-completed",
    "Every run is reported as completed.",
    replace(RIGHT, said_status=lambda _: "completed"),
    shown_by="plain-expired streamed-failed",
    breaks="outcome.status",
)
_bad(
    _MAKES_OF_IT,
    "quotes-the-question",
    "The text of a run that did not complete is the user's own message.",
    replace(RIGHT, said_text=lambda status, text: _QUESTION if status in UNSUCCESSFUL else text),
    shown_by="plain-failed streamed-failed",
    breaks="outcome.text",
)
_bad(
    _MAKES_OF_IT,
    "loses-a-word",
    "The last word of every text is lost.",
    replace(RIGHT, said_text=lambda _, text: text.rpartition(" ")[0]),
    shown_by=" ".join(_SUCCESSES.values()),
    breaks=" ".join(_SUCCESSES),
)
_bad(
    _MAKES_OF_IT,
    "reads-on",
    "A run that has ended is still polled.",
    replace(RIGHT, idle_reads=6),
    shown_by="plain-one-call",
    breaks="outcome.poll-once",
)
_bad(
    _MAKES_OF_IT,
    "polls-for-ever",
    "A run that ended without completing is polled forever.",
    replace(RIGHT, polls_for_ever=UNSUCCESSFUL),
    shown_by="plain-expired streamed-incomplete",
    breaks="outcome.poll-stops",
)
_bad(
    _MAKES_OF_IT,
    "lists-for-ever",
    "A completed run is polled forever through the list of runs.",
    replace(RIGHT, polls_for_ever=frozenset({"completed"}), looks_by_list=True),
    shown_by="plain-one-call",
    breaks="outcome.poll-stops",
)
_bad(
    _MAKES_OF_IT,
    "waits-for-ever",
    "The client waits forever, without a request, for a run that ended without completing.",
    replace(RIGHT, waits_for_ever=UNSUCCESSFUL),
    shown_by="plain-expired plain-incomplete streamed-failed streamed-cancelled",
    breaks="outcome.ends",
)

# How it reads a stream.

_bad(
    _READS,
    "line-feeds-only",
    "Only line feeds end lines.",
    _reading(all_line_ends=False),
    shown_by="streamed-crlf streamed-cr",
    breaks="reading.line-ends",
)
_bad(
    _READS,
    "stumbles-over-the-mark",
    "A byte order mark is an error.",
    _reading(skips_mark=False),
    shown_by="streamed-bom",
    breaks="reading.bom",
)
_bad(
    _READS,
    "stumbles-over-comments",
    "A comment is an error.",
    _reading(skips_comments=False),
    shown_by="streamed-comments streamed-keep-alives",
    breaks="reading.comments",
)
_bad(
    _READS,
    "last-data-line",
    "Of several data lines only the last one counts.",
    _reading(adds_data=False),
    shown_by="streamed-data-lines",
    breaks="reading.data-lines",
)
_bad(
    _READS,
    "needs-the-space",
    "A field without a space after its colon has no value.",
    _reading(spares_space=False),
    shown_by="streamed-no-space",
    breaks="reading.fields",
)
_bad(
    _READS,
    "stumbles-over-empty-events",
    "A block without data is an error.",
    _reading(skips_empty=False),
    shown_by="streamed-retry-alone",
    breaks="reading.empty-events",
)
_bad(
    _READS,
    "stumbles-over-fields",
    "A field of another name is an error.",
    _reading(skips_fields=False),
    shown_by="streamed-unknown-fields",
    breaks="reading.unknown-fields",
)
_bad(
    _READS,
    "splits-lines-too-often",
    "U+2028, U+2029 and U+0085 end lines.",
    _reading(only_line_ends=False),
    shown_by="streamed-line-separators",
    breaks="reading.line-separators",
)
_bad(
    _READS,
    "short-lines",
    "A line of more than 64 KiB is an error.",
    _reading(any_length=False),
    shown_by="streamed-long-line",
    breaks="reading.long-lines",
)
_bad(
    _READS,
    "piece-by-piece",
    "Characters are decoded piece by piece, however the body was cut.",
    _reading(joins_pieces=False),
    shown_by="streamed-byte-by-byte",
    breaks="reading.chunks",
)

# What is legal.

_good(
    _SENDS,
    "outputs-reversed",
    "Outputs come in the reverse order of their calls.",
    _items(lambda items: items[::-1]),
    legal="No order is asked for.",
)
_good(
    _SENDS,
    "json-spaced-and-escaped",
    "The body's keys are reversed, its lines indented, its text escaped.",
    replace(RIGHT, written=_spaced),
    legal="It is the same JSON.",
)
_good(
    _SENDS,
    "stream-said-false",
    "`stream` is false where no stream is wanted.",
    replace(RIGHT, stream={True: True, False: False}),
    legal="It may be left out, and need not be.",
)
_good(
    _SENDS,
    "accepts-json",
    "Accept is application/json, also for a stream.",
    _with("Accept", "application/json"),
    legal="The body alone asks for a stream; the official clients send it.",
)
_good(
    _SENDS,
    "content-type-with-charset",
    "The Content-Type names UTF-8.",
    _with("Content-Type", "application/json; charset=utf-8"),
    legal="A parameter changes no media type.",
)
_good(
    _SENDS_AGAIN,
    "never-retries",
    "Nothing is sent twice.",
    replace(RIGHT, retried=frozenset()),
    legal="To send again is never asked for.",
)
_good(
    _MAKES_OF_IT,
    "looks-by-list",
    "The run is read through the list of runs.",
    replace(RIGHT, looks_by_list=True),
    legal="A list shows each run as it stands, and what it asks for.",
)
_good(
    _MAKES_OF_IT,
    "reports-the-next-round",
    "A run that asks for outputs again is reported with its status.",
    replace(RIGHT, further_rounds=False, says_it_waits=True),
    legal="Its caller may submit again.",
)
_good(
    _MAKES_OF_IT,
    "fails-at-the-next-round",
    "A run that asks for outputs again is reported as a failure.",
    replace(RIGHT, further_rounds=False, says_it_waits=True, fails_at_further_rounds=True),
    legal="A program that submits once can do no more.",
)

#: What the client can be asked to do, by the name of the habit; `none` is right.
HABITS: Mapping[str, Habit] = MappingProxyType(
    {"none": RIGHT, **{name: declared.habit for name, declared in DECLARED.items()}}
)
