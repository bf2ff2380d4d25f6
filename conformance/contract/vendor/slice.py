"""The part of an OpenAPI document that is about submitting tool outputs: the operation and what it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType

from conformance.contract.vendor.nullable import without_nullable
from conformance.contract.vendor.openapi_document import Json, Node, rebuilt, references, resolve
from conformance.errors import UnreadableInput

PATH = "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"

#: The objects of the interface: what is sent, answered, streamed.
OBJECTS = (
    "Error",
    "ErrorResponse",
    "MessageDeltaObject",
    "MessageObject",
    "RunObject",
    "RunStepDeltaObject",
    "RunStepObject",
    "SubmitToolOutputsRunRequest",
    "ThreadObject",
)

#: Schemas that no operation refers to, but that the endpoint speaks: its stream and its errors.
SPOKEN = ("AssistantStreamEvent", "ErrorResponse")

#: Keywords that are for people, and judge nothing. Extensions (`x-…`) count as prose too.
PROSE = frozenset({"title", "summary", "description", "example", "examples", "externalDocs", "tags"})


def slice_of(document: Mapping[str, Json]) -> Node:
    """Cut the operation, the stream's vocabulary, the error body and all they reach out of a whole document.

    The slice is itself a valid OpenAPI document, without prose and without `nullable`. Component names are found
    whatever their case, because vendors spell them differently. Raises `UnreadableInput` where the document does not
    describe the operation.
    """
    if not isinstance(document.get("openapi"), str):
        raise UnreadableInput("this is not an OpenAPI 3 document: it does not say `openapi: 3…`")
    path, item = _path_item(document)
    kept = _stripped({key: item[key] for key in ("parameters", "post") if key in item})
    security: list[Node] = kept["post"].get("security", document.get("security", []))
    components: dict[str, Node] = {}
    for kind, name, component in _reachable(document, kept):
        components.setdefault(kind, {})[name] = component
    schemes = {name: _scheme(document, name) for rule in security for name in rule}
    if schemes:
        components["securitySchemes"] = schemes
    body = rebuilt({"paths": {path: kept}, "components": components}, _with_reasons)
    return {"openapi": "3.1.0", "info": _info(document), **_where(document, security), **without_nullable(body)}


def events_of(document: Mapping[str, Json]) -> Mapping[str, str]:
    """The vocabulary of the stream: event name -> name of the schema of its data; `done` has none and is left out."""
    name = component_names(document).get("assistantstreamevent")
    if name is None:
        return MappingProxyType({})
    return MappingProxyType(dict(_events(document, {"$ref": f"#/components/schemas/{name}"})))


def component_names(document: Mapping[str, Json]) -> Mapping[str, str]:
    """The names of a document's schemas by their lower-case form."""
    return {name.lower(): name for name in document.get("components", {}).get("schemas", {})}


def _path_item(document: Mapping[str, Json]) -> tuple[str, Node]:
    for path, item in document.get("paths", {}).items():
        if path.endswith(PATH) and "post" in item:
            return path, item
    raise UnreadableInput(
        f"this OpenAPI document does not describe POST {PATH}", "give one that covers the Assistants API"
    )


def _reachable(document: Mapping[str, Json], item: Node) -> Iterator[tuple[str, str, Node]]:
    """Every component (kind, name, value) that the operation or the spoken schemas reach."""
    names = component_names(document)
    waiting = [*references(item)]
    waiting += [f"#/components/schemas/{names[name.lower()]}" for name in SPOKEN if name.lower() in names]
    seen: set[str] = set()
    while waiting:
        reference = waiting.pop()
        if reference in seen:
            continue
        seen.add(reference)
        component = _stripped(resolve(document, reference))
        waiting += references(component)
        kind, _, name = reference.removeprefix("#/components/").partition("/")
        yield kind, name, component


def _scheme(document: Mapping[str, Json], name: str) -> Node:
    return _stripped(resolve(document, f"#/components/securitySchemes/{name}"))


def _events(document: Mapping[str, Json], schema: Node) -> Iterator[tuple[str, str]]:
    while "$ref" in schema:
        schema = resolve(document, schema["$ref"])
    for branch in schema.get("oneOf") or schema.get("anyOf") or ():
        yield from _events(document, branch)
    properties = schema.get("properties", {})
    data = properties.get("data", {}).get("$ref")
    if data:
        for name in properties["event"]["enum"]:
            yield name, data.rpartition("/")[2]


def _stripped(node: Node) -> Node:
    stripped: Node = rebuilt(node, _without_prose)
    return stripped


def _without_prose(node: Node) -> Node:
    return {key: value for key, value in node.items() if key not in PROSE and not key.startswith("x-")}


def _with_reasons(node: Node) -> Node:
    """Responses without a description are not valid OpenAPI: the reason phrase says all there is to say."""
    responses = node.get("responses")
    if not isinstance(responses, dict):
        return node
    described = {
        status: response if "$ref" in response else {**response, "description": _reason(status)}
        for status, response in responses.items()
    }
    return {**node, "responses": described}


def _reason(status: str) -> str:
    return HTTPStatus(int(status)).phrase if status.isdecimal() else status


def _info(document: Mapping[str, Json]) -> Node:
    info = {"title": "API", "version": "0", **document.get("info", {})}
    return {key: info[key] for key in ("title", "version", "license") if key in info}


def _where(document: Mapping[str, Json], security: list[Node]) -> Node:
    servers = [{"url": server["url"]} for server in document.get("servers", []) if "url" in server]
    return {**({"servers": servers} if servers else {}), **({"security": security} if security else {})}
