"""A client's own words: its error, the last lines it printed, and the file of everything."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import ClientOutput, Outcome, Status, Subject, Transcript
from conformance.report import reader
from conformance.report.client_output import client_output, described
from conformance.report.json_writer import render
from conformance.report.style import Style
from conformance.report.text import text
from conformance.report.writers import WRITERS
from conformance.tests.report.reports import HOSTILE, finding, passing, verdict

SAID = ClientOutput(
    1, "the stream broke off", ("reading", f"ValueError: no JSON {HOSTILE}"), "clients/streamed-crlf.txt"
)


def test_what_a_client_wrote_and_printed_is_kept_of_its_transcript() -> None:
    outcome = Outcome(1, {"error": "it broke"}, printed=("a", "b"), output="clients/s.txt")
    assert client_output(Transcript("s", (), outcome=outcome)) == ClientOutput(
        1, "it broke", ("a", "b"), "clients/s.txt"
    )
    assert client_output(Transcript("s", (), outcome=Outcome(0, {"error": None}))) == ClientOutput(0)
    assert client_output(Transcript("s", ())) is None


def test_it_stands_in_text_page_junit_and_json() -> None:
    row = verdict("outcome.usual", "streamed-crlf", Status.FAIL, finding(event=None))
    report = replace(passing(), subjects=(Subject("streamed-crlf", (row,), client=SAID),))
    shown = text(report, Style(width=200, folder="report"))
    for line in (
        "  client    exit code 1",
        "  error     the stream broke off",
        "  printed   reading",
        "            ValueError: no JSON \\x1b[2J",
        "  output    report/clients/streamed-crlf.txt",
        "  printed   report/clients/ holds what the client printed, by scenario",
    ):
        assert line in shown
    for form in ("html", "junit"):
        written = WRITERS[form].render(report)
        for said in ("the stream broke off", "ValueError: no JSON", "clients/streamed-crlf.txt"):
            assert said in written, form
    assert reader.read(render(report).encode(), "x").subjects[0].client == replace(
        SAID, printed=("reading", SAID.printed[1].replace("\ud800", "\\ud800"))
    )


def test_a_client_that_had_to_be_ended_says_so_and_one_that_is_not_there_says_nothing() -> None:
    assert [*described(ClientOutput(None), None)] == [("client", "still running when its time was over")]
    assert [*described(None, ".")] == []
