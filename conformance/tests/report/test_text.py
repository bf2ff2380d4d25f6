"""The report for people: verdict first, each departure once with all it takes to act on it, no tricks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.errors import UsageError
from conformance.model import Exhibit, Finding, Moment, Report, Status, Subject, Verdict
from conformance.report.document import report_document
from conformance.report.not_exercised import not_exercised, unseen
from conformance.report.plain import error_text, safe
from conformance.report.result import verdict_word
from conformance.report.style import Style
from conformance.report.text import MOCKED, place, text, verdict_block
from conformance.tests.report.reports import HOSTILE, REPORTS, broken, failing, finding, passing, unreadable, verdict
from conformance.verdict.without_ids import without_ids

AGAIN = "conformance server --base-url=http://127.0.0.1:1/v1"


def lines(report: Report, again: str = AGAIN, style: Style | None = None) -> list[str]:
    return text(replace(report, again=again), style or Style()).splitlines()


@pytest.mark.parametrize(
    ("report", "word"),
    [(passing(), "PASS"), (failing(), "FAIL"), (broken(), "ERROR"), (unreadable(), "NOTHING JUDGED")],
)
def test_the_verdict_comes_first_and_where_there_is_more_also_last(report: Report, word: str) -> None:
    shown = [line for line in lines(report) if MOCKED not in line]
    assert shown[0].startswith(f"{word}  ")
    assert verdict_word(report) == word
    verdicts = [line for line in shown if line.startswith(f"{word}  ")]
    assert len(shown) == 4 or len(verdicts) >= 2


def test_a_clean_run_takes_four_lines() -> None:
    assert len(lines(passing())) == 4
    assert lines(passing())[1] == "requirements: 0 failed, 1 passed"
    assert lines(passing())[2] == "1 verdict: 0 failed, 1 passed"


def test_a_departure_is_told_once_with_everything_to_act_on_it() -> None:
    shown = "\n".join(lines(failing(), style=Style(width=200)))
    assert shown.count("FAIL  done.last") == 1
    block = shown[shown.index("FAIL  done.last") : shown.index("WARN  events.usage")].splitlines()
    fields = {line[2:12].strip(): line[12:] for line in block[1:] if line}
    assert block[0] == "FAIL  done.last  MUST  in 2 scenarios"
    assert fields["found"] == "an event follows done"
    assert fields["expected"] == "nothing after done"
    assert fields["got"] == "thread.message.delta"
    assert fields["at"] == "stream-one-call · exchange 1 · event 14 · bytes 5121-5388 · +412 ms · 2 times"
    assert fields["in"] == "stream-one-call, stream-three-calls"
    assert fields["rule"].endswith("(ORD-DONE-LAST)")
    assert fields["why"]
    assert "https://" in fields["source"]
    assert fields["repeat"] == f"{AGAIN} -k 'stream-one-call:done.last'"


def test_an_effect_stands_under_its_cause_and_has_no_block_of_its_own() -> None:
    shown = lines(failing())
    assert not [line for line in shown if line.startswith("FAIL  done.closes")]
    assert "  effects   done.closes" in shown
    assert shown[1] == ("requirements: 1 failed, 0 passed, 1 due to another failure, 1 warned, 1 could not be tested")
    assert shown[2] == ("8 verdicts: 2 failed, 2 due to those, 0 passed, 2 warned, 2 could not be tested")


def test_what_was_added_when_observed_is_counted_beside_what_was_planned() -> None:
    lucky = verdict("errors.rate-limit", "stream-one-call", Status.PASS, joined=True)
    planned = verdict("done.last", "stream-one-call", Status.PASS)
    report = Report({"kind": "http"}, (Subject("stream-one-call", (planned, lucky)),), plan={"cells": 1})
    assert lines(report)[2] == "2 verdicts, 1 of them added when observed: 0 failed, 2 passed"
    document = report_document(report)
    assert (document["planned"], document["judged"]) == (2, 2)


def test_a_failure_that_only_follows_from_a_warning_is_no_pass() -> None:
    cause = verdict("request.stream-type", "s", Status.WARN, finding())
    effect = verdict("done.closes", "s", Status.FAIL, finding(primary=False, because="request.stream-type"))
    report = Report({"kind": "http"}, (Subject("s", (cause, effect)),))
    assert verdict_word(report) == "FAIL"
    assert lines(report)[1] == "requirements: 0 failed, 0 passed, 1 due to another failure, 1 warned"


def test_what_was_not_shown_is_told_with_its_reason() -> None:
    shown = "\n".join(lines(failing()))
    assert (
        "COULD NOT BE TESTED (does not count against the target)\n  reason    nothing to look at\n"
        "  what      order.terminal-once\n  in        2 scenarios, 2 verdicts"
    ) in shown
    assert "NOT EXERCISED" in shown
    assert "errors.rate-limit" in shown
    assert "NOT DELETED" in shown
    assert "thread_1: DELETE answered 500" in shown
    assert "thread.run.paused" in shown
    assert "  stopped   the limit of 7 requests is reached" in shown


def test_verbose_leaves_nothing_out() -> None:
    shown = lines(failing(), style=Style(verbose=True))
    counts = "1 failed, 0 passed, 1 due to another failure, 1 warned, 1 could not be tested"
    assert f"  FAIL stream-one-call: {counts}" in shown
    assert len([line for line in shown if "https://" in line]) > len([x for x in lines(failing()) if "https://" in x])


@pytest.mark.parametrize("report", [make() for make in REPORTS])
def test_what_a_target_sends_cannot_steer_a_terminal(report: Report) -> None:
    shown = text(report, Style())
    assert all(character.isprintable() or character == "\n" for character in shown)
    shown.encode("utf-8")


def test_hostile_text_is_spelled_out_and_cut() -> None:
    assert safe(HOSTILE) == r"\x1b[2J\x1b]0;pwned\x07\u202eevil\x0d\x0a\ud800"
    assert len(safe("x" * 10_000)) == 400
    assert safe("naïve ✓ 日本") == "naïve ✓ 日本"


def test_colour_only_where_it_is_welcome() -> None:
    assert "\x1b[" not in text(failing(), Style())
    assert "\x1b[1;31mFAIL\x1b[0m" in text(failing(), Style(colour=True))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_fields_keep_to_the_width(width: int) -> None:
    fields = [line for line in lines(failing(), style=Style(width=width)) if line.startswith("  ")]
    assert fields
    assert all(len(line) <= width or " " not in line.strip().removeprefix("repeat").strip()[width:] for line in fields)


def test_the_mock_is_told_loudly() -> None:
    assert lines(broken())[0] == f"{MOCKED}."
    assert MOCKED not in "\n".join(lines(failing()))


def test_only_so_many_ways_of_one_departure_are_shown() -> None:
    ways = tuple(
        Subject(f"s{n}", (verdict("done.last", f"s{n}", Status.FAIL, finding(message=f"way {n}")),)) for n in range(7)
    )
    shown = lines(Report({"kind": "http"}, ways))
    assert len([line for line in shown if line.startswith("  got")]) == 3
    assert "            and 4 other ways" in shown


def test_findings_that_differ_only_in_ids_and_values_are_one_way() -> None:
    def seen(n: int) -> Subject:
        found = finding(message=f"run_0{n} is unknown", pointer="/data", expected=f"run_0{n}", got=f"value {n}")
        other = finding(message=f"run_0{n} is unknown", pointer="/object", got=f"run_a{n}")
        return Subject(f"s{n}", (verdict("done.last", f"s{n}", Status.FAIL, found, other),))

    shown = lines(Report({"kind": "http"}, tuple(map(seen, range(7)))))
    assert [line for line in shown if line.startswith("  got")] == [
        "  got       value 0 (and 6 other values elsewhere)",
        "  got       run_a0",
    ]
    assert len([line for line in shown if line.endswith("7 times")]) == 2


def test_reasons_that_differ_only_in_ids_are_told_once() -> None:
    def untested(n: int) -> Verdict:
        reason = f"GET /v1/threads/thread_abc{n}/runs/{n}f-9 was answered 404: No run found with id run_9{n}"
        return verdict("done.last", f"s{n}", Status.UNTESTABLE, reason=reason)

    report = Report({"kind": "http"}, tuple(Subject(f"s{n}", (untested(n),)) for n in range(3)))
    shown = "\n".join(lines(report, style=Style(width=200)))
    told = "GET /v1/threads/{thread_id}/runs/{run_id} was answered 404: No run found with id {run_id}"
    assert shown.count(told) == 1
    assert "  what      done.last\n  in        3 scenarios, 3 verdicts" in shown


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("POST /threads/runs", "POST /threads/runs"),
        ("the run_id of a tool_call_id, run_steps", "the run_id of a tool_call_id, run_steps"),
        ("/v1/threads/a%20b/runs/c: no", "/v1/threads/{thread_id}/runs/{run_id}: no"),
        ("/threads/t1/runs/r1/steps/s1?x=1", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}?x=1"),
        ("call_00x2, msg_4", "{call_id}, {message_id}"),
        ("b2c5cb2e-7a4f-4ff0-8cf1-4ae3aeb1ab11 is gone", "{id} is gone"),
        ("answered 404 after 3 tries", "answered 404 after 3 tries"),
    ],
)
def test_ids_are_known_by_their_place_and_by_their_look(text: str, same: str) -> None:
    assert without_ids(text) == same


def test_what_was_not_exercised_says_what_it_would_have_taken() -> None:
    def shown(*seen: str) -> str:
        subject = Subject("json-one-call", tuple(verdict(name, "json-one-call", Status.PASS) for name in seen))
        report = Report({"kind": "http"}, (subject,), not_exercised=not_exercised((subject,)))
        return "\n".join(lines(report, style=Style(width=10_000, verbose=True)))

    assert "  reason    needs a server that keeps state\n  what      " in shown("done.last")
    assert "  reason    needs a key: --api-key-env\n  what      " in shown("done.last")
    nothing_missing = shown("surface.pending-calls", "errors.wrong-key")
    assert "keeps state" not in nothing_missing
    assert "needs a key" not in nothing_missing


def test_requirements_that_nothing_showed_are_all_told_each_once() -> None:
    names = not_exercised(())
    told = unseen(names)
    assert sorted(name for members in told.values() for name in members) == sorted(names)
    assert "errors.rate-limit" in told["observed"]
    assert "errors.wrong-key" in told["key"]
    assert "done.last" in told["rest"]
    assert "submission.expired-refused" in told["state"]
    assert "submission.expired-refused" in unseen(("submission.expired-refused", "done.last"))["script"]


def test_no_time_is_told_where_there_is_none() -> None:
    assert place(finding(ms=0)) == place(finding(ms=None)) == "exchange 1 · event 14 · bytes 5121-5388"


def test_recordings_are_repeated_by_file() -> None:
    subjects = (Subject("a b.sse", (verdict("done.last", "a b.sse", Status.FAIL, finding()),)),)
    shown = lines(Report({"kind": "recordings"}, subjects), "conformance judge")
    assert "  repeat    conformance judge 'a b.sse' -k done.last" in shown


def test_one_verdict_names_its_cause() -> None:
    effect = verdict("done.closes", "stream-one-call", Status.FAIL, finding(primary=False, because="done.last"))
    assert "\n  because   done.last\n" in verdict_block(effect, AGAIN, Style())


def test_an_effect_whose_cause_was_not_asked_for_stands_for_itself() -> None:
    effect = verdict("done.closes", "stream-one-call", Status.FAIL, finding(primary=False, because="done.last"))
    shown = lines(Report({"kind": "http"}, (Subject("stream-one-call", (effect,)),)))
    assert "FAIL  done.closes  MUST  stream-one-call" in shown
    assert "  because   done.last" in shown
    assert shown[1] == "requirements: 1 failed, 0 passed"


def test_a_finding_without_a_place_is_told_without_one() -> None:
    bare = Finding("k", "m", "e", "g", 0)
    subjects = (Subject("s", (verdict("done.last", "s", Status.FAIL, bare),)),)
    assert "  at        s · exchange 0" in lines(Report({"kind": "http"}, subjects))


def test_an_error_is_one_message_and_what_to_do() -> None:
    assert error_text(UsageError("no\x1b[2J", "do this\nand that")) == "conformance: no\\x1b[2J\n  do this\n  and that"


def exhibited() -> Report:
    names = ("thread.run.completed", "thread.message.delta", "done")
    events = tuple(Moment(n, name, "run" if n == 0 else "", (n, n + 1)) for n, name in enumerate(names))
    shown = Exhibit("done.last", "stream-one-call", 1, ("> POST /x",), "curl -N x", events, 1, {"run": "completed"},
                    ("done",), "{}\n")  # fmt: skip
    return replace(failing(), exhibits=(shown,))


def test_a_departure_that_is_exhibited_says_what_came_around_it_and_what_was_legal() -> None:
    shown = lines(exhibited(), style=Style(width=200))
    assert "  events    0 thread.run.completed · >1 thread.message.delta · 2 done" in shown
    assert "  state     run completed" in shown
    assert "  legal     done" in shown


def test_the_commands_that_repeat_a_departure_stand_whole_on_a_line() -> None:
    kept = lines(exhibited(), style=Style(width=60, verbose=True, folder="a folder"))
    assert "  or        conformance judge 'a folder/repro/done.last.jsonl' -k done.last" in kept
    assert "  or        curl -N x" in kept
    assert "  report    a folder/report.txt" in kept
    loose = lines(exhibited(), style=Style(width=60))
    assert not [line for line in loose if "repro/" in line or "curl" in line or "  report " in line]


@pytest.mark.parametrize(
    ("report", "folder", "command"),
    [
        (passing(), None, f"{AGAIN} --out conformance-report"),
        (failing(), None, "conformance explain done.last"),
        (unreadable(), None, f"{AGAIN} -v"),
    ],
)
def test_the_last_line_is_the_next_command(report: Report, folder: str | None, command: str) -> None:
    assert lines(report, style=Style(width=40, folder=folder))[-1] == f"  next      {command}"


def test_there_is_no_next_command_where_all_is_well_and_kept() -> None:
    assert lines(passing(), style=Style(folder="x"))[-1] == "  report    x/report.txt"
