"""Nothing is missing, and whatever is forgotten is named with its file and what to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.tests.complete import Facts, facts, missing

KNOWN = facts()
RULE = "done.last"


def test_nothing_is_missing() -> None:
    assert list(missing(KNOWN)) == []


def _without_check(known: Facts) -> Facts:
    return replace(known, checks={file: text.replace(f'"{RULE}"', "") for file, text in known.checks.items()})


def _with_row(known: Facts, **columns: object) -> Facts:
    return replace(known, rows={**known.rows, RULE: {**known.rows[RULE], **columns}})


@pytest.mark.parametrize(
    ("forget", "file", "what", "command"),
    [
        (_without_check, "conformance/checks/done.py", "no check of done.last", '@check("done.last"'),
        (
            lambda known: replace(known, kinds={name: row for name, row in known.kinds.items() if name != RULE}),
            "conformance/contract/kinds.toml", "no kind of done.last", "below [done]",
        ),
        (
            lambda known: replace(known, examples=known.examples - {RULE}),
            "conformance/contract/examples/violations.toml", "no example", "test_examples.py -k done.last",
        ),
        (
            lambda known: replace(known, broken=known.broken - {RULE}),
            "conformance/proof/faults/", "nothing breaks", "conformance prove -k done.last",
        ),
        (
            lambda known: replace(known, broken=known.broken - {"reading.bom"}),
            "conformance/mock/client/habits.py", "nothing breaks reading.bom", "conformance prove -k reading.bom",
        ),
        (
            lambda known: _with_row(known, contract=["ORD-NEVER"]),
            "conformance/tests/contract/catalogue.toml", "cites ORD-NEVER", "correct the id",
        ),
        (
            lambda known: replace(known, examples=known.examples | {"done.lst"}),
            "conformance/contract/examples/violations.toml", "done.lst is no requirement", "requirements/done.toml",
        ),
        (
            lambda known: replace(known, checks={**known.checks, "x.py": 'observation.finding("sudden", "", "", "")'}),
            "conformance/contract/kinds.toml", "'sudden', which x.py finds", "<rule>.sudden",
        ),
        (
            lambda known: replace(known, cassettes=known.cassettes - {"stream-one-call"}),
            "cassettes/reference/stream-one-call.jsonl", "no cassette", "make docs",
        ),
        (
            lambda known: replace(known, scenarios=known.scenarios - {"stream-one-call"}),
            "cassettes/reference/stream-one-call.jsonl", "of no scenario", "delete it",
        ),
        (
            lambda known: replace(known, generated={"docs/a.md": ("old", "new")}),
            "docs/a.md", "older than what it is made of", "make docs",
        ),
        (
            lambda known: replace(known, faults=known.faults | {"unheard-of"}),
            "docs/fault-matrix.md", "the fault unheard-of", "make docs",
        ),
    ],
)  # fmt: skip
def test_what_is_forgotten_is_named(forget: Callable[[Facts], Facts], file: str, what: str, command: str) -> None:
    (found,) = missing(forget(KNOWN))
    assert found.file == file
    assert what in found.what
    assert command in found.command


def test_an_excluded_requirement_needs_nothing() -> None:
    known = _with_row(replace(KNOWN, broken=KNOWN.broken - {RULE}, examples=KNOWN.examples - {RULE}), excluded="why")
    assert list(missing(known)) == []
