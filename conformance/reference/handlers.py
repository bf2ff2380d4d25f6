"""One function for each operation: from a request that was understood to the document or stream that answers it.

A handler raises Refused where the table of refusals has the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.reference import fields, request_body
from conformance.reference.behaviour import Behaviour
from conformance.reference.events import Event
from conformance.reference.lists import page
from conformance.reference.objects import Document
from conformance.reference.runs import Run
from conformance.reference.state import State


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on a known path: the ids in its path, in order, its query and its body."""

    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    #: What decides on it, where it is a submission.
    behaviour: Behaviour


#: A document answers as JSON, events as a stream.
Answer = Document | tuple[Event, ...]


def create_assistant(state: State, asked: Asked) -> Answer:
    """POST /assistants."""
    return state.new_assistant(fields.assistant(request_body.read(asked.body)))


def list_assistants(state: State, asked: Asked) -> Answer:
    """GET /assistants."""
    return page(state.assistants.values(), asked.query)


def get_assistant(state: State, asked: Asked) -> Answer:
    """GET /assistants/{assistant_id}."""
    return state.assistant(*asked.ids)


def modify_assistant(state: State, asked: Asked) -> Answer:
    """POST /assistants/{assistant_id}."""
    wanted = fields.changes(request_body.read(asked.body))
    assistant = _modified(state.assistant(*asked.ids), wanted, request_body.FIELDS)
    state.assistants[assistant["id"]] = assistant
    return assistant


def delete_assistant(state: State, asked: Asked) -> Answer:
    """DELETE /assistants/{assistant_id}; runs keep what they took from it."""
    assistant = state.assistant(*asked.ids)
    state.forget(assistant["id"])
    return _deleted(assistant)


def create_thread(state: State, asked: Asked) -> Answer:
    """POST /threads."""
    return state.new_thread(*fields.thread(request_body.read(asked.body))).document


def get_thread(state: State, asked: Asked) -> Answer:
    """GET /threads/{thread_id}."""
    return state.thread(*asked.ids).document


def modify_thread(state: State, asked: Asked) -> Answer:
    """POST /threads/{thread_id}."""
    thread = state.thread(*asked.ids)
    wanted = fields.changes(request_body.read(asked.body))
    thread.document = _modified(thread.document, wanted, ("metadata", "tool_resources"))
    return thread.document


def delete_thread(state: State, asked: Asked) -> Answer:
    """DELETE /threads/{thread_id}, with its messages and runs."""
    thread = state.thread(*asked.ids)
    state.forget(thread.document["id"])
    return _deleted(thread.document)


def create_message(state: State, asked: Asked) -> Answer:
    """POST /threads/{thread_id}/messages."""
    return state.new_message(state.thread(*asked.ids), fields.message(request_body.read(asked.body)))


def list_messages(state: State, asked: Asked) -> Answer:
    """GET /threads/{thread_id}/messages; `run_id` keeps those of one run."""
    messages = state.thread(*asked.ids).messages.values()
    wanted = asked.query.get("run_id")
    return page((message for message in messages if wanted in {None, message["run_id"]}), asked.query)


def get_message(state: State, asked: Asked) -> Answer:
    """GET /threads/{thread_id}/messages/{message_id}."""
    return state.message(*asked.ids)


def modify_message(state: State, asked: Asked) -> Answer:
    """POST /threads/{thread_id}/messages/{message_id}."""
    wanted = fields.changes(request_body.read(asked.body))
    message = _modified(state.message(*asked.ids), wanted, ("metadata",))
    state.thread(asked.ids[0]).messages[message["id"]] = message
    return message


def create_thread_and_run(state: State, asked: Asked) -> Answer:
    """POST /threads/runs, plain or streamed."""
    body = request_body.read(asked.body)
    wanted, messages = fields.run(body)
    new, first = fields.thread(body.get("thread") or {}, "thread.")
    state.assistant(wanted["assistant_id"])
    thread = state.new_thread(new, first)
    return _followed(state.new_run(thread, wanted, messages, thread_is_new=True), stream=bool(body.get("stream")))


def create_run(state: State, asked: Asked) -> Answer:
    """POST /threads/{thread_id}/runs, plain or streamed."""
    body = request_body.read(asked.body)
    run = state.new_run(state.thread(*asked.ids), *fields.run(body))
    return _followed(run, stream=bool(body.get("stream")))


def list_runs(state: State, asked: Asked) -> Answer:
    """GET /threads/{thread_id}/runs; each run moves on by one state."""
    return page([run.look() for run in state.thread(*asked.ids).runs.values()], asked.query)


def get_run(state: State, asked: Asked) -> Answer:
    """GET /threads/{thread_id}/runs/{run_id}; the run moves on by one state."""
    return state.run(*asked.ids).look()


def modify_run(state: State, asked: Asked) -> Answer:
    """POST /threads/{thread_id}/runs/{run_id}; a run's metadata can change, nothing else."""
    run = state.run(*asked.ids)
    wanted = fields.changes(request_body.read(asked.body))
    return run.describe(_modified(run.document, wanted, ("metadata",))["metadata"])


def cancel_run(state: State, asked: Asked) -> Answer:
    """POST /threads/{thread_id}/runs/{run_id}/cancel."""
    return state.run(*asked.ids).cancel()


def submit_tool_outputs(state: State, asked: Asked) -> Answer:
    """POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs, plain or streamed."""
    submitted = asked.behaviour.read(asked.body)
    run = asked.behaviour.find(state, *asked.ids)
    run.submit(submitted)
    return _followed(run, stream=bool(submitted.stream))


def list_steps(state: State, asked: Asked) -> Answer:
    """GET /threads/{thread_id}/runs/{run_id}/steps."""
    return page(state.run(*asked.ids).steps.values(), asked.query)


def get_step(state: State, asked: Asked) -> Answer:
    """GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}."""
    return state.step(*asked.ids)


def _followed(run: Run, *, stream: bool) -> Answer:
    return run.watch() if stream else run.look()


def _modified(document: Document, wanted: Document, fields: Iterable[str]) -> Document:
    """The document with those of the fields that are wanted otherwise."""
    return {**document, **{name: wanted[name] for name in fields if name in wanted and name in document}}


def _deleted(document: Document) -> Document:
    return {"id": document["id"], "object": f"{document['object']}.deleted", "deleted": True}
