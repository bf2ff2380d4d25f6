"""What happens in the wrong order, twice, never, or to the wrong run, step or message is told once and where it is."""

from __future__ import annotations

import pytest

from conformance.tests.checks.mutations import (
    Blocks,
    Case,
    Play,
    add_like,
    case,
    drop,
    everywhere,
    members,
    move,
    put,
    put_all,
    rename,
    repeat,
    say,
    seen_at,
    shown,
)

ONE, THREE, ROUND, TWO = "stream-one-call", "stream-three-calls", "stream-next-round", "stream-two-messages"
FAILED, CANCELLED, EXPIRED, CUT, BUILT_IN, ERROR = (
    "stream-failed", "stream-cancelled", "stream-expired", "stream-incomplete", "stream-built-in-step", "stream-error",
)  # fmt: skip


def called(old: str, new: str) -> object:
    """Every mention of an id in the stream is replaced: `old` is the key under which it is first found."""

    def edit(play: Play) -> Blocks:
        def replaced(data: dict[str, object]) -> None:
            for owner, key in members(data):
                if key == old or (key == "id" and old == "run_id" and str(owner.get("object")) == "thread.run"):
                    owner[key] = new

        return list(everywhere(replaced)(play) or ())

    return edit


RUN = [
    case("order.run-queued", ONE, "never queued", drop("run.queued")),
    case("order.run-queued", ROUND, "never queued, next round", drop("run.queued")),
    *(case("order.run-path", ONE, f"{label} twice", repeat(label)) for label in ("run.queued", "run.in_progress")),
    *(case("order.run-path", name, f"{label} again {where}", repeat(label, before=where))
      for name, label, where in ((ONE, "run.queued", "step.created"), (ONE, "run.in_progress", "message.completed"),
                                 (ONE, "run.queued", "run.completed"), (FAILED, "run.queued", "run.failed"),
                                 (ROUND, "run.in_progress", "run.requires_action"))),
    case("order.run-path", ONE, "in progress before queued", move("run.queued", after="run.in_progress")),
    case("order.run-path", CANCELLED, "cancelling twice", repeat("run.cancelling")),
    *(case("order.run-started", name, f"{label} before the start", move("run.in_progress", after=label))
      for name, label in ((ONE, "step.created"), (ONE, "message.created"), (ONE, "step.completed#2"), (ROUND, "step.created"),
                          (TWO, "step.created"))),
    *(case("order.run-started", name, "never in progress", drop("run.in_progress")) for name in (ONE, ROUND, FAILED, CUT)),
    *(case("order.run-identity", name, f"{label}: another {key}", put(label, key, value))
      for name, label in ((ONE, "run.in_progress"), (ONE, "run.completed"), (FAILED, "run.failed"), (ROUND, "run.requires_action"))
      for key, value in (("assistant_id", "asst_999"), ("created_at", lambda at: at + 1))),
    *(case("order.run-identity|order.run-of-path", ONE, f"{label}: another {key}", put(label, key, value),
           seen_at("run.in_progress"))
      for label in ("run.queued", "run.in_progress", "run.completed")
      for key, value in (("id", "run_999"), ("thread_id", "thread_999"))),
    *(case("order.run-settings", ONE, f"{label}: another {key}", put(label, key, value))
      for label in ("run.in_progress", "run.completed")
      for key, value in (("model", "other"), ("instructions", "other"), ("tools", []), ("metadata", {"other": "x"}))),
    case("order.run-of-path", ONE, "another run altogether", called("run_id", "run_999")),
    case("order.run-of-path", ONE, "another thread altogether", called("thread_id", "thread_999")),
    case("order.run-of-path", EXPIRED, "another run, expired", called("run_id", "run_999")),
    case("order.run-of-path", ROUND, "another run, next round", called("run_id", "run_999")),
    *(case("order.run-started-at", ONE, what, edit) for what, edit in {
        "none in progress": put("run.in_progress", "started_at", None),
        "none when completed": put("run.completed", "started_at", None),
        "before the creation": put("run.in_progress", "started_at", lambda at: at - 90_000),
        "decreasing": put("run.completed", "started_at", lambda at: at - 1),
    }.items()),
    *(case("order.run-times", name, f"{key} before the start", put(label, key, lambda at: at - 60))
      for name, label, key in ((ONE, "run.completed", "completed_at"), (FAILED, "run.failed", "failed_at"),
                               (CANCELLED, "run.cancelled", "cancelled_at"))),
    case("order.run-cancel|order.run-path", CANCELLED, "in progress again", repeat("run.in_progress", after="run.cancelling")),
    case("order.run-cancel|order.run-path", CANCELLED, "queued again", repeat("run.queued", after="run.cancelling")),
]  # fmt: skip

