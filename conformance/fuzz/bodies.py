"""Request bodies from the slice; the only module that knows schemathesis, and it is asked for bodies alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import schemathesis
from hypothesis.strategies import SearchStrategy, one_of, sampled_from
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

from conformance.contract.data import schema_text
from conformance.contract.vendor.openapi_document import Json
from conformance.fuzz.expectation import Generated, Mode

#: A value of a part of the body, and how many calls are pending -> the body that is right but for that part.
_Place = Callable[[Generated, int], Generated]


class _Part(NamedTuple):
    """A part of the body: its schema, taken from that of the body, and how a value of it becomes a body."""

    schema: Callable[[Json], Json]
    place: _Place


def _as_stream(value: Generated, calls: int) -> Generated:
    return {"tool_outputs": [_entry("")] * calls, "stream": value}


def _beside(value: Generated, calls: int) -> Generated:
    return {**value, "tool_outputs": [_entry("")] * calls} if isinstance(value, dict) else value


def _as_output(value: Generated, calls: int) -> Generated:
    return {"tool_outputs": [_entry(value), *[_entry("")] * (calls - 1)]}


def _as_call_id(value: Generated, calls: int) -> Generated:
    return {"tool_outputs": [{**_entry(""), "tool_call_id": value}, *[_entry("")] * (calls - 1)]}


def _entry(output: Generated) -> dict[str, Generated]:
    return {"tool_call_id": "", "output": output}


def _fields(body: Json) -> Json:
    """The schemas of an entry's fields."""
    return body["properties"]["tool_outputs"]["items"]["properties"]


def _streamed(body: Json) -> Json:
    """The schema of a body that asks for a stream."""
    return {
        **body,
        "properties": {**body["properties"], "stream": {"const": True}},
        "required": list(body["properties"]),
    }


_WHOLE = _Part(lambda body: body, lambda value, _: value)
_STREAMED = _Part(_streamed, lambda value, _: value)

#: What is negated. The whole alone would rarely be wrong in one thing only, and a server that looks at another thing
#: first would never be seen to overlook this one.
_PARTS = (
    _WHOLE,
    _Part(lambda body: body["properties"]["stream"], _as_stream),
    _Part(lambda body: {**body, "properties": {}, "required": []}, _beside),
    _Part(lambda body: _fields(body)["output"], _as_output),
    _Part(lambda body: _fields(body)["tool_call_id"], _as_call_id),
)


def bodies(mode: Mode, calls: int) -> SearchStrategy[Generated]:
    """Bodies for a run that waits for so many outputs; no body at all is given as no bytes.

    Positive ones answer every call; half of them ask for a stream, which few would do by chance. Negative ones break
    the schema, as a whole or in one part, or fit it and answer too few calls or too many.
    """
    if mode is Mode.POSITIVE:
        return one_of(_fitting(calls, calls), _generated(GenerationMode.POSITIVE, _STREAMED, calls, (calls, calls)))
    negated = [_generated(GenerationMode.NEGATIVE, part, calls, (calls, calls)) for part in _PARTS]
    miscounted = sampled_from((_fitting(0, calls - 1), _fitting(calls + 1, calls + 2)))
    return one_of(*negated, miscounted.flatmap(lambda strategy: strategy))


def _fitting(fewest: int, most: int) -> SearchStrategy[Generated]:
    return _generated(GenerationMode.POSITIVE, _WHOLE, most, (fewest, most))


def _generated(mode: GenerationMode, part: _Part, calls: int, entries: tuple[int, int]) -> SearchStrategy[Generated]:
    # With settings of its own: a file of somebody's project does not change what a seed means.
    document = _document(part, entries)
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config())
    cases = schema["/"]["POST"].as_strategy(generation_mode=mode)
    return cases.map(lambda case: _placed(case.body, part.place, calls))


def _placed(value: Generated, place: _Place, calls: int) -> Generated:
    """The body that a value makes; bytes are one already, broken below the level of JSON."""
    if value is NOT_SET:
        return b""
    return value if isinstance(value, bytes) else place(value, calls)


def _document(part: _Part, entries: tuple[int, int]) -> Json:
    """The slice with the operation's body alone, so that no case is spent on its path, its headers or its answers.

    An entry holds both fields and no other. What breaks that is generated; whether the contract forbids it is not
    decided here.
    """
    document = json.loads(schema_text("openapi.json"))
    (item,) = document["paths"].values()
    (content,) = item["post"]["requestBody"]["content"].values()
    body = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    outputs = body["properties"]["tool_outputs"]
    outputs["minItems"], outputs["maxItems"] = entries
    outputs["items"] |= {"required": ["tool_call_id", "output"], "additionalProperties": False}
    asked = {"required": True, "content": {"application/json": {"schema": part.schema(body)}}}
    post = {"requestBody": asked, "responses": {"200": {"description": "OK"}}}
    return {"openapi": document["openapi"], "info": document["info"], "paths": {"/": {"post": post}}}
