"""Frozen requirement sets stay what they are, and the newest is current."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance import __version__
from conformance.contract.requirement_sets import frozen, levels, names, newest
from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import UsageError
from conformance.model import Level, Status, Subject
from conformance.tests.report.reports import finding, verdict
from conformance.verdict.terms import scored

WRITE = "python -m conformance.contract.requirement_sets > conformance/contract/sets/{0}.json"


@pytest.mark.parametrize("name", names())
def test_nothing_vanishes_from_a_frozen_set(name: str) -> None:
    gone = levels(name).keys() - REQUIREMENTS.keys()
    assert not gone, f"{gone} is in the frozen set {name}: an id is never renamed or taken away; say excluded = 'why'"


@pytest.mark.parametrize("name", names())
def test_a_frozen_set_holds_nothing_that_joined_later_and_all_that_had_joined(name: str) -> None:
    later = {id_ for id_ in levels(name) if REQUIREMENTS[id_].added > name}
    assert not later, f"{later} joined after the frozen set {name}, which stays what it is"
    early = {r.id for r in REQUIREMENTS.values() if r.added <= name and r.excluded is None} - levels(name).keys()
    assert not early, f"{early} is not in {name}: run `{WRITE.format(name)}`, or give it the month of the next set"


def test_the_newest_set_is_current() -> None:
    changed = {id_: level for id_, level in levels(newest()).items() if REQUIREMENTS[id_].level is not level}
    assert not changed, (
        f"{changed} have another level now: if {newest()} is released, begin a new set, see requirement_sets.py; "
        f"if not, run `{WRITE.format(newest())}`"
    )


def test_the_newest_set_is_no_later_than_the_release_that_holds_it() -> None:
    assert newest() <= __version__[: len("2026.11")]
    assert list(names()) == sorted(names())


def test_a_set_is_what_was_checked_at_its_time() -> None:
    last = REQUIREMENTS["done.last"]
    rows = (last, replace(last, id="done.later", added="2027.01"), replace(last, id="done.not", excluded="nobody can"))
    assert frozen("2026.11", rows) == '{\n "done.last": "MUST"\n}\n'
    assert '"done.later"' in frozen("2027.01", rows)


def test_an_unknown_set_is_a_usage_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no requirement set '2020.01'\n.*2026.11"):
        levels("2020.01")


def planted(monkeypatch: pytest.MonkeyPatch, rules: dict[str, Level]) -> None:
    monkeypatch.setattr("conformance.verdict.terms.levels", lambda name: rules)


def test_a_rule_added_later_is_told_and_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, {"done.once": Level.MUST})
    subject = Subject("s", (verdict("done.last", "s", Status.FAIL, finding()), verdict("done.once", "s", Status.PASS)))
    later, early = scored(subject, "2026.11").verdicts
    assert (later.status, later.level, later.scored) == (Status.FAIL, Level.MUST, False)
    assert early.scored


@pytest.mark.parametrize(
    ("then", "now", "status"),
    [
        (Level.SHOULD, Status.FAIL, Status.WARN),
        (Level.SHOULD, Status.PASS, Status.PASS),
        (Level.MUST, Status.WARN, Status.FAIL),
    ],
)
def test_a_level_changed_later_is_that_of_the_set(
    monkeypatch: pytest.MonkeyPatch, then: Level, now: Status, status: Status
) -> None:
    planted(monkeypatch, {"done.last": then, "events.usage": then})
    rule = "done.last" if then is Level.SHOULD else "events.usage"
    (judged,) = scored(Subject("s", (verdict(rule, "s", now),)), "2026.11").verdicts
    assert (judged.level, judged.status, judged.scored) == (then, status, True)


def test_without_a_set_everything_is_scored() -> None:
    subject = Subject("s", (verdict("done.last", "s", Status.FAIL, finding()),))
    assert scored(subject, "") is subject