ENDING = [
    *(case("order.terminal-once", name, f"{label} twice", repeat(label))
      for name, label in ((ONE, "run.completed"), (FAILED, "run.failed"), (CUT, "run.incomplete"), (EXPIRED, "run.expired"),
                          (CANCELLED, "run.cancelled"))),
    *(case("order.terminal-once", ONE, f"completed, then {name}",
           add_like("run.completed", f"thread.run.{name}", after="run.completed", status=name, failed_at=1_790_000_000,
                    cancelled_at=1_790_000_000, last_error={"code": "server_error", "message": "x"},
                    incomplete_details={"reason": "max_completion_tokens"}))
      for name in ("failed", "incomplete", "expired", "cancelled")),
    *(case("order.terminal-once", FAILED, f"{name}, then failed",
           add_like("run.failed", f"thread.run.{name}", before="run.failed", status=name, completed_at=1_790_000_000,
                    last_error=None), seen_at("run.failed"))
      for name in ("completed",)),
    case("order.terminal-once|order.requires-action-ends", ROUND, "requires action twice", repeat("run.requires_action")),
    *(case("order.terminal-last", name, f"{label} after the end of the run", move(label, before="done"))
      for name, label in ((ONE, "step.completed#2"), (ONE, "message.completed"), (ONE, "message.delta#-1"),
                          (FAILED, "step.failed"), (FAILED, "message.incomplete"), (CUT, "message.incomplete"),
                          (EXPIRED, "step.expired"), (ONE, "step.completed"))),
    *(case("order.terminal-last|order.run-path", ONE, f"{label} again after the end", repeat(label, before="done"))
      for label in ("run.queued", "run.in_progress")),
    *(case("order.requires-action-ends", ROUND, f"then {label}", repeat(label, after="run.requires_action"))
      for label in ("run.queued", "run.in_progress")),
    case("order.requires-action-ends", ROUND, "the stream goes on", lambda play: on_and_on(play)),
    *(case("order.error-last", ERROR, f"{name} after the error", edit) for name, edit in {
        "a delta": repeat("message.delta#1", after="error"),
        "a step": repeat("step.in_progress", after="error"),
        "in progress": repeat("run.in_progress", after="error"),
        "an error": repeat("error"),
        "failed": add_like("run.in_progress", "thread.run.failed", after="error", status="failed",
                           failed_at=1_790_000_000, last_error={"code": "server_error", "message": "x"}),
    }.items()),
    *(case("errors.stream-event", ERROR, f"error says {data}", say("error", data))
      for data in ("{}", "null", "[]", '"broken"', '{"detail":"broken"}', '{"error":"broken"}', '{"error":{}}',
                   '{"message":5,"type":"x","param":null,"code":null}', '{"error":{"message":null,"type":"server_error"}}')),
]  # fmt: skip


def on_and_on(play: Play) -> Blocks:
    """What should be the stream of the next submission comes in the same stream."""
    following = play.drafts[[i for i, d in enumerate(play.drafts) if d.streams][1]].blocks
    done = play.draft.blocks.pop()
    play.draft.blocks += [*following[:-1], done]
    del play.drafts[play.at + 1 :]
    return following


