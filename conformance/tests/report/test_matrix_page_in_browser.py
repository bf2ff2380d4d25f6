"""The page of many implementations where it is read: sixty columns, in a real Chromium, from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.report.matrix import as_page, tables
from conformance.tests.report.browser import CONTRAST, DESK, PHONE
from conformance.tests.report.columns import sixty

pytestmark = pytest.mark.real

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]

BREAKS, TRUNCATED = "client-library-0", "client-library-1"


@cache
def everything() -> set[str]:
    return {row.requirement.id for table in tables(sixty()) for row in table.rows}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("matrix") / "index.html"
    path.write_text(as_page(sixty()), "utf-8")
    return path


@pytest.fixture
def opened(browser: Browser, file: Path) -> Iterator[Open]:
    """Opens the page; at the end of the test it must have said and asked for nothing."""
    said: list[str] = []
    asked_for: set[str] = set()
    contexts = []

    def open_page(anchor: str = "", **facts: Any) -> Page:
        context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **facts})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda asked: asked_for.add(asked.url.partition("#")[0]))
        page.goto(file.as_uri() + anchor)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert asked_for <= {file.as_uri()}


def requirements(page: Page) -> set[str]:
    rows = page.evaluate(
        "[...document.querySelectorAll('tbody tr')].filter(row => row.offsetHeight).map(row => row.id)"
    )
    return {row.removeprefix("requirement/") for row in rows}


def implementations(page: Page) -> set[str]:
    found = page.evaluate("[...document.querySelectorAll('.one')].filter(one => one.offsetHeight).map(one => one.id)")
    return {each.removeprefix("implementation/") for each in found if each}


def columns(page: Page) -> set[str]:
    cells = "[...document.querySelectorAll('.names th[data-key]')].filter(cell => cell.offsetHeight)"
    return set(page.evaluate(f"{cells}.map(cell => cell.dataset.key)"))


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("anchor", ["", "#implementation/server-library-0", "#requirement/done.present"])
def test_it_fits_its_width(viewport: dict[str, int], anchor: str, opened: Open) -> None:
    page = opened(anchor, viewport=viewport)
    page.evaluate("document.querySelectorAll('.one, .one details').forEach(row => { row.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(scheme: str, opened: Open) -> None:
    page = opened("#implementation/server-library-0", color_scheme=scheme)
    page.evaluate("document.querySelectorAll('.alone details').forEach(row => { row.open = true; })")
    for anchor in ("", "#requirement/outcome.truncated"):
        assert page.evaluate(CONTRAST)["poor"] == []
        page.evaluate(f"location.hash = '{anchor}'")
    assert page.evaluate(CONTRAST)["poor"] == []


def test_headers_stay_where_they_are_seen(opened: Open) -> None:
    page = opened()
    where = """() => {
      const scroll = [...document.querySelectorAll('.scroll')].at(-1), frame = scroll.getBoundingClientRect();
      scroll.scrollTo(2000, 900);
      const top = scroll.querySelector('.names th:nth-child(30)').getBoundingClientRect().top - frame.top;
      const left = scroll.querySelector('tbody tr:nth-child(30) th').getBoundingClientRect().left - frame.left;
      return [top, left, scroll.scrollLeft, scroll.scrollTop];
    }"""
    top, left, across, down = page.evaluate(where)
    assert across > 1000
    assert down > 300
    assert 0 <= top < 60
    assert 0 <= left < 5


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("text", "DONE.LAST", {"done.last"}),
        ("text", "ends before the event that ends the run", {"outcome.truncated"}),
        ("family", "done", {"done."}),
        ("word", "fail", {"request.stream-true", "done.present", "done.last", "outcome.truncated", "outcome.not-a-"}),
    ],
)
def test_rows_are_found(name: str, value: str, found: set[str], opened: Open) -> None:
    page = opened()
    assert requirements(page) == everything()
    control = page.locator(f"#{name}")
    control.fill(value) if name == "text" else control.select_option(value)
    shown = requirements(page)
    assert shown
    assert all(any(part in row for row in shown) for part in found)
    if name != "word":
        assert shown == {row for row in everything() if any(row.startswith(part) for part in found)}
    assert page.locator("#found").inner_text() == f"{len(shown)} requirements, 60 implementations"


@pytest.mark.parametrize(
    ("text", "count"), [("client library 1 ", 1), ("agent frameworks", 15), ("typescript", 12), ("nobody", 0)]
)
def test_implementations_are_found_by_name_kind_and_language(text: str, count: int, opened: Open) -> None:
    page = opened()
    page.locator("#name").fill(text.strip() if count != 1 else "client library 1 1.2.0")
    assert len(columns(page)) == len(implementations(page)) == count
    assert page.locator(".kind:visible").count() <= count


def test_two_are_compared_and_the_address_says_which(opened: Open) -> None:
    page = opened()
    page.locator("#one").select_option(BREAKS)
    assert requirements(page) == everything()
    page.locator("#other").select_option(TRUNCATED)
    assert requirements(page) == {"outcome.truncated", "outcome.not-a-stream"}
    assert columns(page) == implementations(page) == {BREAKS, TRUNCATED}
    address = page.evaluate("location.hash")
    assert requirements(opened(address)) == {"outcome.truncated", "outcome.not-a-stream"}
    page.get_by_role("link", name="Show everything").click()
    page.wait_for_function("document.getElementById('one').value === ''")
    assert requirements(page) == everything()


def test_an_implementation_has_an_address_of_its_own(opened: Open) -> None:
    page = opened("#implementation/server-library-0")
    assert implementations(page) == {"server-library-0"}
    assert not requirements(page)
    page.locator(".alone summary", has_text="how it was installed").click()
    assert "pip install --quiet library==0.2.0" in page.locator(".alone pre").inner_text()
    page.get_by_role("link", name="Show everything").click()
    page.wait_for_function("document.body.dataset.alone === ''")
    assert requirements(page) == everything()


def test_a_finding_has_an_address_of_its_own(opened: Open) -> None:
    page = opened("#implementation/server-library-0/request.stream-true")
    text = page.locator(".finding[open]").inner_text()
    for part in (
        "users notice",
        "how to fix",
        "text/event-stream",
        "application/json",
        "conformance server --base-url",
    ):
        assert part in text


def test_a_requirement_lists_who_meets_it(opened: Open) -> None:
    page = opened("#requirement/outcome.not-a-stream")
    view = page.locator("#view")
    assert "A client that asked for a stream" in view.inner_text()
    assert "failed (15)" in view.inner_text()
    assert "not judged (1)" in view.inner_text()
    assert not implementations(page)
    view.get_by_role("link", name="client library 0 0.2.0").click()
    page.wait_for_function("document.body.dataset.alone === 'implementation'")
    assert implementations(page) == {"client-library-0"}
    assert page.locator(".finding[open]").count() == 1


def test_without_script_everything_is_there(opened: Open) -> None:
    page = opened("#requirement/done.last", java_script_enabled=False)
    assert page.locator("form:visible").count() == 0
    assert page.locator('[id="requirement/done.last"]').is_visible()
    assert page.locator(".one:visible").count() >= 60
