"""What is broken in the framing of a stream, in its end and in the event `done` is told once, under its own name."""

from __future__ import annotations

import pytest

from conformance.model import Ended
from conformance.tests.checks.mutations import (
    Case,
    Play,
    add,
    answers,
    anywhere,
    at_once,
    case,
    cut_after,
    drop,
    ends,
    header,
    move,
    rename,
    repeat,
    say,
    shown,
    status,
    torn,
    torn_all,
)

ONE = "stream-one-call"
ROUND = "stream-next-round"
ERROR = "stream-error"
#: Streams of every kind, with the number of their events.
STREAMS = ("stream-one-call", "stream-three-calls", "stream-failed", "stream-expired", "stream-built-in-step")

STATUS = [
    *(case("framing.status-200", ONE, f"status {code}", status(code)) for code in (201, 202, 203, 206)),
    case("framing.status-200", ROUND, "status 202, next round", status(202)),
]

HEADERS = [
    *(
        case("framing.content-type", ONE, f"media type {kind}", header("Content-Type", kind))
        for kind in (None, "text/plain", "text/plain; charset=utf-8", "text/html", "application/octet-stream", "",
                     "text/event-streams", "text/event-stream-x", "application/x-ndjson", "application/json")
    ),
    *(
        case("framing.charset", ONE, f"charset {charset}", header("Content-Type", f"text/event-stream; charset={charset}"))
        for charset in ("iso-8859-1", "utf-16", "us-ascii", '"latin1"', "utf-8859")
    ),
]  # fmt: skip

EMPTY = [
    case("framing.not-empty", name, what, answers(200, "text/event-stream; charset=utf-8", body))
    for name in ("stream-one-call", "stream-three-calls")
    for what, body in {
        "no bytes": b"",
        "a comment": b": ping\n\n",
        "comments": b": ping\n\n" * 3,
        "a retry": b"retry: 3000\n\n",
        "blank lines": b"\n\n\r\n\n",
        "an id": b"id: 7\n\n",
        "a name without data": b"event: thread.run.queued\n\n",
    }.items()
]

HTML = b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n<body><p>Hello: world</p></body></html>\n"
NO_STREAM = [
    case("request.stream-true|framing.content-type", ONE, "HTML", answers(200, "text/html; charset=utf-8", HTML)),
    case("framing.not-empty|framing.blank-line", ONE, "HTML called a stream", answers(200, "text/event-stream", HTML)),
    case("request.stream-true", ONE, "an empty JSON object", answers(200, "application/json", {})),
    case("request.stream-true", ONE, "an acknowledgement", answers(200, "application/json; charset=utf-8", {"ok": True})),
    case("request.stream-true", ONE, "JSON lines", answers(200, "application/x-ndjson", b'{"a":1}\n{"b":2}\n')),
    case("request.stream-true|framing.not-empty", ONE, "nothing as JSON", answers(200, "application/json", b"")),
    case("request.stream-true|framing.status-200", ONE, "204", answers(204, None, b"")),
    case("framing.not-empty|framing.blank-line", ONE, "JSON called a stream",
         answers(200, "text/event-stream", {"object": "thread.run"})),
]  # fmt: skip


def inside(fault: bytes) -> list[Case]:
    return [
        case("framing.utf8", name, f"{fault!r} in the text of {label}",
             torn(label, lambda block: block[: block.rindex(b'"') - 3] + fault + block[block.rindex(b'"') - 3 :]))
        for name, label in ((ONE, "message.delta#3"), (ONE, "step.completed"), ("stream-failed", "run.failed"))
    ]  # fmt: skip


UTF8 = [
    *inside(b"\xff"),
    *inside(b"\xc3"),
    *inside(b"\x80"),
    *inside(b"\xc0\xaf"),
    *inside(b"\xed\xa0\x80"),
    *inside(b"\xf4\x90\x80\x80"),
    *inside(b"\xe2\x82"),
    case("framing.utf8", ONE, "in a comment", torn("run.queued", lambda block: b": caf\xe9\n" + block)),
    case(
        "framing.utf8",
        ONE,
        "a UTF-16 mark before it all",
        torn("step.completed", lambda block: b": \xff\xfe\n" + block),
    ),
]


def without_blank_line(number: int) -> Case:
    def edit(play: Play) -> list:  # type: ignore[type-arg]
        block = play.draft.blocks[number]
        block.raw = block.encode()[:-1]
        following = play.draft.blocks[number + 1 : number + 2]
        return [block, *following]

    return Case("framing.blank-line", ONE, f"no blank line after event {number}", edit)


