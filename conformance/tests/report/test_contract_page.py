"""The contract as a page: every rule once, every link to something on it, and as written as `make docs` writes it."""

from __future__ import annotations

import re

import pytest

from conformance.contract.lifecycle import TABLES
from conformance.contract.requirements import REQUIREMENTS
from conformance.files import reports_folder
from conformance.report.contract_page import SECTIONS, document, rules
from conformance.report.state_picture import picture

DOCS = reports_folder().parent / "docs"


@pytest.fixture(scope="module")
def page() -> str:
    return document()


def test_every_rule_stands_at_one_moment() -> None:
    placed = [rule.row.id for section in SECTIONS for rule in rules(section)]
    assert sorted(placed) == sorted(REQUIREMENTS)


def test_every_link_within_the_page_leads_somewhere(page: str) -> None:
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_it_loads_nothing(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|img|link|iframe)\b", page)
    assert len(page) < 1_000_000


@pytest.mark.parametrize("entity", TABLES)
def test_every_state_and_every_legal_move_is_drawn(entity: str) -> None:
    table = TABLES[entity]
    drawn = picture(table)
    assert {box.state for box in drawn.boxes} == set(table.states())
    legal = {
        (state, move.to)
        for (state, _), move in table.moves.items()
        if move.breaks is None and state not in table.ended and move.to != state
    }
    assert {tuple(arrow.says.partition(":")[0].split(" to ")) for arrow in drawn.arrows} == legal


def test_the_page_in_docs_is_current(page: str) -> None:
    assert (DOCS / "contract.html").read_text(encoding="utf-8") == page + "\n", "make docs writes it anew"
