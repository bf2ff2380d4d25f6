"""The page where it is read: in a real Chromium, from a file, in both colour schemes, on a desk, a phone and paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.model import Exhibit, Moment, Report
from conformance.report.entries import entries
from conformance.report.writers import WRITERS
from conformance.tests.report.browser import CONTRAST, DESK, PHONE
from conformance.tests.report.exhibited import exhibited, hostile
from conformance.tests.report.reports import REPORTS, failing

pytestmark = pytest.mark.real

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: Events of a stream whose page stays small.
MANY = 20_000

#: Whether the element that has the focus can be seen to have it; a box that is ticked shows it on its label.
OUTLINED = """() => {
  const at = document.activeElement;
  return getComputedStyle(at.matches("[type=checkbox]") ? at.nextElementSibling : at).outlineStyle !== "none";
}"""

Open = Callable[..., "Page"]


def many() -> Report:
    """A failing report that shows a stream of many events, no two neighbours of which fold."""
    names = ("thread.run.in_progress", "made.up", "thread.message.created")
    moments = tuple(
        Moment(index // 5, names[index % 3], ("run", "", "message 1")[index % 3], (index * 90, index * 90 + 90))
        for index in range(MANY)
    )
    exhibit = Exhibit(
        "done.last", "stream-one-call", 1, ("> POST /", "< 200"), "curl http://127.0.0.1:1", moments, MANY * 3 // 4,
        {"run": "in_progress"}, ("done",), "{}",
    )  # fmt: skip
    return replace(failing(), exhibits=(exhibit,))


MAKES = {make.__name__: make for make in (*REPORTS, exhibited, hostile, many)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("pages")

    def file(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(WRITERS["html"].render(MAKES[name]()), "utf-8")
        return path

    return file


@pytest.fixture
def opened(browser: Browser, files: Callable[[str], Path]) -> Iterator[Open]:
    """Opens a page; at the end of the test it must have said and asked for nothing."""
    said: list[str] = []
    asked_for: list[str] = []
    contexts = []

    def open_page(name: str, anchor: str = "", **facts: Any) -> Page:
        context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **facts})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.on("popup", lambda popup: said.append(f"popup: {popup.url}"))
        page.on("request", lambda asked: asked_for.append(asked.url.partition("#")[0]))
        page.goto(files(name).as_uri() + anchor)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert set(asked_for) <= {path.as_uri() for path in files("passing").parent.iterdir()}


@pytest.mark.parametrize("name", MAKES)
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_opens_quietly_and_fits_its_width(name: str, viewport: dict[str, int], opened: Open) -> None:
    page = opened(name, viewport=viewport)
    page.evaluate("document.querySelectorAll('details').forEach(row => { row.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", MAKES)
def test_everything_that_is_said_can_be_read(name: str, scheme: str, opened: Open) -> None:
    page = opened(name, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(row => { row.open = true; })")
    measured = page.evaluate(CONTRAST)
    assert measured["texts"] > 20
    assert measured["poor"] == []


def test_what_cannot_be_read_is_found(opened: Open) -> None:
    page = opened("passing")
    page.evaluate("document.querySelector('.lead').style.color = '#a0a0a0'")
    assert ["lead" in told for told in page.evaluate(CONTRAST)["poor"]] == [True]


def test_the_schemes_differ(opened: Open) -> None:
    grounds = {
        scheme: opened("failing", color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds["light"] != grounds["dark"]


def top_of(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("node => node.getBoundingClientRect().top"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("anchor", ["done.last", "done.once", "order.message-life", "framing.flushed"])
def test_a_deep_link_opens_what_it_leads_to(anchor: str, script: bool, opened: Open) -> None:
    page = opened("exhibited", f"#{anchor}", java_script_enabled=script)
    place = page.locator(f'[id="{anchor}"]')
    assert place.is_visible()
    assert -1 <= top_of(page, f'[id="{anchor}"]') < DESK["height"] / 2


def test_a_link_within_the_page_opens_a_row_and_undoes_a_filter_that_hides_it(opened: Open) -> None:
    page = opened("failing")
    page.locator("label", has_text="warned").click()
    assert page.locator('[id="done.last"]').is_hidden()
    page.evaluate("location.hash = '#done.closes'")
    page.wait_for_function("document.getElementById('done.closes').offsetHeight > 0")
    assert page.locator('[id="done.last"]').is_visible()
    assert not page.locator("input:checked").count()


def shown(page: Page) -> set[str]:
    return set(page.evaluate("[...document.querySelectorAll('.rule:not([hidden]) .id')].map(node => node.textContent)"))


def test_filters_leave_what_they_say(opened: Open) -> None:
    rows = entries(exhibited())
    page = opened("exhibited")
    everything = {row.requirement.id for row in rows}
    assert shown(page) == everything
    status, level = page.locator("[name=status][value=pass]"), page.locator("[name=level][value=SHOULD]")
    status.check()
    assert shown(page) == {row.requirement.id for row in rows if "pass" in row.words}
    level.check()
    page.locator("#family").select_option("order")
    wanted = {
        row.requirement.id
        for row in rows
        if "pass" in row.words and row.requirement.level == "SHOULD" and row.family == "order"
    }
    assert shown(page) == wanted != set()
    assert page.locator("#found").inner_text() == f"{len(wanted)} of {len(rows)} requirements"
    assert page.locator("section.family:visible").count() == 1
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function(f"document.getElementById('found').textContent.startsWith('{len(rows)} ')")
    assert shown(page) == everything


def test_filters_that_fit_nothing_say_so(opened: Open) -> None:
    page = opened("failing")
    page.locator("[name=status][value=fail]").check()
    page.locator("[name=level][value=SHOULD]").check()
    assert page.locator("#none").is_visible()
    assert page.locator("article:visible").count() == 0


def test_the_keyboard_reaches_everything_and_is_seen_where_it_is(opened: Open) -> None:
    page = opened("failing")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert top_of(page, ".skip") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page = opened("failing")
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        at = page.evaluate("document.activeElement.name || document.activeElement.tagName")
        if at == "BODY":
            break
        reached.add(at)
        assert page.evaluate(OUTLINED), page.evaluate("document.activeElement.outerHTML")
    assert {"status", "level", "family", "A", "SUMMARY"} <= reached
    page.locator("[name=status]").first.focus()
    page.keyboard.press("Space")
    assert page.locator("input:checked").count() == 1


def test_a_command_is_copied_whole(opened: Open) -> None:
    page = opened("exhibited", permissions=["clipboard-read", "clipboard-write"])
    command = page.locator('[id="order.message-life"] .command').first
    command.get_by_role("button").click()
    command.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == command.locator("code").inner_text()


def test_without_script_all_is_there_and_what_needs_one_is_not(opened: Open) -> None:
    page = opened("exhibited", java_script_enabled=False)
    assert page.locator("form, [data-copy]").locator("visible=true").count() == 0
    assert page.locator("article:visible").count() == sum(entry.stands for entry in entries(exhibited()))
    command = page.locator(".command code").first
    assert command.evaluate("node => getComputedStyle(node).userSelect") == "all"


def test_nothing_that_a_target_sent_is_obeyed(opened: Open) -> None:
    page = opened("hostile")
    assert page.evaluate("typeof window.pwned") == "undefined"
    assert page.locator("img, iframe").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert "<script>window.pwned=1</script>" in page.locator('[id="done.last"]').inner_text()
    for link in page.locator("summary").all():
        if link.is_visible():
            link.click()
    assert page.evaluate("typeof window.pwned") == "undefined"


def test_markup_that_came_in_all_the_same_would_do_nothing(
    browser: Browser, files: Callable[[str], Path], tmp_path: Path
) -> None:
    planted = "<script>window.pwned = 1</script><img src='http://127.0.0.1:1/x' onerror='window.pwned = 1'>"
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(files("failing").read_text("utf-8").replace("<main", f"{planted}<main"), "utf-8")
    page = browser.new_page()
    asked: list[str] = []
    refused: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text))
    page.goto(spoilt.as_uri())
    assert page.evaluate("typeof window.pwned") == "undefined"
    assert asked == [spoilt.as_uri()]
    assert sum("Content Security Policy" in text for text in refused) >= 2
    page.close()


def test_a_stream_of_twenty_thousand_events_stays_usable(opened: Open, files: Callable[[str], Path]) -> None:
    size = files("many").stat().st_size
    page = opened("many", "#done.last")
    assert size < 250_000
    assert page.locator("article .timeline svg use, article .timeline svg rect").count() < 600
    page.locator("[name=status][value=fail]").check()
    page.locator(".events > summary").first.click()
    page.locator(".events details summary").first.click()
    assert page.locator("tr.violating").is_visible()


def test_a_picture_on_a_phone_starts_where_it_departs(opened: Open) -> None:
    page = opened("many", viewport=PHONE)
    line = page.locator("line.violation").bounding_box()
    assert line is not None
    assert 0 < line["x"] < PHONE["width"]


def test_paper_is_white_and_has_no_controls(opened: Open) -> None:
    page = opened("exhibited", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("button:visible, nav:visible, form:visible").count() == 0
    assert page.locator("article .expected").first.is_visible()
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(29, 31, 36)"
    assert page.pdf().startswith(b"%PDF")
