"""The page as a file: everything in it, nothing from elsewhere, and nothing that a target sent is more than text."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Report, Status, Subject
from conformance.report.departures import departures
from conformance.report.entries import WORDS, entries
from conformance.report.result import verdict_word
from conformance.report.shell_commands import repeat
from conformance.report.text import may_come
from conformance.report.writers import WRITERS
from conformance.tests.commands import PATIENCE
from conformance.tests.report.exhibited import KNOWN, exhibited, hostile
from conformance.tests.report.reports import HOSTILE, REPORTS, finding, passing, verdict

Make = Callable[[], Report]

ALL = (*REPORTS, exhibited, hostile)

#: Elements that have no end.
VOID = frozenset({"meta", "input", "link", "br", "img", "hr"})


class Page(HTMLParser):
    """A page as a browser reads it: elements with their attributes, text with the elements around it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.own: dict[str, str] = {}
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.own[self.open[-1]] = data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]


@cache
def source(make: Make) -> str:
    return WRITERS["html"].render(make())


@cache
def page(make: Make) -> Page:
    return Page(source(make))


@pytest.mark.parametrize("make", ALL)
def test_the_verdict_comes_first_and_every_element_is_closed(make: Make) -> None:
    shown = page(make)
    assert shown.text.index(verdict_word(make())) < 200
    assert source(make).count("<h1>") == 1
    assert len(shown.ids()) == len(set(shown.ids()))


