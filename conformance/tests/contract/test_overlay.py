"""Every correction is needed, and one that upstream has mended is told."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest

from conformance.contract.vendor.derive import schema_of
from conformance.contract.vendor.overlay import corrected, select
from conformance.errors import OwnError
from conformance.tests.contract.documents import altered, committed, lacking, overlay

ACTIONS = overlay()["actions"]
RUN, STEP, MESSAGE = "$.components.schemas.RunObject", "$.components.schemas.RunStepObject", "MessageObject"
SIX = ("id", "object", "created_at", "thread_id", "assistant_id", "status")
UNKNOWN = {"type": "teleport"}


def _run_waiting(**action: Any) -> dict[str, Any]:
    return altered("RunObject", required_action=action)


def _searching(**file_search: Any) -> dict[str, Any]:
    call = {"id": "c", "type": "file_search", "file_search": file_search}
    return altered("RunStepObject", step_details={"type": "tool_calls", "tool_calls": [call]})


def _step_delta(**details: Any) -> dict[str, Any]:
    return altered("RunStepDeltaObject", delta={"step_details": details})


def _using(**tool: Any) -> dict[str, Any]:
    return altered("RunObject", tools=[tool])


def _showing(kind: str, **shown: Any) -> dict[str, Any]:
    return altered("MessageObject", content=[{"type": kind, kind: {**shown, "detail": None}}])


#: For each action, by its place: an object, and whether it is accepted; without the action the answer is the other,
#: or nothing can be derived at all.
WITNESSES: list[tuple[str, str, dict[str, Any], bool]] = [
    (f"{RUN}.required", "RunObject", {name: altered("RunObject")[name] for name in SIX}, True),
    (RUN, "RunObject", lacking("RunObject", "thread_id"), False),
    (f"{STEP}.required", "RunStepObject", lacking("RunStepObject", "expired_at", "metadata"), True),
    (STEP, "RunStepObject", lacking("RunStepObject", "step_details"), False),
    (f"{STEP}.properties", "RunStepObject", altered("RunStepObject", expires_at="soon"), False),
    (".MessageObject.required", "MessageObject", lacking("MessageObject", "attachments"), True),
    (".MessageObject", "MessageObject", lacking("MessageObject", "role"), False),
    (".Error.required", "Error", {"message": "no"}, True),
    (".Error", "Error", {"type": "server_error", "param": None, "code": None}, False),
    (
        "tool_outputs.items",
        "SubmitToolOutputsRunRequest",
        altered("SubmitToolOutputsRunRequest", tool_outputs=[{"output": "22C"}]),
        False,
    ),
    (f"{RUN}.properties.instructions", "RunObject", altered("RunObject", instructions=None), True),
    (f"{RUN}.properties", "RunObject", altered("RunObject", instructions=5), False),
    ("'max_completion_tokens']", "RunObject", altered("RunObject", max_completion_tokens=16), True),
    (f"{RUN}.properties", "RunObject", altered("RunObject", max_prompt_tokens="many"), False),
    (f"{RUN}.properties.tools", "RunObject", altered("RunObject", tools=[{"type": "code_interpreter"}] * 21), True),
    (
        "FunctionObject.properties['description','parameters']",
        "RunObject",
        _using(type="function", function={"name": "f", "description": None, "parameters": None}),
        True,
    ),
    ("FileSearch.properties.file_search", "RunObject", _using(type="file_search", file_search=None), True),
    (
        "'ranking_options']",
        "RunObject",
        _using(type="file_search", file_search={"max_num_results": None, "ranking_options": None}),
        True,
    ),
    (
        "FileSearchRankingOptions.properties.ranker",
        "RunObject",
        _using(type="file_search", file_search={"ranking_options": {"ranker": None, "score_threshold": 0}}),
        True,
    ),
    (
        "RunStepDetailsToolCallsFileSearchObject.properties.file_search.properties.ranking_options",
        "RunStepObject",
        _searching(ranking_options=None),
        True,
    ),
    (
        "AssistantsNamedToolChoice.properties.function",
        "RunObject",
        altered("RunObject", tool_choice={"type": "file_search", "function": None}),
        True,
    ),
    (
        "json_schema.properties['description','schema']",
        "RunObject",
        altered(
            "RunObject",
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "n", "description": None, "schema": None},
            },
        ),
        True,
    ),
    (
        f"{RUN}.properties.parallel_tool_calls",
        "RunObject",
        altered("RunObject", parallel_tool_calls=None),
        True,
    ),
    (
        "properties['file_id','tools']",
        "MessageObject",
        altered("MessageObject", attachments=[{"file_id": None, "tools": None}]),
        True,
    ),
    ("image_file.properties.detail", "MessageObject", _showing("image_file", file_id="f"), True),
    ("image_url.properties.detail", "MessageObject", _showing("image_url", url="https://example.com/a.png"), True),
    (f"{RUN}.properties.tools.items", "RunObject", altered("RunObject", tools=[UNKNOWN]), True),
    (
        "attachments.anyOf[0].items.properties.tools.items",
        "MessageObject",
        altered("MessageObject", attachments=[{"file_id": "f", "tools": [UNKNOWN]}]),
        True,
    ),
    ("required_action.anyOf[0]", "RunObject", _run_waiting(type="submit_tool_approval"), True),
    (
        "submit_tool_outputs.properties.tool_calls.items",
        "RunObject",
        _run_waiting(type="submit_tool_outputs", submit_tool_outputs={"tool_calls": [UNKNOWN]}),
        True,
    ),
    (".TruncationObject", "RunObject", altered("RunObject", truncation_strategy=UNKNOWN), True),
    (".AssistantsApiToolChoiceOption", "RunObject", altered("RunObject", tool_choice=UNKNOWN), True),
    (".AssistantsApiResponseFormatOption", "RunObject", altered("RunObject", response_format=UNKNOWN), True),
    (f"{STEP}.properties.type.enum", "RunStepObject", altered("RunStepObject", type="teleport"), True),
    (f"{STEP}.properties.step_details", "RunStepObject", altered("RunStepObject", step_details=UNKNOWN), True),
    ("RunStepDeltaObject.properties.delta.properties.step_details", "RunStepDeltaObject", _step_delta(**UNKNOWN), True),
    (
        "'RunStepDeltaStepDetailsToolCallsObject'].properties.tool_calls.items",
        "RunStepDeltaObject",
        _step_delta(type="tool_calls", tool_calls=[{"index": 0, **UNKNOWN}]),
        True,
    ),
    (
        "outputs.items",
        "RunStepDeltaObject",
        _step_delta(
            type="tool_calls",
            tool_calls=[{"index": 0, "type": "code_interpreter", "code_interpreter": {"outputs": [UNKNOWN]}}],
        ),
        True,
    ),
    (
        "FileSearchResultObject.properties.content.items",
        "RunStepObject",
        _searching(results=[{"file_id": "f", "file_name": "n", "score": 1, "content": [UNKNOWN]}]),
        True,
    ),
    (
        ".FileSearchRanker.enum",
        "RunStepObject",
        _searching(ranking_options={"ranker": "default-2024-08-21", "score_threshold": 0}),
        True,
    ),
    ("MessageObject.properties.content.items", "MessageObject", altered("MessageObject", content=[UNKNOWN]), True),
    (
        "MessageDeltaObject.properties.delta.properties.content.items",
        "MessageDeltaObject",
        altered("MessageDeltaObject", delta={"content": [{"index": 0, **UNKNOWN}]}),
        True,
    ),
    (
        "annotations.items",
        "MessageObject",
        altered("MessageObject", content=[{"type": "text", "text": {"value": "", "annotations": [UNKNOWN]}}]),
        True,
    ),
    (
        "RunObject.properties.last_error.anyOf[0].properties.code",
        "RunObject",
        altered("RunObject", last_error={"code": "tool_user_error", "message": ""}),
        True,
    ),
    (
        "RunStepObject.properties.last_error.anyOf[0].properties.code",
        "RunStepObject",
        altered("RunStepObject", last_error={"code": "tool_user_error", "message": ""}),
        True,
    ),
    (
        "incomplete_details.anyOf[0].properties.reason",
        "MessageObject",
        altered("MessageObject", incomplete_details={"reason": "boredom"}),
        True,
    ),
]


def _accepts(name: str, document: object, actions: list[Any]) -> bool | None:
    try:
        schema = schema_of(name, corrected(committed("openapi.json"), {"actions": actions}))
    except OwnError:
        return None
    return jsonschema_rs.Draft202012Validator(schema).is_valid(document)


def test_there_is_a_witness_for_every_correction() -> None:
    assert len(WITNESSES) == len(ACTIONS)
    assert all(action["target"].endswith(place) for action, (place, *_) in zip(ACTIONS, WITNESSES, strict=True))


@pytest.mark.parametrize("number", range(len(ACTIONS)), ids=lambda number: f"{number + 1}")
def test_every_correction_is_needed(number: int) -> None:
    _, name, document, accepted = WITNESSES[number]
    assert _accepts(name, document, ACTIONS) is accepted
    assert _accepts(name, document, ACTIONS[:number] + ACTIONS[number + 1 :]) is not accepted


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action["target"].rpartition("schemas")[2])
def test_every_correction_says_why_and_how_we_know(action: Any) -> None:
    assert action["x-contract"] and action["x-reason"].endswith(".") and all(action["x-evidence"])
    assert ("remove" in action) != ("update" in action)
    selected = [place.node for place in select({"$": committed("openapi.json")}, action["target"])]
    assert len(selected) == len(action["x-expects"]) > 0
    # The specification lets an overlay select objects and arrays only.
    assert all(isinstance(node, (dict, list)) for node in selected)


def _property(name: str, field: str) -> str:
    return f"$.components.schemas.{name}.properties.{field}"


@pytest.mark.parametrize(
    ("target", "mended"),
    [
        (_property("RunObject", "instructions"), {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ("$.components.schemas.MessageObject.required", None),
        ("$.components.schemas.FileSearchRanker.enum", ...),
        (_property("RunObject", "tools.maxItems"), 128),
        (_property("RunObject", "tools.items.discriminator"), {"propertyName": "type"}),
        (_property("RunStepObject", "expires_at"), ACTIONS[4]["update"]["expires_at"]),
        ("$.components.schemas.SubmitToolOutputsRunRequest.properties.tool_outputs.items.required", ["tool_call_id"]),
    ],
    ids=lambda value: value.rpartition("schemas.")[2] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_correction_that_upstream_has_mended_is_told(target: str, mended: Any) -> None:
    document = committed("openapi.json")
    parent, _, key = target.rpartition(".")
    (place,) = select({"$": document}, parent)
    if mended is ...:
        del place.node[key]
    elif mended is None:
        place.node[key].remove("attachments")
    else:
        place.node[key] = mended
    with pytest.raises(OwnError, match="upstream fixed it: delete this action"):
        corrected(document, {"actions": ACTIONS})


def test_a_correction_of_what_upstream_has_changed_is_told() -> None:
    document = committed("openapi.json")
    document["components"]["schemas"]["RunObject"]["properties"]["instructions"] = {"type": "array"}
    with pytest.raises(OwnError, match=r"DIS-INSTR.*upstream changed it: expected .*string.*, found .*array"):
        corrected(document, {"actions": ACTIONS})


def test_correcting_leaves_the_document_alone() -> None:
    document = committed("openapi.json")
    before = copy.deepcopy(document)
    corrected(document, {"actions": ACTIONS})
    assert document == before


STORE = {"$": {"a": {"b c": [1, {"d": 2}], "e": [3]}, "f-g": 4}}


@pytest.mark.parametrize(
    ("target", "selected"),
    [
        ("$", [STORE["$"]]),
        ("$.f-g", [4]),
        ("$['a','f-g']", [STORE["$"]["a"], 4]),
        ("$.a['b c'][1].d", [2]),
        ("$.a.*[0]", [1, 3]),
        ("$.a[*][0, 1]", [1, {"d": 2}, 3]),
        ("$.absent.below", []),
        ("$.a.e[7]", []),
    ],
)
def test_targets_select_by_names_indices_and_wildcards(target: str, selected: list[Any]) -> None:
    assert [place.node for place in select(STORE, target)] == selected


@pytest.mark.parametrize("target", ["a.b", "$..b", "$.a[?@.b]", "$[b]", "$.a["])
def test_other_targets_are_refused(target: str) -> None:
    with pytest.raises(OwnError, match="not understood"):
        select(STORE, target)


@pytest.mark.parametrize(
    ("action", "result"),
    [
        ({"target": "$.a", "update": {"n": {}}}, {"a": {"n": {}, "o": {"p": 1}}, "l": [{"x": 1}, {"x": 2}]}),
        ({"target": "$.a", "update": {"o": {"q": 2}}}, {"a": {"o": {"p": 1, "q": 2}}, "l": [{"x": 1}, {"x": 2}]}),
        ({"target": "$.l", "update": {"x": 3}}, {"a": {"o": {"p": 1}}, "l": [{"x": 1}, {"x": 2}, {"x": 3}]}),
        ({"target": "$.l[*]", "remove": True}, {"a": {"o": {"p": 1}}, "l": []}),
        ({"target": "$['a','l']", "remove": True}, {}),
    ],
)  # fmt: skip
def test_updates_merge_and_removals_remove(action: Any, result: Any) -> None:
    document = {"a": {"o": {"p": 1}}, "l": [{"x": 1}, {"x": 2}]}
    expects = [
        {} if isinstance(place.node, dict) else place.node for place in select({"$": document}, action["target"])
    ]
    assert corrected(document, {"actions": [{**action, "x-contract": ["X"], "x-expects": expects}]}) == result
