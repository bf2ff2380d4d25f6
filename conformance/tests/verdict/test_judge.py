"""Verdicts: what is planned, what joins, what cannot be tested and why."""

import json
from dataclasses import replace

import pytest

from conformance.contract.scenarios import BY_ID, SCENARIOS, requires
from conformance.model import Author, Ended, Exchange, Level, Operation, Request, Status
from conformance.reference.events import encode
from conformance.tests.verdict.streams import (
    HAPPY,
    OUTPUTS,
    WAITING,
    answer,
    judged,
    looked,
    streamed,
    submission,
    transcript,
)
from conformance.verdict.judge import judge, planned

REFUSAL = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
BODY = b"".join(map(encode, HAPPY))


def verdicts(subject):
    return {verdict.requirement: verdict for verdict in subject.verdicts}


def primary(subject):
    return {verdict.requirement for verdict in subject.verdicts for found in verdict.findings if found.primary}


def refused(status, document=REFUSAL, body=None, situation=frozenset()):
    return judge(transcript(looked(WAITING), submission(answer(document, status), body, situation), looked(WAITING)))


def test_a_good_submission_is_judged_whole():
    subject = judged(HAPPY)
    assert {verdict.status for verdict in subject.verdicts} == {Status.PASS}
    assert len(subject.verdicts) > 60


def test_must_fails_and_should_warns():
    for verdict in judged([event for event in HAPPY if event.name != "thread.run.queued"]).verdicts:
        if verdict.findings:
            assert verdict.status is (Status.FAIL if verdict.level is Level.MUST else Status.WARN)
    assert primary(judged([event for event in HAPPY if event.name != "thread.run.queued"])) == {"order.run-queued"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_every_scenario_plans_something_where_it_can_be_played(scenario):
    everything = frozenset({"state", "key", "scripted"})
    assert planned(scenario, everything)
    assert {r.id for r in planned(scenario, requires(scenario))} <= {r.id for r in planned(scenario, everything)}
    assert all(not requirement.luck and requirement.excluded is None for requirement in planned(scenario, everything))


def test_nothing_that_needs_a_real_run_is_planned_without_one():
    needs = {trait for r in planned(BY_ID["stream-three-calls"], frozenset({"key"})) for trait in r.needs}
    assert "state" not in needs
    needs = {trait for r in planned(BY_ID["stream-three-calls"], frozenset({"state"})) for trait in r.needs}
    assert "key" not in needs


def test_what_never_came_about_is_untestable_with_its_reason():
    never = replace(transcript(traits="state key"), scenario="stream-one-call", untestable="the model called no tool")
    subject = judge(never)
    assert {(v.status, v.reason) for v in subject.verdicts} == {(Status.UNTESTABLE, "the model called no tool")}
    assert len(subject.verdicts) == len(planned(BY_ID["stream-one-call"], frozenset({"state", "key"})))


def test_our_own_slip_is_an_error_and_never_a_failure():
    subject = judge(replace(transcript(traits="state key"), scenario="stream-one-call", slip="no id was sent"))
    assert {verdict.status for verdict in subject.verdicts} == {Status.ERROR}


def test_a_recording_without_a_submission_holds_nothing_to_judge():
    assert judge(transcript(looked(WAITING))).reason is not None


@pytest.mark.parametrize("body", [b'{"id": "run_1"}', b"<html>hello</html>", b""])
def test_another_body_than_a_stream_is_told_once_and_the_rest_is_untestable(body):
    subject = judge(transcript(looked(WAITING), submission(streamed(body, content_type="application/json"))))
    assert primary(subject) == {"request.stream-true"}
    stream_rules = [v for v in subject.verdicts if v.requirement.startswith(("order.", "done.", "content."))]
    assert stream_rules
    assert {(v.status, v.because) for v in stream_rules} == {(Status.UNTESTABLE, "request.stream-true")}


@pytest.mark.parametrize("body", [b"", b"<html>hello</html>\n", b": keep-alive\n\n"])
def test_a_stream_without_an_event_is_told_once(body):
    subject = judge(transcript(looked(WAITING), submission(streamed(body))))
    assert "framing.not-empty" in verdicts(subject)
    assert verdicts(subject)["framing.not-empty"].status is Status.FAIL
    assert verdicts(subject)["done.present"].because is not None


def test_events_without_a_content_type_are_walked_all_the_same():
    subject = judge(transcript(looked(WAITING), submission(streamed(BODY, content_type="text/plain"))))
    assert primary(subject) == {"framing.content-type"}
    assert verdicts(subject)["content.message-text"].status is Status.PASS


def test_a_stream_left_open_is_told_as_such():
    subject = judge(transcript(looked(WAITING), submission(streamed(BODY, Ended.TIMEOUT))))
    assert primary(subject) == {"done.closes"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(404, "request.path"), (400, "submission.accepted"), (401, "request.bearer"), (406, "request.stream-true")],
)
def test_a_refused_full_submission_has_one_cause(status, expected):
    body = OUTPUTS | {"stream": True}
    exchange = submission(answer(REFUSAL, status), body)
    subject = judge(transcript(looked(WAITING), exchange, traits="state key"))
    assert primary(subject) == {expected}


