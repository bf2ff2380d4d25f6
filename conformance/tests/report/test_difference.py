"""What was expected and what came, character by character; and the document at fault, line by line."""

from __future__ import annotations

import pytest

from conformance.report.difference import differences, in_words
from conformance.report.document_lines import document_lines


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        ("'just now: 11.'", "'just now: 11'", "«.» is missing after «'just now: 11»"),
        ("'21 degrees'", "'21 degrees!'", "«!» was added after «'21 degrees»"),
        ("'21 degrees'", "'22 degrees'", "«2» instead of «1» after «'2»"),
        ("'a b c d e f'", "'a,b,c,d,e f'", "«,» instead of « » after «'a»; «,» instead of « » after «'a b»; "
         "«,» instead of « » after «'a b c»; and 1 more"),
        ("…'abcd.' (from character 26 of 47)", "…'abcd' (from character 26 of 46)", "«.» is missing after «…'abcd»"),
    ],
)  # fmt: skip
def test_two_forms_of_one_text_are_compared_by_character(expected: str, got: str, said: str) -> None:
    assert in_words(expected, got) == said
    apart = differences(expected, got)
    assert apart is not None
    assert ["".join(piece.text for piece in side) for side in apart] == [expected, got]


@pytest.mark.parametrize(
    ("expected", "got"),
    [("'a'", "'a'"), ("in_progress or incomplete", "delta"), ("'abc'", "null"), ("'abcdef'", "'uvwxyz'")],
)
def test_what_are_no_two_forms_of_one_text_is_not_compared(expected: str, got: str) -> None:
    assert in_words(expected, got) == ""
    assert differences(expected, got) is None


def test_a_document_is_laid_out_and_the_pointer_leads_to_a_line() -> None:
    data = b'{"id": "x", "list": [{"a/b": 1}, {"deep": "text"}], "empty": {}}'
    shown = document_lines(data, "/list/1/deep")
    assert shown.line is not None and shown.lines[shown.line] == '      "deep": "text"'
    assert "\n".join(shown.lines) == (
        '{\n  "id": "x",\n  "list": [\n    {\n      "a/b": 1\n    },\n    {\n      "deep": "text"\n    }\n  ],\n'
        '  "empty": {}\n}'
    )
    escaped = document_lines(data, "/list/0/a~1b")
    assert escaped.line is not None and '"a/b"' in escaped.lines[escaped.line]


@pytest.mark.parametrize(("pointer", "line"), [("/list/7/x", 1), ("/gone", None), (None, None), ("/list", 1)])
def test_what_is_not_there_is_looked_for_around_it(pointer: str | None, line: int | None) -> None:
    assert document_lines(b'{"list": [1]}', pointer).line == line


@pytest.mark.parametrize("data", [b"", b"x" * 300_000])
def test_nothing_and_too_much_are_not_laid_out(data: bytes) -> None:
    assert document_lines(data, "/a").lines == ()


def test_what_is_no_json_stays_as_it_came_and_nothing_steers_a_terminal() -> None:
    assert document_lines(b'{"long": "%s"}}' % (b"x" * 1000), None).lines[0].endswith('"}}')
    assert document_lines(b"<html>\n\x1b[2J", None).lines == ("<html>", "\\x1b[2J")
    assert document_lines(b"[" * 100_000, None).lines[0].startswith("[[[")


def test_the_line_at_fault_of_a_long_document_is_among_those_shown() -> None:
    shown = document_lines(b"[" + b",".join(b"%d" % n for n in range(3000)) + b"]", "/2500")
    assert len(shown.lines) == 400 and shown.line is not None
    assert shown.lines[shown.line] == "  2500,"
