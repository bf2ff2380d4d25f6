"""A comparison as JUnit XML: a test case for each cell that is not what it was; what is a reason to stop fails."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from conformance.report.comparison.groups import counts, statuses
from conformance.report.plain import safe
from conformance.verdict.compare import TITLES, Change, Comparison, Kind


def render(comparison: Comparison, strict: bool) -> str:
    """The whole comparison as one document."""
    suite = Element("testsuite", name="comparison")
    for change in comparison.changes:
        stops = change.regression or (strict and change.kind is Kind.WARNED)
        _case(suite, change, failing=stops and change.because is None)
    for subject, lines in comparison.reshaped.items():
        case = SubElement(suite, "testcase", classname="conformance.shape", name=safe(subject))
        told = "\n".join(map(safe, lines))
        if strict:
            SubElement(case, "failure", message="response shape changed").text = told
        else:
            SubElement(case, "system-out").text = told
    if not len(suite):
        SubElement(suite, "testcase", classname="conformance.comparison", name="nothing changed")
    for element in (suite, root := Element("testsuites", name="submit-tool-outputs-conformance", time="0")):
        element.set("tests", str(len(suite)))
        element.set("failures", str(len(suite.findall("testcase/failure"))))
        element.set("errors", "0")
    suite.set("skipped", "0")
    suite[0].insert(0, properties := Element("properties"))
    for name, value in (("old", comparison.old.name), ("new", comparison.new.name), ("counts", counts(comparison))):
        SubElement(properties, "property", name=name, value=safe(value))
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(suite: Element, change: Change, *, failing: bool) -> None:
    name = f"{safe(change.subject)}:{change.requirement}"
    case = SubElement(suite, "testcase", classname=f"conformance.{change.requirement.partition('.')[0]}", name=name)
    finding = change.finding
    shown = "" if finding is None else f"{finding.message}: expected {finding.expected}, got {finding.got}"
    because = "" if change.because is None else f", due to {change.because}"
    message = safe(f"{TITLES[change.kind]}: {statuses(change.old, change.new)}{because}")
    if failing:
        SubElement(case, "failure", message=message, type=change.level.value).text = safe(shown) or message
    else:
        SubElement(case, "system-out").text = f"{message}\n{safe(shown)}".rstrip()
