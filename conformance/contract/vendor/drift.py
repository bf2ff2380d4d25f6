"""Where another OpenAPI document describes the interface differently, field by field.

Both documents are laid out as tables, one row for each field of each object, each parameter and each event; rows that
differ are the drift. Vendors spell component names differently, so objects are matched whatever their case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from conformance.contract.vendor.openapi_document import Json, Node, resolve
from conformance.contract.vendor.slice import OBJECTS, component_names, events_of, slice_of

#: Where a row is: an object (or `operation`, `events`), then fields, `[]` for items, `{}` for other fields, and
#: `(kind)` for one kind of a union.
Path = tuple[str, ...]

#: Keywords that bound a value; listed as they are.
LIMITS = ("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern")

#: What an absent row or aspect reads as.
ABSENT = "absent"


class Difference(NamedTuple):
    """One aspect of one row, as the slice (`ours`) and the other document (`theirs`) have it."""

    path: Path
    aspect: str
    ours: str
    theirs: str

    @property
    def where(self) -> str:
        """The row as people write it: `MessageObject.content[](text).text.value`."""
        return _joined(self.path)


Row = dict[str, str]
"""The aspects of one field by name: type, required, null, values, limits."""


def drift(slice_document: Mapping[str, Json], other_document: Mapping[str, Json]) -> tuple[Difference, ...]:
    """Every difference of the other document from the slice, in the order of the rows' names.

    `other_document` is a whole OpenAPI 3 document. A row that one side lacks is told once, without what lies below
    it. Raises `UnreadableInput` where the other document does not describe the operation.
    """
    ours = _table(slice_document)
    theirs = _table(slice_of(other_document))
    lacking = {path for path in ours.keys() ^ theirs.keys() if path[:-1] not in ours.keys() ^ theirs.keys()}
    both = ours.keys() & theirs.keys()
    return tuple(
        difference
        for path in sorted(lacking | both)
        for difference in _compared(path, ours.get(path), theirs.get(path))
    )


def drift_text(differences: tuple[Difference, ...]) -> str:
    """The differences as text for people, one a line below the object they are in."""
    if not differences:
        return "no difference\n"
    lines: list[str] = []
    for name, group in groupby(differences, key=lambda difference: difference.path[0]):
        lines += [name, *(f"  {_line(difference)}" for difference in group), ""]
    count = len(differences)
    return "\n".join([*lines, f"{count} difference{'s' * (count != 1)}", ""])


def _line(difference: Difference) -> str:
    where = _joined(difference.path[1:]) or "the object"
    if difference.aspect == "presence":
        return f"{where}: {'added' if difference.ours == ABSENT else 'removed'}"
    if difference.aspect == "values" and ABSENT not in (difference.ours, difference.theirs):
        ours, theirs = set(difference.ours.split(", ")), set(difference.theirs.split(", "))
        changes = [f"without {value}" for value in sorted(ours - theirs)]
        return f"{where}: values {', '.join(changes + [f'with {value}' for value in sorted(theirs - ours)])}"
    return f"{where}: {difference.aspect} {difference.ours} -> {difference.theirs}"


def _compared(path: Path, ours: Row | None, theirs: Row | None) -> Iterator[Difference]:
    if ours is None or theirs is None:
        yield Difference(path, "presence", *(ABSENT if row is None else "present" for row in (ours, theirs)))
        return
    for aspect in sorted(ours.keys() | theirs.keys()):
        pair = ours.get(aspect, ABSENT), theirs.get(aspect, ABSENT)
        if pair[0] != pair[1]:
            yield Difference(path, aspect, *pair)


def _joined(path: Path) -> str:
    return "".join(step if step[:1] in "[{(" or not at else f".{step}" for at, step in enumerate(path))


def _table(document: Mapping[str, Json]) -> dict[Path, Row]:
    names = component_names(document)
    table = dict(_operation_rows(document))
    table |= {("events", event): {"schema": name.lower()} for event, name in events_of(document).items()}
    for name in OBJECTS:
        if name.lower() in names:
            reference = {"$ref": f"#/components/schemas/{names[name.lower()]}"}
            table |= dict(_rows(document, reference, (name,), {}, ()))
    return table


def _operation_rows(document: Mapping[str, Json]) -> Iterator[tuple[Path, Row]]:
    (item,) = document["paths"].values()
    post: Node = item["post"]
    for parameter in [*item.get("parameters", ()), *post.get("parameters", ())]:
        found = _resolved(document, parameter)
        yield ("operation", f"{found['in']} parameter {found['name']}"), {"required": _yes(found.get("required"))}
    yield ("operation", "request"), {"content": _content(_resolved(document, post.get("requestBody", {})))}
    for status, response in post.get("responses", {}).items():
        yield ("operation", f"answer {status}"), {"content": _content(_resolved(document, response))}
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        words = (scheme.get(key) for key in ("type", "scheme", "in", "name"))
        yield ("operation", f"authentication by {' '.join(word for word in words if word)}"), {}


def _resolved(document: Mapping[str, Json], node: Node) -> Node:
    resolved: Node = resolve(document, node["$ref"]) if "$ref" in node else node
    return resolved


def _content(body: Node) -> str:
    return ", ".join(sorted(body.get("content", {}))) or ABSENT


def _rows(
    document: Mapping[str, Json], schema: Node, path: Path, inherited: Row, above: tuple[str, ...]
) -> Iterator[tuple[Path, Row]]:
    """The row of a schema and the rows below it. `above` are the references being followed: a schema may recur."""
    references = [*_references(document, schema)]
    flat = _flat(document, schema)
    kinds = [_flat(document, branch) for branch in flat.get("oneOf") or flat.get("anyOf") or ()]
    meant = [kind for kind in kinds if kind.get("type") != "null"]
    if len(meant) == 1:
        flat = {**flat, **meant.pop()}
    yield path, {**inherited, **_aspects(flat, kinds)}
    if any(reference in above for reference in references):
        return
    above = (*above, *references)
    for kind in meant:
        if "properties" in kind:
            yield from _rows(document, kind, (*path, f"({_kind_name(kind)})"), {}, above)
    yield from _below(document, flat, path, above)


def _below(document: Mapping[str, Json], flat: Node, path: Path, above: tuple[str, ...]) -> Iterator[tuple[Path, Row]]:
    for name, value in flat.get("properties", {}).items():
        required = {"required": _yes(name in flat.get("required", ()))}
        yield from _rows(document, value, (*path, name), required, above)
    if isinstance(flat.get("items"), dict):
        yield from _rows(document, flat["items"], (*path, "[]"), {}, above)
    if isinstance(flat.get("additionalProperties"), dict):
        yield from _rows(document, flat["additionalProperties"], (*path, "{}"), {}, above)


def _aspects(flat: Node, kinds: list[Node]) -> Row:
    types = {name for part in (flat, *kinds) for name in _types(part)}
    values = [str(value) for part in (flat, *kinds) for value in part.get("enum", ()) if value is not None]
    row = {"type": " or ".join(sorted(types - {"null"})) or "any", "null": _yes("null" in types)}
    if values:
        row["values"] = ", ".join(sorted(set(values)))
    if flat.get("additionalProperties") is False:
        row["other fields"] = "refused"
    return row | {limit: str(flat[limit]) for limit in LIMITS if limit in flat}


def _types(schema: Node) -> list[str]:
    found = schema.get("type", [])
    return found if isinstance(found, list) else [found]


def _kind_name(kind: Node) -> str:
    """What distinguishes one kind of a union from the others: the value of its `type`, else its fields."""
    values = kind["properties"].get("type", {}).get("enum", sorted(kind["properties"]))
    return ", ".join(map(str, values))


def _references(document: Mapping[str, Json], schema: Node) -> Iterator[str]:
    """The references that must be followed to read a schema at all."""
    if "$ref" in schema:
        yield schema["$ref"]
        yield from _references(document, resolve(document, schema["$ref"]))
    for part in schema.get("allOf", ()):
        yield from _references(document, part)


def _flat(document: Mapping[str, Json], schema: Node) -> Node:
    """A schema with its references followed and its `allOf` joined."""
    parts = [_flat(document, part) for part in schema.get("allOf", ())]
    if "$ref" in schema:
        parts.append(_flat(document, resolve(document, schema["$ref"])))
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    flat: Node = {}
    for part in (*parts, own):
        properties = {**flat.get("properties", {}), **part.get("properties", {})}
        required = [*flat.get("required", ()), *part.get("required", ())]
        flat = {**flat, **part, **({"properties": properties} if properties else {}), "required": required}
    return flat


def _yes(value: object) -> str:
    return "yes" if value else "no"
