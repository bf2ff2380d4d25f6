"""Real traffic, spoilt: the same defects are told in streams of every make, with none of our scenarios around them."""

from __future__ import annotations

import pytest

from conformance.model import Ended
from conformance.tests.checks.mutations import (
    Case,
    Edit,
    Play,
    add,
    anywhere,
    case,
    cut_after,
    drop,
    ends,
    everywhere,
    header,
    members,
    put,
    put_all,
    rename,
    repeat,
    say,
    shown,
    torn,
    torn_all,
)

OPENAI, FOUNDRY = "submit/openai4j-one-call.sse", "submit/foundry-two-outputs-then-next-round.sse"
PARALLEL, TWO, LIMIT = (
    "create-run/foundry-two-parallel-calls.sse", "create-run/openllmetry-two-messages.sse", "create-run/ruby-openai-token-limit.sse",
)  # fmt: skip
#: Every recorded stream with the event that ends it.
ENDS = {
    OPENAI: "run.completed", FOUNDRY: "run.requires_action", PARALLEL: "run.requires_action", TWO: "run.completed",
    LIMIT: "run.completed", "documented": "run.completed",
}  # fmt: skip
ANSWERS = (OPENAI, TWO, "documented")


def in_milliseconds(data: dict[str, object]) -> None:
    for owner, key in members(data):
        if key.endswith("_at") and isinstance(owner[key], int):
            owner[key] *= 1000


def enveloped(play: Play) -> list:  # type: ignore[type-arg]
    for block in play.draft.blocks:
        block.data, block.name = {"event": block.name, "data": block.data}, None
    return play.draft.blocks


def everywhere_of(end: str) -> dict[str, tuple[str, tuple[Edit, ...]]]:
    """What can be done to any stream: the requirement it breaks, and how."""
    return {
        "no done": ("done.present", (drop("done"),)),
        "done twice": ("done.once", (repeat("done"),)),
        "done without a name": ("done.name", (rename("done", None),)),
        "done says DONE": ("done.data", (say("done", "DONE"),)),
        "an event after done": ("done.last", (add("ping", "{}", after="done"),)),
        "a comment for done": ("done.present", (anywhere(torn("done", lambda _: b": done\n\n")),)),
        "no end of the run": ("order.terminal-present", (drop(end),)),
        "two ends of the run": ("order.terminal-once|order.requires-action-ends", (repeat(end),)),
        "a silent end": ("order.terminal-present", (drop("done"), drop(end))),
        "no blank line after done": ("framing.blank-line", (torn("done", lambda block: block[:-1]),)),
        "no blank line before the end": ("framing.blank-line", (torn(end, lambda block: block[:-1]),)),
        "events run together": ("framing.blank-line", (torn("run.in_progress", lambda block: block[:-1]),)),
        "a byte that is no UTF-8": ("framing.utf8", (torn(end, lambda block: block[:-8] + b"\xff" + block[-8:]),)),
        "a brace too many": ("events.json", (torn(end, lambda block: block[:-2] + b"}\n\n"),)),
        "another media type": ("framing.content-type", (header("Content-Type", "text/plain"),)),
        "another charset": ("framing.charset", (header("Content-Type", "text/event-stream; charset=latin1"),)),
        "cut off": ("framing.complete", (ends(Ended.RESET),)),
        "cut off before the end": ("framing.complete", (cut_after("run.in_progress"), ends(Ended.SHORT))),
        "an envelope for every event": ("framing.event-name", (enveloped,)),
        "no names": ("framing.event-name", (torn_all(lambda block: block[block.index(b"data:") :]),)),
        "milliseconds": ("events.seconds", (everywhere(in_milliseconds),)),
        "in progress twice": ("order.run-path", (repeat("run.in_progress"),)),
        "never in progress": ("order.run-started", (drop("run.in_progress"),)),
        "another object": ("events.object", (put(end, "object", "run"),)),
        "another status": ("events.status", (put(end, "status", "queued"),)),
        "no id": ("events.schema", (put(end, "id", None),)),
        "another assistant at the end": ("order.run-identity", (put(end, "assistant_id", "asst_999"),)),
        "another run's steps": ("order.step-identity", (put_all("step.created", "run_id", "run_999"),)),
    }


def answered() -> dict[str, tuple[str, tuple[Edit, ...]]]:
    """What can be done to a stream that writes a message."""
    return {
        "a delta missing": ("content.message-text", (drop("message.delta#2"),)),
        "a piece changed": ("content.message-text", (anywhere(put("message.delta#2", "delta/content/0/text/value", "?")),)),
        "the message is never created": ("order.message-created-first|order.message-life", (drop("message.created"),)),
        "the message never ends": ("order.message-life", (drop("message.completed"),)),
        "another message's delta": ("order.message-delta-id", (put("message.delta#3", "id", "msg_999"),)),
        "a message of another run": ("order.message-ids", (put("message.completed", "run_id", "run_999"),)),
        "the user's message": ("order.message-role", (put("message.created", "role", "user"),)),
        "a step never closed": ("order.step-closed", (drop("step.completed#-1"),)),
        "the step created twice": ("order.step-life", (repeat("step.created"),)),
        "another index for a piece": ("content.message-index|content.message-text",
                                      (anywhere(put("message.delta#2", "delta/content/0/index", 1)),)),
    }  # fmt: skip


CASES = [
    *(case(breaks, name, what, *edits) for name, end in ENDS.items() for what, (breaks, edits) in everywhere_of(end).items()
      if name == "documented" or what != "another media type"),  # a bare body has none but the one it is read by
    *(case(breaks, name, what, *edits) for name in ANSWERS for what, (breaks, edits) in answered().items()),
    *(case("content.tool-calls", name, what, anywhere(edit)) for name in (PARALLEL,) for what, edit in {
        "a piece missing": drop("step.delta#-1"),
        "another piece": put("step.delta#-1", "delta/step_details/tool_calls/0/function/arguments", "?"),
        "another id to wait for": put("run.requires_action", "required_action/submit_tool_outputs/tool_calls/0/id", "call_9"),
    }.items()),
    case("events.required-action", PARALLEL, "nothing to wait for", put("run.requires_action", "required_action", None)),
    case("surface.pending-calls", PARALLEL, "one id for both calls", lambda play: alike(play), also="content.tool-calls"),
]  # fmt: skip


def alike(play: Play) -> list:  # type: ignore[type-arg]
    block = play.draft.find("run.requires_action")
    calls = block.data["required_action"]["submit_tool_outputs"]["tool_calls"]  # type: ignore[index]
    calls[1]["id"] = calls[0]["id"]
    return [block]


@pytest.mark.parametrize("spoilt", CASES, ids=str)
def test_one_defect_of_a_real_stream_is_told_once_and_where_it_is(spoilt: Case) -> None:
    shown(spoilt)
