"""Other documents compared with the slice, field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from conformance.contract.vendor.drift import drift, drift_text
from conformance.tests.contract.documents import azure, committed, official

SLICE = committed("openapi.json")


def test_the_document_it_was_cut_from_has_no_drift() -> None:
    assert drift(SLICE, official()) == ()
    assert drift_text(()) == "no difference\n"


AZURE = [
    "expires_at: null yes -> no",
    "status: values without incomplete",
    "last_error.code: values without invalid_prompt",
    "object: values without thread.run.step, with assistant.run.step",
    "usage: removed",
    "content[](refusal): removed",
    "content[](image_url): removed",
    "parallel_tool_calls: required yes -> no",
    "metadata{}: removed",
    "error.message: required yes -> no",
    "inner_error: added",
    "thread.run.incomplete: removed",
    "query parameter api-version: added",
    "authentication by apiKey header api-key: added",
]


@pytest.fixture(scope="module")
def azure_text() -> str:
    return drift_text(drift(SLICE, azure()))


@pytest.mark.parametrize("line", AZURE)
def test_azure_differs_as_it_is_known_to(azure_text: str, line: str) -> None:
    assert f"  {line}" in azure_text.splitlines()


def test_azure_differs_in_nothing_that_is_only_spelt_differently(azure_text: str) -> None:
    assert "RunToolCallObject" not in azure_text and "thread.message" not in azure_text
    assert len(drift(SLICE, azure())) == int(azure_text.splitlines()[-1].split()[0]) == 42


RUN = ("components", "schemas", "RunObject")


def _run(*path: str) -> tuple[str, ...]:
    return (*RUN, "properties", *path)


@pytest.mark.parametrize(
    ("path", "value", "difference"),
    [
        (_run("model"), {"type": "integer"}, ("RunObject.model", "type", "string", "integer")),
        (_run("model"), None, ("RunObject.model", "presence", "present", "absent")),
        (_run("colour"), {"type": "string"}, ("RunObject.colour", "presence", "absent", "present")),
        (_run("model"), {"type": ["string", "null"]}, ("RunObject.model", "null", "no", "yes")),
        (_run("created_at", "minimum"), 5, ("RunObject.created_at", "minimum", "absent", "5")),
        (_run("object", "enum"), ["run"], ("RunObject.object", "values", "thread.run", "run")),
        ((*RUN, "required"), ["model"], ("RunObject.id", "required", "yes", "no")),
        (_run("tools", "items", "oneOf"), [{"$ref": "#/components/schemas/AssistantToolsCode"}],
         ("RunObject.tools[](function)", "presence", "present", "absent")),
        (("components", "schemas", "SubmitToolOutputsRunRequest", "additionalProperties"), True,
         ("SubmitToolOutputsRunRequest", "other fields", "refused", "absent")),
    ],
    ids=range(9),
)  # fmt: skip
def test_one_change_is_told_as_what_it_is(path: tuple[str, ...], value: Any, difference: tuple[str, ...]) -> None:
    other = copy.deepcopy(SLICE)
    parent = other
    for key in path[:-1]:
        parent = parent[key]
    if value is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    found = [(each.where, each.aspect, each.ours, each.theirs) for each in drift(SLICE, other)]
    assert difference in found
    if path[-1] != "required" and "oneOf" not in path:
        assert len(found) == 1


def test_a_schema_that_holds_itself_is_compared_once() -> None:
    other = copy.deepcopy(SLICE)
    other["components"]["schemas"]["RunObject"]["properties"]["parent"] = {"$ref": "#/components/schemas/RunObject"}
    assert [each.where for each in drift(other, other)] == []
    assert [each.where for each in drift(SLICE, other)] == ["RunObject.parent"]


def test_a_new_answer_of_the_operation_is_told() -> None:
    other = copy.deepcopy(SLICE)
    (item,) = other["paths"].values()
    item["post"]["responses"]["429"] = {"$ref": "#/components/responses/TooManyRequests"}
    other["components"]["responses"] = {"TooManyRequests": {"content": {"application/json": {}}}}
    assert drift_text(drift(SLICE, other)).splitlines()[:2] == ["operation", "  answer 429: added"]
