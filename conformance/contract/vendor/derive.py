"""One JSON Schema 2020-12 document for an object of the interface, out of a corrected OpenAPI document.

What a server sends may grow, so a union is open: an object whose discriminating property has a known value is judged
by the schema of that value, any other passes unread. `oneOf` never occurs: it cannot say which branch was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.contract.vendor.nullable import NULL
from conformance.contract.vendor.openapi_document import Json, Node, rebuilt, references, resolve
from conformance.errors import OwnError

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Our annotations: they judge nothing. `x-recommended` lists fields that should be there; `x-extensible-enum` the
#: known values of an enumeration that may grow.
ANNOTATIONS = frozenset({"x-recommended", "x-extensible-enum"})

#: Kinds that nearly every document holds: a union asks for them first, and then for no other.
COMMON = frozenset({"text", "function"})

_COMPONENT, _DEFINITION = "#/components/schemas/", "#/$defs/"


def schema_of(name: str, document: Mapping[str, Json]) -> Node:
    """The self-contained schema of one component and of everything it reaches.

    Raises `OwnError` where a union cannot be opened: it then needs a `discriminator` from the overlay.
    """

    def translated(component: str) -> Node:
        schema: Node = rebuilt(document["components"]["schemas"][component], lambda node: _translated(node, document))
        return schema

    definitions: dict[str, Node] = {}
    root = translated(name)
    waiting = [*references(root)]
    while waiting:
        reference = waiting.pop().removeprefix(_DEFINITION)
        if reference not in definitions:
            definitions[reference] = translated(reference)
            waiting += references(definitions[reference])
    return {"$schema": DIALECT, "title": name, **root, **({"$defs": definitions} if definitions else {})}


def _translated(node: Node, document: Mapping[str, Json]) -> Node:
    """One object of OpenAPI keywords in JSON Schema's words; its children are translated already.

    What repeats a value that a client may leave out (`x-echoed`) may be null.
    """
    schema = {key: value for key, value in node.items() if not key.startswith("x-") or key in ANNOTATIONS}
    if "$ref" in schema:
        schema["$ref"] = schema["$ref"].replace(_COMPONENT, _DEFINITION)
    if node.get("x-extensible"):
        schema["x-extensible-enum"] = schema.pop("enum")
    discriminator = schema.pop("discriminator", {}).get("propertyName")
    if "oneOf" in schema:
        branches = schema.pop("oneOf")
        schema = {**schema, **_open_union(branches, discriminator, document)}
    elif discriminator:
        schema = _open_union([schema], discriminator, document)
    return {"anyOf": [schema, dict(NULL)]} if node.get("x-echoed") else schema


def _open_union(branches: list[Node], discriminator: str | None, document: Mapping[str, Json]) -> Node:
    """The union that judges each value by the branch of its JSON type, and each object by its discriminator."""
    targets = [_target(branch, document) for branch in branches]
    objects = [target for target in targets if target.get("type") == "object"]
    types = sorted({target["type"] for target in targets})
    if discriminator is None and len(types) < len(branches):
        raise OwnError(f"a union has no discriminator: {branches}", "give it one in schemas/overlay.yaml")
    asked = sorted(zip(branches, targets, strict=True), key=lambda pair: not _is_common(pair[1], discriminator))
    chain: Node = {}
    for branch, target in reversed(asked):
        condition: Node = {"if": _condition(target, discriminator, types), "then": branch}
        chain = {**condition, "else": chain} if chain else condition
    union: Node = {"type": types[0] if len(types) == 1 else types, **chain}
    if discriminator is not None:
        union["properties"] = {discriminator: {"type": "string"}}
        if all(discriminator in target.get("required", ()) for target in objects):
            union["required"] = [discriminator]
    return union


def _is_common(target: Node, discriminator: str | None) -> bool:
    kinds = target.get("properties", {}).get(discriminator, {}).get("enum", ())
    return not COMMON.isdisjoint(kinds)


def _condition(target: Node, discriminator: str | None, types: list[str]) -> Node:
    if target["type"] != "object" or discriminator is None:
        return {"type": target["type"]}
    kinds = target["properties"][discriminator]["enum"]
    known: Node = {"const": kinds[0]} if len(kinds) == 1 else {"enum": kinds}
    condition: Node = {"required": [discriminator], "properties": {discriminator: known}}
    return condition if types == ["object"] else {"type": "object", **condition}


def _target(branch: Node, document: Mapping[str, Json]) -> Node:
    target = branch
    while "$ref" in target:
        target = resolve(document, target["$ref"].replace(_DEFINITION, _COMPONENT))
    if "type" not in target:
        raise OwnError(f"a branch of a union has no JSON type: {branch}", "correct it in schemas/overlay.yaml")
    return target


def extensible(schema: Mapping[str, Json], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Each property of a derived schema whose known values may grow: its path, and those values."""
    if "x-extensible-enum" in schema:
        yield path, schema["x-extensible-enum"]
    for branch in schema.get("anyOf", ()):
        yield from extensible(branch, path)
    for name, value in schema.get("properties", {}).items():
        yield from extensible(value, (*path, name))


def timestamps(schema: Mapping[str, Json]) -> tuple[str, ...]:
    """The properties of a derived schema that hold Unix time in seconds."""
    return tuple(
        sorted(
            name
            for name, value in schema.get("properties", {}).items()
            if any(branch.get("format") == "unixtime" for branch in (value, *value.get("anyOf", ())))
        )
    )