@pytest.mark.parametrize("make", ALL)
def test_it_loads_nothing_and_obeys_only_its_own_script_and_style(make: Make) -> None:
    shown = page(make)
    (policy,) = [a["content"] for tag, a in shown.elements if a.get("http-equiv") == "Content-Security-Policy"]
    told = {name: b64encode(sha256(text.encode()).digest()).decode() for name, text in shown.own.items()}
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{told['style']}'; script-src 'sha256-{told['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert [tag for tag, _ in shown.elements if tag in ("script", "style")] == ["style", "script"]
    for tag, attributes in shown.elements:
        assert tag not in ("img", "iframe", "object", "embed", "link", "base", "image", "foreignobject")
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset", "action")
        ]


@pytest.mark.parametrize("make", ALL)
def test_every_link_leads_to_a_place_in_the_page_or_to_a_source_of_the_catalogue(make: Make) -> None:
    shown = page(make)
    ids = set(shown.ids())
    known = {source.url for row in REQUIREMENTS.values() for source in row.sources}
    for tag, attributes in shown.elements:
        if "href" in attributes:
            address = str(attributes["href"])
            if address.startswith("#"):
                assert address[1:] in ids
            else:
                assert tag == "a" and address in known and address.startswith("https://")
                assert attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize("make", ALL)
def test_every_requirement_of_the_report_has_its_place_sentence_level_and_evidence(make: Make) -> None:
    text, ids = "".join(page(make).text.split()), page(make).ids()
    for entry in entries(make()):
        row = entry.requirement
        assert ids.count(row.id) == 1
        for fact in (row.sentence, row.why, row.evidence[0], row.level.value, row.sources[0].ref):
            assert "".join(fact.replace("`", "").split()) in text


def test_a_departure_is_told_with_all_it_takes() -> None:
    report, shown = exhibited(), page(exhibited)
    stands = [entry for entry in entries(report) if entry.stands]
    assert {entry.word for entry in stands} == {"fail", "warn", "known"}
    for entry in stands:
        assert entry.departure is not None and entry.exhibit is not None
        case = entry.departure.cases[0]
        for fact in (
            case.finding.message, case.finding.expected, case.finding.got, case.subject, entry.exhibit.lines[0],
            entry.exhibit.curl, repeat(entry.departure, report.again),
            f"conformance judge repro/{entry.requirement.id}.jsonl -k {entry.requirement.id}",
        ):  # fmt: skip
            assert "".join(fact.split()) in "".join(shown.text.split())
        if entry.exhibit.event is not None:
            assert f"event {entry.exhibit.event} · {entry.exhibit.moments[entry.exhibit.event].event}" in shown.text
            for state in entry.exhibit.states.values():
                assert state.replace("_", " ") in shown.text
            assert may_come(entry.exhibit) or all(event in shown.text for event in entry.exhibit.allowed)
    assert source(exhibited).count("<figure") == sum(bool(exhibit.moments) for exhibit in report.exhibits)


def test_the_first_screen_says_what_is_wrong_whose_fault_it_is_how_to_see_it_again_and_what_to_do() -> None:
    report = exhibited()
    head = page(exhibited).text.partition("Known failure 1")[0]
    for said in ("What is wrong", "Whose fault it is", "The server's", "See it again", "What to do"):
        assert said in head
    failed = departures(report.subjects, Status.FAIL)
    places = [head.index(f"{each.requirement.id} {each.cases[0].finding.message}") for each in failed]
    assert places == sorted(places) and len(places) == 5


def test_failures_come_in_one_order_on_page_and_in_text() -> None:
    report = exhibited()
    cards = [str(a["id"]) for tag, a in page(exhibited).elements if tag == "article"]
    blocks = [
        line.split()[1] for line in WRITERS["text"].render(report).splitlines() if line[:6] in ("FAIL  ", "WARN  ")
    ]
    blocks = [name for name in blocks if "." in name and not name.startswith("http")]
    assert [name for name in cards if name != KNOWN] == list(dict.fromkeys(blocks))


def test_the_document_at_fault_stands_whole_and_its_line_is_marked() -> None:
    (exhibit,) = [each for each in exhibited().exhibits if each.requirement == "content.message-text"]
    assert exhibit.line is not None and exhibit.document[exhibit.line].strip().startswith('"value":')
    shown = source(exhibited)
    assert f'<span class="departs">{exhibit.document[exhibit.line].split(":")[0].replace(chr(34), "&#34;")}' in shown
    assert "<mark>" in shown


def test_what_is_excused_stays_in_sight_with_its_reason() -> None:
    (entry,) = [entry for entry in entries(exhibited()) if entry.requirement.id == KNOWN]
    assert (entry.word, entry.stands) == ("known", True)
    assert "201 is what our gateway says" in page(exhibited).text
    assert "It passes now: take the row out" in page(exhibited).text


def test_what_only_follows_is_told_at_its_cause_and_in_its_own_place() -> None:
    effect = finding(primary=False, because="done.last")
    rows = (verdict("done.last", "s", Status.FAIL, finding()), verdict("done.closes", "s", Status.FAIL, effect))
    report = replace(passing(), subjects=(Subject("s", rows),))
    cause, follower = entries(report)
    assert (cause.word, cause.stands, follower.word, follower.stands) == ("fail", True, "follows", False)
    text = Page(WRITERS["html"].render(report)).text
    assert "1 requirement failed." in text
    assert "Failed because of done.last" in text


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"known": "ours"}, "known"),
        ({"scored": False}, "unscored"),
        ({}, "fail"),
        ({"known": "x", "scored": False}, "known"),
    ],
)
def test_a_departure_that_is_excused_or_not_scored_is_no_failure(facts: dict[str, object], word: str) -> None:
    row = verdict("done.last", "s", Status.FAIL, finding(), **facts)
    (entry,) = entries(replace(passing(), subjects=(Subject("s", (row,)),)))
    assert entry.word == word
    assert word in WORDS


def test_times_terms_and_versions_stand_at_the_end() -> None:
    head = page(exhibited).text.rpartition("About this run")[2]
    for fact in (
        "2026-11-25T12:00:00Z",
        "12.3 s",
        "sha256",
        "OpenAI API",
        "scored as of 2026.11",
        "Seed 7",
        "Suite 20",
    ):
        assert fact in head


def test_hostile_text_is_text_and_its_controls_are_spelled_out() -> None:
    raw, shown = source(hostile), page(hostile)
    for character in HOSTILE:
        assert character == "\n" or character not in raw or character.isprintable()
    assert "\\x1b[2J" in shown.text and "\\u202e" in shown.text and "\\ud800" in shown.text
    assert shown.text.count("<script>window.pwned=1</script>") > 20
    assert "{{7*7}}" in shown.text
    raw.encode("utf-8")


def test_a_page_is_rendered_without_a_trace_of_the_template_language() -> None:
    for make in REPORTS:
        assert "{%" not in source(make) and "{{" not in source(make) and "Undefined" not in source(make)


def test_jinja_is_loaded_for_a_page_and_for_nothing_else() -> None:
    said = "import sys, conformance.cli, conformance.commands.server, conformance.report.text as t; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert "conformance.report.text" in done.stdout.split()
    assert "jinja2" not in done.stdout.split()
