"""The page and the lists show every requirement, and the page in docs/ is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import UsageError
from conformance.report.explain import explain
from conformance.report.requirements_page import page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_in_docs_is_current() -> None:
    written = (DOCS / "requirements.md").read_text(encoding="utf-8")
    assert written == page(), "make docs writes it anew"


def test_the_page_has_a_place_for_each_requirement() -> None:
    shown = page()
    for row in REQUIREMENTS.values():
        assert f'<a id="{row.id}"></a>' in shown
        assert row.sentence in shown


@pytest.mark.parametrize("id_", REQUIREMENTS)
def test_explain_shows_sentence_reason_sources_and_two_examples(id_: str) -> None:
    row, shown = REQUIREMENTS[id_], explain(id_, width=10_000)
    _, violating, difference = shown.partition("\n  violating: ")
    for fact in (row.sentence, row.why, *row.evidence, *(source.ref for source in row.sources)):
        assert fact in shown
    assert (row.excluded is None) == ("\n  conforming: " in shown) == bool(violating)
    changed = any(line.startswith(("    -", "    +")) for line in difference.splitlines()[1:])
    assert changed == bool(violating), "an example shows what makes the difference"
    assert all(line.isprintable() for line in shown.splitlines())


def test_explain_by_an_id_of_the_contract_shows_all_that_cite_it() -> None:
    shown = explain("ORD-DONE-LAST")
    assert all(f"{id_}  MUST" in shown for id_ in ("done.present", "done.once", "done.last", "done.data"))


def test_explain_without_such_an_id_names_near_ones() -> None:
    with pytest.raises(UsageError, match=r"done\.last"):
        explain("done.lst")


def test_explain_wraps_prose_to_the_width() -> None:
    prose, _, _ = explain("done.last", width=80).partition("\n  conforming: ")
    assert all(len(line) <= 80 or "https://" in line for line in prose.splitlines())
