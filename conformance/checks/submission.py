"""All outputs in a single request: what must be accepted, what refused, and that a refusal changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.checks.shared.acceptance import Refusal, acceptable, refusals, refused
from conformance.contract.lifecycle import FINAL, STREAM_TERMINAL
from conformance.model import Finding, Operation, Response
from conformance.walk.documents import Document, member, shown, text
from conformance.walk.history import calls_of
from conformance.walk.http_response import document_of, error_of, got_refusal, got_status, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import ANSWER, CLOSE
from conformance.walk.registry import check
from conformance.walk.submission_facts import Submitted, turned_down

#: Outputs that nobody may touch hold one of these, or are longer than any line that a reader might be made for.
_OPAQUE_LENGTH = 32_768
_CONTROL = re.compile("[\x00-\x1f]")


@check("submission.accepted", on=[ANSWER])
def accepted(observation: Observation) -> Iterable[Finding] | None:
    """All pending calls, each once: accepted."""
    return _served(observation, "a full submission is refused") if acceptable(observation) else None


def _served(observation: Observation, message: str) -> list[Finding]:
    response = observation.response
    if response is not None and served(response):
        return []
    got = got_refusal(response) if response is not None else observation.exchange.failure or "no answer"
    return [observation.finding("refused", message, "200", got)]


@check("submission.any-order", on=[ANSWER])
def any_order(observation: Observation) -> Iterable[Finding] | None:
    """Outputs in another order than the calls: accepted."""
    sent = observation.submitted
    if sent is None or not acceptable(observation):
        return None
    asked = [call.id for call in sent.pending or ()]
    if "reordered" not in observation.exchange.situation and (not asked or list(sent.ids) == asked):
        return None
    return _served(observation, "outputs in another order are refused")


@check("submission.opaque-accepted", on=[ANSWER])
def opaque_accepted(observation: Observation) -> Iterable[Finding] | None:
    """Outputs of any text: accepted."""
    sent = observation.submitted
    if sent is None or not acceptable(observation) or not any(_opaque(output) for _, output in sent.outputs):
        return None
    found = _served(observation, "outputs are refused for their text")
    # Who does not know that the same server takes other texts does not know why it refused these.
    return None if found and "opaque" not in observation.held else found


def _opaque(output: str) -> bool:
    return len(output) > _OPAQUE_LENGTH or _CONTROL.search(output) is not None


refusals(
    Refusal("submission.partial-refused", "partial", "a partial submission is not refused"),
    Refusal("submission.split-refused", "split", "outputs are gathered over several requests"),
    Refusal("submission.unknown-id-refused", "unknown-id", "a call id that is not pending is not refused"),
    Refusal("submission.duplicate-refused", "duplicate-id", "a repeated call id is not refused"),
    Refusal("submission.outputs-required", "no-outputs", "a body without tool_outputs is not refused"),
    Refusal("submission.id-required", "no-id", "an output without tool_call_id is not refused"),
    Refusal("submission.output-not-null", "null-output", "a null output is not refused"),
    Refusal("submission.output-string", "typed-output", "an output that is not a string is not refused"),
    Refusal("submission.state-refused", "wrong-state", "outputs for a run that does not wait are not refused"),
    Refusal("submission.state-error", "wrong-state", "a run that does not wait is refused with another status", (400,)),
    Refusal("submission.again-refused", "again", "the same submission is not refused the second time"),
    Refusal("submission.expired-refused", "expired-run", "outputs for an expired run are not refused"),
    Refusal("submission.cancelled-refused", "cancelled-run", "outputs for a cancelled run are not refused"),
    Refusal("submission.other-thread-refused", "other-thread", "a run is served under a thread that is not its own"),
    Refusal("submission.other-thread-404", "other-thread", "a wrong thread is refused with another status", (404,)),
)


@check("submission.partial-error", on=[ANSWER])
def partial_error(observation: Observation) -> Iterable[Finding] | None:
    """That refusal is 400 with the type invalid_request_error."""
    found = refused(observation, "partial", "a partial submission is refused with another status", statuses=(400,))
    response = observation.response
    if found is None or response is None or list(found):
        return found
    kind = text(error_of(response), "type")
    if kind == "invalid_request_error":
        return ()
    said = "a partial submission is refused with another error type"
    return [observation.finding("another-type", said, "invalid_request_error", shown(kind), pointer="/error/type")]


@check("submission.empty-not-resumed", on=[CLOSE])
def empty_not_resumed(observation: Observation) -> Iterable[Finding] | None:
    """No outputs at all: the run does not go on."""
    asked = [
        (index, answer)
        for index, sent, answer in observation.submissions
        if "empty" in sent.faults and not _was_over(observation, index)
    ]
    seen = [(index, _run_after(observation, index, answer)) for index, answer in asked]
    found = [
        observation.finding(
            "went-on",
            "a run went on without its outputs",
            "requires_action",
            text(run, "status") or "no status",
            exchange=index,
        )
        for index, run in seen
        if run is not None and _went_on(run)
    ]
    return found if any(run is not None for _, run in seen) else None


def _run_after(observation: Observation, index: int, answer: Response | None) -> Document | None:
    """The run as the answer to a submission shows it, else as the next look does."""
    if answer is not None and served(answer):
        told = member(document_of(answer)[0])
        if text(told, "object") == "thread.run":
            return told
    look = observation.history.after(Operation.GET_RUN, index)
    return look.documents[0] if look is not None and look.documents else None


def _was_over(observation: Observation, index: int) -> bool:
    """Whether the run had ended before a submission: it cannot have gone on because of that."""
    look = observation.history.before(Operation.GET_RUN, index)
    return look is not None and any(text(document, "status") in FINAL for document in look.documents[:1])


def _went_on(document: Document) -> bool:
    return text(document, "status") in ("queued", "in_progress", "completed", "incomplete")


@check("submission.empty-refused", on=[ANSWER])
def empty_refused(observation: Observation) -> Iterable[Finding] | None:
    """No outputs at all: refused with 400."""
    found = refused(observation, "empty", "an empty list of outputs is not refused")
    if found is None or list(found):
        return found
    return refused(observation, "empty", "an empty list of outputs is refused with another status", statuses=(400,))


#: What a refusal leaves as it was. `expires_at` is not compared: one provider changes it.
_KEPT = ("status", "required_action", "thread_id", "assistant_id", "started_at", "cancelled_at", "failed_at",
         "completed_at", "last_error", "usage", "model", "instructions", "tools", "metadata")  # fmt: skip


@check("submission.atomic", on=[CLOSE])
def atomic(observation: Observation) -> Iterable[Finding] | None:
    """A refusal changes nothing: the run reads the same before and after it."""
    found: list[Finding] = []
    looked = False
    for index, sent, response in observation.submissions:
        if not turned_down(sent, response):
            continue
        pair = _around(observation, index, sent)
        if pair is None:
            continue
        looked = True
        before, after = pair
        found += [
            observation.finding(
                "changed", f"a refused submission changed {name} of the run",
                shown(before.get(name)), shown(after.get(name)), details=(name,), exchange=index,
            )
            for name in _KEPT
            if before.get(name) != after.get(name)
        ]  # fmt: skip
    return found if looked else None


def _around(observation: Observation, index: int, sent: Submitted) -> tuple[Document, Document] | None:
    """The run as it read before and after a refusal, where nothing else can have changed it."""
    history = observation.history
    first, second = history.before(Operation.GET_RUN, index), history.after(Operation.GET_RUN, index)
    if first is None or second is None or not first.documents or not second.documents:
        return None
    before, after = first.documents[0], second.documents[0]
    if history.changed_between(first.exchange, second.exchange):
        return None
    waited = text(before, "status") == "requires_action" != text(after, "status")
    moved = waited and text(after, "status") == "expired"
    if "others" in observation.held and text(before, "status") == "requires_action":
        moved = waited or not set(calls_of(before) or ()) & set(calls_of(after) or ())
    same = text(before, "id") == text(after, "id") and sent.run_id is not None
    # A run in one of these states stands still: whatever changes, the refusal changed it.
    return (before, after) if same and not moved and text(before, "status") in STREAM_TERMINAL else None


@check("submission.still-accepted", on=[ANSWER])
def still_accepted(observation: Observation) -> Iterable[Finding] | None:
    """After a refusal a full submission is accepted."""
    if not (observation.refused or "recovery" in observation.held) or not acceptable(observation):
        return None
    return _served(observation, "a full submission is refused after a refusal")


@check("submission.concurrent", on=[CLOSE])
def concurrent(observation: Observation) -> Iterable[Finding] | None:
    """Of two full submissions at once exactly one is accepted."""
    rounds: dict[frozenset[str], list[tuple[int, Response | None]]] = {}
    for index, sent, response in observation.submissions:
        if "concurrent" in observation.transcript.exchanges[index].situation:
            rounds.setdefault(frozenset(sent.ids), []).append((index, response))
    at_once = [answers for answers in rounds.values() if len(answers) > 1]
    return [found for answers in at_once for found in _one_accepted(observation, answers)] if at_once else None


def _one_accepted(observation: Observation, answers: list[tuple[int, Response | None]]) -> list[Finding]:
    """A finding where not exactly one of these submissions of the same calls was accepted."""
    taken = [index for index, response in answers if response is not None and served(response)]
    if len(taken) == 1:
        return []
    got = ", ".join(got_status(response) for _, response in answers)
    kind = "several-accepted" if taken else "none-accepted"
    said = f"{len(taken)} of {len(answers)} submissions at once were accepted"
    return [observation.finding(kind, said, "exactly one 200", got, exchange=answers[-1][0])]