SUBMITTED = [
    *(case("order.submitted-closed", name, "never", drop("step.completed")) for name in (ONE, THREE, ROUND, FAILED)),
    case("order.submitted-closed", EXPIRED, "never, expired", drop("step.expired")),
    *(case("order.submitted-closed", name, "twice", repeat("step.completed")) for name in (ONE, THREE, ROUND)),
    case("order.submitted-closed", ONE, "once more at the end", repeat("step.completed", before="run.completed")),
    case("order.submitted-closed", ONE, "completed, then failed",
         add_like("step.completed", "thread.run.step.failed", after="step.completed", status="failed")),
    *(case("order.submitted-completed", name, f"{status}, and the run goes on",
           rename("step.completed", f"thread.run.step.{status}"), put(f"step.{status}", "status", status))
      for name in (ONE, ROUND, THREE) for status in ("failed", "expired", "cancelled")),
    case("order.submitted-first", ONE, "after queued", move("step.completed", after="run.queued")),
    case("order.submitted-first", ROUND, "after in progress", move("step.completed", after="run.in_progress")),
    *(case("order.submitted-before-new", name, f"after {label}", move("step.completed", after=label))
      for name, label in ((ONE, "step.created"), (ONE, "message.created"), (ONE, "message.delta#3"), (ONE, "message.completed"),
                          (ROUND, "step.delta#-1"), (ONE, "step.completed#2"))),
    *(case("order.submitted-one-step", THREE, what, edit) for what, edit in {
        "a step for each call": lambda play: apart(play),
    }.items()),
    case("order.submitted-not-recreated", ONE, "created again",
         add_like("step.completed", "thread.run.step.created", before="step.completed", status="in_progress",
                  completed_at=None, usage=None)),
    case("order.submitted-not-recreated", ONE, "in progress again",
         add_like("step.completed", "thread.run.step.in_progress", before="step.completed", status="in_progress",
                  completed_at=None, usage=None), seen_at("step.completed")),
    case("order.submitted-not-recreated|order.step-life", ONE, "in progress after its end",
         add_like("step.completed", "thread.run.step.in_progress", after="step.completed", status="in_progress",
                  completed_at=None, usage=None)),
]  # fmt: skip


def apart(play: Play) -> Blocks:
    """The submitted step, told as one step for each call."""
    block = play.draft.find("step.completed")
    made = []
    for number, call in enumerate(block.data["step_details"]["tool_calls"]):  # type: ignore[index]
        data = {**block.data, "id": f"step_part_{number}", "step_details": {"type": "tool_calls", "tool_calls": [call]}}  # type: ignore[dict-item]
        made.append(type(block)(block.name, data))
    at = play.draft.blocks.index(block)
    play.draft.blocks[at : at + 1] = made
    return made


#: The message step of `stream-one-call` is the second to end.
STEP = [
    *(case("order.step-life", ONE, what, edit) for what, edit in {
        "created twice": repeat("step.created"),
        "never created": drop("step.created"),
        "never in progress": drop("step.in_progress"),
        "in progress twice": repeat("step.in_progress"),
        "in progress, then created": move("step.created", after="step.in_progress"),
        "ended twice": repeat("step.completed#2"),
        "completed, then failed": add_like("step.completed#2", "thread.run.step.failed", after="step.completed#2",
                                           status="failed", failed_at=1_790_000_000),
        "in progress after its end": move("step.in_progress", after="step.completed#2"),
    }.items()),
    *(case("order.step-life", ROUND, what, edit) for what, edit in {
        "never in progress": drop("step.in_progress"),
        "a delta before it is in progress": move("step.delta#1", before="step.in_progress"),
    }.items()),
    *(case("order.step-life", BUILT_IN, what, edit) for what, edit in {
        "a delta after the end": move("step.delta#1", after="step.completed#2"),
        "created twice": repeat("step.created"),
    }.items()),
    *(case("order.step-delta-after-created", name, what, edit) for name in (ROUND, BUILT_IN) for what, edit in {
        "before it": move("step.delta#1", before="step.created"),
        "of an unknown step": put("step.delta#1", "id", "step_999"),
    }.items()),
    case("order.step-delta-after-created|order.step-life", ROUND, "never created", drop("step.created")),
    *(case("order.step-closed", name, "never", drop("step.completed#2")) for name in (ONE, BUILT_IN, TWO)),
    case("order.step-closed", TWO, "the last one never", drop("step.completed#-1")),
    case("order.step-closed-otherwise", FAILED, "never", drop("step.failed")),
    case("order.step-closed-otherwise", CUT, "never", drop("step.completed#2")),
    case("order.step-serial", TWO, "the next one begins earlier", move("step.completed#2", after="step.in_progress#2")),
    case("order.step-serial", BUILT_IN, "the next one begins earlier", move("step.completed#2", after="step.in_progress#2")),
    *(case("order.step-identity", name, f"{label}: another {key}", put(label, key, value))
      for name, label in ((ONE, "step.in_progress"), (ONE, "step.completed#2"), (ROUND, "step.in_progress"))
      for key, value in (("thread_id", "thread_999"), ("run_id", "run_999"), ("assistant_id", "asst_999"),
                         ("created_at", lambda at: at + 1), ("type", lambda kind: {"tool_calls": "message_creation",
                                                             "message_creation": "tool_calls"}[kind]))),
    *(case("order.step-identity", ONE, f"another {key} all along", *(put(label, key, f"{key}_999")
           for label in ("step.created", "step.in_progress", "step.completed#2")))
      for key in ("run_id", "thread_id", "assistant_id")),
    *(case("order.step-identity", ONE, f"the submitted step of another {key}", put("step.completed", key, f"{key}_999"))
      for key in ("run_id", "thread_id", "assistant_id")),
    *(case("order.step-names-one-message", ONE, f"another in {label}",
           put(label, "step_details/message_creation/message_id", "msg_999"))
      for label in ("step.in_progress", "step.completed#2")),
    case("order.step-names-one-message", TWO, "another in the last",
         put("step.completed#-1", "step_details/message_creation/message_id", "msg_999")),
]  # fmt: skip