def test_a_rate_limit_is_no_refusal():
    subject = judge(transcript(looked(WAITING), submission(answer(REFUSAL, 429)), submission(streamed(BODY))))
    assert primary(subject) == set()
    assert verdicts(subject)["errors.rate-limit"].status is Status.PASS


FOREIGN = {"tool_outputs": [{"tool_call_id": "call_foreign", "output": "noon"}]}


@pytest.mark.parametrize(
    ("body", "requirement"),
    [
        (FOREIGN, "submission.unknown-id-refused"),
        ({"tool_outputs": []}, "submission.empty-not-resumed"),
        ({}, "submission.outputs-required"),
        ({"tool_outputs": [{"output": "noon"}]}, "submission.id-required"),
        (
            {"tool_outputs": [{**OUTPUTS["tool_outputs"][0], "output": 7}]},
            "submission.output-string",
        ),
    ],
)
def test_a_faulty_submission_is_known_by_its_bytes(body, requirement):
    assert verdicts(refused(400, body=body))[requirement].status is Status.PASS
    assert primary(refused(400, body=body)) == set()
    taken = judge(transcript(looked(WAITING), submission(answer(WAITING | {"status": "queued"}), body)))
    assert requirement in primary(taken)
    assert "errors.no-server-fault" in primary(refused(500, body=body))


def test_a_refusal_that_changes_the_run_is_told():
    changed = WAITING | {"status": "cancelled", "required_action": None, "cancelled_at": 1_700_000_300}
    subject = judge(transcript(looked(WAITING), submission(answer(REFUSAL, 400), FOREIGN), looked(changed)))
    assert primary(subject) == {"submission.atomic"}


def test_a_partial_submission_is_known_by_what_the_run_waits_for():
    calls = WAITING["required_action"]["submit_tool_outputs"]["tool_calls"]
    second = {**calls[0], "id": "call_second"}
    both = WAITING | {
        "required_action": {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [*calls, second]}}
    }
    halves = [OUTPUTS, {"tool_outputs": [{"tool_call_id": "call_second", "output": "one"}]}]
    refusals = [submission(answer(REFUSAL, 400), half) for half in halves]
    assert primary(judge(transcript(looked(both), *refusals, looked(both)))) == set()
    queued = WAITING | {"status": "queued", "required_action": None}
    gathered = judge(transcript(looked(both), refusals[0], looked(both), submission(answer(queued), halves[1])))
    assert primary(gathered) == {"submission.split-refused"}


def test_the_same_submission_again_is_known_after_it_was_accepted():
    queued = WAITING | {"status": "queued", "required_action": None}
    once = submission(answer(queued), OUTPUTS)
    assert primary(judge(transcript(looked(WAITING), once, submission(answer(REFUSAL, 400), OUTPUTS)))) == set()
    assert primary(judge(transcript(looked(WAITING), once, once))) == {"submission.again-refused"}


def test_what_needs_a_key_is_not_judged_without_one():
    exchange = submission(answer(REFUSAL, 200), OUTPUTS, frozenset({"wrong-key"}))
    assert "errors.wrong-key" in primary(judge(transcript(looked(WAITING), exchange, traits="state key")))
    assert "errors.wrong-key" not in verdicts(judge(transcript(looked(WAITING), exchange, traits="state")))


def test_names_outside_the_vocabulary_are_listed_and_never_judged():
    unknown = b"event: thread.run.step.thinking\ndata: not json\n\nevent: future\ndata: {}\n\n"
    subject = judge(transcript(looked(WAITING), submission(streamed(unknown + BODY))))
    assert primary(subject) == set()
    assert subject.unknown_events == ("thread.run.step.thinking", "future")


