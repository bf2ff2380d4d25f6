"""How an OpenAPI document, or one schema of it, is walked: by its parsed JSON, knowing names from keywords."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from conformance.errors import UnreadableInput

#: Any parsed JSON value.
Json: TypeAlias = Any

#: A parsed OpenAPI document, or any object in one.
Node: TypeAlias = dict[str, Json]

#: Keywords whose object maps names of the author's choice to values: a property called `description` is no prose.
NAMED = frozenset(
    {"properties", "patternProperties", "$defs", "schemas", "responses", "parameters", "requestBodies", "headers"}
    | {"content", "paths", "securitySchemes"}
)

#: Keywords whose value is data of the described API, not description.
DATA = frozenset({"default", "enum", "const", "example", "examples", "required"})


def rebuilt(node: Json, change: Callable[[Node], Node]) -> Json:
    """A copy of a document in which `change` was applied to every object of keywords, the innermost first.

    Maps of names and values that are data are left as they are; `change` gets a fresh object that it may keep.
    """
    if isinstance(node, list):
        return [rebuilt(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    return change({key: _rebuilt_value(key, value, change) for key, value in node.items()})


def _rebuilt_value(key: str, value: Json, change: Callable[[Node], Node]) -> Json:
    if key in DATA:
        return value
    if key in NAMED and isinstance(value, dict):
        return {name: rebuilt(item, change) for name, item in value.items()}
    return rebuilt(value, change)


def references(node: Json) -> Iterator[str]:
    """Every `$ref` below a node, in the order of the document."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            elif key not in DATA:
                yield from references(value)


def resolve(document: Mapping[str, Json], reference: str) -> Json:
    """The value at a local reference such as `#/components/schemas/RunObject`.

    Raises `UnreadableInput` where it leads nowhere or out of the document.
    """
    found: Json = document
    try:
        if not reference.startswith("#/"):
            raise KeyError(reference)
        for token in reference[2:].split("/"):
            found = found[token.replace("~1", "/").replace("~0", "~")]
    except (KeyError, TypeError, IndexError):
        raise UnreadableInput(
            f"the OpenAPI document refers to {reference}, which it does not hold",
            "bundle the document into one file first",
        ) from None
    return found