MESSAGE = [
    *(case("order.message-life", name, what, edit) for name in (ONE, TWO) for what, edit in {
        "created twice": repeat("message.created"),
        "never in progress": drop("message.in_progress"),
        "in progress twice": repeat("message.in_progress"),
        "in progress before it is created": move("message.created", after="message.in_progress"),
        "completed twice": repeat("message.completed"),
        "never ended": drop("message.completed"),
        "completed, then incomplete": add_like("message.completed", "thread.message.incomplete", after="message.completed",
                                               status="incomplete", incomplete_details={"reason": "max_tokens"}),
    }.items()),
    *(case("order.message-life", ONE, what, edit) for what, edit in {
        "a delta after the end": move("message.delta#-1", after="message.completed"),
        "a delta before it is in progress": move("message.delta#1", before="message.in_progress"),
        "in progress after its deltas": move("message.in_progress", before="message.completed"),
    }.items()),
    *(case("order.message-created-first", name, what, edit) for name in (ONE, TWO) for what, edit in {
        "a delta before it": move("message.delta#1", before="message.created"),
    }.items()),
    *(case("order.message-created-first|order.message-life", name, "never created", drop("message.created"))
      for name in (ONE, TWO, FAILED)),
    case("order.message-created-first|order.message-life", ONE, "announced after its deltas",
         move("message.created", before="message.completed")),
    *(case("order.message-delta-id|order.message-created-first", name, f"delta {n} of message {id_}",
           put(f"message.delta#{n}", "id", id_))
      for name, n, id_ in ((ONE, 1, "msg_999"), (ONE, 4, "msg_999"), (ONE, -1, "msg_999"), (TWO, 2, "msg_999"), (CUT, 2, "msg_999"))),
    case("order.message-delta-id|order.message-life", TWO, "a delta of the message that has ended", lambda play: late(play)),
    *(case("order.message-ids", ONE, f"{label}: another {key}", put(label, key, f"{key}_999"))
      for label in ("message.created", "message.in_progress", "message.completed")
      for key in ("run_id", "thread_id", "assistant_id")),
    *(case("order.message-ids", ONE, f"another {key} all along", *(put(label, key, f"{key}_999")
           for label in ("message.created", "message.in_progress", "message.completed")))
      for key in ("run_id", "thread_id", "assistant_id")),
    *(case("order.message-role", ONE, f"{label} by the user", put(label, "role", "user"))
      for label in ("message.created", "message.completed")),
    case("order.step-before-message", ONE, "the message first", move("message.created", before="step.created")),
    *(case("order.message-before-step-end", name, "the step first", move(label, before="message.completed"))
      for name, label in ((ONE, "step.completed#2"),)),
    case("order.message-before-step-end", CUT, "the step first", move("step.completed#2", before="message.incomplete")),
    *(case("order.message-has-step", name, what, edit) for name in (ONE,) for what, edit in {
        "no step at all": drop("step.created", "step.in_progress", "step.completed#2"),
        "the step names another": lambda play: names(play, "msg_999"),
        "no message at all": lambda play: speechless(play),
    }.items()),
    *(case("order.created-at", ONE, what, edit) for what, edit in {
        "the message before its step": put_all("message.", "created_at", lambda at: at - 60),
        "the step before the run": lambda play: aged(play),
    }.items() if what != "the message before its step"),
    case("order.created-at", ONE, "a message before its step", *(put(label, "created_at", lambda at: at - 1)
         for label in ("message.created", "message.in_progress", "message.completed"))),
    case("order.open-message-ends", FAILED, "another reason",
         put("message.incomplete", "incomplete_details/reason", "run_cancelled")),
    case("order.open-message-ends|order.message-life", FAILED, "it never ends", drop("message.incomplete")),
    case("order.open-message-ends|order.message-life", CANCELLED, "it never ends", drop("message.incomplete")),
]  # fmt: skip


