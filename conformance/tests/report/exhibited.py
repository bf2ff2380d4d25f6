"""Reports with exhibits, as a run makes them, and one whose every word is hostile."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from conformance.model import Complaint, Exhibit, Moment, Profile, Report, Status, Subject, Transcript
from conformance.proof.faults import FAULTS
from conformance.proof.faults import broken as told_wrong
from conformance.report.exhibits import Exhibitor
from conformance.report.not_exercised import not_exercised
from conformance.tests.report.reports import HOSTILE, finding, verdict
from conformance.verdict.judge import judge
from conformance.wire import cassette

REFERENCE = Path(__file__).parents[3] / "cassettes/reference"

#: Scenario -> the lie that is told in it: departures of every kind, of streams and of plain answers.
LIES = {
    "stream-three-calls": "delta-after-done",
    "stream-one-call": "message-never-in-progress",
    "stream-two-messages": "done-named-end",
    "stream-next-round": "delta-twice",
    "json-one-call": "plain-201",
    "unknown-run": "error-as-text",
    "stream-cancelled": "cancelled-without-time",
}

#: The departure that its owner has listed.
KNOWN = "response.status-200"


def played(scenario: str) -> Transcript:
    """The reference cassette of a scenario."""
    path = REFERENCE / f"{scenario}.jsonl"
    return cassette.read(path.read_text("utf-8").splitlines(), path.name)


def shown(transcripts: tuple[Transcript, ...]) -> Report:
    """A report with exhibits, as a run against a server makes it."""
    exhibitor = Exhibitor(origin="http://127.0.0.1:1")
    subjects = tuple(judge(transcript) for transcript in transcripts)
    for transcript, subject in zip(transcripts, subjects, strict=True):
        exhibitor.look(transcript, subject)
    return Report(
        {"kind": "http", "base_url": "http://127.0.0.1:1/v1"},
        subjects,
        not_exercised=not_exercised(subjects),
        plan={"scenarios": len(subjects), "cells": sum(len(subject.verdicts) for subject in subjects)},
        again="conformance server --base-url=http://127.0.0.1:1/v1 --api-key-env=API_KEY",
        began="2026-11-25T12:00:00Z",
        took_ms=12_345,
        exhibits=exhibitor.exhibits,
    )


@cache
def exhibited() -> Report:
    """Every reference cassette, some with a lie in them, one of which is listed as known."""
    transcripts = tuple(
        told_wrong(played(path.stem), FAULTS[LIES[path.stem]]) if path.stem in LIES else played(path.stem)
        for path in sorted(REFERENCE.glob("*.jsonl"))
    )
    report = shown(transcripts)
    subjects = tuple(
        replace(
            subject,
            verdicts=tuple(
                replace(row, known="201 is what our gateway says; mended in 2.4")
                if row.requirement == KNOWN and row.findings
                else row
                for row in subject.verdicts
            ),
        )
        for subject in report.subjects
    )
    stale = Complaint("stale", "done.last", "It passes now: take the row out of known-failures.toml.")
    return replace(report, subjects=subjects, complaints=(stale,), profile=Profile(requirements="2026.11", seed=7))


#: Markup and addresses that must stay text wherever a page shows them, and what must not be read as a template.
MARKUP = (
    "</style></script><script>window.pwned=1</script><img src=x onerror=pwned=1>\"'><a href=javascript:pwned=1>{{7*7}}"
)


def hostile() -> Report:
    """A report in which everything that a target can choose is hostile."""
    evil = f"{MARKUP}{HOSTILE}"
    moments = tuple(Moment(9 * index, evil, f"step {evil}", (index, index + 1)) for index in range(4))
    exhibit = Exhibit(
        "done.last", evil, 0, (f"> {evil}", f"< {evil}", evil), f"curl '{evil}'", moments, 2, {f"step {evil}": evil},
        (evil,), "{}",
    )  # fmt: skip
    departed = finding(message=evil, expected=evil, got=evil, pointer=evil)
    verdicts = (
        verdict("done.last", evil, Status.FAIL, departed),
        verdict("done.once", evil, Status.WARN, departed, known=evil),
        verdict("done.name", evil, Status.ERROR, reason=evil),
        verdict("done.data", evil, Status.UNTESTABLE, reason=evil),
    )
    return Report(
        {"kind": evil, "base_url": f"javascript:alert(1)//{evil}", evil: evil},
        (Subject(evil, verdicts, unknown_events=(evil,)), Subject(evil, (), evil), Subject(f"2{evil}", verdicts, evil)),
        leftovers=(evil,),
        interrupted=evil,
        profile=Profile(requirements=evil, selection=evil, shard=evil),
        again=f"conformance server {evil}",
        began=evil,
        exhibits=(exhibit,),
        complaints=(Complaint("stale", evil, evil),),
    )
