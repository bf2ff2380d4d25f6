"""`accepts` and `explain` on documents: real ones, legal ones, and legal ones with one thing wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.contract.schema import (
    MOST,
    SCHEMA_OF_EVENT,
    TIMESTAMPS,
    accepts,
    cause_violations,
    explain,
    missing_fields,
)
from conformance.contract.vendor.slice import OBJECTS
from conformance.tests.contract.documents import LEGAL, WIRE, altered, committed, lacking

UPSTREAM = committed("openapi.json")


def _upstream_accepts(name: str, document: object) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": UPSTREAM["components"]}
    return Draft202012Validator(schema).is_valid(document)


def _mutations(document: Any) -> Iterator[Any]:
    """The document with each of its values replaced by values of other types, and with each field left out."""
    others: list[Any] = [None, True, -1, 0.5, "other", [], {}, [{}]]
    for path in _paths(document):
        for value in others:
            mutant = copy.deepcopy(document)
            _parent(mutant, path)[path[-1]] = value
            yield mutant
        mutant = copy.deepcopy(document)
        del _parent(mutant, path)[path[-1]]
        yield mutant


def _paths(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        yield (*above, key)
        yield from _paths(value, (*above, key))


def _parent(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        node = node[key]
    return node


def _recorded(text: str) -> Iterator[tuple[str, str]]:
    name = ""
    for line in text.splitlines():
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data" and value.strip() != "[DONE]":
            yield name, value.strip()


@pytest.mark.parametrize("name", OBJECTS)
def test_a_legal_object_is_accepted_by_upstream_and_by_us(name: str) -> None:
    assert _upstream_accepts(name, LEGAL[name])
    assert accepts(name, LEGAL[name])
    assert explain(name, LEGAL[name]) == ()


@pytest.mark.parametrize("name", OBJECTS)
def test_both_validators_agree_and_every_refusal_is_explained(name: str) -> None:
    slow = Draft202012Validator(committed(f"derived/{name}.json"))
    mutants = list(_mutations(LEGAL[name]))
    refused = [mutant for mutant in mutants if not accepts(name, mutant)]
    assert refused == [mutant for mutant in mutants if not slow.is_valid(mutant)]
    assert 0 < len(refused) < len(mutants)
    for mutant in refused:
        violations = explain(name, mutant)
        assert 0 < len(violations) <= MOST
        assert all(len(text) < 200 for violation in violations for text in violation)


@pytest.mark.skipif(not WIRE.is_dir(), reason="the folder of real recordings is not beside this checkout")
def test_real_traffic_is_accepted_and_wants_nothing() -> None:
    judged = 0
    for path in sorted(WIRE.glob("*/*.sse")):
        for event, data in _recorded(path.read_text(encoding="utf-8")):
            document = json.loads(data)
            name = "ErrorResponse" if event == "error" and "error" in document else SCHEMA_OF_EVENT[event]
            assert accepts(name, document), (path.name, event, explain(name, document))
            assert not missing_fields(name, document) and not cause_violations(name, document), (path.name, event)
            judged += 1
    assert judged > 300


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("RunObject", altered("RunObject", tool_resources={}, reasoning_effort=None)),
        ("RunObject", altered("RunObject", truncation_strategy=None, tool_choice=None, response_format=None)),
        ("RunObject", altered("RunObject", response_format={"type": "json_object"})),
        ("RunObject", altered("RunObject", tool_choice={"type": "function", "function": {"name": "f"}})),
        ("RunObject", altered("RunObject", created_at=1710352448.0)),
        ("RunStepObject", altered("RunStepObject", expires_at=1710353048)),
        ("RunStepDeltaObject", altered("RunStepDeltaObject", delta={})),
        ("MessageDeltaObject", altered("MessageDeltaObject", delta={"role": "assistant", "content": []})),
        ("SubmitToolOutputsRunRequest", {"tool_outputs": [], "stream": None}),
        ("SubmitToolOutputsRunRequest", {"tool_outputs": [{"tool_call_id": "call_1", "name": "extra"}]}),
        ("ErrorResponse", {"error": {"message": "no"}, "inner": {}}),
    ],
)
def test_legal_variations_are_accepted(name: str, document: Any) -> None:
    assert accepts(name, document), explain(name, document)


ONE_FUNCTION = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("name", "document", "pointer", "expected", "got"),
    [
        ("RunObject", lacking("RunObject", "id"), "/id", "a value (the field is required)", "nothing"),
        ("RunObject", altered("RunObject", created_at="2024"), "/created_at", "integer", '"2024"'),
        ("RunObject", altered("RunObject", object="run"), "/object", "thread.run", '"run"'),
        ("RunObject", altered("RunObject", expires_at="2024"), "/expires_at", "integer or null", '"2024"'),
        ("RunObject", altered("RunObject", tool_choice=7), "/tool_choice", "object or string or null", "7"),
        ("RunObject", altered("RunObject", tools=[{}]), "/tools/0/type", "a value (the field is required)", "nothing"),
        ("RunObject", altered("RunObject", tools="none"), "/tools", "array", '"none"'),
        ("RunObject", [], "", "object", "an array of 0 items"),
        ("RunObject", altered("RunObject", metadata={"a/b~": True}), "/metadata/a~1b~0", "string", "true"),
        ("RunObject", altered("RunObject", metadata={"\ud800": 10**500}), "/metadata/\\ud800", "string",
         "an integer of 1661 bits"),
        ("RunObject", altered("RunObject", last_error={"code": "server_error"}), "/last_error/message",
         "a value (the field is required)", "nothing"),
        ("RunObject", altered("RunObject", required_action={
            "type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [{**ONE_FUNCTION, "id": None}]}}),
         "/required_action/submit_tool_outputs/tool_calls/0/id", "string", "null"),
        ("MessageObject", altered("MessageObject", content=[{"type": "text", "text": "hello"}]), "/content/0/text",
         "object", '"hello"'),
        ("MessageObject", altered("MessageObject", role="x" * 1000), "/role", "one of user, assistant",
         '"' + "x" * 79 + "…"),
        ("SubmitToolOutputsRunRequest", {"tool_outputs": [], "run": 1, "mode": 2}, "",
         "no fields but stream, tool_outputs", '"mode, run"'),
        ("SubmitToolOutputsRunRequest", {"tool_outputs": [{"tool_call_id": "c", "output": {}}]},
         "/tool_outputs/0/output", "string", "an object of 0 fields"),
    ],
)  # fmt: skip
def test_a_violation_says_where_what_was_expected_and_what_came(
    name: str, document: Any, pointer: str, expected: str, got: str
) -> None:
    assert not accepts(name, document)
    assert explain(name, document) == ((pointer, expected, got),)


def test_at_most_five_violations_are_told() -> None:
    assert len(explain("RunObject", {})) == MOST


def _nested(depth: int) -> Any:
    node: Any = []
    for _ in range(depth):
        node = [node]
    return node


@pytest.mark.parametrize(
    ("document", "accepted"),
    [
        (altered("RunObject", x=_nested(990)), True),
        (altered("RunObject", id=_nested(990)), False),
        (_nested(990), False),
        (altered("RunObject", **{"\ud800": _nested(990), "model": "\ud800"}), True),
        (altered("RunObject", **{"\ud800": 1, "id": _nested(990)}), False),
        (altered("RunObject", **{"\ud800": 1, "status": "\ud800"}), False),
        (altered("RunObject", x=10**5000, y=float("inf"), temperature=10**400), True),
        (altered("RunObject", temperature=float("inf")), False),
        (altered("RunObject", id=10**5000), False),
    ],
    ids=range(9),
)
def test_hostile_values_are_judged_and_told_without_a_crash(document: Any, accepted: bool) -> None:
    assert accepts("RunObject", document) is accepted
    violations = explain("RunObject", document)
    assert bool(violations) is not accepted
    assert "".join(text for violation in violations for text in violation).encode("utf-8") is not None


@pytest.mark.parametrize(
    ("name", "fields", "told"),
    [
        ("RunObject", {"last_error": {"code": "tool_user_error", "message": ""}}, ["/last_error/code"]),
        ("RunObject", {"last_error": {"code": "server_error", "message": ""}}, []),
        ("RunObject", {"incomplete_details": {"reason": "content_filter"}}, ["/incomplete_details/reason"]),
        ("RunObject", {"incomplete_details": {}}, []),
        ("RunStepObject", {"last_error": {"code": "invalid_prompt", "message": ""}}, ["/last_error/code"]),
        ("MessageObject", {"incomplete_details": {"reason": "content_filter"}}, []),
        ("MessageObject", {"incomplete_details": {"reason": "boredom"}}, ["/incomplete_details/reason"]),
    ],
)
def test_causes_are_open_and_unknown_ones_are_told(name: str, fields: dict[str, Any], told: list[str]) -> None:
    document = altered(name, **fields)
    assert accepts(name, document)
    assert [violation.pointer for violation in cause_violations(name, document)] == told


@pytest.mark.parametrize(
    ("name", "document", "missing"),
    [
        ("RunObject", lacking("RunObject", "usage", "model", "tool_choice"), ("model", "usage")),
        ("RunObject", lacking("RunObject", "required_action", "parallel_tool_calls"), ()),
        ("RunStepObject", lacking("RunStepObject", "metadata"), ()),
        ("Error", {"message": "no"}, ("type", "param", "code")),
        ("RunObject", "not an object", ()),
    ],
)
def test_fields_that_should_be_there_are_told(name: str, document: Any, missing: tuple[str, ...]) -> None:
    assert missing_fields(name, document) == missing


def test_timestamps_are_the_fields_in_unix_seconds() -> None:
    assert set(TIMESTAMPS) == {"RunObject", "RunStepObject", "MessageObject", "ThreadObject"}
    assert all(name.endswith("_at") for fields in TIMESTAMPS.values() for name in fields)
    for name, fields in TIMESTAMPS.items():
        assert {field for field in LEGAL[name] if field.endswith("_at")} <= set(fields)
    assert "expires_at" in TIMESTAMPS["RunStepObject"]


def test_each_event_name_has_the_schema_of_its_object() -> None:
    for event, name in SCHEMA_OF_EVENT.items():
        if event != "error":
            (value,) = committed(f"derived/{name}.json")["properties"]["object"]["enum"]
            assert event.startswith(value) or (value, event) == ("thread.run.step.delta", "thread.run.step.delta")
