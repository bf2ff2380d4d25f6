"""What is kept of many findings: the first ten, the first of each further cause, and the number of the rest."""

from __future__ import annotations

import pytest

from conformance.model import Finding
from conformance.walk.causes import COUNTED, cause_of
from conformance.walk.findings import CAUSES, KEPT, Entry


def finding(kind: str = "not-last", *, pointer: str | None = None, details: tuple[str, ...] = ()) -> Finding:
    return Finding(kind, "said", "this", "that", 0, pointer=pointer, details=details)


def entry(*found: Finding) -> Entry:
    kept = Entry()
    for each in found:
        kept.add(each)
    return kept


def test_a_new_cause_behind_many_known_ones_is_kept() -> None:
    other = finding("absent")
    kept = entry(*[finding()] * 30, other, other)
    assert kept.findings == [*[finding()] * KEPT, other]
    assert (kept.more, kept.more_causes) == (21, False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (finding(pointer="/data/0/id"), finding(pointer="/data/17/id"), True),
        (finding(pointer="/data/0/id"), finding(pointer="/data/0/name"), False),
        (finding(details=("id",)), finding(details=("name",)), False),
        (finding(details=("200 text/html",)), finding(details=("404 text/html",)), True),
    ],
)
def test_a_cause_is_told_by_kind_details_and_pointer(one: Finding, other: Finding, same: bool) -> None:
    assert (cause_of(one) == cause_of(other)) is same


def test_causes_beyond_a_number_are_counted_and_said_to_be() -> None:
    kept = entry(*[finding()] * KEPT, *(finding(pointer=f"/{'a' * length}") for length in range(1, 3 * CAUSES)))
    assert len(kept.causes) == CAUSES
    assert len(kept.findings) == KEPT + CAUSES - 1
    assert len(kept.findings) + kept.more == KEPT + 3 * CAUSES - 1
    assert kept.more_causes


def test_what_nobody_looked_at_may_have_any_cause() -> None:
    assert (entry(finding(), COUNTED).more, entry(finding(), COUNTED).more_causes) == (1, True)
