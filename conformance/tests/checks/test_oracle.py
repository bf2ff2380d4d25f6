"""Every id of the catalogue is distinguished by hand: something legal that passes it, something illegal that breaks it.

The generator of legal variations and the judge read the same tables, so their agreement alone proves little. The
miniatures of this folder were written from the catalogue; here they are counted, and what none of them shows is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from types import ModuleType

import pytest

from conformance.contract.examples import Example, examples_of
from conformance.contract.requirements import REQUIREMENTS, by_contract_id
from conformance.model import Chunk, Operation, Role, Status, Transcript
from conformance.tests.checks import (
    test_client_illegal,
    test_client_legal,
    test_illegal_answers,
    test_illegal_events,
    test_illegal_framing,
    test_illegal_order,
    test_legal_answers,
    test_legal_conversations,
    test_legal_departures,
    test_legal_documents,
    test_legal_endings,
    test_legal_messages,
    test_legal_submit_streams,
    test_legal_wire,
)
from conformance.tests.checks.miniatures import (
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    PATH,
    RESUMED,
    USUAL,
    Block,
    accused,
    answer,
    asked,
    block,
    call,
    conversation,
    delta,
    get_run,
    outputs,
    pending,
    piece,
    refusal,
    run,
    run_document,
    said,
    step,
    stream,
    submit,
    text,
    told,
)  # fmt: skip
from conformance.tests.contract.catalogue import LEVELS
from conformance.verdict.judge import judge

TWO = (call("1"), call("2"))
BOTH = outputs(_1="sunny", _2="rain")
SUBMIT = f"{PATH}/submit_tool_outputs"
ERROR = ("error", {"error": {"message": "m", "type": "invalid_request_error", "param": None, "code": None}})


def keyed(response: object, situation: str = "", *, refused: bool = True) -> Transcript:
    """A submission to a target that a key is configured for."""
    held = frozenset({situation} if situation else ())
    made = submit(response, streamed=False, situation=held)  # type: ignore[arg-type]
    return conversation(pending(), made, *([pending(at=9)] if refused else []), traits=("key",))


def nul(shown: str) -> Transcript:
    closed = step("completed", "0", [call("1", output=shown)], created_at=102)
    return conversation(pending(), submit(stream(closed, *GOES_ON, *said(), *ENDED), outputs(_1="a\0b")))


def paced(*pauses: int) -> Transcript:
    """A stream of five seconds by the run's own clock, its events so many milliseconds apart."""
    blocks: list[Block] = [
        CLOSED, run("queued", started_at=101), run("in_progress", started_at=200), *said(),
        run("completed", started_at=200, completed_at=205), DONE,
    ]  # fmt: skip
    at, chunks = 0, []
    for number, each in enumerate(blocks):
        at += pauses[number % len(pauses)]
        chunks.append(Chunk(at, block(each)))  # type: ignore[arg-type]
    return conversation(pending(), submit(replace(stream(), chunks=tuple(chunks), ended_ms=at + 1)))


def polled(*statuses: str) -> Transcript:
    """A plain submission, and a look at the run for each status."""
    looks = (get_run(status, at=10 + number) for number, status in enumerate(statuses))
    return conversation(pending(), submit(answer(run_document("queued")), streamed=False), *looks)


#: Requirement -> something legal that passes it, where the other files of this folder have nothing.
LEGAL = {
    "request.other-methods": conversation(
        pending(), submit(answer(run_document("queued")), streamed=False),
        *(asked(Operation.OTHER, method, SUBMIT, refusal(status))
          for method, status in (("GET", 404), ("PUT", 405), ("PATCH", 405), ("DELETE", 404))),
    ),
    "request.bearer": keyed(answer(run_document("queued")), refused=False),
    "errors.wrong-key": keyed(refusal(401, code="invalid_api_key"), "wrong-key"),
    "errors.wrong-key-401": keyed(refusal(401), "wrong-key"),
    "errors.no-key": keyed(refusal(401), "no-key"),
    "errors.no-key-401": keyed(refusal(401), "no-key"),
    "framing.flushed": paced(800),
    "response.leaves-queue": polled(*["queued"] * 40, "in_progress", "completed"),
    "content.nul-output": nul("a\0b"),
}  # fmt: skip