BLANK = [
    *(without_blank_line(number) for number in range(25)),
    *(
        case("framing.blank-line", name, f"no blank line after {label}", torn(label, lambda block: block[:-1]))
        for name in ("stream-next-round", "stream-failed") for label in ("done",)
    ),
    case("framing.blank-line", ONE, "no line end at all after done", torn("done", lambda block: block[:-2])),
    case("framing.blank-line", ONE, "a space on the blank line",
         torn("run.queued", lambda block: block[:-1] + b" \n")),
    case("framing.blank-line", ONE, "no blank line anywhere", torn_all(lambda block: block[:-1])),
    case("framing.blank-line", ONE, "CRLF, no blank line after done",
         torn_all(lambda block: block.replace(b"\n", b"\r\n")), torn("done", lambda _: b"event: done\r\ndata: [DONE]\r\n")),
    case("framing.blank-line", ONE, "events with backslash-n for line ends",
         torn_all(lambda block: block.replace(b"\n", b"\\n"))),
    case("framing.blank-line|events.json", ONE, "two events on one line", torn("run.queued", lambda block: block[:-2]),
         also="order.run-started"),
]  # fmt: skip

NAME = [
    *(case("framing.event-name", ONE, f"{label} without a name", rename(label, None))
      for label in ("step.completed", "run.queued", "run.in_progress", "message.delta#4", "message.created", "run.completed")),
    case("framing.event-name", ONE, "an empty name", rename("run.queued", "")),
    case("framing.event-name", ONE, "a capital in the field",
         torn("run.queued", lambda block: block.replace(b"event:", b"Event:"))),
    case("framing.event-name", ONE, "a space in the field",
         torn("run.queued", lambda block: block.replace(b"event:", b"event :"))),
    case("framing.event-name", ONE, "a space before the field",
         torn("run.queued", lambda block: block.replace(b"event:", b" event:"))),
    case("framing.event-name", ONE, "data only, all of it", torn_all(lambda block: block[block.index(b"data:") :])),
    case("framing.event-name", ONE, "data only, but for done",
         torn_all(lambda block: block if b"[DONE]" in block else block[block.index(b"data:") :])),
]  # fmt: skip


def enveloped(play: Play) -> list:  # type: ignore[type-arg]
    for block in play.draft.blocks:
        block.data = {"event": block.name, "data": block.data}
        block.name = None
    return play.draft.blocks


def only_named(play: Play) -> list:  # type: ignore[type-arg]
    """As one of the servers really does: envelopes, no end of anything."""
    kept = [block for block in play.draft.blocks if block.name and not block.name.endswith(("completed", "done"))]
    play.draft.blocks[:] = kept
    return enveloped(play)


ENVELOPE = [
    *(Case("framing.event-name", name, "an envelope for every event", enveloped) for name in (*STREAMS, "documented")),
    Case("framing.event-name", ONE, "envelopes that stop after the last delta", only_named,
         frozenset({"order.terminal-present", "done.present"})),
    case("framing.event-name", ONE, "envelopes without done", drop("done"), enveloped, also="done.present"),
]  # fmt: skip

COMPLETE = [
    *(case("framing.complete", name, f"{how.value} after done", ends(how))
      for name in (ONE, "stream-next-round", "stream-failed") for how in (Ended.SHORT, Ended.RESET)),
    *(case("framing.complete", name, f"{how.value} after {label}", cut_after(label), ends(how))
      for name, label in ((ONE, "step.completed"), (ONE, "message.delta#5"), (ONE, "message.completed"),
                          (ONE, "run.completed"), ("stream-failed", "message.incomplete"))
      for how in (Ended.SHORT, Ended.RESET)),
    *(case("framing.complete", ONE, f"{how.value} within a delta, at {at}",
           cut_after("message.delta#5"), anywhere(torn("message.delta#5", lambda block, at=at: block[:at])), ends(how))  # type: ignore[misc]
      for how in (Ended.SHORT, Ended.RESET) for at in (3, 10, 27, 33, 60, -2, -1)),
    *(case("framing.complete|order.terminal-present|done.present", ONE, f"left open after {label}", cut_after(label),
           ends(Ended.TIMEOUT, lingers=30_000))
      for label in ("step.completed", "message.delta#5", "message.completed", "run.completed")),
    case("framing.complete", ONE, "reset before the first byte", drop("done"), answers(200, "text/event-stream", b""),
         ends(Ended.RESET)),
]  # fmt: skip


def cut_at(label: str, at: int, breaks: str) -> Case:
    return case(breaks, ONE, f"a clean end within {label}, at {at}", cut_after(label),
                anywhere(torn(label, lambda block: block[:at])))  # fmt: skip


