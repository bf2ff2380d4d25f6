"""Reads an OpenAPI 3.1 document and prints it as one of 3.0, for what reads no other.

python3 docs/results/servers/without_security.py | python3 docs/results/servers/openapi_30.py
"""

import json
import sys

#: What 3.0 says of a schema that may be null, where 3.1 has a type of its own for that.
NULL = {"type": "null"}


def older(node: object) -> object:
    """A document, or a part of one, in the words of 3.0, where `nullable` holds only beside a type."""
    if isinstance(node, list):
        return [older(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: older(value) for key, value in node.items()}
    for word in ("anyOf", "oneOf"):
        if NULL in node.get(word, []):
            others = [nullable(each) for each in node.pop(word) if each != NULL]
            node = {**node, **(others[0] if len(others) == 1 else {word: others})}
    if isinstance(node.get("type"), list):
        others = [each for each in node["type"] if each != "null"]
        node = {**node, "type": others[0], "nullable": "null" in node["type"]}
    if "const" in node:
        node["enum"] = [node.pop("const")]
    return node


def nullable(schema: dict[str, object]) -> dict[str, object]:
    """A schema that allows null too; beside a reference no other word counts."""
    return {**({"allOf": [schema]} if "$ref" in schema else schema), "nullable": True}


json.dump({**older(json.load(sys.stdin)), "openapi": "3.0.3"}, sys.stdout)  # type: ignore[dict-item]
