"""The committed schemas are what a fresh derivation gives, and plain JSON Schema 2020-12."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.contract.vendor.derive import schema_of
from conformance.contract.vendor.nullable import without_nullable
from conformance.contract.vendor.openapi_document import resolve
from conformance.contract.vendor.slice import OBJECTS, PATH, events_of, slice_of
from conformance.contract.vendor.upstream import derived
from conformance.errors import OwnError, UnreadableInput
from conformance.files import schemas_folder
from conformance.run import schema_derivation
from conformance.tests.contract.documents import azure, committed, official, overlay

DERIVED = [f"derived/{name}.json" for name in OBJECTS]


def _keywords(node: Any, named: bool = False) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _keywords(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if not named:
                yield key
            if key not in ("enum", "default", "required"):
                yield from _keywords(value, not named and key in ("properties", "$defs", "schemas"))


def test_committed_files_are_what_a_fresh_derivation_gives() -> None:
    fresh = schema_derivation.derivation()
    assert {name: (schemas_folder() / name).read_text(encoding="utf-8") for name in fresh} == fresh
    assert {f"derived/{path.name}" for path in schemas_folder().glob("derived/*")} == set(DERIVED)


def test_deriving_twice_gives_the_same_bytes_and_leaves_the_document_alone() -> None:
    before = repr(official()["components"]["schemas"]["RunObject"])
    assert derived(official(), overlay()) == derived(official(), overlay())
    assert repr(official()["components"]["schemas"]["RunObject"]) == before


@pytest.mark.parametrize("name", DERIVED)
def test_derived_schemas_are_valid_and_stand_alone(name: str) -> None:
    schema = committed(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for reference in _references(schema):
        assert reference.startswith("#/$defs/") and resolve(schema, reference)


@pytest.mark.parametrize("name", DERIVED)
def test_derived_schemas_hold_no_prose_no_union_and_nothing_of_openapi(name: str) -> None:
    gone = {"oneOf", "nullable", "discriminator", "description", "example", "x-oaiMeta", "x-extensible"}
    assert not gone & set(_keywords(committed(name)))


def test_the_slice_is_a_small_openapi_document_with_the_operation() -> None:
    document = committed("openapi.json")
    post = document["paths"][PATH]["post"]
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"] == official()["info"]["version"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/SubmitToolOutputsRunRequest")
    assert post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/RunObject")
    assert all(response["description"] for response in post["responses"].values())
    assert set(OBJECTS) < set(document["components"]["schemas"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in _references(document):
        assert resolve(document, reference)
    assert not {"nullable", "x-oaiMeta", "x-stainless-const"} & set(_keywords(document))


def test_properties_called_like_prose_stay() -> None:
    assert "description" in committed("openapi.json")["components"]["schemas"]["FunctionObject"]["properties"]


def test_slicing_a_slice_changes_nothing() -> None:
    assert slice_of(committed("openapi.json")) == committed("openapi.json")


def test_the_stream_has_24_names_with_data_and_azure_lacks_one() -> None:
    ours, theirs = events_of(committed("openapi.json")), events_of(slice_of(azure()))
    assert len(ours) == 24
    assert ours.keys() - theirs.keys() == {"thread.run.incomplete"}
    assert {name: schema.lower() for name, schema in ours.items() if name in theirs} == {
        name: schema.lower() for name, schema in theirs.items()
    }


def test_upstream_still_says_nullable() -> None:
    """When this fails, OpenAI mended it: `nullable.py` then only serves the documents of others."""
    assert "'nullable': True" in repr(official()["components"]["schemas"]["RunObject"])


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ({"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"$ref": "#/a", "nullable": True}, {"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}),
        ({"allOf": [{"$ref": "#/a"}, {"nullable": True}]}, {"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}),
        ({"allOf": [{"$ref": "#/a"}]}, {"allOf": [{"$ref": "#/a"}]}),
        (
            {"allOf": [{"$ref": "#/a"}, {"$ref": "#/b"}], "nullable": True},
            {"anyOf": [{"allOf": [{"$ref": "#/a"}, {"$ref": "#/b"}]}, {"type": "null"}]},
        ),
        ({"properties": {"nullable": {"type": "boolean"}}}, {"properties": {"nullable": {"type": "boolean"}}}),
        ({"default": {"nullable": True}}, {"default": {"nullable": True}}),
    ],
)
def test_nullable_becomes_plain_json_schema(said: Any, plain: Any) -> None:
    assert without_nullable(said) == plain


def _union(*branches: Any, **more: Any) -> Any:
    return {"components": {"schemas": {"Union": {"oneOf": list(branches), **more}}}}


def test_an_open_union_judges_known_kinds_and_passes_others_unread() -> None:
    kind = {"type": "object", "required": ["type", "n"], "properties": {"type": {"enum": ["a"]}, "n": {"type": "null"}}}
    schema = schema_of("Union", _union({"type": "string"}, kind, discriminator={"propertyName": "type"}))
    fits = Draft202012Validator(schema).is_valid
    assert fits({"type": "a", "n": None}) and fits("text") and fits({"type": "b", "n": 1})
    assert not fits({"type": "a"}) and not fits({"type": 5}) and not fits({}) and not fits(7) and not fits(None)


@pytest.mark.parametrize("branch", [{"type": "object"}, {"description": "anything"}])
def test_a_union_that_cannot_be_opened_is_told(branch: Any) -> None:
    with pytest.raises(OwnError, match="union"):
        schema_of("Union", _union({"type": "object"}, branch))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "not an OpenAPI 3 document"),
        ({"openapi": "3.1.0", "paths": {}}, "does not describe POST"),
        (
            {"openapi": "3.1.0", "paths": {PATH: {"post": {"requestBody": {"$ref": "other.yaml#/x"}}}}},
            "refers to other.yaml",
        ),
    ],
)
def test_a_document_that_cannot_be_sliced_is_told(document: Any, message: str) -> None:
    with pytest.raises(UnreadableInput, match=message):
        slice_of(document)


def _references(node: Any) -> Iterator[str]:
    for part in json.dumps(node).split('"$ref": "')[1:]:
        yield part.partition('"')[0]
