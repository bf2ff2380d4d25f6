"""Faults that need a memory: what the server accepts, whom it serves, and what becomes of a run.

Each replaces one decision of the reference, or the few that belong together.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.proof.faults.misbehaviour import accepting, entering, lenient, running
from conformance.proof.faults.registry import Fault, declare
from conformance.reference.behaviour import Behaviour, stays


def _fault(name: str, lie: str, scenarios: str, breaks: str, behaviour: Behaviour) -> None:
    """Declare a fault: the scenarios that show it and the requirements that it breaks are words of a text."""
    shown, broken = tuple(scenarios.split()), frozenset(breaks.split())
    declare(Fault(name, "state", lie, broken, scenarios=shown, behaviour=behaviour))


# It refuses what is to be accepted.

_fault(
    "serves-nowhere",
    "The path of the operation is not served.",
    "json-one-call stream-one-call concurrent",
    "request.path submission.concurrent",
    accepting.and_not(accepting.whatever, "no-path"),
)
_fault(
    "refuses-its-key",
    "The configured key is refused.",
    "json-one-call concurrent",
    "request.bearer submission.concurrent",
    accepting.and_not(accepting.whatever, "wrong-key"),
)
_fault(
    "refuses-beta",
    "The header OpenAI-Beta is refused.",
    "json-one-call concurrent",
    "request.beta-accepted submission.concurrent",
    accepting.and_not(accepting.whatever, "unknown-beta"),
)
_fault(
    "asks-for-stream-key",
    "A body without the key `stream` is refused.",
    "json-one-call concurrent",
    "request.minimal-body submission.concurrent",
    accepting.and_not(accepting.stream_absent, "no-stream-key"),
)
_fault(
    "refuses-stream-false",
    "A body with `stream: false` is refused.",
    "json-stream-false",
    "request.stream-false",
    accepting.and_not(accepting.stream_false, "stream-value"),
)
_fault(
    "refuses-stream-null",
    "A body with `stream: null` is refused.",
    "json-stream-null",
    "request.stream-null",
    accepting.and_not(accepting.stream_null, "stream-value"),
)
_fault(
    "refuses-single-streamed",
    "The output of a single call is refused where a stream is asked for.",
    "stream-one-call",
    "submission.accepted",
    accepting.and_not(accepting.single_streamed),
)
_fault(
    "refuses-other-order",
    "Outputs in another order than their calls are refused.",
    "json-reordered stream-reordered",
    "submission.any-order",
    accepting.and_not(accepting.out_of_order),
)
_fault(
    "refuses-control-characters",
    "Outputs with control characters are refused.",
    "json-opaque-outputs stream-opaque-outputs",
    "submission.opaque-accepted",
    accepting.and_not(accepting.with_control_characters),
)
_fault(
    "never-forgives",
    "After one refusal nothing is accepted any more.",
    "partial-plain partial-split after-refusals",
    "submission.still-accepted",
    Behaviour(refused=running.closes),
)

# It accepts what is to be refused.

_fault(
    "accepts-partial",
    "Some of the outputs are enough; the others are treated as empty.",
    "partial-plain partial-split partial-streamed",
    "submission.partial-refused",
    accepting.unless(accepting.some),
)
_fault(
    "waits-for-the-rest",
    "Some of the outputs are accepted, and the run waits for the rest.",
    "partial-plain partial-split partial-streamed",
    "submission.partial-refused",
    replace(accepting.unless(accepting.some), accepted=running.waits_for_the_rest),
)
_fault(
    "remembers-refused-outputs",
    "Refused outputs are kept, and the rest of them is accepted.",
    "partial-split",
    "submission.split-refused",
    Behaviour(refused=running.remembers),
)
_fault(
    "accepts-unknown-ids",
    "Outputs of calls that are not pending are accepted.",
    "unknown-id unknown-id-added unknown-id-streamed",
    "submission.unknown-id-refused",
    accepting.unless(accepting.strange),
)
_fault(
    "accepts-duplicates",
    "Two outputs of one call are accepted.",
    "duplicate-id",
    "submission.duplicate-refused",
    accepting.unless(accepting.repeated),
)
_fault(
    "resumes-on-nothing",
    "A run goes on without any outputs.",
    "empty-list",
    "submission.empty-not-resumed",
    accepting.unless(accepting.none),
)
_fault(
    "accepts-nothing-quietly",
    "An empty list of outputs is accepted, and nothing happens.",
    "empty-list",
    "submission.empty-refused",
    replace(accepting.unless(accepting.none), accepted=running.if_any),
)
_fault(
    "accepts-missing-outputs",
    "A body without outputs is treated as if it held all of them.",
    "missing-outputs",
    "submission.outputs-required",
    lenient.taken_for_all("missing", "tool_outputs"),
)
_fault(
    "accepts-missing-id",
    "An output without an id is used for any call.",
    "missing-id",
    "submission.id-required",
    lenient.taken_for_all("missing", "tool_call_id"),
)
_fault(
    "accepts-malformed",
    "A body that is not JSON is treated as if it held all outputs.",
    "malformed-json",
    "errors.malformed-json",
    lenient.taken_for_all("malformed"),
)
_fault(
    "accepts-null-output",
    "An output that is null is treated as empty.",
    "null-output",
    "submission.output-not-null",
    lenient.rewritten(lenient.items(lenient.null_is_empty)),
)
_fault(
    "turns-outputs-into-text",
    "Outputs of other types are turned into text.",
    "number-output boolean-output object-output array-output",
    "submission.output-string",
    lenient.rewritten(lenient.items(lenient.as_text)),
)
_fault(
    "accepts-unknown-keys",
    "Keys that the API does not know are ignored.",
    "extra-key",
    "request.extra-key",
    lenient.rewritten(lenient.known_keys),
)
_fault(
    "reads-stream-words",
    "`stream` may be a string.",
    "stream-as-string",
    "request.stream-type",
    lenient.rewritten(lenient.stream_word),
)
_fault(
    "executes-twice",
    "The same outputs are used each time they are sent.",
    "again-plain again-streamed concurrent completed-run",
    "submission.again-refused submission.concurrent submission.state-refused",
    Behaviour(accepted=running.once_more),
)
_fault(
    "accepts-again",
    "Outputs are accepted again while the run works with the first ones.",
    "again-plain concurrent",
    "submission.again-refused submission.concurrent",
    accepting.in_states("queued", "in_progress"),
)
_fault(
    "accepts-when-completed",
    "Outputs for a completed run are accepted.",
    "completed-run again-streamed",
    "submission.state-refused submission.again-refused",
    accepting.in_states("completed"),
)
_fault(
    "accepts-when-cancelled",
    "Outputs for a cancelled run are accepted.",
    "cancelled-run",
    "submission.cancelled-refused",
    accepting.in_states("cancelled", "cancelling"),
)
_fault(
    "accepts-when-expired",
    "Outputs for an expired run are accepted.",
    "expired-run",
    "submission.expired-refused",
    accepting.in_states("expired"),
)

# It is mistaken in whom it serves.

_fault(
    "serves-without-key",
    "A request without a key is served.",
    "no-key",
    "errors.no-key",
    Behaviour(key=entering.without_a_key),
)
_fault(
    "serves-any-key",
    "Any key is accepted.",
    "wrong-key",
    "errors.wrong-key",
    Behaviour(key=entering.with_any_key),
)
_fault(
    "serves-json-alone",
    "A request whose Accept header also asks for an event stream is refused with 406.",
    "stream-accept-header",
    "request.stream-true",
    Behaviour(key=entering.who_asks_for_json),
)
_fault(
    "serves-unknown-thread",
    "A thread that does not exist is ignored.",
    "unknown-thread",
    "errors.unknown-thread",
    Behaviour(find=entering.whatever_thread(known=False)),
)
_fault(
    "serves-other-thread",
    "A run is found by its id alone, whatever the thread.",
    "other-thread",
    "submission.other-thread-refused",
    Behaviour(find=entering.whatever_thread(known=True)),
)
_fault(
    "serves-unknown-run",
    "A submission to a run that does not exist goes to one that does.",
    "unknown-run",
    "errors.unknown-run",
    Behaviour(find=entering.some_run),
)
_fault(
    "tells-strangers",
    "Under another thread a run is refused with 403.",
    "other-thread",
    "submission.other-thread-404",
    Behaviour(find=entering.tells_strangers),
)

# It changes what is to stay, and leaves what is to change.

_fault(
    "fails-on-refusal",
    "A refused submission fails the run.",
    "unknown-id empty-list partial-plain",
    "submission.atomic",
    Behaviour(refused=running.fails),
)
_fault(
    "forgets-a-call-on-refusal",
    "A refused submission makes the run forget a call.",
    "unknown-id empty-list",
    "submission.atomic",
    Behaviour(accepted=running.with_what_there_is, refused=running.forgets_a_call),
)
_fault(
    "goes-on-after-refusal",
    "A submission is refused, and the run goes on with it anyway.",
    "unknown-id empty-list partial-plain",
    "submission.atomic submission.empty-not-resumed",
    Behaviour(refused=running.goes_on_anyway),
)
_fault(
    "stays-queued",
    "Outputs are accepted by a plain answer, and the run stays queued forever.",
    "json-one-call",
    "response.leaves-queue",
    Behaviour(accepted=running.waits_in_the_queue),
)
_fault(
    "never-resumes",
    "Outputs are accepted, and the run keeps waiting.",
    "json-one-call stream-one-call concurrent",
    "response.moved-on order.terminal-present submission.concurrent",
    Behaviour(accepted=stays),
)
