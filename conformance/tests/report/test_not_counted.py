"""What does not count is distinguished from what does, and whatever counts is told."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Complaint, KnownFailure, Report, Status, Subject
from conformance.report.departures import departures, excused
from conformance.report.not_counted import next_to_expire, unscored
from conformance.report.result import exit_code, verdict_word
from conformance.report.style import Style
from conformance.report.tally import Tally, standing
from conformance.report.text import text
from conformance.tests.report.reports import HOSTILE, failing, finding, verdict

S = "stream-one-call"
KNOWN = verdict("done.last", S, Status.FAIL, finding(), known="a proxy")
EFFECT = verdict("done.closes", S, Status.FAIL, finding(primary=False, because="done.last"))


def report(*verdicts: object, **facts: object) -> Report:
    return Report({"kind": "http"}, (Subject(S, verdicts),), **facts)  # type: ignore[arg-type]


def test_what_counts_is_told_though_its_cause_does_not_count() -> None:
    later = replace(KNOWN, known=None, scored=False)
    told = report(later, EFFECT)
    assert standing(told.subjects[0]) == (later, EFFECT)
    assert [each.requirement.id for each in departures(told.subjects, Status.FAIL)] == ["done.closes"]
    assert [each.requirement.id for each in unscored(told)] == ["done.last"]
    assert exit_code(told) == 1
    assert "FAIL  done.closes" in text(told, Style())


def test_what_follows_from_a_known_failure_is_told_under_it() -> None:
    told = report(KNOWN, replace(EFFECT, known="a proxy"))
    assert departures(told.subjects, Status.FAIL) == ()
    (known,) = departures(told.subjects, Status.FAIL, excused)
    assert (known.requirement.id, known.effects) == ("done.last", ("done.closes",))
    assert "KNOWN  done.last  MUST\n  reason    a proxy\n" in text(told, Style())
    assert Tally.of(told.subjects).known == 2
    assert exit_code(told) == 0


def test_what_a_known_failure_left_nothing_to_look_at_does_not_leave_the_run_incomplete() -> None:
    unseen = verdict("done.data", S, Status.UNTESTABLE, reason="nothing to look at", because="done.last")
    assert verdict_word(report(KNOWN, unseen)) == "INCOMPLETE"
    assert verdict_word(report(KNOWN, replace(unseen, known="a proxy"))) == "PASS"
    assert verdict_word(report(KNOWN, replace(unseen, scored=False))) == "PASS"


def test_the_next_to_expire_is_of_those_that_excuse_something() -> None:
    rows = (
        KnownFailure("done.once", "unused", expires="2026-12-01"),
        KnownFailure("done.last", "a proxy", expires="2027-02-01"),
        KnownFailure("done.last", "a proxy"),
    )
    assert next_to_expire(report(KNOWN, known_failures=rows)) == "the next to expire is done.last, after 2027-02-01"
    assert next_to_expire(report(KNOWN, known_failures=rows[2:])) == ""


def test_words_of_a_list_are_as_safe_as_those_of_a_target() -> None:
    rows = (KnownFailure("done.last", HOSTILE, link=f"https://{HOSTILE}"),)
    complaints = (Complaint("unmatched", HOSTILE, HOSTILE),)
    told = text(report(replace(KNOWN, known=HOSTILE), known_failures=rows, complaints=complaints), Style())
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "OUTDATED LIST" in told


def test_without_anything_excused_nothing_is_said_of_it() -> None:
    told = text(failing(), Style())
    assert not [word for word in ("KNOWN ", "known", "NOT SCORED", "OUTDATED") if word in told.replace("UNKNOWN", "")]
