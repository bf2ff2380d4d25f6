"""How a client's submissions are answered: one row for each of the contract's table of answers.

A submission that meets something which may pass is hindered once (`scripted_model.HINDRANCES`), one that is refused
for good is refused by a rule; everything else is a right answer, changed on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from conformance.mock import stream_forms as forms
from conformance.model import Ended, Operation, Request, Response
from conformance.proof.faults.applied import behaviour_with
from conformance.proof.faults.pieces import Pieces
from conformance.proof.faults.responses import is_stream, with_body
from conformance.reference.behaviour import PREFIXES, Behaviour, needs_no_beta
from conformance.reference.refusals import Refused
from conformance.reference.runs import Run
from conformance.reference.scripted_model import HINDRANCES
from conformance.reference.state import State
from conformance.reference.submission import Submission
from conformance.wire.recordings.operation import of_target

_PAGE = b"<!doctype html><title>Bad gateway</title><p>The page you asked for cannot be shown.</p>"

_SERVED = range(200, 300)
_REFUSED = range(400, 500)
_BROKEN = range(500, 600)


def _changed(form: Callable[[Response], Response | None], statuses: range = _SERVED) -> Behaviour:
    """Answers to submissions with one of these statuses are changed."""

    def respond(request: Request, planned: Response) -> Response | None:
        is_submission = of_target(request.method, request.target) is Operation.SUBMIT
        return form(planned) if is_submission and planned.status in statuses else planned

    return Behaviour(respond=respond)


def _events(change: Callable[[Pieces], Pieces]) -> Behaviour:
    return _changed(forms.of_events(change))


def _refused(condition: str, **facts: object) -> Behaviour:
    """Every submission is refused, whatever it holds."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
        raise Refused(condition, **facts)

    return Behaviour(rules=(rule,))


def _other_calls(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
    raise Refused("calls", expected=list(reversed(pending)), got=[call_id for call_id, _ in submission.outputs])


def _nowhere(state: State, thread_id: str, run_id: str) -> Run:  # noqa: ARG001
    raise Refused("no-run", id=run_id)


def _lost(_response: Response) -> None:
    return None


def _faulty(response: Response) -> Response:
    return replace(with_body(response, _FAULT_BODY, "application/json"), status=500)


_FAULT_BODY = (
    b'{"error":{"message":"The server had an error while processing the request.",'
    b'"type":"server_error","param":null,"code":null}}'
)


def _page(response: Response) -> Response:
    return with_body(response, _PAGE, "text/html; charset=utf-8")


def _silence(response: Response) -> Response:
    return with_body(response, b"", "application/json")


def _page_for_stream(response: Response) -> Response:
    return _page(response) if is_stream(response) else response


def _asking_late(_request: Request, planned: Response) -> Response:
    return forms.asking_late(planned)


def _cut(where: Callable[[Pieces], Pieces], ended: Ended) -> Behaviour:
    return _changed(forms.broken_off(where, ended))


REPLIES: Mapping[str, Behaviour] = MappingProxyType(
    {
        "plainly": Behaviour(),
        **{name: Behaviour() for name in HINDRANCES},
        "connection-lost": _changed(_lost, _BROKEN),
        "fault-after": _changed(_faulty),
        "answer-lost": _changed(_lost),
        # refused for good
        "refused-state": _refused("status", status="in_progress"),
        "refused-calls": Behaviour(rules=(_other_calls,)),
        "refused-output": _refused(
            "type", where="tool_outputs[0].output", expected="a string", got="an array of content parts"
        ),
        "refused-html": replace(_refused("unwanted"), respond=_changed(_page, _REFUSED).respond),
        "refused-silently": replace(_refused("unwanted"), respond=_changed(_silence, _REFUSED).respond),
        "unauthorized": _refused("wrong-key"),
        "not-found": Behaviour(find=_nowhere),
        # broken off
        "truncated-at-once": _cut(forms.at_once, Ended.COMPLETE),
        "truncated-between-events": _cut(forms.between_events, Ended.COMPLETE),
        "truncated-within-event": _cut(forms.within_event, Ended.COMPLETE),
        "truncated-before-ending": _cut(forms.before_ending, Ended.COMPLETE),
        "reset-at-once": _cut(forms.at_once, Ended.RESET),
        "reset-between-events": _cut(forms.between_events, Ended.RESET),
        "reset-within-event": _cut(forms.within_event, Ended.RESET),
        "no-done": _cut(forms.without_done, Ended.COMPLETE),
        # not what a client waits for
        "error-bare": behaviour_with("error-event-bare"),
        "bad-json": _events(forms.brace_too_many),
        "json": behaviour_with("json-for-stream"),
        "html": _changed(_page_for_stream),
        "after-done": _events(forms.more_after_done),
        "left-open": _changed(forms.left_open),
        "delta-first": _events(forms.delta_first),
        "two-endings": behaviour_with("two-endings"),
        # legal
        "crlf": _changed(forms.line_ends(b"\r\n")),
        "cr": _changed(forms.line_ends(b"\r")),
        "bom": _events(forms.byte_order_mark),
        "comments": _changed(forms.within_events(b": a comment: data: none\n")),
        "keep-alives": _changed(forms.between_all(b": keep-alive\n\n")),
        "data-lines": _changed(forms.of_bytes(forms.several_lines)),
        "retry-alone": _events(forms.blocks_without_data),
        "no-space": _changed(forms.no_space),
        "unknown-fields": _changed(forms.within_events(b"trace: 7f\nquiet\n")),
        "byte-by-byte": _changed(forms.byte_by_byte),
        "long-line": _events(forms.long_line),
        "line-separators": _changed(forms.of_objects(forms.with_separators)),
        "unknown-events": _events(forms.unknown_events(b'{"object":"thread.note","note":7}')),
        "unknown-texts": _events(forms.unknown_events(b"a note for whoever reads")),
        "unknown-members": _changed(forms.of_objects(forms.sparse_and_strange)),
        "documented-events": _events(forms.documented_events),
        "asks-late": Behaviour(respond=_asking_late),
    }
)

#: Where a client finds the API that was handed the base URL alone.
BASE = ("/v1",)


def for_client(answer: str, *, azure: bool = False) -> Behaviour:
    """How a client's submissions are answered, below what the client was handed and nowhere else.

    Who does not ask for the version of the API is served all the same: it shows in what was sent, and nothing else of
    the situation is lost by it. `answer` is a row of the contract's table; `azure`: Azure's forms were handed out too.
    """
    return replace(REPLIES[answer], prefixes=PREFIXES if azure else BASE, beta=needs_no_beta)
