"""How a client's submissions are answered: one row for each of the contract's table of answers.

A submission that meets something which may pass is hindered once (`scripted_model.HINDRANCES`), one that is refused
for good is refused by a rule; everything else is a right answer told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from conformance.mock import stream_forms as forms
from conformance.model import Ended, Operation, Request, Response
from conformance.proof.faults.applied import answering
from conformance.proof.faults.pieces import Pieces
from conformance.proof.faults.responses import is_stream, with_body
from conformance.reference.answering import Answering
from conformance.reference.behaviour import Behaviour
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


def _told(form: Callable[[Response], Response | None], statuses: range = _SERVED) -> Answering:
    """Answers to submissions with one of these statuses are told otherwise."""

    def tell(request: Request, planned: Response) -> Response | None:
        is_submission = of_target(request.method, request.target) is Operation.SUBMIT
        return form(planned) if is_submission and planned.status in statuses else planned

    return Answering(tell=tell)


def _events(change: Callable[[Pieces], Pieces]) -> Answering:
    return _told(forms.of_events(change))


def _refused(condition: str, **facts: object) -> Answering:
    """Every submission is refused, whatever it holds."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
        raise Refused(condition, **facts)

    return Answering(Behaviour(rules=(rule,)))


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


def _cut(where: Callable[[Pieces], Pieces], ended: Ended) -> Answering:
    return _told(forms.broken_off(where, ended))


ANSWERED: Mapping[str, Answering] = MappingProxyType(
    {
        "plainly": Answering(),
        **{name: Answering() for name in HINDRANCES},
        "connection-lost": _told(_lost, _BROKEN),
        "fault-after": _told(_faulty),
        "answer-lost": _told(_lost),
        # refused for good
        "refused-state": _refused("status", status="in_progress"),
        "refused-calls": Answering(Behaviour(rules=(_other_calls,))),
        "refused-output": _refused(
            "type", where="tool_outputs[0].output", expected="a string", got="an array of content parts"
        ),
        "refused-html": replace(_refused("unwanted"), tell=_told(_page, _REFUSED).tell),
        "refused-silently": replace(_refused("unwanted"), tell=_told(_silence, _REFUSED).tell),
        "unauthorized": _refused("wrong-key"),
        "not-found": Answering(Behaviour(find=_nowhere)),
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
        "error-bare": answering("error-event-bare"),
        "bad-json": _events(forms.brace_too_many),
        "json": answering("json-for-stream"),
        "html": _told(_page_for_stream),
        "after-done": _events(forms.more_after_done),
        "left-open": _told(forms.left_open),
        "delta-first": _events(forms.delta_first),
        "two-endings": answering("two-endings"),
        # legal
        "crlf": _told(forms.line_ends(b"\r\n")),
        "cr": _told(forms.line_ends(b"\r")),
        "bom": _events(forms.byte_order_mark),
        "comments": _told(forms.within_events(b": a comment: data: none\n")),
        "keep-alives": _told(forms.between_all(b": keep-alive\n\n")),
        "data-lines": _told(forms.of_bytes(forms.several_lines)),
        "retry-alone": _events(forms.blocks_without_data),
        "no-space": _told(forms.no_space),
        "unknown-fields": _told(forms.within_events(b"trace: 7f\nquiet\n")),
        "byte-by-byte": _told(forms.byte_by_byte),
        "long-line": _events(forms.long_line),
        "line-separators": _told(forms.of_objects(forms.with_separators)),
        "unknown-events": _events(forms.unknown_events(b'{"object":"thread.note","note":7}')),
        "unknown-texts": _events(forms.unknown_events(b"a note for whoever reads")),
        "unknown-members": _told(forms.of_objects(forms.sparse_and_strange)),
    }
)
