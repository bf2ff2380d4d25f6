"""Markdown as a step summary shows it: verdict first, nothing foreign outside code, never too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Exhibit, Moment, Report, Status, Subject
from conformance.report.markdown import LIMIT, render
from conformance.tests.report.reports import (
    ATTACK,
    REPORTS,
    broken,
    excused,
    failing,
    finding,
    hostile,
    passing,
    unreadable,
    verdict,
)  # fmt: skip

#: Tags of the page: those of the Markdown we write, and the few we write as HTML.
TAGS = {
    *("h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "a", "code", "pre"),
    *("details", "summary", "b"),
}


class Page(HTMLParser):
    """What a reader sees: the tags, the links, and the text outside code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.prose = ""
        self.prose_and_code = ""
        self.code = ""
        self.open: list[str] = []
        reader = MarkdownIt("gfm-like")
        assert reader.linkify is not None
        reader.linkify.set({"fuzzy_link": False})  # GitHub links a bare host only behind a scheme
        self.feed(reader.render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.prose_and_code += data
        if "code" in self.open:
            self.code += data
        else:
            self.prose += data


def sources() -> Iterator[str]:
    return (source.url for row in REQUIREMENTS.values() for source in row.sources if source.url)


@pytest.mark.parametrize("make", [*REPORTS, hostile])
def test_a_page_is_closed_and_holds_no_tags_and_links_but_ours(make) -> None:
    page = Page(render(make()))
    assert page.open == []
    assert page.tags <= TAGS
    assert page.links <= set(sources())


def test_nothing_foreign_stands_outside_code() -> None:
    page = Page(render(hostile()))
    for foreign in ("somebody", "#123", "evil", "alert", "pwned", "]]>"):
        assert foreign not in page.prose
        assert foreign in page.code


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_sentences_of_the_catalogue_are_shown_whole(name: str) -> None:
    row = REQUIREMENTS[name]
    cells = (verdict(name, "s", Status.FAIL, finding()),)
    page = Page(render(Report({"kind": "http"}, (Subject("s", cells),), again="x")))
    assert page.tags <= TAGS
    assert page.links <= set(sources())
    assert "".join((row.sentence + row.why).replace("`", "").split()) in "".join((page.prose_and_code).split())


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (passing(), "### PASS: `http://127.0.0.1:1/v1`"),
        (failing(), "### FAIL: `http://127.0.0.1:1/v1`"),
        (broken(), "### ERROR: `the built-in mock`"),
        (unreadable(), "### NOTHING JUDGED: `1 recording`"),
        (excused(), "### OUTDATED LIST: `a server`"),
    ],
)
def test_the_verdict_comes_first(report: Report, said: str) -> None:
    assert render(report).splitlines()[0] == said


def test_a_departure_is_folded_up_with_all_it_takes_to_act_on_it() -> None:
    moments = (Moment(1, "done", "", (0, 1)), Moment(2, "thread.message.delta", "message 1", (1, 2)))
    curl = "curl -N http://127.0.0.1:1/v1"
    exhibit = Exhibit("done.last", "stream-one-call", 1, (), curl, moments, 1, {"run": "completed"}, cassette="{}")
    shown = render(replace(failing(), again="conformance server", exhibits=(exhibit,)))
    folded = shown[shown.index("<details>") : shown.index("</details>")].splitlines()
    assert folded[0] == (
        "<details><summary><b>FAIL</b> <code>done.last</code> MUST in 2 scenarios: "
        "<code>an event follows done</code></summary>"
    )
    for line in (
        "  - expected `nothing after done`",
        "  - got `thread.message.delta`",
        "  - at `stream-one-call · exchange 1 · event 14 · bytes 5121-5388 · +412 ms`, 2 times",
        "- effects: `done.closes`",
        "conformance server -k 'stream-one-call:done.last'",
        "curl -N http://127.0.0.1:1/v1",
        "conformance judge repro/done.last.jsonl -k done.last",
        "- events `0 done · >1 thread.message.delta`",
        "- state `run completed`",
        "- legal `nothing more`",
    ):
        assert line in folded


def test_families_are_counted_in_a_table() -> None:
    rows = (
        "| requirements of | failed | passed | due to another failure | warned | could not be tested |",
        "|---|---:|---:|---:|---:|---:|",
        "| done | 1 |  | 1 |  |  |",
        "| events |  |  |  | 1 |  |",
        "| order |  |  |  |  | 1 |",
    )
    assert "\n".join(rows) in render(failing())
    assert "| done |  | 1 | 2 |" in render(excused())


def test_excuses_and_complaints_are_told() -> None:
    shown = render(excused())
    assert "- `known failure: the proxy appends an event`" in shown
    assert "- stale `done.present`: `it passes: take it off the list`" in shown


def test_a_page_that_would_be_too_long_ends_early_and_says_so() -> None:
    files = tuple(Subject(f"{ATTACK}{n}", (), ATTACK) for n in range(6000))
    many = replace(failing(), leftovers=tuple("x" * 390 for _ in range(3000)))
    for report in (many, replace(failing(), subjects=(*failing().subjects, *files))):
        shown = render(report)
        assert len(shown.encode()) <= LIMIT
        assert "The page ends here" in shown
        assert "### FAIL" in shown
        assert "<code>done.last</code>" in shown
        assert shown.count("<details>") == shown.count("</details>")
    assert "The page ends here" not in render(failing())
