"""Lies that need a memory: what the server accepts, whom it serves, and what becomes of a run.

Only what they break is declared here; the mock plays them, by rows of the same names in its table of misbehaviour.
"""

from __future__ import annotations

from conformance.proof.faults.registry import Fault, declare

#: Name, lie, the scenarios that show it, the requirements that it breaks.
_ROWS = (
    (
        "serves-nowhere",
        "The path of the operation is not known.",
        "json-one-call stream-one-call concurrent",
        "request.path submission.concurrent",
    ),
    (
        "refuses-its-key",
        "The configured key is refused.",
        "json-one-call concurrent",
        "request.bearer submission.concurrent",
    ),
    (
        "refuses-beta",
        "The header OpenAI-Beta is refused.",
        "json-one-call concurrent",
        "request.beta-accepted submission.concurrent",
    ),
    (
        "asks-for-stream-key",
        "A body without the key `stream` is refused.",
        "json-one-call concurrent",
        "request.minimal-body submission.concurrent",
    ),
    (
        "refuses-stream-false",
        "A body that says `stream` is false is refused.",
        "json-stream-false",
        "request.stream-false",
    ),
    ("refuses-stream-null", "A body that says `stream` is null is refused.", "json-stream-null", "request.stream-null"),
    (
        "refuses-single-streamed",
        "The output of a single call is refused where a stream is asked for.",
        "stream-one-call",
        "submission.accepted",
    ),
    (
        "refuses-other-order",
        "Outputs in another order than their calls are refused.",
        "json-reordered stream-reordered",
        "submission.any-order",
    ),
    (
        "refuses-control-characters",
        "Outputs with control characters are refused.",
        "json-opaque-outputs stream-opaque-outputs",
        "submission.opaque-accepted",
    ),
    (
        "never-forgives",
        "After one refusal nothing is accepted any more.",
        "partial-plain partial-split after-refusals",
        "submission.still-accepted",
    ),
    (
        "accepts-partial",
        "Some of the outputs are enough; the others are taken for empty.",
        "partial-plain partial-split partial-streamed",
        "submission.partial-refused",
    ),
    (
        "waits-for-the-rest",
        "Some of the outputs are accepted, and the run waits for the rest.",
        "partial-plain partial-split partial-streamed",
        "submission.partial-refused",
    ),
    (
        "remembers-refused-outputs",
        "Refused outputs are kept, and the rest of them is accepted.",
        "partial-split",
        "submission.split-refused",
    ),
    (
        "accepts-unknown-ids",
        "Outputs of calls that are not pending are accepted.",
        "unknown-id unknown-id-added unknown-id-streamed",
        "submission.unknown-id-refused",
    ),
    ("accepts-duplicates", "Two outputs of one call are accepted.", "duplicate-id", "submission.duplicate-refused"),
    ("resumes-on-nothing", "A run goes on without any outputs.", "empty-list", "submission.empty-not-resumed"),
    (
        "accepts-nothing-quietly",
        "An empty list of outputs is accepted, and nothing happens.",
        "empty-list",
        "submission.empty-refused",
    ),
    (
        "accepts-missing-outputs",
        "A body without outputs is taken for all of them.",
        "missing-outputs",
        "submission.outputs-required",
    ),
    ("accepts-missing-id", "An output without an id is taken for any call's.", "missing-id", "submission.id-required"),
    (
        "accepts-malformed",
        "A body that is not JSON is taken for all outputs.",
        "malformed-json",
        "errors.malformed-json",
    ),
    ("accepts-null-output", "An output that is null is taken for empty.", "null-output", "submission.output-not-null"),
    (
        "turns-outputs-into-text",
        "Outputs of other types are turned into text.",
        "number-output boolean-output object-output array-output",
        "submission.output-string",
    ),
    ("accepts-unknown-keys", "Keys that the API does not know are passed over.", "extra-key", "request.extra-key"),
    ("reads-stream-words", "`stream` may be said as a word.", "stream-as-string", "request.stream-type"),
    (
        "executes-twice",
        "The same outputs are used each time they are sent.",
        "again-plain again-streamed concurrent completed-run",
        "submission.again-refused submission.concurrent submission.state-refused",
    ),
    (
        "accepts-again",
        "Outputs are accepted while the run is at work with those it has.",
        "again-plain concurrent",
        "submission.again-refused submission.concurrent",
    ),
    (
        "accepts-when-completed",
        "Outputs for a completed run are accepted.",
        "completed-run again-streamed",
        "submission.state-refused submission.again-refused",
    ),
    (
        "accepts-when-cancelled",
        "Outputs for a cancelled run are accepted.",
        "cancelled-run",
        "submission.cancelled-refused",
    ),
    ("accepts-when-expired", "Outputs for an expired run are accepted.", "expired-run", "submission.expired-refused"),
    ("serves-without-key", "Whoever sends no key is served.", "no-key", "errors.no-key"),
    ("serves-any-key", "Any key will do.", "wrong-key", "errors.wrong-key"),
    (
        "serves-unknown-thread",
        "A thread that does not exist is passed over.",
        "unknown-thread",
        "errors.unknown-thread",
    ),
    (
        "serves-other-thread",
        "A run is found by its id alone, whatever the thread.",
        "other-thread",
        "submission.other-thread-refused",
    ),
    (
        "serves-unknown-run",
        "A submission to a run that does not exist goes to one that does.",
        "unknown-run",
        "errors.unknown-run",
    ),
    (
        "tells-strangers",
        "Under another thread a run is refused with 403.",
        "other-thread",
        "submission.other-thread-404",
    ),
    (
        "fails-on-refusal",
        "A refused submission fails the run.",
        "unknown-id empty-list partial-plain",
        "submission.atomic",
    ),
    (
        "forgets-a-call-on-refusal",
        "A refused submission makes the run forget a call.",
        "unknown-id empty-list",
        "submission.atomic",
    ),
    (
        "goes-on-after-refusal",
        "A submission is refused, and the run goes on with it all the same.",
        "unknown-id empty-list partial-plain",
        "submission.atomic submission.empty-not-resumed",
    ),
    (
        "stays-queued",
        "Outputs are accepted by a plain answer, and the run stays queued for ever.",
        "json-one-call",
        "response.leaves-queue",
    ),
    (
        "never-resumes",
        "Outputs are accepted, and the run waits on as before.",
        "json-one-call stream-one-call concurrent",
        "response.moved-on order.terminal-present submission.concurrent",
    ),
)

for _name, _lie, _scenarios, _breaks in _ROWS:
    declare(Fault(_name, "state", _lie, frozenset(_breaks.split()), scenarios=tuple(_scenarios.split())))