#: Requirement -> something illegal that breaks it and, where two rules could tell it, is told as this one.
ILLEGAL = {
    "submission.split-refused": conversation(
        pending(*TWO), submit(refusal(), BOTH[:1], streamed=False, at=1),
        submit(answer(run_document("queued")), BOTH[1:], streamed=False, at=2),
    ),
    "errors.stream-refused-plainly": conversation(
        pending(*TWO), submit(stream(ERROR, DONE), [{"output": "sunny"}]), pending(*TWO, at=9)
    ),
    "errors.no-server-fault": conversation(
        pending(*TWO), submit(refusal(500, kind="server_error"), [{"tool_call_id": "call_1", "output": 7}], streamed=False)
    ),
    "order.run-cancel": conversation(
        pending(), submit(stream(*RESUMED, run("cancelling"), run("requires_action", required_action={
            "type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call("2")]}}), DONE))
    ),
    "done.after-terminal": conversation(pending(), submit(stream(*RESUMED, *said(), DONE, run("completed")))),
    "order.message-delta-id": conversation(
        pending(), submit(stream(*RESUMED, *told("a", [delta("a", piece(0, "x")), delta("z", piece(0, "y"))], text("x")), *ENDED))
    ),
    "framing.flushed": paced(5000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "content.nul-output": nul("ab"),
    "response.leaves-queue": polled(*["queued"] * 10),
    "errors.wrong-key-401": keyed(refusal(403), "wrong-key"),
    "errors.no-key": keyed(answer(run_document("queued")), "no-key", refused=False),
}  # fmt: skip

#: What only a reader owes, or nobody: a server may do it in any way.
PERMITTED = {
    **{contract: conversation(pending(), submit(answer(test_legal_wire.BODIES[name], 200, "text/event-stream")))
       for contract, name in {
           "SSE-EOL": "line ends mixed", "SSE-FIELD": "no space", "SSE-COMMENT": "comments within",
           "SSE-MULTI": "pretty", "SSE-EMPTY-DATA": "names without data", "SSE-UNKNOWN-FIELD": "unknown fields",
           "SSE-U2028": "separators within text", "SSE-BOM": "BOM", "SSE-ID": "ids"}.items()},
    "SSE-CHUNK": conversation(pending(), submit(answer(
        test_legal_wire.HELLO, 200, "text/event-stream", cuts=range(1, len(test_legal_wire.HELLO))))),
    "SSE-LONG": conversation(pending(), submit(stream(
        *RESUMED, *told("a", [delta("a", piece(0, "x" * 300_000))], text("x" * 300_000)), *ENDED))),
    "EVT-NAME": conversation(pending(), submit(stream(("future.event", "{}"), *USUAL[:-1], ("thread.run.x", "x"), DONE))),
    "ORD-MSG-ROLE-DELTA": test_legal_messages.PARTS["a role beside a piece"],
    "ORD-MSG-EMPTYANS": test_legal_endings.ENDINGS["incomplete before any text"],
    "SUB-NO-OUTPUT": test_legal_answers.REFUSALS["no output, and taken"],
    "ERR-BETA": test_legal_answers.REFUSALS["no beta header"],
    "ERR-CT": test_legal_answers.DEMANDS["a type of the body"],
}  # fmt: skip

_LEGAL_FILES: tuple[ModuleType, ...] = (
    test_legal_answers, test_legal_conversations, test_legal_departures, test_legal_documents, test_legal_endings,
    test_legal_messages, test_legal_submit_streams, test_legal_wire, test_client_legal,
)  # fmt: skip
_ILLEGAL_FILES = (test_illegal_answers, test_illegal_events, test_illegal_framing, test_illegal_order)


def _miniatures() -> Iterator[Transcript]:
    """Every legal transcript in the tables of this folder; departures from a SHOULD are legal by every other rule."""
    yield from LEGAL.values()
    for file in _LEGAL_FILES:
        for table in vars(file).values():
            for row in table.values() if isinstance(table, dict) else ():
                found = row[0] if isinstance(row, tuple) and row else row
                if isinstance(found, Transcript):
                    yield found


@cache
def passed() -> frozenset[str]:
    """The requirements that something legal passes."""
    return frozenset(
        verdict.requirement
        for transcript in _miniatures()
        for verdict in judge(transcript).verdicts
        if verdict.status is Status.PASS
    ) | frozenset(row for row, example in _gateways() if _shows(row, example) is Status.PASS)


def _gateways() -> Iterator[tuple[str, Example]]:
    """The examples of what stands between: they hold both of its sides."""
    for row in REQUIREMENTS.values():
        pair = examples_of(row.id) if row.role is Role.GATEWAY else None
        yield from ((row.id, example) for example in pair or ())


def _shows(requirement: str, example: Example) -> Status:
    verdicts = judge(example.transcript, role=Role.GATEWAY).verdicts
    return next((each.status for each in verdicts if each.requirement == requirement), Status.UNTESTABLE)


def broken() -> frozenset[str]:
    """The requirements that something illegal is shown to break, and no other in their place."""
    cases = [case for file in _ILLEGAL_FILES for case in file.CASES]
    rows = [case.values[0] if hasattr(case, "values") else case for case in cases]
    gateways = {row for row, example in _gateways() if _shows(row, example) in (Status.FAIL, Status.WARN)}
    return frozenset(ILLEGAL) | {row.breaks for row in rows} | frozenset(test_client_illegal.BROKEN) | gateways


@pytest.mark.parametrize("contract_id", LEVELS)
def test_each_id_of_the_catalogue_has_its_miniatures(contract_id: str) -> None:
    rows = by_contract_id(contract_id)
    judged = {row.id for row in rows if row.excluded is None}
    permitted = PERMITTED.keys() | test_client_legal.PERMITTED.keys()
    assert not judged or judged & passed(), "nothing legal passes it"
    assert not judged or judged & broken(), "nothing illegal breaks it"
    informs = LEVELS[contract_id] <= {"INFO"}
    assert judged or informs or contract_id in permitted, "nothing shows that it is permitted"


@pytest.mark.parametrize("requirement", LEGAL)
def test_what_is_legal_passes_and_accuses_nobody(requirement: str) -> None:
    statuses = {verdict.requirement: verdict.status for verdict in judge(LEGAL[requirement]).verdicts}
    assert statuses[requirement] is Status.PASS
    assert accused(LEGAL[requirement]) == {}


@pytest.mark.parametrize("requirement", ILLEGAL)
def test_what_is_illegal_is_told_as_this(requirement: str) -> None:
    verdicts = judge(ILLEGAL[requirement]).verdicts
    primary = [verdict.requirement for verdict in verdicts if any(found.primary for found in verdict.findings)]
    assert primary == [requirement], accused(ILLEGAL[requirement])


@pytest.mark.parametrize("contract_id", PERMITTED)
def test_what_is_permitted_accuses_nobody(contract_id: str) -> None:
    assert accused(PERMITTED[contract_id]) == {}