def test_findings_beyond_the_first_are_counted():
    body = BODY.replace(b'"object":"thread.message.delta"', b'"object":"thread.message"')
    verdict = verdicts(judge(transcript(looked(WAITING), submission(streamed(body)))))["events.object"]
    deltas = sum(event.name == "thread.message.delta" for event in HAPPY)
    assert len(verdict.findings) + verdict.more == deltas
    assert len(verdict.findings) == 10


def test_a_finding_says_where():
    broken = BODY.replace(b'"object":"thread.run"', b'"object":"run"', 1)
    found = verdicts(judge(transcript(looked(WAITING), submission(streamed(broken)))))["events.object"].findings[0]
    start, end = found.span
    assert (found.exchange, found.event, found.pointer) == (1, 1, "/object")
    assert json.loads(broken[start:end].split(b"data: ")[1])["object"] == "run"


def test_a_missing_end_hides_behind_no_other_slip():
    cut = BODY.replace(b'"object":"thread.run.step"', b'"object":"step"', 1)
    cut = cut[: cut.index(b"event: thread.run.completed")]
    subject = judge(transcript(looked(WAITING), submission(streamed(cut))))
    assert primary(subject) == {"events.object", "order.terminal-present"}


def listed(*steps):
    request = Request(Author.HARNESS, "GET", "/v1/threads/thread_1/runs/run_1/steps", (), b"")
    return Exchange(
        Operation.LIST_STEPS, 1, request, answer({"object": "list", "data": list(steps), "has_more": False})
    )


def test_calls_a_run_does_not_name_are_learnt_from_its_open_step():
    nameless = WAITING | {"required_action": None}
    calls = WAITING["required_action"]["submit_tool_outputs"]["tool_calls"]
    step = {
        "id": "step_1",
        "object": "thread.run.step",
        "run_id": "run_1",
        "type": "tool_calls",
        "status": "in_progress",
    }
    details = {"step_details": {"type": "tool_calls", "tool_calls": [*calls, {**calls[0], "id": "call_second"}]}}
    partial = submission(answer(nameless | {"status": "queued"}), OUTPUTS)
    subject = judge(transcript(looked(nameless), listed(step | details), looked(nameless), partial))
    assert primary(subject) == {"surface.pending-calls", "submission.partial-refused"}


def test_a_run_that_never_goes_on_after_it_was_answered_is_told():
    taken = submission(answer(WAITING | {"status": "queued", "required_action": None}), OUTPUTS)
    assert primary(judge(transcript(looked(WAITING), taken, looked(WAITING)))) == {"response.moved-on"}


def test_two_names_before_one_data_are_one_event_and_two_events_run_together_are_told():
    twice = BODY.replace(b"event: thread.run.queued\n", b"event: message\nevent: thread.run.queued\n")
    assert primary(judge(transcript(looked(WAITING), submission(streamed(twice))))) == set()
    together = BODY.replace(b"\n\nevent: thread.run.in_progress", b"\nevent: thread.run.in_progress")
    assert "framing.blank-line" in primary(judge(transcript(looked(WAITING), submission(streamed(together)))))


def test_no_later_slip_hides_an_output_that_was_changed():
    tampered = BODY.replace(b'"output":"noon"', b'"output":"midnight"', 1)
    assert tampered != BODY
    spoilt = tampered.replace(b'"attachments":[]', b'"attachments":7', 1)
    assert primary(judge(transcript(looked(WAITING), submission(streamed(spoilt))))) == {
        "events.schema",
        "content.submitted-outputs",
    }


@pytest.mark.parametrize("ended", [Ended.TIMEOUT, Ended.ABORTED])
def test_a_stream_that_we_gave_up_on_is_not_said_to_lack_a_blank_line(ended):
    subject = judge(transcript(looked(WAITING), submission(streamed(BODY[: len(BODY) // 2], ended))))
    assert "framing.blank-line" not in primary(subject)
    assert primary(subject) == {"order.terminal-present"}


def test_a_raw_stream_beside_its_request_is_judged_whole():
    sent = submission(streamed(BODY))
    without_path = replace(sent, request=replace(sent.request, target="", headers=()))
    subject = judge(transcript(without_path, traits=""))
    assert {verdict.status for verdict in subject.verdicts} == {Status.PASS}


def test_a_reconstructed_body_has_no_byte_spans():
    broken = BODY.replace(b'"object":"thread.run"', b'"object":"run"', 1)
    anew = replace(streamed(broken), reconstructed=True)
    found = verdicts(judge(transcript(looked(WAITING), submission(anew))))["events.object"].findings[0]
    assert (found.event, found.span) == (1, None)
