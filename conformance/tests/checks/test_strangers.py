"""Recordings of strangers: what their tools replaced, what their clients asked for, and what others did meanwhile."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.contract.media import MEDIA, WHOLE
from conformance.model import Exchange, Operation, Response, Status, Subject, Transcript
from conformance.tests.checks.miniatures import (
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    PATH,
    RESUMED,
    RUN,
    SUNNY,
    THREAD,
    USUAL,
    Block,
    Document,
    accused,
    action,
    answer,
    asked,
    body,
    call,
    conversation,
    create_run,
    get_run,
    listed,
    message,
    message_document,
    outputs,
    pending,
    refusal,
    run,
    run_document,
    said,
    step,
    step_delta,
    stream,
    submit,
    text,
    waits,
)
from conformance.verdict.judge import judge
from conformance.wire import cassette
from conformance.wire.recordings import read
from conformance.wire.redact import redact
from conformance.wire.replaced import is_replaced, without_replaced

WAITING = pending()
SERVED = answer(run_document("queued"))
KEYED = (("Authorization", "Sanitized"),)
OVER = 'Runs in status "{}" do not accept tool outputs.'


def recorded(*exchanges: Exchange, kind: str = "session record") -> Transcript:
    return replace(conversation(*exchanges), provenance={"kind": kind})


def untested(subject: Subject) -> list[str]:
    return [verdict.requirement for verdict in subject.verdicts if verdict.status is Status.UNTESTABLE]


def right(transcript: Transcript) -> None:
    """Nobody is accused, and the exit code is 0."""
    assert accused(transcript) == {}
    assert untested(judge(transcript)) == []


def without(exchange: Exchange, *names: str) -> Exchange:
    kept = tuple(pair for pair in exchange.request.headers if pair[0] not in names)
    return replace(exchange, request=replace(exchange.request, headers=kept))


def altered(transcript: Transcript, change: Callable[[bytes], bytes], *, path: bool = False) -> Transcript:
    """The same with every body, and where it is said every path, changed as text."""

    def one(exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        target = change(request.target.encode()).decode() if path else request.target
        request = replace(request, target=target, body=change(request.body))
        if response is not None:
            response = replace(response, chunks=tuple(replace(c, data=change(c.data)) for c in response.chunks))
        return replace(exchange, request=request, response=response)

    return replace(transcript, exchanges=tuple(map(one, transcript.exchanges)))


def runs(*documents: Document) -> Exchange:
    return listed(Operation.LIST_RUNS, "runs", *documents)


def approved(response: Response) -> Exchange:
    content = {"tool_approvals": [{"tool_call_id": "call_m", "approve": True}], "stream": True}
    return submit(response, content=content)


def escaped(*blocks: Block) -> list[Block]:
    """Events whose documents are written in ASCII: half a character has no other form."""
    return [each if isinstance(each, bytes) else (each[0], json.dumps(each[1])) for each in blocks]


MCP = {"id": "call_m", "type": "mcp", "arguments": "{}", "name": "look", "server_label": "x"}
ASKS_APPROVAL = run("requires_action", required_action={"type": "submit_tool_approval", "submit_tool_approval": {}})
#: How a stream that creates a run tells of a step of another kind: it is announced twice.
OF_MCP: list[Block] = [
    run("created", started_at=None), run("queued", started_at=None), run("in_progress"),
    step("created", "m", []), step("in_progress", "m", []), step("created", "m", []),
    step_delta("m", {"index": 0, **MCP}), ASKS_APPROVAL, DONE,
]  # fmt: skip
LEGAL: dict[str, tuple[Exchange, ...]] = {
    "no beta header": (without(WAITING, "OpenAI-Beta"), without(submit(stream(*USUAL)), "OpenAI-Beta")),
    "no beta header, plain": (WAITING, without(submit(SERVED, streamed=False), "OpenAI-Beta")),
    "408, then served": (WAITING, submit(refusal(408)), submit(stream(*USUAL))),
    "409, then served plainly": (WAITING, submit(refusal(409), streamed=False), submit(SERVED, streamed=False)),
    "409, then a look, then served": (
        WAITING, submit(refusal(409), streamed=False), WAITING, submit(SERVED, streamed=False)
    ),
    "503, then served": (WAITING, submit(refusal(503)), submit(stream(*USUAL)), get_run("completed")),
    "500 and no status, then served": (WAITING, submit(refusal(500)), submit(None), submit(stream(*USUAL))),
    "408, taken after all, and refused the second time": (
        WAITING, submit(refusal(408)), submit(refusal(400, OVER.format("queued"))), get_run("completed")
    ),
    "the thread was deleted": (
        WAITING, asked(Operation.OTHER, "DELETE", f"/v1/threads/{THREAD}", answer({"deleted": True})),
        submit(refusal(404, "No thread found."), streamed=False),
    ),
    "the client cancelled the run itself": (
        WAITING, asked(Operation.OTHER, "POST", f"{PATH}/cancel", answer(run_document("cancelling"))),
        submit(refusal(400, OVER.format("cancelling")), streamed=False),
    ),
    "beta v1": (
        WAITING, submit(refusal(400, code="invalid_beta"), headers=(*KEYED, ("OpenAI-Beta", "assistants=v1")))
    ),
    "beta v1, in other words": (WAITING, submit(refusal(404), headers=(*KEYED, ("OpenAI-Beta", "assistants=v1")))),
    "no beta, refused for that": (WAITING, submit(refusal(400, "You must send OpenAI-Beta."), headers=KEYED)),
    "cancelled meanwhile, as the refusal says": (WAITING, submit(refusal(400, OVER.format("cancelled")))),
    "expired meanwhile, as the refusal says": (WAITING, submit(refusal(400, OVER.format("expired")), streamed=False)),
    "answered meanwhile, as the refusal says": (WAITING, submit(refusal(409, OVER.format("in_progress")))),
    "failed meanwhile, as the refusal says": (WAITING, submit(refusal(400, OVER.format("failed")))),
    "cancelled meanwhile, as a look shows": (WAITING, submit(refusal(400)), get_run("cancelled")),
    "answered meanwhile, as a look shows": (WAITING, submit(refusal(400)), get_run("in_progress")),
    "another round meanwhile, as a look shows": (WAITING, submit(refusal(400)), pending(call("9"))),
    "cancelled meanwhile, as a list shows": (
        WAITING, submit(refusal(400)), runs(run_document("completed", id="run_2"), run_document("cancelled"))
    ),
    "expired before, as a list shows": (WAITING, runs(run_document("expired")), submit(refusal(400))),
    "cancelled between the stream's end and a look": (
        submit(stream(*RESUMED, *[step("created", "2", [call("2")]), step("in_progress", "2", [call("2")])],
                      waits(call("2")), DONE)),
        get_run("cancelled"),
    ),
    "last seen queued": (get_run("queued", required_action=None), submit(stream(*USUAL))),
    "last seen in progress, plain": (get_run("in_progress"), submit(SERVED, streamed=False)),
    "a message was deleted": (
        WAITING, submit(stream(*USUAL)),
        asked(Operation.OTHER, "DELETE", f"/v1/threads/{THREAD}/messages/msg_a", answer({"deleted": True})),
        listed(Operation.LIST_MESSAGES, "messages"),
    ),
    "a message was deleted, answered 204": (
        submit(stream(*USUAL)),
        asked(Operation.OTHER, "DELETE", f"/v1/threads/{THREAD}/messages/msg_a", answer(b"", 204)),
        listed(Operation.LIST_MESSAGES, "messages"),
    ),
    "an item without output": (WAITING, submit(SERVED, [{"tool_call_id": "call_1"}], streamed=False)),
    "an item without output, refused": (WAITING, submit(refusal(400), [{"tool_call_id": "call_1"}])),
    "an item without output, shown as empty": (
        WAITING,
        submit(stream(step("completed", "0", [call("1", output="")]), *GOES_ON, *said(), *ENDED),
               [{"tool_call_id": "call_1"}]),
    ),
    "an error event before anything": (WAITING, submit(stream(("error", {"message": "m", "type": "t"}), DONE))),
    "an error event after the step": (submit(stream(CLOSED, ("error", {"message": "m", "type": "t"}), DONE)),),
    "an error event after queued": (
        submit(stream(CLOSED, run("queued"), ("error", {"message": "m", "type": "t"}), DONE)),
    ),
    "an approval is asked for": (
        submit(stream(*RESUMED, step("created", "m", [MCP]), step("in_progress", "m", [MCP]), ASKS_APPROVAL, DONE)),
    ),
    "an approval in a stream that creates a run": (create_run(stream(*OF_MCP)),),
    "an approval, and outputs later": (
        create_run(stream(*OF_MCP)),
        approved(stream(step("completed", "m", [MCP]), *GOES_ON, run("created"), run("queued"),
                        step("created", "0", [call("1")]), step("in_progress", "0", [call("1")]), waits(call("1")),
                        DONE)),
        submit(stream(*USUAL)),
    ),
    "half a character in metadata": (
        submit(stream(*RESUMED, *escaped(step("created", "a", "a"), step("in_progress", "a", "a"),
                                         message("created", "a", metadata={"k": "\ud800"}), *said()[3:]), *ENDED)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEGAL)
def test_nobody_is_accused_for_what_a_client_or_others_did(name: str) -> None:
    right(recorded(*LEGAL[name]))


#: The same where nobody else can have acted, or where nothing explains it.
GUILTY: dict[str, tuple[Transcript, str]] = {
    "a run of our own is refused as cancelled": (
        conversation(WAITING, submit(refusal(400, OVER.format("cancelled")))), "submission.accepted"
    ),
    "refused, and it still waits": (
        recorded(WAITING, submit(refusal(400, OVER.format("expired"))), WAITING), "submission.accepted"
    ),
    "refused without a word": (recorded(WAITING, submit(refusal(400, "no"))), "submission.accepted"),
    "refused as waiting": (
        recorded(WAITING, submit(refusal(400, OVER.format("requires_action")))), "submission.accepted"
    ),
    "409, and never served": (recorded(WAITING, submit(refusal(409, "conflict"))), "submission.accepted"),
    "408, then other outputs are served": (
        recorded(WAITING, submit(refusal(408), outputs(_1="rain")), submit(stream(*USUAL))), "submission.accepted"
    ),
    "beta v2 refused": (recorded(WAITING, submit(refusal(400, code="invalid_beta"))), "request.beta-accepted"),
    "a completed run changed after a refusal": (
        recorded(get_run("completed"), submit(refusal(400), streamed=False), get_run("failed")), "submission.atomic"
    ),
    "a message that nobody deleted is gone": (
        recorded(submit(stream(*USUAL)), listed(Operation.LIST_MESSAGES, "messages")), "surface.messages-after"
    ),
    "half a character in a text": (
        recorded(submit(stream(*RESUMED, *escaped(*said(value="\ud83d")), *ENDED))), "content.unicode"
    ),
    "201 for a submission": (
        recorded(WAITING, submit(answer(run_document("queued"), 201), streamed=False)), "response.status-200"
    ),
    "202 for a submission": (
        recorded(WAITING, submit(answer(run_document("queued"), 202), streamed=False)), "response.status-200"
    ),
    "204 for a submission": (
        recorded(WAITING, submit(answer(b"", 204), streamed=False)), "response.status-200"
    ),
    "201, nothing known of the run": (
        recorded(submit(answer(run_document("queued"), 201), streamed=False)), "response.status-200"
    ),
    "201, last seen queued": (
        recorded(get_run("queued"), submit(answer(run_document("queued"), 201), streamed=False)),
        "response.status-200",
    ),
    "202, an item without output": (
        recorded(WAITING, submit(answer(run_document("queued"), 202), [{"tool_call_id": "call_1"}], streamed=False)),
        "response.status-200",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GUILTY)
def test_what_nothing_explains_is_told(name: str) -> None:
    transcript, requirement = GUILTY[name]
    primary = {v.requirement for v in judge(transcript).verdicts if any(found.primary for found in v.findings)}
    assert primary == {requirement}


#: A whole conversation in which everything has an id of its own.
WHOLE_ROUND = (WAITING, submit(stream(*USUAL)), get_run("completed"),
               listed(Operation.LIST_MESSAGES, "messages", message_document("a", "completed", [text("hello")])))  # fmt: skip
IDS = ("run_1", "thread_1", "asst_1", "call_1", "step_0", "step_a", "msg_a")
WORDS = ("Sanitized", "SANITIZED", "REDACTED", "<redacted>", "[REDACTED]", "***", "******", "\u2039id\u203a",
         "00000000-0000-0000-0000-000000000000", "call_***")  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("ids", [IDS, *((one,) for one in IDS)], ids=lambda ids: "+".join(ids))
def test_what_a_recorder_replaced_decides_nothing(ids: tuple[str, ...], word: str) -> None:
    def masked(data: bytes) -> bytes:
        for one in ids:
            data = data.replace(f'"{one}"'.encode(), json.dumps(word, ensure_ascii=False).encode())
            data = data.replace(f"/{one}".encode(), f"/{word}".encode())
        return data

    right(altered(recorded(*WHOLE_ROUND), masked))
    right(altered(recorded(*WHOLE_ROUND), masked, path=True))


ASKS: list[Block] = [
    step("created", "2", []), step("in_progress", "2", []),
    step_delta("2", {"index": 0, "id": "call_2", "type": "function", "function": {"name": "f_2", "arguments": "{}"}}),
    waits(call("2")), DONE,
]  # fmt: skip
ROUNDS: dict[str, tuple[Exchange, ...]] = {
    "one round": WHOLE_ROUND,
    "two rounds": (
        create_run(stream(run("created", started_at=None), run("queued", started_at=None), run("in_progress"),
                          step("created", "0", [call("1")]), step("in_progress", "0", [call("1")]), waits(call("1")),
                          DONE)),
        submit(stream(*RESUMED, *ASKS)), pending(call("2")),
        submit(stream(step("completed", "2", [call("2", output="x")]), *GOES_ON, *said(), *ENDED), outputs(_2="x")),
        listed(Operation.LIST_STEPS, "steps",
               *(event[1] for event in (step("completed", "a", "a"),  # type: ignore[arg-type]
                                        step("completed", "2", [call("2", output="x")]), CLOSED))),
    ),
    "plainly": (
        pending(call("1"), call("2")), submit(SERVED, outputs(_1="a", _2="b"), streamed=False),
        get_run("in_progress"), get_run("completed"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("one", [*IDS, "call_2", "step_2", "f_1", "f_2"])
@pytest.mark.parametrize("name", ROUNDS)
def test_a_value_may_be_replaced_in_any_place_and_stand_in_all_others(name: str, one: str) -> None:
    def masked(data: bytes) -> bytes:
        return data.replace(f'"{one}"'.encode(), b'"Sanitized"').replace(f"/{one}".encode(), b"/Sanitized")

    exchanges = ROUNDS[name]
    for index, exchange in enumerate(exchanges):
        changed = altered(recorded(exchange), masked, path=True).exchanges[0]
        for halves in ({"request": changed.request}, {"response": changed.response}):
            transcript = recorded(*exchanges[:index], replace(exchange, **halves), *exchanges[index + 1 :])  # type: ignore[arg-type]
            right(transcript)
            statuses = [(each.requirement, each.status) for each in judge(transcript).verdicts]
            assert [(each.requirement, each.status) for each in judge(redact(transcript)).verdicts] == statuses


def test_only_the_path_was_replaced_and_the_rest_is_judged() -> None:
    def masked(data: bytes) -> bytes:
        return data.replace(b"/run_1", b"/Sanitized")

    transcript = altered(recorded(*WHOLE_ROUND), masked, path=True)
    right(transcript)
    partial = altered(recorded(pending(call("1"), call("2")), submit(SERVED, streamed=False)), masked, path=True)
    assert list(accused(partial)) == ["submission.partial-refused"]


def test_several_runs_with_replaced_paths_are_told_apart_by_their_calls() -> None:
    other = get_run("requires_action", id="run_2", required_action=action(call("2")))
    transcript = recorded(WAITING, other, submit(answer(run_document("queued", id="run_2")), outputs(_2="x"),
                                                 streamed=False))  # fmt: skip
    right(altered(transcript, lambda data: data.replace(b"/run_1", b"/***"), path=True))


@pytest.mark.parametrize("word", WORDS)
def test_a_server_that_masks_is_not_excused(word: str) -> None:
    masked = altered(conversation(*WHOLE_ROUND), lambda data: data.replace(b'"call_1"', json.dumps(word).encode()))
    honest = WHOLE_ROUND[1].request
    exchanges = (masked.exchanges[0], replace(masked.exchanges[1], request=honest), *masked.exchanges[2:])
    assert accused(replace(masked, exchanges=exchanges))


def test_outputs_and_texts_are_never_taken_for_replaced() -> None:
    closed = step("completed", "0", [call("1", output="REDACTED")])
    transcript = recorded(WAITING, submit(stream(closed, *GOES_ON, *said(), *ENDED)))
    assert list(accused(transcript)) == ["content.submitted-outputs"]


@pytest.mark.parametrize("word", WORDS)
def test_replaced_words(word: str) -> None:
    assert is_replaced(word)
    read_ = without_replaced(
        {"id": word, "output": word, "inner": [{"run_id": word, "x": 1}], "metadata": {"id": word}}
    )
    assert read_.document == {"output": word, "inner": [{"x": 1}], "metadata": {"id": word}}
    assert read_.replaced == {"id", "run_id"}


@pytest.mark.parametrize("value", ["run_1", "", "sanitized things", "**", "redactedly", None, 7, "id\u203a"])
def test_other_values(value: object) -> None:
    assert not is_replaced(value)
    assert without_replaced(value).replaced == frozenset()


def test_a_replaced_media_type_is_not_judged() -> None:
    transcript = recorded(WAITING, submit(stream(*USUAL, media="Sanitized")))
    right(transcript)
    assert "framing.content-type" in accused(replace(transcript, provenance={}))


def test_approvals_are_noted_and_judged_by_nothing() -> None:
    subject = judge(recorded(WAITING, approved(stream(*USUAL)), submit(stream(*USUAL))))
    assert any("tool_approvals" in note for note in subject.notes)
    alone = judge(recorded(approved(answer(b"anything", 500))))
    assert alone.reason is not None and alone.verdicts == ()


SENT = json.dumps({"tool_outputs": SUNNY, "stream": True}).encode()
TRIMMED = body(USUAL)[:-1]


def of_sse(content: bytes, name: str = "x.sse") -> Subject:
    return judge(read(name, content, SENT)[0])


def failing(subject: Subject) -> set[str]:
    return {v.requirement for v in subject.verdicts if v.status is Status.FAIL}


@pytest.mark.parametrize("content", [TRIMMED, TRIMMED[:-1], body(USUAL, "\r\n")[:-2], body(USUAL, "\r")[:-1]])
def test_a_text_that_lost_its_last_blank_line_is_read_as_if_it_were_there(content: bytes) -> None:
    subject = of_sse(content)
    assert failing(subject) == set() and untested(subject) == []
    assert any("blank line" in note for note in subject.notes)
    assert of_sse(body(USUAL)).notes == ()


@pytest.mark.parametrize("content", [TRIMMED, body(USUAL), body(USUAL)[:-20]], ids=["trimmed", "whole", "cut"])
def test_a_cassette_carries_what_its_medium_shows(content: bytes) -> None:
    transcript = read("x.sse", content, SENT)[0]
    lines = [line.rstrip("\n") for line in cassette.write(transcript, recorded="", by="test")]
    again = judge(cassette.read(lines, "x.jsonl"))
    assert (again.verdicts, again.notes) == (judge(transcript).verdicts, judge(transcript).notes)


def test_a_text_without_done_or_without_its_end_fails_all_the_same() -> None:
    assert failing(of_sse(body(USUAL[:-1])[:-1])) == {"done.present"}
    assert "order.terminal-present" in failing(of_sse(body([*RESUMED, *said(), DONE])[:-1]))


@pytest.mark.parametrize("cut", [20, 300])
def test_a_text_that_breaks_off_within_an_event_fails(cut: int) -> None:
    assert "framing.blank-line" in failing(of_sse(body(USUAL)[:-cut]))


@pytest.mark.parametrize("head", ["Content-Length: {}\r\n", "Transfer-Encoding: chunked\r\n"])
def test_where_the_bytes_are_known_a_missing_blank_line_fails(head: str) -> None:
    start = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{head.format(len(TRIMMED))}\r\n".encode()
    assert "framing.blank-line" in failing(of_sse(start + TRIMMED, "x.txt"))
    assert "framing.blank-line" in accused(conversation(submit(answer(TRIMMED, 200, "text/event-stream"))))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: %s\r\n\r\n"


@pytest.mark.parametrize(
    ("coding", "printed"),
    [
        (b"gzip", gzip.compress(body(USUAL))), (b"GZIP", gzip.compress(body(USUAL))),
        (b"deflate", zlib.compress(body(USUAL))), (b"gzip", body(USUAL)),
    ],
)  # fmt: skip
def test_a_coded_body_is_read_as_curl_prints_it(coding: bytes, printed: bytes) -> None:
    subject = of_sse(HEAD % coding + printed, "x.txt")
    assert failing(subject) == set() and untested(subject) == []


def test_a_coded_body_that_breaks_off_is_cut_off() -> None:
    counted = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert "framing.complete" in failing(of_sse(counted % b"gzip" + gzip.compress(body(USUAL))[:-20], "x.txt"))


def test_every_format_is_a_row_of_the_table_of_media() -> None:
    assert {kind for kind, facts in MEDIA.items() if facts < WHOLE} == set(MEDIA) - {"proxy"}
    kinds = {of.provenance["kind"] for name in ("x.sse",) for of in read(name, body(USUAL), None)}
    assert kinds <= set(MEDIA)


@pytest.mark.parametrize("requirement", ["framing.status-200", "framing.complete", "done.closes"])
def test_what_a_medium_does_not_show_is_not_judged(requirement: str) -> None:
    assert requirement not in {verdict.requirement for verdict in of_sse(body(USUAL)).verdicts}


def test_the_medium_stays_with_a_message_that_is_incomplete() -> None:
    """A note belongs to the recording, not to its verdicts."""
    stopped = of_sse(body([*RESUMED, message("created", "a"), run("completed"), DONE])[:-1])
    assert stopped.notes and failing(stopped)
    assert RUN in PATH
