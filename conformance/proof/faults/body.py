"""Faults in the run that answers a plain submission, and in what later reads of the API show."""

from __future__ import annotations

from conformance.model import Exchange, Operation, Response
from conformance.proof.faults.registry import Applies, body_fault, fault
from conformance.proof.faults.responses import document_of, submitted, with_document
from conformance.reference.objects import Document, function_call

_PLAIN = Applies(streamed=False)
_RUN = Applies(operations=frozenset({Operation.GET_RUN}), streamed=False)
_STEPS = Applies(operations=frozenset({Operation.LIST_STEPS}), streamed=False)
_MESSAGES = Applies(operations=frozenset({Operation.LIST_MESSAGES}), streamed=False)


def _less(document: Document, *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}


@body_fault("answer-in-envelope", breaks={"response.run-object"})
def answer_in_envelope(document: Document) -> Document:
    """The run comes inside an object of its own."""
    return {"data": document}


@body_fault("answer-without-status", breaks={"response.run-object"})
def answer_without_status(document: Document) -> Document:
    """The run has no status."""
    return _less(document, "status")


@body_fault("answer-model-number", breaks={"response.run-object"})
def answer_model_number(document: Document) -> Document:
    """The run's model is a number."""
    return {**document, "model": 4}


@body_fault("answer-status-unknown", breaks={"response.run-object"})
def answer_status_unknown(document: Document) -> Document:
    """The run has a status that no run can have."""
    return {**document, "status": "accepted"}


@body_fault("answer-lacks-fields", breaks={"response.run-fields"})
def answer_lacks_fields(document: Document) -> Document:
    """The run lacks required fields that are null."""
    return _less(document, "usage", "last_error", "failed_at")


@body_fault("answer-of-another-run", breaks={"response.run-ids"})
def answer_of_another_run(document: Document) -> Document:
    """The answer is about another run."""
    return {**document, "id": "run_another"}


@body_fault("answer-of-another-thread", breaks={"response.run-ids"})
def answer_of_another_thread(document: Document) -> Document:
    """The run of the answer is in another thread."""
    return {**document, "thread_id": "thread_another"}


@fault("answer-still-waits", breaks={"response.moved-on"}, applies=_PLAIN)
def answer_still_waits(exchange: Exchange, response: Response) -> Response:
    """The run of the answer still waits for what was submitted."""
    calls = [function_call(item["tool_call_id"], "again", "{}") for item in submitted(exchange.request)["tool_outputs"]]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
    return with_document(response, {**document_of(response), "status": "requires_action", "required_action": action})


@fault("answer-keeps-action", breaks={"response.moved-on"}, applies=_PLAIN)
def answer_keeps_action(exchange: Exchange, response: Response) -> Response:
    """The run of the answer is queued and still carries required_action."""
    calls = [function_call(item["tool_call_id"], "again", "{}") for item in submitted(exchange.request)["tool_outputs"]]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
    return with_document(response, {**document_of(response), "required_action": action})


@body_fault("answer-milliseconds", breaks={"response.seconds"})
def answer_milliseconds(document: Document) -> Document:
    """The times of the run are milliseconds."""
    return {**document, "created_at": document["created_at"] * 1000, "expires_at": document["expires_at"] * 1000}


@body_fault("answer-time-text", breaks={"response.seconds"})
def answer_time_text(document: Document) -> Document:
    """The run says as text when it was created."""
    return {**document, "created_at": "2025-06-15T14:26:40Z"}


@body_fault("answer-in-progress", equivalent="a fast server may be further along (REQ-JSON-STATUS)")
def answer_in_progress(document: Document) -> Document:
    """The run of the answer is in progress already."""
    return {**document, "status": "in_progress"} if document.get("status") == "queued" else document


@body_fault("action-absent", equivalent="required_action may be absent where it would be null (DIS-RUN-ACTION)")
def action_absent(document: Document) -> Document:
    """The run of the answer has no required_action."""
    return document if document.get("required_action") else _less(document, "required_action")


def _calls_of(run: Document) -> list[Document]:
    action = run.get("required_action") or {"submit_tool_outputs": {"tool_calls": []}}
    found: list[Document] = action["submit_tool_outputs"]["tool_calls"]
    return found


def _with_calls(run: Document, calls: list[Document]) -> Document:
    if not _calls_of(run):
        return run
    return {**run, "required_action": {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}}


@body_fault("pending-without-calls", breaks={"surface.pending-calls"}, applies=_RUN)
def pending_without_calls(document: Document) -> Document:
    """A run that waits does not say for what, as in one re-implementation."""
    return {**document, "required_action": None} if _calls_of(document) else document


@body_fault("pending-share-id", breaks={"surface.pending-calls"}, applies=_RUN)
def pending_share_id(document: Document) -> Document:
    """Pending calls share one id, as in one re-implementation."""
    calls = _calls_of(document)
    return _with_calls(document, [{**call, "id": calls[0]["id"]} for call in calls])


@body_fault("pending-id-null", breaks={"surface.pending-calls"}, applies=_RUN)
def pending_id_null(document: Document) -> Document:
    """A pending call has null for its id."""
    calls = _calls_of(document)
    return _with_calls(document, [{**call, "id": None} for call in calls])


@body_fault("run-reads-failed", breaks={"surface.run-after"}, applies=_RUN)
def run_reads_failed(document: Document) -> Document:
    """A run that has completed reads as failed."""
    return {**document, "status": "failed"} if document["status"] == "completed" else document


@body_fault("steps-not-listed", breaks={"surface.steps-after"}, applies=_STEPS)
def steps_not_listed(document: Document) -> Document:
    """The list of steps is empty."""
    return {**document, "data": []}


@body_fault("steps-listed-open", breaks={"surface.steps-after"}, applies=_STEPS)
def steps_listed_open(document: Document) -> Document:
    """Steps that have ended are listed as being in progress."""
    return {**document, "data": [{**step, "status": "in_progress"} for step in document["data"]]}


@body_fault("messages-not-listed", breaks={"surface.messages-after"}, applies=_MESSAGES)
def messages_not_listed(document: Document) -> Document:
    """The list of messages holds nothing of the assistant."""
    return {**document, "data": [message for message in document["data"] if message["role"] == "user"]}


@body_fault("messages-listed-otherwise", breaks={"surface.messages-after"}, applies=_MESSAGES)
def messages_listed_otherwise(document: Document) -> Document:
    """The listed text is not the text that was streamed."""
    other = [{"type": "text", "text": {"value": "It rains everywhere.", "annotations": []}}]
    return {**document, "data": [{**m, "content": other} if m["role"] == "assistant" else m for m in document["data"]]}


@body_fault("messages-without-status", applies=_MESSAGES, equivalent="listed messages need no status (DIS-MSG-STATUS)")
def messages_without_status(document: Document) -> Document:
    """Listed messages have no status and no times."""
    gone = ("status", "completed_at", "incomplete_at", "incomplete_details")
    return {**document, "data": [_less(message, *gone) for message in document["data"]]}
