"""The table of kinds: what lists and baselines were made of stays what it is."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

import conformance.checks
from conformance.contract.kinds import kinds
from conformance.walk.registry import CHECKS
from conformance.wire.sse import DEFECTS

assert conformance.checks

#: Of every row with a wording. A kind that was renamed, or a wording that was changed to that of today, un-excuses what
#: people have excused. Only where a kind, and whatever it was told for, is gone from the checks, is this written anew.
WORDED = "e27ffc5239f47f2a373cf773012f6b01aa2e4fd3c802fda2ff308239f65ac393"

#: Rows that no check names, and who does.
ELSEWHERE = {"open-body": "conformance.fuzz.judge"}

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def sources(folder: Traversable) -> str:
    """The text of every module below a folder."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return "".join(
        sources(entry) if entry.is_dir() else entry.read_text("utf-8") if entry.name.endswith(".py") else ""
        for entry in entries
        if entry.name != "__pycache__"
    )


def test_every_check_has_kinds_and_every_kind_a_check() -> None:
    assert kinds().keys() == CHECKS.keys()
    assert all(kinds().values())


def test_kinds_are_slugs() -> None:
    assert [kind for rows in kinds().values() for kind in rows if not _SLUG.fullmatch(kind)] == []


def test_kinds_in_the_table_are_named_by_the_checks_and_the_other_way_round() -> None:
    text = sources(files("conformance.checks"))
    declared = {kind for rows in kinds().values() for kind in rows}
    named = set(re.findall(r"finding\(\s*\"([^\"]+)\"", text))
    assert named <= declared
    assert {kind for kind in declared if f'"{kind}"' not in text} <= ELSEWHERE.keys() | DEFECTS.keys()


def test_what_former_fingerprints_were_made_of_is_kept() -> None:
    rows = [f"{name} {kind} {words}" for name, row in kinds().items() for kind, words in row.items() if words]
    assert len(rows) == 255
    assert sha256("\n".join(sorted(rows)).encode()).hexdigest() == WORDED
