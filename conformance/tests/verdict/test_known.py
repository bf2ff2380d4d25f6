"""What a list of known failures excuses, and what is told of it: by cause, never by place alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Finding, KnownFailure, Profile, Report, Role, Status, Subject, Verdict
from conformance.report.result import exit_code
from conformance.tests.report.reports import finding, verdict
from conformance.verdict.fingerprints import fingerprint, fingerprints
from conformance.verdict.known import causes, checked, concerning, excused, held, holding

ONE, THREE = "stream-one-call", "stream-three-calls"
TODAY = "2026-11-25T10:00:00Z"
CAUSE = fingerprint("done.last", finding())
OTHER = finding(kind="repeated", message="done came twice")
UNCHECKED = next(row.id for row in REQUIREMENTS.values() if row.excluded)
LAST = KnownFailure("done.last", "our proxy adds one")
PINNED = replace(LAST, fingerprints=(CAUSE,))


def failed(scenario: str = ONE, *found: Finding, status: Status = Status.FAIL) -> Verdict:
    return verdict("done.last", scenario, status, *(found or (finding(),)))


def passed(scenario: str = ONE) -> Verdict:
    return verdict("done.last", scenario, Status.PASS)


def report(*verdicts: Verdict, **facts: object) -> Report:
    names = dict.fromkeys(each.scenario for each in verdicts)
    subjects = tuple(Subject(name, tuple(v for v in verdicts if v.scenario == name)) for name in names)
    return Report({"kind": "http"}, subjects, began=TODAY, **facts)  # type: ignore[arg-type]


def reasons(told: Report) -> list[str | None]:
    return [verdict.known for subject in told.subjects for verdict in subject.verdicts]


def told(told: Report) -> list[tuple[str, str]]:
    return [(complaint.kind, complaint.row) for complaint in told.complaints]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (finding(message="an event after done"), finding(message="worded anew"), True),
        (finding(details=("200 text/html",)), finding(details=("201 text/html",)), True),
        (finding(pointer="/data/0/id"), finding(pointer="/data/17/id"), True),
        (finding(got="a", event=1, ms=3, exchange=0), finding(got="b", event=9, ms=4), True),
        (finding(pointer="/data/0/id"), finding(pointer="/data/0/name"), False),
        (finding(pointer="/id"), finding(pointer=None), False),
        (finding(got="500 text/html"), finding(got="200 text/html"), False),
        (finding(got="no answer"), finding(got="200 text/html"), False),
        (finding(got="500 text/html"), finding(got="500 application/json"), True),
        (finding(got="512 characters"), finding(got="514 characters"), True),
        (finding(kind="repeated"), finding(kind="absent"), False),
        (finding(details=("id",)), finding(details=("object",)), False),
    ],
)
def test_a_fingerprint_is_of_the_cause(one: Finding, other: Finding, same: bool) -> None:
    assert (fingerprint("done.last", one) == fingerprint("done.last", other)) is same
    assert fingerprint("done.last", one) != fingerprint("done.once", one)


def test_fingerprints_in_lists_that_exist_stay_what_they_are() -> None:
    absent = finding(kind="absent", message="the stream has no [DONE]", pointer=None)
    assert fingerprints("done.present", absent) == ("dfd171804900", "0d462c31a8ca")
    assert fingerprints("done.present", replace(absent, message="[DONE] never came"))[::2] == (
        "dfd171804900",
        "0d462c31a8ca",
    )
    assert fingerprints("done.present", replace(absent, kind="")) == ("0d462c31a8ca",)


def test_half_a_surrogate_pair_has_a_fingerprint() -> None:
    assert len(fingerprint("done.last", finding(message="\ud800", details=("\ud800",)))) == 12


def test_causes_are_the_primary_ones_where_there_are_any() -> None:
    effect = replace(OTHER, primary=False, because="framing.utf8")
    assert [cause[0] for cause in causes(failed(ONE, effect, finding()))] == [CAUSE]
    assert [cause[0] for cause in causes(failed(ONE, effect))] == [fingerprint("done.last", OTHER)]


@pytest.mark.parametrize("row", [LAST, PINNED, replace(LAST, scenarios=(ONE,)), replace(PINNED, expires="2026-11-25")])
@pytest.mark.parametrize("status", [Status.FAIL, Status.WARN])
def test_a_listed_failure_is_excused_and_keeps_its_status(row: KnownFailure, status: Status) -> None:
    done = held(report(failed(status=status)), [row])
    assert reasons(done) == [LAST.reason]
    assert done.subjects[0].verdicts[0].status is status
    assert told(done) == []
    assert exit_code(done) == 0


@pytest.mark.parametrize(
    "row",
    [
        replace(LAST, requirement="done.once"),
        replace(LAST, scenarios=(THREE,)),
        replace(PINNED, fingerprints=(fingerprint("done.last", OTHER),)),
        replace(LAST, expires="2026-11-24"),
    ],
    ids=["another requirement", "another scenario", "another cause", "expired"],
)
def test_what_is_not_listed_counts(row: KnownFailure) -> None:
    done = held(report(failed()), [row])
    assert reasons(done) == [None]
    assert exit_code(done) == 1


def test_every_cause_must_be_known() -> None:
    both = report(failed(ONE, finding(), OTHER))
    done = held(both, [PINNED])
    assert reasons(done) == [None]
    assert told(done) == [("changed", f"{ONE}:done.last")]
    assert "done came twice" in done.complaints[0].message
    more = replace(LAST, reason="that too", fingerprints=(fingerprint("done.last", OTHER),))
    assert reasons(held(both, [PINNED, more])) == [LAST.reason]


def test_another_cause_is_told_though_it_only_warns() -> None:
    done = held(report(failed(ONE, OTHER, status=Status.WARN)), [PINNED])
    assert told(done) == [("changed", f"{ONE}:done.last")]
    assert exit_code(done) == 6


def test_effects_are_excused_with_their_cause_and_so_is_what_could_not_be_looked_at() -> None:
    verdicts = (
        verdict("done.after-terminal", ONE, Status.FAIL, finding(primary=False, because="done.closes")),
        verdict("done.closes", ONE, Status.FAIL, finding(primary=False, because="done.last")),
        failed(),
        verdict("done.data", ONE, Status.UNTESTABLE, reason="nothing to look at", because="done.last"),
        verdict("done.name", ONE, Status.UNTESTABLE, reason="nothing in the exchanges showed it"),
    )
    done = held(report(*verdicts), [PINNED])
    assert reasons(done) == [LAST.reason] * 4 + [None]
    assert exit_code(done) == 2
    assert exit_code(held(report(*verdicts[:4]), [PINNED])) == 0
    assert reasons(held(report(*verdicts), [])) == [None] * 5


def test_an_effect_with_a_cause_of_its_own_counts() -> None:
    mixed = verdict("done.closes", ONE, Status.FAIL, finding(primary=False, because="done.last"), OTHER)
    assert reasons(held(report(failed(), mixed), [PINNED])) == [LAST.reason, None]


def test_in_a_recording_of_many_exchanges_a_cause_is_excused_only_where_all_of_it_is() -> None:
    effect = verdict("done.closes", ONE, Status.FAIL, finding(primary=False, because="done.last"))
    subject = Subject("x.jsonl", (failed(ONE), failed(ONE, OTHER), effect))
    assert [v.known for v in excused(subject, [PINNED], "2026-11-25").verdicts] == [LAST.reason, None, None]


def test_a_row_names_a_recording_by_its_file() -> None:
    row = replace(LAST, scenarios=("x.jsonl",))
    told = Report({"kind": "recordings"}, (Subject("x.jsonl", (failed("foreign"),)),), began=TODAY)
    assert reasons(held(told, [row])) == [LAST.reason]


def test_what_passes_everywhere_is_stale() -> None:
    done = held(report(passed(ONE), passed(THREE)), [LAST])
    assert told(done) == [("stale", "done.last")]
    assert "--update-known-failures" in done.complaints[0].message
    assert exit_code(done) == 6
    assert told(held(report(passed(ONE), failed(THREE)), [LAST])) == []


def test_of_named_scenarios_those_that_pass_are_stale() -> None:
    done = held(report(passed(ONE), failed(THREE)), [replace(LAST, scenarios=(ONE, THREE))])
    assert told(done) == [("stale", f"{ONE}:done.last")]
    assert "what passes from the row" in done.complaints[0].message
    assert told(held(report(passed(ONE), passed(THREE)), [replace(LAST, scenarios=(ONE, THREE))])) == [
        ("stale", "done.last")
    ]


@pytest.mark.parametrize(
    "facts",
    [
        {"profile": Profile(selection="done")},
        {"profile": Profile(shard="1/2")},
        {"interrupted": "interrupted from the keyboard"},
    ],
)
def test_a_row_for_all_scenarios_is_never_stale_in_a_part_of_a_run(facts: dict[str, object]) -> None:
    assert told(held(report(passed(), **facts), [LAST])) == []
    assert told(held(report(passed(), **facts), [replace(LAST, scenarios=(ONE,))])) == [("stale", f"{ONE}:done.last")]


@pytest.mark.parametrize("status", [Status.UNTESTABLE, Status.ERROR])
def test_what_could_not_be_judged_is_not_stale(status: Status) -> None:
    unjudged = verdict("done.last", THREE, status, reason="no run waited")
    assert told(held(report(passed(), unjudged), [LAST])) == []
    assert told(held(report(unjudged), [replace(LAST, scenarios=(THREE,))])) == []
    assert told(held(report(verdict("done.once", ONE, Status.PASS)), [LAST, replace(LAST, scenarios=(THREE,))])) == []


def test_an_expired_row_is_told_also_where_a_mended_one_is_stale() -> None:
    old = replace(LAST, expires="2026-11-24")
    assert told(held(report(failed()), [old])) == [("expired", "done.last")]
    assert told(held(report(passed()), [old])) == [("stale", "done.last")]
    assert told(held(report(verdict("done.once", ONE, Status.PASS)), [old])) == [("expired", "done.last")]


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        (KnownFailure("done.lst", "r"), "Did you mean done.last"),
        (KnownFailure("zzz.zzz", "r"), "conformance list requirements"),
        (replace(LAST, scenarios=("stream-one-cal",)), "Did you mean stream-one-call"),
        (replace(LAST, scenarios=("streamed-json",)), "No scenario for a server"),
        (KnownFailure(UNCHECKED, "r"), "Nothing checks this requirement"),
    ],
)
def test_an_id_that_matches_nothing_is_told_with_the_nearest(row: KnownFailure, hint: str) -> None:
    done = held(report(passed()), [row])
    assert [complaint.kind for complaint in done.complaints] == ["unmatched"]
    assert hint in done.complaints[0].message
    assert exit_code(done) == 6


def test_names_of_recordings_cannot_be_looked_up() -> None:
    part = Report({"kind": "recordings"}, (Subject("y.sse", (passed("y.sse"),)),), began=TODAY)
    assert told(held(part, [replace(LAST, scenarios=("x.sse",))])) == []


def test_one_list_serves_many_targets_and_both_roles() -> None:
    http = replace(LAST, target={"kind": ("http", "mock"), "model": ("small",)})
    client = KnownFailure("outcome.text", "r")
    wrong = KnownFailure("done.lst", "r")
    rows = (LAST, http, client, wrong)
    assert holding(rows, {"kind": "http", "model": "small"}, Role.SERVER) == (LAST, http, wrong)
    assert holding(rows, {"kind": "http", "model": None}, Role.SERVER) == (LAST, wrong)
    assert holding(rows, {"kind": "recordings"}, Role.SERVER) == (LAST, wrong)
    assert holding(rows, {"kind": "client"}, Role.CLIENT) == (client, wrong)


def test_complaints_of_joined_parts_are_those_of_the_whole() -> None:
    parts = [held(report(passed(ONE)), [LAST]), held(report(failed(THREE)), [LAST])]
    assert told(parts[0]) == [("stale", "done.last")]
    assert told(checked(replace(parts[0], subjects=parts[0].subjects + parts[1].subjects))) == []


def test_a_part_of_what_a_list_is_about_concerns_only_its_rows() -> None:
    done = held(report(failed()), [PINNED, KnownFailure("done.once", "r", expires="2020-01-01")])
    assert told(done) == [("expired", "done.once")]
    assert told(concerning(done)) == []
