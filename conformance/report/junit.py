"""JUnit XML for CI systems: a suite for each family, a test case for each cell, and one for the run as a whole.

A case is named as in `-k` and in the brackets of pytest's node ids, `scenario:requirement`, so that its history in a
CI system goes on whichever door was used, and its name can be typed to see it again. What was not judged is skipped
with its reason, and so is a failure that is excused or due to another one, so that the number of failures is that of
every other format. The file is red wherever the exit code of the run is not 0: what no cell shows, such as a run that
was cut short, is a case of the suite `run`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Report, Subject, Verdict
from conformance.report.counts import counts
from conformance.report.departures import departure_of
from conformance.report.document import kind_of, reason_of, unplanned
from conformance.report.entries import WORDS
from conformance.report.headline import headline
from conformance.report.not_judged import INTERNAL, why
from conformance.report.plain import safe
from conformance.report.result import empty_shard, verdict_word
from conformance.report.style import Style
from conformance.report.tally import DEPARTED, Tally, causes, excuse, outcomes
from conformance.report.text import Beside, block, target_name

#: The suite of what no cell shows; no family has its name.
_RUN = "run"

#: Longer than any line of ours: what is cut was cut by whoever wrote the line.
_WHOLE = 2**31

#: Outcomes of a cell that leave it neither a failure nor a success.
_SKIPPED = frozenset({"follows", "known", "unscored", "untestable", "not_applicable"})

#: Children of a case that are counted by their suite, and the attribute that counts them.
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def render(report: Report) -> str:
    """The whole report as one document."""
    suites = {_RUN: _suite(report, _RUN)}
    suites[_RUN].extend(_run_cases(report))
    seen: Counter[str] = Counter()
    for subject in report.subjects:
        for verdict, came in outcomes(subject):
            family = REQUIREMENTS[verdict.requirement].family
            if family not in suites:
                suites[family] = _suite(report, family)
            suites[family].append(_case(report, subject, verdict, came, seen))
    root = Element("testsuites", name="submit-tool-outputs-conformance", time=f"{report.took_ms / 1000:.3f}")
    for suite in suites.values():
        _count(suite, suite.findall("testcase"))
        root.append(suite)
    _count(root, root.findall("testsuite/testcase"))
    # The strictest of the schemas in use has this count in suites alone.
    del root.attrib["skipped"]
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(report: Report, name: str) -> Element:
    suite = Element("testsuite", name=name)
    if report.began:
        # A zone is no part of the format; the time is that of UTC.
        suite.set("timestamp", report.began.removesuffix("Z"))
    return suite


def _count(parent: Element, cases: list[Element]) -> None:
    """Say how many cases there are, and how many of each outcome."""
    outcomes = Counter(child.tag for case in cases for child in case)
    parent.set("tests", str(len(cases)))
    for tag, name in _COUNTED.items():
        parent.set(name, str(outcomes[tag]))


def _run_cases(report: Report) -> Iterator[Element]:
    """The run as a whole, every file that could not be judged, every complaint on the list of known failures."""
    word = verdict_word(report)
    whole = Element("testcase", classname=f"conformance.{_RUN}", name="complete")
    _properties(whole, verdict=word, target=target_name(report), strict=str(report.profile.strict).lower())
    if (report.interrupted or word in {"INCOMPLETE", "NOTHING JUDGED"}) and not empty_shard(report):
        _say(whole, "error", report.interrupted or f"{word}: {counts(report)}")
    elif word == "FAIL" and not Tally.of(report.subjects).failed:
        # What fails only after a warning is the failure of no case, and of the run all the same.
        _say(whole, "failure", counts(report))
    SubElement(whole, "system-out").text = f"{word}  {_xml(counts(report))}\n{_xml(report.again)}"
    yield whole
    for subject in report.subjects:
        if not subject.verdicts:
            unjudged = Element("testcase", classname=f"conformance.{_RUN}", name=safe(subject.name, _WHOLE))
            _say(unjudged, "skipped" if unplanned(subject, kind_of(report)) else "error", reason_of(subject))
            yield unjudged
    for complaint in report.complaints:
        listed = Element("testcase", classname="conformance.known", name=safe(f"{complaint.row} ({complaint.kind})"))
        _say(listed, "failure", complaint.message)
        yield listed


def _case(report: Report, subject: Subject, verdict: Verdict, came: str, seen: Counter[str]) -> Element:
    """One cell, which came to one of `tally.OUTCOMES`."""
    name = safe(f"{subject.name}:{verdict.requirement}", _WHOLE)
    seen[name] += 1
    # One file may hold several recordings.
    unique = name if seen[name] == 1 else f"{name} ({seen[name]})"
    family = REQUIREMENTS[verdict.requirement].family
    case = Element("testcase", classname=f"conformance.{family}", name=unique)
    _properties(case, requirement=verdict.requirement, level=verdict.level, status=verdict.status)
    words = _block(report, subject, verdict) if verdict.status in DEPARTED else ""
    if came == "fail":
        finding = next((f for f in verdict.findings if f.primary), next(iter(verdict.findings), None))
        _say(case, "failure", headline(REQUIREMENTS[verdict.requirement], finding), words, type=verdict.level.value)
        return case
    if came == "error":
        _say(case, "error", f"{INTERNAL}: {why(verdict)}")
    elif came in _SKIPPED:
        _say(case, "skipped", _not_counted(verdict, came))
    if words:
        SubElement(case, "system-out").text = _xml(words)
    return case


def _not_counted(verdict: Verdict, came: str) -> str:
    """Why a cell is neither a failure nor a success."""
    if came == "follows":
        return f"{WORDS[came]}: {', '.join(causes(verdict))}"
    return excuse(verdict) or f"{WORDS[came]}: {why(verdict)}"


def _block(report: Report, subject: Subject, verdict: Verdict) -> str:
    """What people act on, with what shows the departure where it was seen in this very subject."""
    seen = (verdict.requirement, subject.name)
    exhibit = next((each for each in report.exhibits if (each.requirement, each.subject) == seen), None)
    departure = departure_of(((subject.name, verdict),))
    return block(departure, report.again, Style(folder="."), Beside(exhibit, subject.client))


def _say(case: Element, outcome: str, message: str, body: str = "", **facts: str) -> None:
    SubElement(case, outcome, {"message": safe(message, _WHOLE), **facts}).text = _xml(body) or safe(message, _WHOLE)


def _properties(case: Element, **facts: str) -> None:
    listed = SubElement(case, "properties")
    for name, value in facts.items():
        SubElement(listed, "property", name=name, value=safe(value))


def _xml(text: str) -> str:
    """The text without characters that XML cannot hold, or that steer whatever shows it; lines stay lines."""
    return "\n".join(safe(line, _WHOLE) for line in text.split("\n"))
