"""Small reports that the tests of the writers share."""

from __future__ import annotations

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Complaint, Exhibit, Finding, Report, Status, Subject, Verdict

#: What a hostile target may send: terminal escapes, a bidi override, a carriage return, half a surrogate pair.
HOSTILE = "\x1b[2J\x1b]0;pwned\x07\u202eevil\r\n\ud800"


def verdict(requirement: str, scenario: str, status: Status, *findings: Finding, **facts: object) -> Verdict:
    row = REQUIREMENTS[requirement]
    return Verdict(row.id, row.level, row.role, scenario, status, findings, **facts)  # type: ignore[arg-type]


def finding(**facts: object) -> Finding:
    said = {
        "kind": "not-last",
        "message": "an event follows done",
        "expected": "nothing after done",
        "got": "thread.message.delta",
    }
    where = {"exchange": 1, "event": 14, "span": (5121, 5388), "ms": 412}
    return Finding(**{**said, **where, **facts})  # type: ignore[arg-type]


def passing() -> Report:
    subjects = (Subject("stream-one-call", (verdict("done.last", "stream-one-call", Status.PASS),)),)
    return Report({"kind": "http", "base_url": "http://127.0.0.1:1/v1"}, subjects, plan={"scenarios": 1, "cells": 1})


def failing() -> Report:
    effect = finding(primary=False, because="done.last")
    names = ("stream-one-call", "stream-three-calls")
    subjects = tuple(
        Subject(
            name,
            (
                verdict("done.last", name, Status.FAIL, finding(), more=2),
                verdict("done.closes", name, Status.FAIL, effect),
                verdict("events.usage", name, Status.WARN, finding(message="no usage", got=HOSTILE, event=None)),
                verdict("order.terminal-once", name, Status.UNTESTABLE, reason="nothing to look at"),
            ),
            unknown_events=("thread.run.paused",),
        )
        for name in names
    )
    return Report(
        {"kind": "http", "base_url": "http://127.0.0.1:1/v1"},
        subjects,
        not_exercised=("errors.rate-limit",),
        leftovers=("thread_1: DELETE answered 500",),
        interrupted="the limit of 7 requests is reached",
        plan={"scenarios": 2, "runs": 2, "requests": 20, "cells": 8},
    )


def broken() -> Report:
    slip = verdict("done.last", "stream-one-call", Status.ERROR, reason="KeyError: 'x'")
    return Report({"kind": "mock", "name": "the built-in mock"}, (Subject("stream-one-call", (slip,)),))


def unreadable() -> Report:
    return Report({"kind": "recordings", "name": "1 recording"}, (Subject("x.sse", (), "cannot read x.sse"),))


def excused() -> Report:
    """Nothing that counts: one failure is listed, one is of a rule that is not scored, and the list is outdated."""
    subject = Subject(
        "stream-one-call",
        (
            verdict("done.last", "stream-one-call", Status.FAIL, finding(), known="the proxy appends an event"),
            verdict("done.once", "stream-one-call", Status.FAIL, finding(message="done came twice"), scored=False),
            verdict("done.present", "stream-one-call", Status.PASS),
        ),
    )
    complaint = Complaint("stale", "done.present", "it passes: take it off the list")
    return Report({"kind": "http", "name": "a server"}, (subject,), complaints=(complaint,), plan={"cells": 3})


#: Tries to break out of every form: tags, fences, tables, links, mentions, an end of CDATA, and what steers terminals.
ATTACK = (
    f"``` `\n</details>]]><script>alert(1)</script> @somebody #123 [x](//evil.example) | http://evil.example {HOSTILE}"
)


def hostile() -> Report:
    """Whatever a target or a recording may say is an attack."""
    found = finding(message=ATTACK, expected=ATTACK, got=ATTACK, pointer=ATTACK)
    verdicts = (
        verdict("done.last", ATTACK, Status.FAIL, found),
        verdict("events.usage", ATTACK, Status.WARN, found),
        verdict("done.once", ATTACK, Status.FAIL, found, known=ATTACK),
        verdict("order.terminal-once", ATTACK, Status.UNTESTABLE, reason=ATTACK),
        verdict("done.closes", ATTACK, Status.ERROR, reason=ATTACK),
    )
    subjects = (Subject(ATTACK, verdicts, unknown_events=(ATTACK,)), Subject(f"{ATTACK}2", (), ATTACK))
    return Report(
        {"kind": "recordings", "name": ATTACK},
        subjects,
        leftovers=(ATTACK,),
        interrupted=ATTACK,
        again="conformance judge",
        exhibits=(Exhibit("done.last", ATTACK, 0, (ATTACK,), curl=f"curl '{ATTACK}'"),),
        complaints=(Complaint("stale", ATTACK, ATTACK),),
    )


REPORTS = (passing, failing, broken, unreadable, excused)
