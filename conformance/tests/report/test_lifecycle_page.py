"""docs/lifecycle.md, and the tables for programs, say what the tables say."""

import json
from pathlib import Path

import pytest

from conformance.contract.lifecycle import TABLES, WORDS
from conformance.contract.requirements import REQUIREMENTS
from conformance.report.lifecycle_page import lifecycle_json, lifecycle_markdown

DOCS = Path(__file__).parents[3] / "docs"


def test_the_committed_page_is_current():
    assert (DOCS / "lifecycle.md").read_text(encoding="utf-8") == lifecycle_markdown(), "make docs writes it anew"


def test_every_state_and_word_is_in_the_published_tables():
    published = json.loads(lifecycle_json())
    for entity, table in TABLES.items():
        rows = {(row["in"], row["event"]): row["to"] for row in published[entity]["moves"]}
        assert rows == {key: move.to for key, move in table.moves.items()}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_closed_and_names_requirements_that_exist(table):
    words = {word.word for word in WORDS.values() if word.entity == table.entity}
    states = set(table.states())
    for (_, word), move in table.moves.items():
        assert word in words
        assert move.to in states
        assert move.breaks is None or move.breaks in REQUIREMENTS
    for state in states - {"inherited"}:
        assert {word for at, word in table.moves if at == state} == words
