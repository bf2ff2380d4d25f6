"""The page with the picture: every fault and requirement is in it, every link leads somewhere, nothing gets out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from conformance.model import Role
from conformance.proof.fault_matrix import FaultMatrix, Outcome, judged
from conformance.report.fault_matrix_picture import document, picture
from conformance.tests.proof.proving import clients, gateways, matrix, sides, trials


@cache
def page() -> str:
    return document(sides(), trials())


@pytest.mark.parametrize("side", [matrix, clients, gateways])
def test_every_fault_and_every_requirement_has_its_mark(side):
    cells = picture(side()).cells
    assert {cell.fault for cell in cells} == {fault.name for fault in side().breaking}
    assert len({cell.x for cell in cells}) == len(side().breaking)
    assert len({cell.y for cell in cells}) == len(judged(side().role))
    assert len({(cell.x, cell.y) for cell in cells}) == len(cells)


@pytest.mark.parametrize("side", [matrix, clients, gateways])
def test_every_mark_lies_in_a_layer_and_a_family(side):
    shown = picture(side())
    width, height = shown.cell
    for cell in shown.cells:
        assert sum(band.start <= cell.x <= band.start + band.size - width for band in shown.layers) == 1
        assert sum(band.start <= cell.y <= band.start + band.size - height for band in shown.families) == 1
    assert max(cell.x for cell in shown.cells) < shown.width
    assert max(cell.y for cell in shown.cells) < shown.height


def test_every_link_leads_to_one_place_of_the_page():
    places = Counter(re.findall(r' id="([^"]+)"', page()))
    links = re.findall(r'href="([^"]*)"', page())
    assert set(places.values()) == {1}
    assert {link.removeprefix("#") for link in links} <= places.keys()
    shown = {fault.name for side in sides() for fault in side.faults}
    assert shown | {requirement.id for role in Role for requirement in judged(role)} <= places.keys()


def test_it_loads_nothing_and_runs_nothing():
    assert not re.search(r"<script|<link|\bsrc=|\bon[a-z]+=|https?:|url\(|@import", page())
    assert "default-src 'none'" in page()


def test_what_became_of_a_fault_is_said_in_words_too():
    assert "<title>drop-done is caught by done.present in " in page()
    assert "The proof holds" in page()
    assert ">none<" not in page()


def test_what_is_not_right_comes_first_and_stands_out():
    first, *others = (row for row in matrix().rows if row.outcome is Outcome.CAUGHT)
    survived = first._replace(outcome=Outcome.SURVIVED, scenarios=(), first=None)
    astray = others[0]._replace(outcome=Outcome.WRONG_RULE)
    kept = tuple({first: survived, others[0]: astray}.get(row, row) for row in matrix().rows)
    shown = document((replace(matrix(), rows=kept, void=("the clean server is accused",)), *sides()[1:]), trials())
    assert "The proof does not hold" in shown
    assert f"{first.fault} survives {first.requirement}" in shown
    assert f"{astray.fault} is reported as {astray.requirement}" in shown
    assert shown.index("void: the clean server is accused") < shown.index('id="picture"')
    assert 'class="MUST survived"' in shown


def test_a_text_is_text():
    evil = replace(matrix().breaking[0], does="<img src=x onerror=alert(1)> & `<b>`")
    shown = document((FaultMatrix((evil,), (), ("</style><script>",)), *sides()[1:]), ())
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; <code>&lt;b&gt;</code>" in shown
    assert "<script>" not in shown
