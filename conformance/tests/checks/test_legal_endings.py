"""Legal ends of a submission's stream: limits, faults, cancellations, expiry, error events."""

from __future__ import annotations

import pytest

from conformance.tests.checks.miniatures import (
    CLOSED,
    DONE,
    ENDED,
    GOES_ON,
    RESUMED,
    Block,
    accused,
    begun,
    call,
    message,
    run,
    said,
    step,
    step_delta,
    text,
)  # fmt: skip
from conformance.tests.checks.test_legal_submit_streams import (
    BARE,
    BROKEN,
    CODE,
    HELLO,
    ROUND,
    WRAPPED,
    closed,
    one,
    piece_of_call,
    planned,
)

LIMIT: list[Block] = [message("incomplete", "a", text("hello")), step("completed", "a", "a")]
ENDINGS = {
    "incomplete": one(*RESUMED, *begun("a"), *HELLO, *LIMIT, run("incomplete"), DONE),
    "incomplete with a time": one(*RESUMED, *begun("a"), *HELLO, *LIMIT, run("incomplete", completed_at=150), DONE),
    "incomplete without a reason": one(
        *RESUMED, *begun("a"), *HELLO, *LIMIT, run("incomplete", incomplete_details={}), DONE
    ),
    "incomplete as completed": one(
        *RESUMED, *begun("a"), *HELLO, *LIMIT,
        run("completed", status="incomplete", incomplete_details={"reason": "max_prompt_tokens"}), DONE,
    ),
    "incomplete before any text": one(
        *RESUMED, *begun("a"), message("incomplete", "a"), step("completed", "a", "a"), run("incomplete"), DONE
    ),
    "incomplete before any step": one(*RESUMED, run("incomplete"), DONE),
    "failed within the message": one(
        *RESUMED, *begun("a"), *HELLO,
        message("incomplete", "a", text("hello"), incomplete_details={"reason": "run_failed"}),
        step("failed", "a", "a"), run("failed"), DONE,
    ),
    "failed, the step first": one(
        *RESUMED, *begun("a"), *HELLO, step("failed", "a", "a"),
        message("incomplete", "a", text("hello"), incomplete_details={"reason": "run_failed"}), run("failed"), DONE,
    ),
    "failed before the message": one(
        *RESUMED, step("created", "a", "a"), step("in_progress", "a", "a"), step("failed", "a", "a"), run("failed"), DONE
    ),
    "failed within a tool step": one(
        *RESUMED, step("created", "b", [CODE]), step("in_progress", "b", [CODE]), step("failed", "b", [CODE]),
        run("failed"), DONE,
    ),
    "failed within a function step": one(
        *RESUMED, *ROUND, step_delta("9", piece_of_call(0, id="call_2", function={"name": "f_2", "arguments": '{"a'})),
        step("failed", "9", [call("2", arguments='{"a')]), run("failed"), DONE,
    ),
    "a tool step fails and the run goes on": one(
        *RESUMED, step("created", "b", [CODE]), step("in_progress", "b", [CODE]), step("failed", "b", [CODE]),
        *said(), *ENDED,
    ),
    "failed while in progress": one(*RESUMED, run("failed"), DONE),
    "failed while queued": one(CLOSED, run("queued"), run("failed"), DONE),
    "failed while queued and never started": one(
        CLOSED, run("queued", started_at=None), run("failed", started_at=None), DONE
    ),
    "failed at once with its step": one(
        closed(call("1"), status="failed"), run("queued"), run("failed"), DONE
    ),
    "expired at once with its step": one(closed(call("1"), status="expired"), run("queued"), run("expired"), DONE),
    "expired in progress with its step": one(closed(call("1"), status="expired"), *GOES_ON, run("expired"), DONE),
    "cancelled at once with its step": one(closed(call("1"), status="cancelled"), run("queued"), run("cancelled"), DONE),
    "cancelling at once with its step": one(
        closed(call("1"), status="cancelled"), run("queued"), run("cancelling"), run("cancelled"), DONE
    ),
    "expired at once, the step completed": one(CLOSED, run("queued"), run("expired"), DONE),
    "cancelled while queued": one(CLOSED, run("queued"), run("cancelled"), DONE),
    "cancelled while queued, cancelling first": one(CLOSED, run("queued"), run("cancelling"), run("cancelled"), DONE),
    "cancelled within the message": one(
        *RESUMED, *begun("a"), *HELLO, run("cancelling"),
        message("incomplete", "a", text("hello"), incomplete_details={"reason": "run_cancelled"}),
        step("cancelled", "a", "a"), run("cancelled"), DONE,
    ),
    "cancelled within a tool step": one(
        *RESUMED, step("created", "b", [CODE]), step("in_progress", "b", [CODE]), run("cancelling"),
        step("cancelled", "b", [CODE]), run("cancelled"), DONE,
    ),
    "expired within the message": one(
        *RESUMED, *begun("a"), *HELLO,
        message("incomplete", "a", text("hello"), incomplete_details={"reason": "run_expired"}),
        step("expired", "a", "a"), run("expired"), DONE,
    ),
    "cancelling, yet completed": one(
        *RESUMED, *begun("a"), *HELLO, run("cancelling"), message("completed", "a", text("hello")),
        step("completed", "a", "a"), *ENDED,
    ),
    "cancelling, yet incomplete": one(*RESUMED, *begun("a"), *HELLO, run("cancelling"), *LIMIT, run("incomplete"), DONE),
    "cancelling, yet failed": one(*RESUMED, run("cancelling"), run("failed"), DONE),
    "cancelling, yet expired": one(*RESUMED, run("cancelling"), run("expired"), DONE),
}  # fmt: skip

_WHOLE: list[Block] = [*RESUMED, *begun("a"), *HELLO, message("completed", "a", text("hello")),
                       step("completed", "a", "a")]  # fmt: skip
ERRORS = {
    f"{form} error after {at} events": one(*_WHOLE[:at], error, DONE)
    for at in range(len(_WHOLE) + 1)
    for form, error in (("wrapped", WRAPPED), ("bare", BARE))
} | {
    "an error with unknown fields": one(CLOSED, ("error", {**BROKEN, "inner_error": {}, "x": 1}), DONE),
    "a wrapped error with fields beside it": one(
        CLOSED, ("error", {"error": {"message": "m", "type": "t", "param": None, "code": "seven"}, "id": 1}), DONE
    ),
    "an error within a function step": one(*RESUMED, *ROUND, WRAPPED, DONE),
    "an error within a tool step": one(*RESUMED, step("created", "b", [CODE]), WRAPPED, DONE),
    "an unknown event between error and done": one(*RESUMED, WRAPPED, ("future", "{}"), DONE),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_endings(name: str) -> None:
    assert accused(ENDINGS[name]) == {}
    assert accused(planned(ENDINGS[name], "stream-failed")) == {}


@pytest.mark.parametrize("name", ERRORS)
def test_error_events(name: str) -> None:
    assert accused(ERRORS[name]) == {}
    assert accused(planned(ERRORS[name], "stream-error")) == {}
