"""Each word for what is submitted becomes exactly the body it describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.scenarios import OUTPUTS, SCENARIOS
from conformance.targets.outputs import body, unknown_like

CALLS = ("call_a1B2", "call_c3D4", "call_e5F6")
Items = list[dict[str, Any]]


def items(word: str) -> Items:
    outputs: Items = json.loads(body(word, "absent", CALLS))["tool_outputs"]
    return outputs


def ids(word: str) -> list[object]:
    return [item.get("tool_call_id") for item in items(word)]


def first(word: str) -> object:
    return items(word)[0]["output"]


#: Word -> what must hold of its body.
EXPECTED: dict[str, Callable[[str], bool]] = {
    "all": lambda word: ids(word) == [*CALLS] and all(isinstance(item["output"], str) for item in items(word)),
    "reversed": lambda word: ids(word) == [*CALLS[::-1]] and items(word) == items("all")[::-1],
    "first": lambda word: ids(word) == [CALLS[0]],
    "rest": lambda word: ids(word) == [*CALLS[1:]],
    "foreign": lambda word: ids(word)[:3] == [*CALLS] and len(ids(word)) == 4 and ids(word)[3] not in CALLS,
    "swapped": lambda word: ids(word)[1:] == [*CALLS[1:]] and ids(word)[0] not in CALLS,
    "twice": lambda word: sorted(map(str, ids(word))) == sorted([*CALLS, CALLS[0]]),
    "none": lambda word: items(word) == [],
    "missing": lambda word: json.loads(body(word, "absent", CALLS)) == {},
    "no-id": lambda word: ids(word) == [None, *CALLS[1:]] and "tool_call_id" not in items(word)[0],
    "null": lambda word: first(word) is None and ids(word) == [*CALLS],
    "number": lambda word: type(first(word)) is int and ids(word) == [*CALLS],
    "boolean": lambda word: type(first(word)) is bool and ids(word) == [*CALLS],
    "object": lambda word: type(first(word)) is dict and ids(word) == [*CALLS],
    "array": lambda word: type(first(word)) is list and ids(word) == [*CALLS],
    "empty-text": lambda word: first(word) == "" and ids(word) == [*CALLS],
    "opaque": lambda word: ids(word) == [*CALLS] and len({item["output"] for item in items(word)}) == 3,
    "nul": lambda word: "\0" in str(first(word)) and ids(word) == [*CALLS],
    "other-text": lambda word: ids(word) == [*CALLS] and items(word) != items("all"),
    "extra-key": lambda word: len(json.loads(body(word, "absent", CALLS)).keys() - {"tool_outputs"}) == 1,
    "large": lambda word: len(str(first(word))) == 512_000 and ids(word) == [*CALLS],
    "malformed": lambda word: body("all", "absent", CALLS).startswith(body(word, "absent", CALLS)),
}


@pytest.mark.parametrize("word", OUTPUTS)
def test_every_word_of_the_table_is_what_it_says(word: str) -> None:
    assert EXPECTED[word](word)


def test_the_malformed_body_is_no_json_at_all() -> None:
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(body("malformed", "absent", CALLS))


@pytest.mark.parametrize(
    ("stream", "value"), [("false", False), ("null", None), ("true", True), ("string", "true")]
)  # fmt: skip
def test_stream_is_said_in_every_way(stream: str, value: object) -> None:
    assert json.loads(body("all", stream, CALLS))["stream"] == value
    assert "stream" not in json.loads(body("all", "absent", CALLS))


def test_opaque_outputs_hold_everything_that_is_easily_mangled() -> None:
    unicode, json_text, long_line = (item["output"] for item in items("opaque"))
    assert {"\u2028", "\u2029", "\x85", "\x1b", "\r", "\U0001f326", "\u0301", "\ufeff"} <= set(unicode)
    assert "\0" not in unicode + json_text + long_line
    assert all(mark in json_text for mark in ('\\"', "\\n", "\r\n", "\ndata: [DONE]\n\n"))
    assert len(long_line) == 60 * 1024
    assert long_line.isprintable()
    assert "日本語".encode() in body("opaque", "true", CALLS)


def test_bodies_are_the_same_each_time_and_exist_for_every_submission() -> None:
    submissions = {(act.outputs, act.stream) for s in SCENARIOS for act in s.acts if act.do == "submit"}
    for outputs, stream in submissions:
        assert body(outputs, stream, CALLS) == body(outputs, stream, CALLS)


@pytest.mark.parametrize(
    "known",
    ["run_abcDEF0123456789xyzXYZ9", "thread_1", "3f2b8c1e-7a4d-4e6f-9b0a-5c8d7e6f1a2b", "call_", "x"],
)
def test_an_unknown_id_has_the_form_of_a_known_one(known: str) -> None:
    other = unknown_like(known)
    assert other != known or known == "call_"
    assert [(c.isdigit(), c.isupper(), c.islower(), c in "abcdefABCDEF") for c in other] == [
        (c.isdigit(), c.isupper(), c.islower(), c in "abcdefABCDEF") for c in known
    ]