TRUNCATED = [
    *(cut_at("message.delta#5", at, "framing.blank-line|order.terminal-present|done.present") for at in
      (1, 5, 6, 7, 20, 26, 27, 31, 33, 40, 80, -3, -2, -1)),
    *(cut_at("done", at, "framing.blank-line|done.present") for at in (1, 6, 11, 12, 17, 18, 20, -2, -1)),
    *(cut_at("run.completed", at, "framing.blank-line|order.terminal-present|done.present") for at in (1, 20, 60, 300, -2, -1)),
]  # fmt: skip

SILENT = [
    *(case("order.terminal-present|done.present", name, f"a clean end after {label}", cut_after(label))
      for name, label in ((ONE, "step.completed"), (ONE, "run.queued"), (ONE, "run.in_progress"), (ONE, "step.created"),
                          (ONE, "message.created"), (ONE, "message.delta#1"), (ONE, "message.delta#-1"),
                          (ONE, "message.completed"), (ONE, "step.completed#2"),
                          (ROUND, "step.delta#1"), (ROUND, "step.delta#-1"))),
    *(case("order.terminal-present", name, f"no {label}", drop(label))
      for name, label in ((ONE, "run.completed"), ("stream-three-calls", "run.completed"), (ROUND, "run.requires_action"),
                          ("stream-failed", "run.failed"), ("stream-cancelled", "run.cancelled"),
                          ("stream-expired", "run.expired"), ("stream-incomplete", "run.incomplete"))),
]  # fmt: skip

FLUSHED = [
    case("framing.flushed", "stream-two-messages", "all at once at the end", at_once),
]

DONE = [
    *(case("done.present", name, "no done", drop("done")) for name in (*STREAMS, ROUND, "stream-cancelled", "documented")),
    *(case("done.present|done.data", ONE, f"{what} for done", anywhere(say("done", data)), anywhere(rename("done", name)))
      for what, name, data in (("an end of another name", "end", "{}"), ("a close", "close", "{}"))),
    *(case("done.once", name, "done twice", repeat("done")) for name in (*STREAMS, ROUND)),
    *(case("done.once", ONE, f"done {number} times", *[repeat("done")] * (number - 1)) for number in (3, 5)),
    *(case("done.name", ONE, f"named {name}", rename("done", name))
      for name in (None, "", "message", "DONE", "end", "thread.done", "thread.run.completed.done")),
    case("done.name", ROUND, "no name, next round", rename("done", None)),
    case("done.name", "stream-failed", "no name, failed", rename("done", None)),
    *(case("done.data", ONE, f"data {data}", say("done", data))
      for data in ("DONE", "[done]", '"[DONE]"', "{}", "null", "[DONE] ", " [DONE]", "[DONE]\ndata: [DONE]", "", "[]")),
    *(case("done.last", ONE, f"{name} after done", add(name, data, after="done"))
      for name, data in (("message", "{}"), ("ping", "{}"), ("thread.future", {"object": "thread.future"}))),
    *(case("done.last", ONE, f"{label} after done", move(label, after="done"))
      for label in ("step.completed#2", "message.completed", "message.delta#-1")),
    *(case("done.after-terminal|done.last", name, f"done before {label}", move("done", before=label))
      for name, label in ((ONE, "run.completed"), (ONE, "step.completed#2"), (ONE, "message.delta#3"), (ONE, "step.completed"),
                          (ROUND, "run.requires_action"), ("stream-failed", "run.failed"))),
    *(case("done.closes", ONE, f"closed after {lingers} ms", ends(Ended.COMPLETE, lingers=lingers))
      for lingers in (5_300, 9_000, 60_000)),
    case("done.closes", ONE, "never closed", ends(Ended.TIMEOUT, lingers=30_000)),
    case("done.closes", ROUND, "never closed, next round", ends(Ended.TIMEOUT, lingers=30_000)),
    case("done.after-error", ERROR, "no done after the error", drop("done")),
    case("done.once", ERROR, "done twice after the error", repeat("done")),
]  # fmt: skip

CASES = [*STATUS, *HEADERS, *EMPTY, *NO_STREAM, *UTF8, *BLANK, *NAME, *ENVELOPE, *COMPLETE, *TRUNCATED, *SILENT, *FLUSHED,
         *DONE]  # fmt: skip


@pytest.mark.parametrize("spoilt", CASES, ids=str)
def test_one_defect_of_the_framing_is_told_once_and_where_it_is(spoilt: Case) -> None:
    shown(spoilt)