def late(play: Play) -> Blocks:
    """A delta of the second message carries the id of the first."""
    first = play.draft.find("message.created").data["id"]  # type: ignore[index]
    block = play.draft.all("message.delta")[-2]
    block.data["id"] = first  # type: ignore[index]
    return [block]


def names(play: Play, id_: str) -> Blocks:
    blocks = [play.draft.find(label) for label in ("step.created", "step.in_progress", "step.completed#2")]
    for block in blocks:
        block.data["step_details"]["message_creation"]["message_id"] = id_  # type: ignore[index]
    return [*blocks, play.draft.find("message.created"), play.draft.find("message.completed")]


def speechless(play: Play) -> Blocks:
    for block in play.draft.all("message."):
        play.draft.blocks.remove(block)
    return [play.draft.find("step.completed#2")]


def aged(play: Play) -> Blocks:
    blocks = [play.draft.find(label) for label in ("step.created", "step.in_progress", "step.completed#2")]
    for block in blocks:
        block.data["created_at"] -= 9_000  # type: ignore[index,operator]
    return [*blocks]


def same_id(kind: str, key: str) -> object:
    """The second of a kind takes the id of the first."""

    def edit(play: Play) -> Blocks:
        created = [block for block in play.draft.blocks if block.label == f"{kind}.created"]
        old, new = created[-1].data["id"], created[0].data["id"]  # type: ignore[index]
        for block in play.draft.blocks[play.draft.blocks.index(created[-1]) - 2 :]:
            if isinstance(block.data, dict):
                for owner, name in members(block.data):
                    if owner[name] == old and name in ("id", key):
                        owner[name] = new
        return [created[-1]]

    return edit


def reused(play: Play) -> Blocks:
    """The new message step takes the id of the submitted step."""
    id_ = play.draft.find("step.completed").data["id"]  # type: ignore[index]
    blocks = [play.draft.find(label) for label in ("step.created", "step.in_progress", "step.completed#2")]
    for block in blocks:
        block.data["id"] = id_  # type: ignore[index]
    return blocks


def called_again(play: Play) -> Blocks:
    """The new call takes the id of the one that was just answered."""
    id_ = play.draft.find("step.completed").data["step_details"]["tool_calls"][0]["id"]  # type: ignore[index]
    first = play.draft.find("step.delta#1")
    first.data["delta"]["step_details"]["tool_calls"][0]["id"] = id_  # type: ignore[index]
    asks = play.draft.find("run.requires_action")
    asks.data["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"] = id_  # type: ignore[index]
    del play.drafts[play.at + 1 :]
    return [first, asks]


IDS = [
    case("order.new-ids|order.message-life", TWO, "a message id again", same_id("message", "message_id")),
    case("order.new-ids|order.step-life", TWO, "a step id again", same_id("step", "step_id")),
    case("order.new-ids|order.step-life|order.submitted-not-recreated", ONE, "the id of the submitted step", reused),
    case("order.new-ids", ROUND, "the id of the call that was answered", called_again),
]  # fmt: skip

CASES = [*RUN, *ENDING, *SUBMITTED, *STEP, *MESSAGE, *IDS]


@pytest.mark.parametrize("spoilt", CASES, ids=str)
def test_one_defect_of_the_order_is_told_once_and_where_it_is(spoilt: Case) -> None:
    shown(spoilt)
