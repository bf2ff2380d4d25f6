"""The `nullable` of OpenAPI 3.0 in the words of JSON Schema 2020-12, where that keyword means nothing."""

from __future__ import annotations

from conformance.contract.vendor.openapi_document import Json, Node, rebuilt

NULL: Node = {"type": "null"}


def without_nullable(document: Json) -> Json:
    """A copy of a document in which every nullable schema reads `anyOf: [schema, {type: null}]`.

    That is how OpenAI's own later schemas say it. `allOf: [schema, {nullable: true}]`, which no null satisfies
    in any version of JSON Schema, becomes the same.
    """
    return rebuilt(document, _plain)


def _plain(schema: Node) -> Node:
    nullable = schema.pop("nullable", False) is True
    if "allOf" in schema:
        # An entry that held nothing but `nullable: true` has become exactly {"anyOf": [{}, null]} below.
        bare = {"anyOf": [{}, NULL]}
        entries = [entry for entry in schema["allOf"] if entry != bare]
        nullable = nullable or len(entries) < len(schema["allOf"])
        schema["allOf"] = entries
        if nullable and len(entries) == 1 and len(schema) == 1:
            schema = entries[0]
    return {"anyOf": [schema, dict(NULL)]} if nullable else schema
