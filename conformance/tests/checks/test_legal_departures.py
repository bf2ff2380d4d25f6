"""Legal streams that depart from what is usual: warned of at most, never failed."""

from __future__ import annotations

import pytest

from conformance.tests.checks.miniatures import (
    ABSENT,
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    RESUMED,
    USAGE,
    accused,
    action,
    begun,
    call,
    message,
    run,
    said,
    step,
    step_delta,
    text,
    waits,
)  # fmt: skip
from conformance.tests.checks.test_legal_submit_streams import (
    ANSWERED,
    BARE,
    BOTH,
    CODE,
    CODE_DONE,
    HELLO,
    NEXT,
    OTHER,
    ROUND,
    TWO,
    WRAPPED,
    closed,
    one,
    piece_of_call,
    several,
)

#: Legal, and yet not what every source agrees on: what may be warned of, and nothing else.
DEPARTURES = {
    "an error without done": (one(*RESUMED, WRAPPED), {"done.after-error"}),
    "an error within the message without done": (one(*RESUMED, *begun("a"), *HELLO, BARE), {"done.after-error"}),
    "two inherited steps": (
        several(BOTH, TWO, closed(ANSWERED[0]), closed(ANSWERED[1], name="00"), *GOES_ON, *said(), *ENDED),
        {"order.submitted-one-step"},
    ),
    "three inherited steps, one of them built in": (
        several(BOTH, TWO, closed(ANSWERED[1]), closed(CODE_DONE, name="000"), closed(ANSWERED[0], name="00"),
                *GOES_ON, *said(), *ENDED),
        {"order.submitted-one-step", "order.submitted-first"},
    ),
    "two inherited steps, each ended in its own way": (
        several(BOTH, TWO, closed(ANSWERED[0]), closed(call("2"), name="00", status="expired"), run("queued"),
                run("expired"), DONE),
        {"order.submitted-one-step"},
    ),
    "failed at once, never queued": (
        one(closed(call("1"), status="failed"), run("failed"), DONE), {"order.run-queued"},
    ),
    "expired at once, never queued": (
        one(closed(call("1"), status="expired"), run("expired"), DONE), {"order.run-queued"},
    ),
    "cancelled at once, never queued": (
        one(closed(call("1"), status="cancelled"), run("cancelled"), DONE), {"order.run-queued"},
    ),
    "cancelling at once, never queued": (
        one(closed(call("1"), status="cancelled"), run("cancelling"), run("cancelled"), DONE), {"order.run-queued"},
    ),
    "never queued": (one(CLOSED, run("in_progress"), *said(), *ENDED), {"order.run-queued"}),
    "the submitted step ends late": (
        one(*GOES_ON, CLOSED, *said(), *ENDED), {"order.submitted-first"},
    ),
    "the submitted step ends late and the run expires": (
        one(run("queued"), closed(call("1"), status="expired"), run("expired"), DONE), {"order.submitted-first"},
    ),
    "failed with the message open": (
        one(*RESUMED, *begun("a"), *HELLO, step("failed", "a", "a"), run("failed"), DONE),
        {"order.open-message-ends"},
    ),
    "failed with step and message open": (
        one(*RESUMED, *begun("a"), *HELLO, run("failed"), DONE),
        {"order.open-message-ends", "order.step-closed-otherwise"},
    ),
    "cancelled with step and message open": (
        one(*RESUMED, *begun("a"), *HELLO, run("cancelling"), run("cancelled"), DONE),
        {"order.open-message-ends", "order.step-closed-otherwise"},
    ),
    "expired with a tool step open": (
        one(*RESUMED, step("created", "b", [CODE]), step("in_progress", "b", [CODE]), run("expired"), DONE),
        {"order.step-closed-otherwise"},
    ),
    "failed with a function step open": (
        one(*RESUMED, *ROUND, step_delta("9", piece_of_call(0, id="call_2", function={"name": "f_2"})),
            run("failed"), DONE),
        {"order.step-closed-otherwise"},
    ),
    "incomplete for a reason of its own": (
        one(*RESUMED, *begun("a"), *HELLO, message("incomplete", "a", text("hello"), incomplete_details={
            "reason": "tired"}), step("completed", "a", "a"), run("incomplete"), DONE),
        {"events.causes"},
    ),
    "failed for a reason of its own": (
        one(*RESUMED, run("failed", last_error={"code": "tool_user_error", "message": "m"}), DONE), {"events.causes"},
    ),
    "incomplete text told shorter": (
        one(*RESUMED, *begun("a"), *HELLO, message("incomplete", "a", text("hel")), step("completed", "a", "a"),
            run("incomplete"), DONE),
        {"content.message-text-incomplete"},
    ),
    "failed with its question still told": (
        one(*RESUMED, run("failed", required_action=action(call("1"))), DONE), {"events.no-action-otherwise"},
    ),
    "cancelling with its question still told": (
        one(*RESUMED, run("cancelling", required_action=action(call("1"))), run("cancelled"), DONE),
        {"events.no-action-otherwise"},
    ),
    "failed without time and reason": (
        one(*RESUMED, run("failed", failed_at=None, last_error=None), DONE), {"events.end-time"},
    ),
    "usage not told": (
        one(*RESUMED, *said(), run("completed", usage=ABSENT), DONE), {"events.usage", "events.run-fields"},
    ),
    "usage told early": (
        one(CLOSED, run("queued"), run("in_progress", usage=USAGE), *said(), *ENDED), {"events.usage"},
    ),
    "overlapping steps": (
        one(*RESUMED, step("created", "b", [CODE]), step("in_progress", "b", [CODE]), *said(),
            step("completed", "b", [CODE_DONE]), *ENDED),
        {"order.step-serial"},
    ),
    "the submitted step told again": (
        one(step("in_progress", "0", [call("1")], created_at=102), CLOSED, *GOES_ON, *said(), *ENDED),
        {"order.submitted-not-recreated", "order.submitted-first"},
    ),
    "pieces of two calls in turn": (
        one(*RESUMED, *ROUND,
            step_delta("9", piece_of_call(0, id="call_2", function={"name": "f_2", "arguments": '{"a"'})),
            step_delta("9", piece_of_call(1, id="call_3", function={"name": "f_3", "arguments": '{"b"'})),
            step_delta("9", piece_of_call(0, function={"arguments": ":1}"})),
            step_delta("9", piece_of_call(1, function={"arguments": ":2}"})), waits(NEXT, OTHER), DONE),
        {"content.tool-call-deltas"},
    ),
    "the message ends after its step": (
        one(*RESUMED, *begun("a"), *HELLO, step("completed", "a", "a"), message("completed", "a", text("hello")), *ENDED),
        {"order.message-before-step-end"},
    ),
    "a message begins full": (
        one(*RESUMED, step("created", "a", "a"), step("in_progress", "a", "a"), message("created", "a", text("")),
            message("in_progress", "a", text("")), *HELLO, message("completed", "a", text("hello")),
            step("completed", "a", "a"), *ENDED),
        {"content.message-empty"},
    ),
    "the message before its step": (
        one(*RESUMED, message("created", "a"), message("in_progress", "a"), step("created", "a", "a"),
            step("in_progress", "a", "a"), *HELLO, message("completed", "a", text("hello")),
            step("completed", "a", "a"), *ENDED),
        {"order.step-before-message"},
    ),
    "a submission's stream begins like a new run's": (
        one(CLOSED, run("created"), *GOES_ON, *said(), *ENDED), {"events.create-only"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEPARTURES)
def test_departures_from_a_should_are_warned_of_and_never_failed(name: str) -> None:
    transcript, departed = DEPARTURES[name]
    found = accused(transcript)
    assert set(found) <= departed, found
    assert all(said.startswith("warn") for said in found.values()), found
