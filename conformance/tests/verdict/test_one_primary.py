"""One defect, one primary finding: whole transcripts with one defect, or with two that know nothing of each other."""

import json
from dataclasses import replace

import pytest

from conformance.model import Ended, Finding, Level, Role, Status, Subject, Verdict
from conformance.reference.events import encode
from conformance.tests.verdict.streams import HAPPY, OUTPUTS, WAITING, answer, looked, streamed, submission, transcript
from conformance.verdict import run_wide
from conformance.verdict.judge import judge

BODY = b"".join(map(encode, HAPPY))
QUEUED = WAITING | {"status": "queued", "required_action": None}
STREAMED = OUTPUTS | {"stream": True}
LINES = {"tool_outputs": [{**OUTPUTS["tool_outputs"][0], "output": "noon\nsharp"}]}


def primary(subject):
    return {verdict.requirement for verdict in subject.verdicts if any(found.primary for found in verdict.findings)}


def statuses(subject):
    return {verdict.requirement: verdict.status for verdict in subject.verdicts}


def of_stream(body, before=()):
    return judge(transcript(looked(WAITING), *before, submission(streamed(body))))


def refusal(status=400, **error):
    return answer(
        {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None} | error}, status
    )


def test_one_delta_without_object_hides_nothing_elsewhere():
    bare = BODY.replace(b'"object":"thread.message.delta",', b"", 1)
    late = bare.replace(b'"role":"assistant"', b'"role":"user"', 1).replace(b'"output":"noon"', b'"output":"night"', 1)
    assert primary(of_stream(bare)) == {"events.object"}
    assert primary(of_stream(late)) == {"events.object", "order.message-role", "content.submitted-outputs"}


def test_an_empty_action_of_a_run_that_goes_on_is_told_once():
    body = BODY.replace(b'"required_action":null', b'"required_action":{}', 1)
    assert primary(of_stream(body)) == {"events.no-action"}


def test_a_stream_in_another_encoding_is_told_once():
    assert primary(of_stream("\ufeff".encode("utf-16-le") + BODY.decode().encode("utf-16-le"))) == {"framing.utf8"}


@pytest.mark.parametrize("name", [b"event: done\n", b"", b"event: end\n"])
def test_a_done_too_many_before_the_end_is_told_once(name):
    early = BODY.replace(b"event: thread.run.completed", name + b"data: [DONE]\n\nevent: thread.run.completed")
    assert primary(of_stream(early)) == {"done.once"}


def test_a_body_of_events_under_another_type_is_a_stream():
    octets = streamed(BODY, content_type="application/octet-stream")
    assert primary(judge(transcript(looked(WAITING), submission(octets)))) == {"framing.content-type"}
    assert primary(judge(transcript(looked(WAITING), submission(octets, OUTPUTS)))) == {"request.stream-absent"}


def test_a_document_for_a_stream_is_told_once_after_a_fault_too():
    before = submission(answer({"error": {"message": "down"}}, 500), STREAMED)
    asked = submission(answer(QUEUED), STREAMED)
    assert primary(judge(transcript(looked(WAITING), before, asked))) == {"request.stream-true"}


def test_a_refusal_is_not_laid_to_the_text_of_an_output():
    assert primary(judge(transcript(looked(WAITING), submission(refusal(), LINES)))) == {"submission.accepted"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"type": None}, {"submission.partial-error"}),
        ({"type": "other", "param": 7}, {"submission.partial-error", "errors.envelope"}),
        ({"param": 7}, {"errors.envelope"}),
    ],
)
def test_one_member_of_an_error_is_told_once(changes, told):
    calls = WAITING["required_action"]["submit_tool_outputs"]["tool_calls"]
    two = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [*calls, {**calls[0], "id": "call_2"}]}}
    waiting = WAITING | {"required_action": two}
    assert primary(judge(transcript(looked(waiting), submission(refusal(**changes), OUTPUTS)))) == told


def test_what_follows_from_a_should_is_not_applicable():
    sent = submission(refusal(), OUTPUTS, frozenset({"reordered"}))
    subject = judge(transcript(looked(WAITING), sent))
    assert primary(subject) == {"submission.any-order"}
    assert statuses(subject)["submission.accepted"] is Status.NOT_APPLICABLE
    assert Status.FAIL not in statuses(subject).values()


def test_an_independent_must_beside_a_should_still_fails():
    sent = submission(replace(refusal(), chunks=refusal(message="").chunks), OUTPUTS, frozenset({"reordered"}))
    assert primary(judge(transcript(looked(WAITING), sent))) == {"submission.any-order", "errors.message"}


