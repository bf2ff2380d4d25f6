"""A report of a target that sends a secret back, in every place that a transcript has, and every form of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import pytest

from conformance import files
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import (
    Chunk,
    Exchange,
    Finding,
    Outcome,
    Profile,
    Report,
    Scenario,
    Status,
    Subject,
    Transcript,
    Verdict,
)
from conformance.report import text as text_form
from conformance.report.document import kind_of
from conformance.report.exhibits import Exhibitor
from conformance.report.json_writer import line
from conformance.report.style import Style
from conformance.report.writers import WRITERS
from conformance.run.loop import Run
from conformance.run.plan import plan
from conformance.run.reporting import Reporting
from conformance.tests.leaks.planted import FAMILIES, KEY, ODD, found_in, spelled
from conformance.verdict.judge import judge
from conformance.wire import cassette
from conformance.wire.redact import leaks, redact

SCENARIO = "stream-one-call"


@cache
def reference() -> Transcript:
    path = files.cassettes_folder() / "reference" / f"{SCENARIO}.jsonl"
    return cassette.read(path.read_text().splitlines(), path.name)


def planted(text: str) -> Transcript:
    """The reference's transcript with a text wherever somebody else's text may stand, and rules broken beside it."""
    data = text.encode()
    in_json = data if _is_json(text) else text.replace("\\", "\\\\").replace('"', '\\"').encode()

    def sown(exchange: Exchange) -> Exchange:
        response = exchange.response
        assert response is not None
        body = b"".join(chunk.data for chunk in response.chunks)
        body = body.replace(b'"id":"step_', b'"id":"step_' + in_json).replace(b'"call_', b'"call_' + in_json)
        body = body.replace(b'"value":"', b'"value":"' + in_json).replace(
            b'"role":"assistant"', b'"role":"' + in_json + b'"'
        )
        body = body.replace(b"event: done", b"event: " + data.replace(b"\n", b"") + b"\ndata: {}\n\nevent: done", 1)
        body += b"event: done\ndata: [DONE]" + in_json + b"\n\n"
        request = replace(
            exchange.request,
            target=f"{exchange.request.target}?code={text}&x={text}",
            headers=(*exchange.request.headers, ("Authorization", f"Bearer {text}"), ("X-Odd", text)),
            body=exchange.request.body.replace(b'"call_', b'"call_' + in_json),
        )
        headers = (*response.headers, ("x-echo", text), ("Location", f"http://u:{text}@h/"))
        pieces = tuple(Chunk(0, body[at : at + 997]) for at in range(0, len(body), 997))
        return replace(exchange, request=request, response=replace(response, chunks=pieces, headers=headers))

    transcript = reference()
    exchanges = (*map(sown, transcript.exchanges), replace(transcript.exchanges[-1], response=None, failure=text))
    outcome = Outcome(3, {"error": text, "text": text}, printed=(text, f"Error: {text}"), output=f"clients/{text}.txt")
    return replace(transcript, exchanges=exchanges, outcome=outcome, provenance={"target": {"url": text}})


def _is_json(text: str) -> bool:
    return '"' not in text.replace('\\"', "") and "\\" not in text.replace("\\\\", "").replace('\\"', "").replace(
        "\\/", ""
    ).replace("\\u", "")


class Echo:
    """A target that plays one scenario and quotes what it was let in with everywhere."""

    traits = frozenset({"state", "key"})

    def __init__(self, text: str, *secrets: str) -> None:
        self.secrets = secrets
        self._spelled = text

    def describe(self) -> Mapping[str, object]:
        return {"kind": "http", "base_url": f"http://127.0.0.1:1/{self._spelled}", "name": self._spelled}

    def plays(self, scenario: Scenario) -> bool:
        return scenario.id == SCENARIO

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        return {"runs": len(scenarios)}

    def exchange(self, scenario: Scenario) -> Transcript:
        return planted(self._spelled)

    def close(self) -> tuple[str, ...]:
        return (f"DELETE /{self._spelled}: {self._spelled}",)


def reported(text: str, *secrets: str) -> Report:
    target = Echo(text, *secrets)
    exhibitor = Exhibitor(origin="http://127.0.0.1:1", variables=dict.fromkeys(secrets, "MY_KEY"), secrets=secrets)
    run = Run(target, plan(target), again=f"conformance server {text}", exhibitor=exhibitor, shapes=True)
    run.subject(SCENARIO)
    return run.report(f"interrupted by {text}")


def forms(report: Report) -> Iterator[tuple[str, str]]:
    """Everything that is written or printed of a report."""
    yield from ((name, writer.render(report)) for name, writer in WRITERS.items())
    yield "standard output", text_form.text(report, Style(100, False, True, "out"))
    yield "lines", "".join(line(subject, kind_of(report)) for subject in report.subjects)
    yield from ((f"repro/{exhibit.requirement}", exhibit.cassette) for exhibit in report.exhibits)
    yield from ((f"curl of {exhibit.requirement}", exhibit.curl) for exhibit in report.exhibits)


#: Families that are planted together: a report in every form takes a second.
TOGETHER = ("plain form shell", "JSON", "percent", "base64 HTML XML")


@pytest.mark.parametrize("families", TOGETHER)
def test_a_secret_that_was_given_is_in_no_form_of_a_report(families: str) -> None:
    report = reported(" ".join(spelled(family, ODD) for family in families.split()), ODD)
    assert {v.status for subject in report.subjects for v in subject.verdicts} > {Status.FAIL}
    assert len(report.exhibits) > 3
    assert {form: found for form, output in forms(report) if (found := found_in(output, ODD))} == {}


def test_a_secret_that_only_a_transcript_tells_is_in_no_form_of_a_report() -> None:
    report = replace(reported(ODD), leftovers=())
    assert any(exhibit.curl for exhibit in report.exhibits)
    assert {form: found for form, output in forms(report) if (found := found_in(output, ODD))} == {}


def test_a_secret_that_one_scenario_tells_is_not_in_another() -> None:
    reporting = Reporting(Profile())
    reporting.masked(Subject(SCENARIO, ()), (planted(ODD),))
    row = REQUIREMENTS["done.last"]
    said = Finding("follows", "m", "e", f"got {ODD}", 0)
    verdict = Verdict(row.id, row.level, row.role, "other", Status.FAIL, findings=(said,))
    (clean,) = reporting.across((reporting.masked(Subject("other", (verdict,))),))
    assert clean.verdicts[0].findings[0].got == "got …"


@pytest.mark.parametrize("family", ["JSON", "percent"])
def test_what_looks_like_a_key_is_in_no_form_of_a_report(family: str) -> None:
    report = reported(spelled(family, KEY))
    assert {form: found for form, output in forms(report) if (found := found_in(output, KEY))} == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_cassette_holds_no_secret_and_is_judged_as_what_was_recorded(family: str) -> None:
    heard = planted(spelled(family, ODD))
    kept = redact(heard, [ODD])
    written = "".join(cassette.write(kept, recorded="", by="a test", secrets=[ODD]))
    assert found_in(written, ODD) == []
    assert leaks(kept, [ODD]) == ()
    assert outcomes(kept) == outcomes(heard)
    assert redact(kept, [ODD]) == kept


def outcomes(transcript: Transcript) -> list[tuple[str, str, int]]:
    return [(each.requirement, each.status.value, len(each.findings)) for each in judge(transcript).verdicts]