def test_an_answer_that_misfits_elsewhere_still_waits_for_what_was_submitted():
    subject = judge(transcript(looked(WAITING), submission(answer(WAITING | {"metadata": 7}), OUTPUTS)))
    assert primary(subject) == {"response.run-object", "response.moved-on"}


def test_a_run_that_asks_for_what_was_answered_is_told_at_the_call():
    asks = BODY[: BODY.index(b"event: thread.run.completed")]
    asks += (
        b"event: thread.run.requires_action\ndata: "
        + json.dumps(WAITING).encode()
        + b"\n\nevent: done\ndata: [DONE]\n\n"
    )
    verdict = next(v for v in of_stream(asks).verdicts if v.requirement == "order.new-ids")
    assert verdict.findings[0].pointer == "/required_action/submit_tool_outputs/tool_calls/0/id"
    assert "just answered" in verdict.findings[0].message


def test_what_could_not_be_read_is_no_pass():
    broken = BODY.replace(b'"role":"assistant"', b'"role":assistant', 1)
    subject = of_stream(broken)
    assert primary(subject) == {"events.json"}
    assert statuses(subject)["order.message-role"] is Status.UNTESTABLE


def test_a_last_block_without_its_blank_line_explains_nothing_of_an_event_before_it():
    subject = of_stream(BODY.replace(b"data: {", b"data: {{", 1)[:-1])
    assert primary(subject) == {"framing.blank-line", "events.json"}
    because = {verdict.requirement: verdict.because for verdict in subject.verdicts}
    assert (because["events.schema"], because["content.submitted-outputs"]) == ("events.json", "events.json")
    assert because["done.once"] == "framing.blank-line"


def test_what_was_cut_off_is_no_pass():
    cut = BODY[: BODY.index(b"event: thread.message.completed")]
    subject = judge(transcript(looked(WAITING), submission(streamed(cut, Ended.SHORT))))
    assert primary(subject) == {"framing.complete"}
    assert statuses(subject)["order.message-life"] is Status.UNTESTABLE


def _verdict(requirement, scenario, got="exit code 1", role=Role.CLIENT, status=Status.FAIL):
    return Verdict(requirement, Level.MUST, role, scenario, status, (Finding("another", "it is off", "this", got, 0),))


def test_what_a_client_gets_wrong_in_the_plainest_stream_is_caused_there():
    subjects = (
        Subject("streamed-one-call", (_verdict("outcome.usual", "streamed-one-call"),)),
        Subject("streamed-comments", (_verdict("reading.comments", "streamed-comments"),)),
        Subject("streamed-left-open", (_verdict("outcome.left-open", "streamed-left-open"),)),
        Subject("plain-three-calls", (_verdict("outcome.usual", "plain-three-calls"),)),
    )
    assert [primary(subject) for subject in run_wide.settled(subjects)] == [
        {"outcome.usual"}, set(), {"outcome.left-open"}, {"outcome.usual"},
    ]  # fmt: skip
    assert run_wide.settled(subjects)[1].verdicts[0].because == "outcome.usual"
    assert run_wide.settled(subjects[1:]) == subjects[1:]


def test_a_server_that_refuses_every_submission_alike_is_told_once():
    plain = _verdict("submission.accepted", "json-three-calls", "400: 'a header is missing'", Role.SERVER)
    texts = _verdict("submission.opaque-accepted", "json-opaque-outputs", "400: 'a header is missing'", Role.SERVER)
    other = _verdict("submission.accepted", "stream-one-call", "", Role.SERVER, Status.PASS)
    subjects = (Subject("json-three-calls", (plain,)), Subject("json-opaque-outputs", (texts,)))
    assert [primary(subject) for subject in run_wide.settled(subjects)] == [{"submission.accepted"}, set()]
    served = (*subjects, Subject("stream-one-call", (replace(other, findings=()),)))
    assert run_wide.settled(served) == served


def test_an_endpoint_that_is_elsewhere_is_told_once():
    subjects = (
        Subject("json-one-call", (_verdict("request.path", "json-one-call", "307 text/html", Role.SERVER),)),
        Subject("unknown-id", (_verdict("submission.unknown-id-refused", "unknown-id", "307 text/html", Role.SERVER),)),
        Subject("no-key", (_verdict("errors.no-key", "no-key", "200 application/json", Role.SERVER),)),
    )
    told = run_wide.settled(subjects)
    assert [primary(subject) for subject in told] == [{"request.path"}, set(), {"errors.no-key"}]
    assert told[1].verdicts[0].because == "request.path"
